import type { Prng } from '../../../director/base/prng.js';
import { microseconds, after, latest, instant, type Instant } from '../../../director/base/time.js';
import * as ethernet from '../../../director/wire/ethernet.js';
import type { Packet } from '../../../director/wire/packet.js';
import type { EventQueue } from '../event-queue.js';
import { frameOf } from './frame.js';
import { FairWeather, type FrameFilter, type Weather } from './weather.js';

/** Why a frame did not come out of its channel. */
export type LossReason =
  | 'down'
  | 'blocked'
  | 'filtered'
  | 'lost'
  | 'too-long'
  | 'queue-overflow'
  | 'damaged';

/** What may happen to a frame that comes out. */
export type Alteration = 'duplicated' | 'reordered' | 'corrupted' | 'truncated';

/** Who watches a network: every frame that goes in, comes out, or does neither. */
export interface NetworkObserver {
  sent(channel: Channel, frame: Packet): void;
  delivered(channel: Channel, frame: Packet): void;
  lost(channel: Channel, frame: Packet, reason: LossReason): void;
  /** Something has happened to a frame that comes out nevertheless. */
  altered(channel: Channel, frame: Packet, how: Alteration): void;
}

/** What all channels of a network have in common. */
export interface NetworkParts {
  readonly queue: EventQueue;
  readonly prng: Prng;
  readonly observer: NetworkObserver;
}

/** One direction of a cable, from a node to its switch or back. Frames come out in order, unless the weather is bad. */
export class Channel {
  readonly id: number;
  /** `d1.clients>` towards the switch, `d1.clients<` away from it. */
  readonly name: string;
  /** Towards the switch: what the node sends. */
  readonly isUpward: boolean;
  weather: Weather = FairWeather;
  /** False: the cable is pulled. */
  isUp = true;
  /** Takes frames out; several faults may filter at a time. */
  readonly filters = new Set<FrameFilter>();
  readonly #parts: NetworkParts;
  /** Who gets what comes out. */
  readonly deliver: (frame: Packet) => void;
  #underWay = 0;
  #lastOut: Instant = instant(0);

  constructor(
    identity: { readonly id: number; readonly name: string; readonly isUpward: boolean },
    parts: NetworkParts,
    deliver: (frame: Packet) => void,
  ) {
    this.id = identity.id;
    this.name = identity.name;
    this.isUpward = identity.isUpward;
    this.#parts = parts;
    this.deliver = deliver;
  }

  /** Puts a frame in. It must not be changed afterwards. */
  send(frame: Packet): void {
    const { observer } = this.#parts;
    observer.sent(this, frame);
    const reason = this.#obstacle(frame);
    if (reason !== undefined) observer.lost(this, frame, reason);
    else if (this.weather !== FairWeather) this.#brave(frame);
    else if (this.isUpward && this.#underWay === 0) this.#pass(frame);
    else this.#plan(frame, this.weather.delay);
  }

  /** The way to the switch takes no time, which saves an event: the way from it takes all. */
  #pass(frame: Packet): void {
    this.#parts.observer.delivered(this, frame);
    this.deliver(frame);
  }

  /** What keeps a frame from coming out. */
  #obstacle(frame: Packet): LossReason | undefined {
    if (!this.isUp) return 'down';
    for (const drops of this.filters) if (drops(frame)) return 'filtered';
    if (frame.length - ethernet.HeaderLength > this.weather.mtu) return 'too-long';
    return this.#underWay >= this.weather.capacity ? 'queue-overflow' : undefined;
  }

  #brave(frame: Packet): void {
    const { observer } = this.#parts;
    const { weather } = this;
    if (this.#happens(weather.loss)) {
      observer.lost(this, frame, 'lost');
      return;
    }
    const damaged = this.#damage(frame);
    if (damaged === undefined) return;
    this.#planInWeather(damaged);
    if (!this.#happens(weather.duplication)) return;
    observer.altered(this, frame, 'duplicated');
    this.#planInWeather(damaged);
  }

  #planInWeather(frame: Packet): void {
    const { delay, jitter, reordering, reorderDelay } = this.weather;
    const extra = jitter === 0 ? 0 : this.#parts.prng.below(jitter);
    if (!this.#happens(reordering)) {
      this.#plan(frame, delay + extra);
      return;
    }
    this.#parts.observer.altered(this, frame, 'reordered');
    this.#underWay += 1;
    const late = microseconds(delay + extra + reorderDelay);
    this.#parts.queue.at(after(this.#parts.queue.now, late), () => this.#comeOut(frame));
  }

  /** The frame comes out after all that went in before. */
  #plan(frame: Packet, delay: number): void {
    const { queue } = this.#parts;
    this.#underWay += 1;
    this.#lastOut = latest(this.#lastOut, after(queue.now, microseconds(delay)));
    queue.at(this.#lastOut, () => this.#comeOut(frame));
  }

  #comeOut(frame: Packet): void {
    const { observer } = this.#parts;
    this.#underWay -= 1;
    if (!this.isUp) {
      observer.lost(this, frame, 'down');
      return;
    }
    observer.delivered(this, frame);
    this.deliver(frame);
  }

  /**
   * The frame as it comes out: what the wire changes is not what the sender holds. Damage that gets past the frame check
   * sequence is in the IP packet, whose own checksums are then the only guard; ARP has none, so of it nothing comes out.
   */
  #damage(frame: Packet): Packet | undefined {
    const { prng, observer } = this.#parts;
    const { corruption, truncation } = this.weather;
    const isCorrupted = this.#happens(corruption);
    const isTruncated = this.#happens(truncation);
    if (!isCorrupted && !isTruncated) return frame;
    if (ethernet.type(frame.view, frame.start) === ethernet.EtherType.arp) {
      observer.lost(this, frame, 'damaged');
      return undefined;
    }
    const damaged = frameOf(frame);
    const length = damaged.length - ethernet.HeaderLength;
    if (isCorrupted && length > 0) {
      const place = damaged.start + ethernet.HeaderLength + prng.below(length);
      damaged.bytes[place] = (damaged.bytes[place] ?? 0) ^ (1 + prng.below(255));
      observer.altered(this, frame, 'corrupted');
    }
    if (isTruncated && length > 0) {
      damaged.end = damaged.start + ethernet.HeaderLength + prng.below(length);
      observer.altered(this, frame, 'truncated');
    }
    return damaged;
  }

  #happens(chance: number): boolean {
    return chance > 0 && this.#parts.prng.below(1_000) < chance;
  }
}
