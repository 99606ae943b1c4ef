import type { FrameBatch, Packet } from '../wire/packet.js';
import type { FrameSender } from './frame-sender.js';
import type { Libc } from './libc.js';

/** How long the event loop waits until it has its turn. */
const LongestTurnMs = 1;
/**
 * How long the rings are watched for another frame before the process goes to sleep: somewhat more than falling asleep and waking
 * up cost, and as long as a host nearby takes to answer. When nothing came, the next times are spent asleep, each time twice as many.
 */
const LongestWatchMs = 0.05;
const MostUnwatched = 63;

/**
 * Does what a watcher of libuv calls for. What is thrown there nobody would hear of: the event loop is told instead, and ends the
 * process.
 */
export function onLoop(act: () => void): void {
  try {
    act();
  } catch (error) {
    setImmediate(() => {
      throw error;
    });
  }
}

/** A ring, as the hub serves it. */
export interface Ring {
  /** Deals with the frames that wait, up to a batch; how many that were. */
  takeBatch(): number;
  /** Sends what was queued meanwhile. */
  flush(): void;
}

/**
 * What the rings of one data plane share: the turn in which all are served, and the frame in hand, which lies in the ring of
 * one port and leaves by another. A batch ends when everything that it has queued anywhere is sent: only then do its slots
 * go back to the kernel.
 */
export class RingHub {
  readonly libc: Libc;
  /** Called when no frame waits any more, and at the end of every turn. */
  onQuiet: () => void = () => {};
  /** Called before each look at the rings, when no frame is in hand, with the time of `performance.now()`. */
  onLook: (now: number) => void = () => {};
  /** Called with frames that wait, before they are dealt with one by one, when there are several. They must not be changed. */
  onBatch: ((batch: FrameBatch) => void) | undefined;
  /** Called when a batch has ended and everything that it had queued is sent. */
  onSent: () => void = () => {};
  /** Called when everything else has its turn, or sleeps. */
  onRest: () => void = () => {};
  #rings: readonly Ring[] = [];
  #hand: Packet | undefined;
  #address = 0;
  #unwatched = 0;
  #toSkip = 0;

  constructor(libc: Libc) {
    this.libc = libc;
  }

  add(ring: Ring): void {
    this.#rings = [...this.#rings, ring];
  }

  remove(ring: Ring): void {
    this.#rings = this.#rings.filter((other) => other !== ring);
  }

  /** Serves all rings until none has a frame left, or everything else must have its turn. */
  serve(): void {
    this.#serve();
    this.onRest();
  }

  /** A frame of a batch is in `packet`, whose memory begins at `address`, and stays where it is until the batch ends. */
  take(packet: Packet, address: number): void {
    this.#hand = packet;
    this.#address = address;
  }

  /** The batch ends. */
  end(): void {
    this.#hand = undefined;
    for (const ring of this.#rings) ring.flush();
    this.onSent();
  }

  /** Queues a frame. It leaves at the end of the batch, or at once when there is none. */
  send(packet: Packet, sender: FrameSender): void {
    sender.add(packet, packet === this.#hand ? this.#address : undefined);
    if (this.#hand === undefined) sender.flush();
  }

  #serve(): void {
    const start = performance.now();
    let last = start;
    let now = start;
    let isWatching = false;
    for (;;) {
      this.onLook(now);
      const taken = this.#takeBatches();
      now = performance.now();
      if (taken > 0) {
        if (isWatching) this.#unwatched = 0;
        isWatching = false;
        last = now;
        if (now - start > LongestTurnMs) {
          this.onQuiet();
          return;
        }
      } else if (!isWatching) {
        this.onQuiet();
        if (!this.#mayWatch()) return;
        isWatching = true;
      } else if (now - last > LongestWatchMs) {
        this.#toSkip = this.#unwatched;
        this.#unwatched = Math.min(MostUnwatched, this.#unwatched * 2 + 1);
        return;
      }
    }
  }

  #takeBatches(): number {
    let taken = 0;
    for (const ring of this.#rings) taken += ring.takeBatch();
    return taken;
  }

  #mayWatch(): boolean {
    if (this.#toSkip === 0) return true;
    this.#toSkip -= 1;
    return false;
  }
}
