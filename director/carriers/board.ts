import type { PortCounters } from '../io/frame-port.js';

/** Ports that threads can count for, and threads that there can be. */
export const BoardPorts = 64;
export const MostThreads = 15;

const Gate = 0;
const FirstEpoch = 1;
const Words = 32;
/** What a thread has counted at a port. */
export interface ThreadCounters extends PortCounters {
  /** Frames that it has taken. */
  readonly taken: number;
}

const Counts = 4;
const CountsAt = Words * 4;

const byteLength = CountsAt + MostThreads * BoardPorts * Counts * 8;

/**
 * What the main thread and its carrier threads tell each other without a message: whether threads may go on, how far each has
 * come, and what it has counted.
 */
export class Board {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #counts: Float64Array;

  constructor(memory = new SharedArrayBuffer(byteLength)) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
    this.#counts = new Float64Array(memory, CountsAt);
  }

  /** Stops all threads at their next look, or lets them go on. */
  set isGateOpen(isOpen: boolean) {
    Atomics.store(this.#words, Gate, isOpen ? 0 : 1);
    if (isOpen) Atomics.notify(this.#words, Gate);
  }

  /** Waits in a thread while the gate is closed, up to so many milliseconds. */
  pass(mostMs: number): void {
    if (Atomics.load(this.#words, Gate) !== 0) Atomics.wait(this.#words, Gate, 1, mostMs);
  }

  /** A thread says how far it is: an even number while it has nothing in hand, and another one whenever it had nothing. */
  setEpoch(thread: number, epoch: number): void {
    Atomics.store(this.#words, FirstEpoch + thread, epoch);
  }

  epoch(thread: number): number {
    return Atomics.load(this.#words, FirstEpoch + thread);
  }

  /** A thread says what it has counted at a port. */
  setCounters(thread: number, port: number, counters: Omit<ThreadCounters, 'fast'>): void {
    const { sent, refused, shed, taken } = counters;
    this.#counts.set([sent, refused, shed, taken], this.#at(thread, port));
  }

  counters(thread: number, port: number): ThreadCounters {
    const at = this.#at(thread, port);
    const [sent = 0, refused = 0, shed = 0, taken = 0] = this.#counts.subarray(at, at + Counts);
    return { sent, fast: 0, refused, shed, taken };
  }

  /** A port's number is given to another one. */
  clear(port: number): void {
    for (let thread = 0; thread < MostThreads; thread += 1) {
      this.#counts.fill(0, this.#at(thread, port), this.#at(thread, port) + Counts);
    }
  }

  #at(thread: number, port: number): number {
    return (thread * BoardPorts + port) * Counts;
  }
}
