import { seconds, type Duration, type Instant } from '../base/time.js';
import { Family, type Flow } from '../wire/flow.js';
import type { Packet } from '../wire/packet.js';

/** The most parts that wait, of all datagrams together and of one. */
const MostHeld = 256;
const MostOfOne = 8;
/** A first part that was overtaken on the way is at most this late. */
const Patience: Duration = seconds(1);

/** A frame that waited, and where it had come in: a number of the caller's. */
export interface HeldFragment {
  readonly frame: Uint8Array<ArrayBuffer>;
  readonly arrival: number;
}

interface Waiting extends HeldFragment {
  readonly family: Family;
  readonly protocol: number;
  readonly source: Uint32Array;
  readonly destination: Uint32Array;
  readonly fragmentId: number;
  readonly until: number;
}

const Nothing: readonly HeldFragment[] = [];

/**
 * Parts of datagrams that arrived before their first part, which alone says where they go: some senders begin with the
 * last (old Linux did), and paths reorder. They wait for a moment and go through the packet path again behind the
 * first. Few may wait; what does not find room, or waits in vain, is lost and counted.
 */
export class HeldFragments {
  /** Parts that were refused because too many wait already. */
  refused = 0;
  /** Parts whose first part did not come in time. */
  expired = 0;

  /** Oldest first. */
  #waiting: Waiting[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  /** Keeps a copy of the frame of a later part. False when there is no room. */
  hold(flow: Flow, packet: Packet, arrival: number, now: Instant): boolean {
    this.expire(now);
    if (this.#waiting.length >= MostHeld || this.#count(flow) >= MostOfOne) {
      this.refused += 1;
      return false;
    }
    this.#waiting.push({
      frame: packet.copy(),
      arrival,
      family: flow.family,
      protocol: flow.protocol,
      source: flow.source.slice(),
      destination: flow.destination.slice(),
      fragmentId: flow.fragmentId,
      until: now + Patience,
    });
    return true;
  }

  /** Hands out, in the order of arrival, what waited for the first part that `flow` is. */
  release(flow: Flow, now: Instant): readonly HeldFragment[] {
    if (this.#waiting.length === 0) return Nothing;
    this.expire(now);
    const released = this.#waiting.filter((part) => belongs(part, flow));
    if (released.length === 0) return Nothing;
    this.#waiting = this.#waiting.filter((part) => !belongs(part, flow));
    return released;
  }

  /** Gives up on what has waited too long. */
  expire(now: Instant): void {
    let count = 0;
    while ((this.#waiting[count]?.until ?? Infinity) <= now) count += 1;
    if (count === 0) return;
    this.#waiting.splice(0, count);
    this.expired += count;
  }

  #count(flow: Flow): number {
    let count = 0;
    for (const part of this.#waiting) if (belongs(part, flow)) count += 1;
    return count;
  }
}

/** The same key as that of `FragmentTable`. */
function belongs(part: Waiting, flow: Flow): boolean {
  if (part.fragmentId !== flow.fragmentId || part.family !== flow.family) return false;
  if (flow.family === Family.ipv4 && part.protocol !== flow.protocol) return false;
  for (let word = 0; word < 4; word += 1) {
    if (part.source[word] !== flow.source[word]) return false;
    if (part.destination[word] !== flow.destination[word]) return false;
  }
  return true;
}
