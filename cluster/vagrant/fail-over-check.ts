import { IoError } from '../../director/base/errors.js';
import { directorsOf } from '../config/lab-config.js';
import { renderTable, renderTables, type NodeTable } from '../lab/demo-tables.js';
import type { LabControl } from '../lab/lab-control.js';
import { TrafficProcess } from '../lab/traffic/client-process.js';
import { flowKey, type FlowRecord } from '../lab/traffic/flow-record.js';
import type { TrafficTarget } from '../lab/traffic/plan.js';
import { until } from '../lab/wait.js';
import type { SessionView } from '../node/api.js';

/** What a check is about, and the time that the slowest machine may take for its steps. */
export interface FailOverOptions {
  readonly connections: number;
  /** From one request of a connection to the next. */
  readonly intervalMs: number;
  /** For one step of the cluster: an election, a table transfer, all connections answered again. */
  readonly stepMs: number;
  /** The longest that a connection may be without an answer. */
  readonly gapLimitMs: number;
  readonly progress: (text: string) => void;
  readonly print: (text: string) => void;
}

/** What has been found wrong, in sentences; none when everything is as it should be. */
export type Findings = readonly string[];

/** The phases of a run, as the client marks them. */
const phases = { kill: 'kill', failBack: 'fail-back' } as const;

/** The client ends by itself after this long, whatever happens to the check. */
const trafficLimitMs = 900_000;

/** For the slowest emulated machine: a connection that is never established says nothing about a fail-over. */
const connectTimeoutMs = 60_000;

/** As many exchanges as show that a connection works. */
const settledExchanges = 5;

/**
 * Kills the master of a lab during TCP connections whose every byte is checked, compares the directors' tables, starts it
 * again, and compares once more. Returns what was wrong.
 */
export async function checkFailOver(lab: LabControl, options: FailOverOptions): Promise<Findings> {
  const client = lab.nodes[0] ?? '';
  const plan = {
    targets: targetsOf(lab, options.connections),
    durationMs: trafficLimitMs,
    intervalMs: options.intervalMs,
    connectTimeoutMs,
  };
  options.progress(`opening ${options.connections} TCP connections from ${client}`);
  const traffic = new TrafficProcess(lab.execArgs(client, []), plan, lab.trafficProgram);
  try {
    return await new FailOverCheck(lab, traffic, options).run();
  } finally {
    traffic.kill();
  }
}

/** The connections, spread over the lab's TCP services. */
function targetsOf({ config }: LabControl, connections: number): TrafficTarget[] {
  const services = config.services.filter(({ protocol }) => protocol === 'tcp');
  return services.map(({ address, port }, index) => ({
    protocol: 'TCP',
    address,
    port,
    count:
      Math.floor(connections / services.length) + (index < connections % services.length ? 1 : 0),
  }));
}

class FailOverCheck {
  readonly #lab: LabControl;
  readonly #traffic: TrafficProcess;
  readonly #options: FailOverOptions;
  readonly #findings: string[] = [];

  constructor(lab: LabControl, traffic: TrafficProcess, options: FailOverOptions) {
    this.#lab = lab;
    this.#traffic = traffic;
    this.#options = options;
  }

  async run(): Promise<Findings> {
    const { progress, print } = this.#options;
    const [master, backup] = await this.#electedPair();
    await this.#untilSettled();
    const [before] = await this.#equalTables(master, backup);
    print(`Tables before the kill\n\n${await this.#tables(master, backup)}`);

    await this.#traffic.mark(phases.kill);
    await this.#lab.killNode(master);
    progress(`killed ${master}, the master (${this.#lab.means.kill})`);
    await this.#step(`${backup} does not become master`, async () =>
      (await this.#lab.request(backup, '/status')).state === 'master' ? true : undefined,
    );
    progress(`${backup} is master`);
    await this.#untilAnswered('after-kill');
    const alone = await this.#table(backup);
    this.#compare('after the kill', before, alone);
    print(`Table after the kill, ${master} being off\n\n${renderTable(alone)}`);

    await this.#traffic.mark(phases.failBack);
    progress(`starting ${master} again`);
    await this.#lab.startNode(master);
    await this.#electedPair();
    progress(`${master} is master again`);
    await this.#untilAnswered('returned');
    const [after] = await this.#equalTables(master, backup);
    this.#compare('after the fail-back', before, after);
    print(`Tables after ${master} has returned\n\n${await this.#tables(master, backup)}`);
    this.#judge((await this.#traffic.stop()).flows);
    return this.#findings;
  }

