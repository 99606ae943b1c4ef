import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { IoError } from '../../../director/base/errors.js';
import type { ArrivalReport } from './arrivals.js';
import type { FlowSummary, TrafficEvent, TrafficReport } from './client.js';
import { endpoint } from './flow-record.js';
import type { ArrivalPlan, TrafficPlan } from './plan.js';

/** The compiled traffic client. */
export const clientProgram = fileURLToPath(new URL('client-main.js', import.meta.url));

/** A client answers a command at once, even if it is the first and the program is still starting on a slow machine. */
const AnswerTimeoutMs = 30_000;

/** As much of the client's stderr as an error message repeats. */
const MaxComplaint = 1_000;

interface Waiter {
  take(event: TrafficEvent): boolean;
  fail(error: IoError): void;
}

/** The part of a plan that the process can be told. */
export type ProcessPlan = Pick<TrafficPlan, 'targets' | 'durationMs'> &
  Partial<Pick<TrafficPlan, 'short' | 'intervalMs' | 'udpIntervalMs' | 'connectTimeoutMs'>> & {
    readonly arrivals?: Pick<ArrivalPlan, 'targets' | 'perSecond' | 'holdMs' | 'pauseMs'>;
  };

const flagsOf = (values: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]);

const targetFlags = (prefix: string, targets: TrafficPlan['targets']): readonly string[] =>
  targets.flatMap(({ protocol, address, port, count }) => [
    `${prefix}${protocol.toLowerCase()}`,
    `${endpoint(address, port)}=${count}`,
  ]);

function arrivalFlags(arrivals: ProcessPlan['arrivals']): readonly string[] {
  if (arrivals === undefined) return [];
  const { targets, perSecond, holdMs, pauseMs } = arrivals;
  return [
    ...targets.flatMap(({ address, port }) => ['--arrivals', endpoint(address, port)]),
    ...flagsOf({ rate: `${perSecond}`, hold: `${holdMs}ms`, pause: `${pauseMs}ms` }),
  ];
}

/** A traffic client in a process of its own, such as one inside a network namespace, and what can be asked of it. */
export class TrafficProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #waiters = new Set<Waiter>();
  #complaint = '';

  /**
   * Starts a client in a session of its own, so that a Ctrl-C meant for this process does not end it. `prefix` is the
   * command that runs it somewhere else, and may be empty; `program` is the client as that place has it.
   */
  constructor(
    prefix: readonly string[],
    plan: ProcessPlan,
    program: readonly string[] = [process.execPath, clientProgram],
  ) {
    const flags = [
      ...targetFlags('--', plan.targets),
      ...targetFlags('--short-', plan.short ?? []),
    ];
    const times = [
      ['--duration', plan.durationMs],
      ['--interval', plan.intervalMs],
      ['--udp-interval', plan.udpIntervalMs],
      ['--connect-timeout', plan.connectTimeoutMs],
    ] as const;
    for (const [flag, ms] of times) if (ms !== undefined) flags.push(flag, `${ms}ms`);
    flags.push(...arrivalFlags(plan.arrivals));
    const [starter = '', ...rest] = [...prefix, ...program, '--json', ...flags];
    this.#child = spawn(starter, rest, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.#child.stderr.on('data', (bytes: Buffer) => {
      this.#complaint = (this.#complaint + bytes.toString()).slice(-MaxComplaint);
    });
    // Writing to a client that has just ended; its end is reported below.
    this.#child.stdin.on('error', () => {});
    this.#child.once('error', (error) => this.#fail(`cannot run ${starter}: ${error.message}`));
    this.#child.once('close', () => this.#fail(`the traffic client has ended: ${this.#complaint}`));
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const event: TrafficEvent = JSON.parse(line);
      for (const waiter of this.#waiters) if (waiter.take(event)) return;
    });
  }

  /** Names this instant; `count` counts the flows that have answered after it. */
  async mark(name: string): Promise<void> {
    await this.#ask(`mark ${name}`, (event) => (event.kind === 'mark' ? event : undefined));
  }

  async count(): Promise<FlowSummary> {
    return this.#ask('count', (event) => (event.kind === 'count' ? event.flows : undefined));
  }

  /** What has become of the plan's arrivals so far. */
  async arrivals(): Promise<ArrivalReport> {
    return this.#ask('count', (event) => (event.kind === 'count' ? event.arrivals : undefined));
  }

  /** Lets no more connections arrive; those under way go on. */
  pauseArrivals(): void {
    this.#child.stdin.write('pause\n');
  }

  /** Ends the traffic and the process. */
  async stop(): Promise<TrafficReport> {
    return this.#ask('stop', (event) => (event.kind === 'report' ? event : undefined));
  }

  /** Ends the process, if it still runs, without a report. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async #ask<T>(command: string, answer: (event: TrafficEvent) => T | undefined): Promise<T> {
    const next = this.#next(answer);
    this.#child.stdin.write(`${command}\n`);
    return next;
  }

  /** The first event that `answer` makes something of. */
  #next<T>(answer: (event: TrafficEvent) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        take: (event) => {
          const value = answer(event);
          if (value === undefined) return false;
          settle();
          resolve(value);
          return true;
        },
        fail: (error) => {
          settle();
          reject(error);
        },
      };
      const silent = new IoError({ code: 'client-silent' }, 'the traffic client does not answer');
      const timer = setTimeout(() => waiter.fail(silent), AnswerTimeoutMs);
      this.#waiters.add(waiter);
    });
  }

  #fail(message: string): void {
    const error = new IoError({ code: 'client-ended' }, message.trim());
    for (const waiter of this.#waiters) waiter.fail(error);
  }
}
