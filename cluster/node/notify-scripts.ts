import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

import type { Log } from '../../director/base/log.js';
import type { CommandConfig, NotifyConfig } from '../config/vrrp-config.js';
import { NotifyFifo } from './notify-fifo.js';
import { killGroup, UserCommand, type CommandRules } from './user-command.js';

/** The states that keepalived's scripts know. */
export type NotifyState = 'MASTER' | 'BACKUP' | 'FAULT' | 'STOP';

/** How many scripts run at a time on a node, and how many of one subject may wait. */
const MostRunning = 8;
const MostWaiting = 16;
/** A script that takes longer is killed: it keeps others from running. */
const LongestRunMs = 60_000;

/** What a notification is about. */
export interface NotifySubject {
  readonly kind: 'INSTANCE' | 'GROUP';
  readonly name: string;
  /** What runs at which state, in this order. */
  readonly commands: Readonly<Record<NotifyState, readonly UserCommand[]>>;
  /** Gets the kind, the name, the state and the priority as further arguments. */
  readonly any: UserCommand | undefined;
  /** What has yet to be run. */
  readonly waiting: (() => ChildProcess)[];
  isRunning: boolean;
}

/**
 * Tells people's programs of changes of state: by a line in a pipe, and by scripts. The scripts of one subject run one after
 * the other, in the order of the changes; all in all a bounded number at a time. They are not the node's: they go on when
 * it ends.
 */
export class Notifications {
  /** Scripts that were not run because too many waited. */
  dropped = 0;
  readonly #rules: CommandRules;
  readonly #log: Log;
  readonly #fifo: NotifyFifo | undefined;
  readonly #subjects: NotifySubject[] = [];
  #running = 0;

  /** Throws an `IoError` when the pipe cannot be used. */
  constructor(fifo: string | undefined, rules: CommandRules, log: Log) {
    this.#rules = rules;
    this.#log = log;
    this.#fifo = fifo === undefined ? undefined : new NotifyFifo(fifo);
  }

  get droppedLines(): number {
    return this.#fifo?.dropped ?? 0;
  }

  /** Prepares the scripts of an instance or group. Throws an `IoError` when one must not be run. */
  add(kind: NotifySubject['kind'], name: string, notify: NotifyConfig): NotifySubject {
    const prepare = (command: CommandConfig | undefined): UserCommand[] =>
      command === undefined ? [] : [new UserCommand(command, this.#rules)];
    const subject: NotifySubject = {
      kind,
      name,
      commands: {
        MASTER: prepare(notify.master),
        BACKUP: prepare(notify.backup),
        FAULT: prepare(notify.fault),
        STOP: prepare(notify.stop),
      },
      any: prepare(notify.any)[0],
      waiting: [],
      isRunning: false,
    };
    this.#subjects.push(subject);
    return subject;
  }

  /** The subject has come to a state, with this effective priority. */
  tell(subject: NotifySubject, state: NotifyState, priority: number): void {
    const { kind, name, any } = subject;
    this.#fifo?.write(`${kind} "${name}" ${state} ${priority}`);
    for (const command of subject.commands[state]) this.#queue(subject, () => command.start());
    if (any !== undefined) {
      const words = [kind, name, state, String(priority)];
      this.#queue(subject, () => any.start(words));
    }
    this.#runNext();
  }

  /** Waits until the scripts that have been asked for have been started, at most so long. */
  async close(limitMs: number): Promise<void> {
    const end = performance.now() + limitMs;
    const isBusy = (): boolean => this.#subjects.some(({ waiting }) => waiting.length > 0);
    while (isBusy() && performance.now() < end) await delay(10);
    this.#fifo?.close();
  }

  #queue(subject: NotifySubject, start: () => ChildProcess): void {
    if (subject.waiting.length < MostWaiting) {
      subject.waiting.push(start);
      return;
    }
    this.dropped += 1;
    this.#log.warn('a notify script is not run: too many wait', { subject: subject.name });
  }

  #runNext(): void {
    for (const subject of this.#subjects) {
      if (this.#running >= MostRunning) return;
      if (subject.isRunning) continue;
      const start = subject.waiting.shift();
      if (start !== undefined) this.#run(subject, start);
    }
  }

  #run(subject: NotifySubject, start: () => ChildProcess): void {
    const child = start();
    child.unref();
    subject.isRunning = true;
    this.#running += 1;
    const timeout = setTimeout(() => killGroup(child), LongestRunMs);
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timeout);
      subject.isRunning = false;
      this.#running -= 1;
      this.#runNext();
    };
    child.once('exit', end);
    child.once('error', () => {
      this.#log.warn('a notify script cannot be started', { subject: subject.name });
      end();
    });
  }
}
