import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

import type { Log } from '../../director/base/log.js';
import { killGroup } from './user-command.js';

/** How many scripts run at a time, and how many of one subject may wait. */
const MostRunning = 8;
const MostWaiting = 16;
/** A script that takes longer is killed: it keeps others from running. */
const LongestRunMs = 60_000;

/** What scripts are about. Those of one subject run one after the other. */
export interface ScriptSubject {
  readonly name: string;
  /** What has yet to be run. */
  readonly waiting: (() => ChildProcess)[];
  isRunning: boolean;
}

/**
 * Runs people's scripts: those of one subject in the order in which they were asked for, all in all a bounded number at a
 * time. They are not the node's: they go on when it ends.
 */
export class ScriptQueue {
  /** Scripts that were not run because too many waited. */
  dropped = 0;
  readonly #log: Log;
  readonly #subjects: ScriptSubject[] = [];
  #running = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  add(name: string): ScriptSubject {
    const subject = { name, waiting: [], isRunning: false };
    this.#subjects.push(subject);
    return subject;
  }

  /** Asks for a script to be run when those before it are done. */
  push(subject: ScriptSubject, start: () => ChildProcess): void {
    if (subject.waiting.length < MostWaiting) {
      subject.waiting.push(start);
      this.#runNext();
      return;
    }
    this.dropped += 1;
    this.#log.warn('a notify script is not run: too many wait', { subject: subject.name });
  }

  /** A subject that there is no more. What it waits for is still run. */
  remove(subject: ScriptSubject): void {
    if (subject.waiting.length > 0 || subject.isRunning) return;
    const index = this.#subjects.indexOf(subject);
    if (index >= 0) this.#subjects.splice(index, 1);
  }

  /** Waits until the scripts that have been asked for have been started, at most so long. */
  async close(limitMs: number): Promise<void> {
    const end = performance.now() + limitMs;
    const isBusy = (): boolean => this.#subjects.some(({ waiting }) => waiting.length > 0);
    while (isBusy() && performance.now() < end) await delay(10);
  }

  #runNext(): void {
    for (const subject of this.#subjects) {
      if (this.#running >= MostRunning) return;
      if (subject.isRunning) continue;
      const start = subject.waiting.shift();
      if (start !== undefined) this.#run(subject, start);
    }
  }

  #run(subject: ScriptSubject, start: () => ChildProcess): void {
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