  /** The two that are preferred, once the first of them is master, nobody else is, and all know the whole table. */
  async #electedPair(): Promise<readonly [string, string]> {
    const [master = '', backup = ''] = directorsOf(this.#lab.config)
      .toSorted((one, other) => other.priority - one.priority)
      .map(({ name }) => name)
      .filter((name) => this.#lab.directors.includes(name));
    return this.#step(`${master} does not become the only master`, async () => {
      const statuses = await Promise.all(
        this.#lab.directors.map((node) => this.#lab.request(node, '/status')),
      );
      const isElected = statuses.every(
        ({ node, state, tableComplete }) =>
          tableComplete && state === (node === master ? 'master' : 'backup'),
      );
      return isElected ? ([master, backup] as const) : undefined;
    });
  }

  async #untilSettled(): Promise<void> {
    const { alive } = await this.#step('the connections do not get going', async () => {
      const flows = await this.#traffic.count();
      if (flows.broken > 0) {
        throw new IoError(
          { code: 'flows-broken' },
          `${flows.broken} connections broke before anything was done`,
        );
      }
      const isSettled = flows.alive === flows.total && flows.leastExchanges >= settledExchanges;
      return isSettled ? flows : undefined;
    });
    this.#options.progress(`${alive} connections established and exchanging`);
  }

  async #untilAnswered(mark: string): Promise<void> {
    await this.#traffic.mark(mark);
    const wait = { timeoutMs: this.#options.stepMs, everyMs: 100 };
    await until(async () => {
      const flows = await this.#traffic.count();
      return flows.answered === flows.total ? true : undefined;
    }, wait);
    const { answered, total, broken } = await this.#traffic.count();
    this.#options.progress(`${answered} of ${total} connections answered, ${broken} broken`);
  }

  /** Both tables once the second has every connection of the first; as they are when that does not happen. */
  async #equalTables(first: string, second: string): Promise<readonly [NodeTable, NodeTable]> {
    const read = async (): Promise<readonly [NodeTable, NodeTable]> =>
      Promise.all([this.#table(first), this.#table(second)]);
    const wait = { timeoutMs: this.#options.stepMs, everyMs: 200 };
    const equal = await until(async () => {
      const [one, other] = await read();
      return one.sessions.length > 0 && missingFrom(other, one).length === 0
        ? ([one, other] as const)
        : undefined;
    }, wait);
    if (equal !== undefined) return equal;
    const [one, other] = await read();
    this.#findings.push(`${second} lacks ${missingFrom(other, one).length} entries of ${first}`);
    return [one, other];
  }

  /** Every connection is still there, and goes where it went. */
  #compare(when: string, before: NodeTable, now: NodeTable): void {
    const lost = missingFrom(now, before);
    if (lost.length === 0) return;
    this.#findings.push(`${when} ${now.node} lacks ${lost.length} connections: ${lost.join(', ')}`);
  }

  #judge(flows: readonly FlowRecord[]): void {
    const { gapLimitMs, connections, print } = this.#options;
    const alive = flows.filter(({ broken }) => broken === undefined);
    const bytes = flows.reduce((sum, { bytesChecked }) => sum + bytesChecked, 0);
    const gaps = Object.values(phases).map((name) => ({ name, ...longestGap(flows, name) }));
    print(
      [
        `${alive.length} of ${connections} connections alive, ${bytes} bytes of answers checked`,
        ...gaps.map(
          ({ name, longestMs, medianMs }) =>
            `${name}: longest time without an answer ${seconds(longestMs)}, median ${seconds(medianMs)}`,
        ),
      ].join('\n'),
    );
    for (const { broken, client, virtual } of flows) {
      if (broken !== undefined) {
        this.#findings.push(`${client} to ${virtual} broke: ${broken.reason}: ${broken.text}`);
      }
    }
    if (alive.length < connections) {
      this.#findings.push(`${alive.length} of ${connections} connections are alive`);
    }
    for (const { name, longestMs } of gaps) {
      if (longestMs <= gapLimitMs) continue;
      const text = `${name}: ${seconds(longestMs)} without an answer, the limit is ${seconds(gapLimitMs)}`;
      this.#findings.push(text);
    }
  }

  async #tables(first: string, second: string): Promise<string> {
    return renderTables(...(await Promise.all([this.#table(first), this.#table(second)])));
  }

  async #table(node: string): Promise<NodeTable> {
    const { sessions } = await this.#lab.request(node, '/sessions');
    return { node, sessions: sessions.filter(isOurs) };
  }

  /** Waits for one step. Without it nothing that follows means anything. */
  async #step<T>(failure: string, probe: () => Promise<T | undefined>): Promise<T> {
    const done = await until(probe, { timeoutMs: this.#options.stepMs, everyMs: 100 });
    if (done !== undefined) return done;
    throw new IoError(
      { code: 'step' },
      `${failure} within ${String(this.#options.stepMs / 1_000)} s`,
    );
  }
}

/** Connections that are over wait for their time-out and are nothing to lose. */
const isOurs = ({ state }: SessionView): boolean => state === 'ESTABLISHED';

/** The connections of one table that the other lacks, or sends to another real server. */
function missingFrom(table: NodeTable, reference: NodeTable): string[] {
  const known = new Map(table.sessions.map((session) => [flowKey(session), session.real]));
  return reference.sessions
    .filter((session) => known.get(flowKey(session)) !== session.real)
    .map(flowKey);
}

/** The gaps that began after a mark of this name, or were under way then; the phase ends with the mark after the next. */
function longestGap(
  flows: readonly FlowRecord[],
  mark: string,
): { readonly longestMs: number; readonly medianMs: number } {
  const gaps = flows
    .map(({ phases: seen }) => {
      const at = seen.findIndex(({ name }) => name === mark);
      const found = seen.slice(at, at + 2).flatMap(({ longestGap: gap }) => gap ?? []);
      return Math.max(0, ...found.map(({ from, to }) => to - from));
    })
    .toSorted((left, right) => left - right);
  return { longestMs: gaps.at(-1) ?? 0, medianMs: gaps[gaps.length >> 1] ?? 0 };
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;
