import * as ethernet from '../../../director/wire/ethernet.js';
import type { Packet } from '../../../director/wire/packet.js';
import { isSync } from '../faults/frame-class.js';
import type { Channel } from '../network/channel.js';
import type { World, WorldObserver } from '../world.js';

/** When sync datagrams were lost on their way from one director to another. */
export class SyncPaths implements WorldObserver {
  readonly #world: World;
  /** Directors by the lower half of their MAC address on any network. */
  readonly #owners = new Map<number, string>();
  readonly #ends = new Map<Channel, string>();
  readonly #lastLoss = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
    for (const { name } of world.directors) {
      for (const { card, down } of world.network.cablesOf(name)) {
        this.#owners.set(card.mac.low, name);
        this.#ends.set(down, name);
      }
    }
  }

  lost(channel: Channel, frame: Packet): void {
    this.#note(channel, frame);
  }

  altered(channel: Channel, frame: Packet, how: string): void {
    if (how !== 'duplicated') this.#note(channel, frame);
  }

  /** When a datagram from one director to another, or an answer to it, was lost, late or damaged last. */
  lastLoss(from: string, to: string): number {
    return Math.max(
      this.#lastLoss.get(`${from} ${to}`) ?? Number.NEGATIVE_INFINITY,
      this.#lastLoss.get(`${to} ${from}`) ?? Number.NEGATIVE_INFINITY,
    );
  }

  #note(channel: Channel, frame: Packet): void {
    if (!isSync(frame)) return;
    const from = this.#owners.get(ethernet.sourceLow(frame.view, frame.start));
    if (from === undefined) return;
    this.#world.occurrences.count('sync datagram lost or damaged');
    if (channel.isUpward) {
      for (const { name } of this.#world.directors) this.#set(from, name);
    } else this.#set(from, this.#ends.get(channel) ?? '');
  }

  #set(from: string, to: string): void {
    this.#lastLoss.set(`${from} ${to}`, this.#world.now);
  }
}
