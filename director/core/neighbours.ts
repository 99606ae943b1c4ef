import { after, seconds, type Instant } from '../base/time.js';
import type { Family } from '../wire/flow.js';
import type { KeptFrame } from '../wire/packet.js';
import { AddressMap } from './address-map.js';
import type { Interface } from './interfaces.js';

/**
 * Frames that wait for one neighbour, and for all: a node that takes over has to wait for a client or a router in whose
 * stead hundreds of connections speak. Linux keeps 208 KiB of them each (`unres_qlen_bytes`).
 */
const LongestQueue = 64;
const MostHeld = 4_096;
/** The most neighbours known at a time; above it, new ones are not made until others are forgotten. */
const MostNeighbours = 65_536;
const ProbeInterval = seconds(1);
const MostProbes = 3;
/** After this time without a sign of it, a resolved neighbour is asked again when in use and forgotten when idle. */
const ReachableTime = seconds(30);

/** A host on one of our links, as ARP or neighbour discovery knows it. */
export class Neighbour {
  readonly interface: Interface;
  readonly family: Family;
  readonly words: Uint32Array;
  isResolved = false;
  macHigh = 0;
  macLow = 0;
  /** Copies of the frames that wait for it. */
  queue: KeptFrame[] = [];
  probes = 0;
  nextProbe: Instant;
  /** Traffic went to it since its last confirmation. */
  isUsed = true;

  constructor(owner: Interface, family: Family, words: Uint32Array, now: Instant) {
    this.interface = owner;
    this.family = family;
    this.words = words;
    this.nextProbe = now;
  }
}

/** What the table wants done: ask for a neighbour, or give up on it. */
export interface NeighbourWork {
  probe(neighbour: Neighbour): void;
  /** The neighbour did not answer; its waiting frames are lost. */
  fail(neighbour: Neighbour): void;
}

/**
 * The director's own neighbour cache. The kernel's is of no use to it, because the addresses that ask are not the
 * kernel's. Entries are learnt from ARP only and confirmed by it. Unanswered ones go away with what waited for them;
 * idle ones go too, because those who ask for us could otherwise fill the table for good.
 */
export class NeighbourTable {
  /** How often a neighbour that was known has moved to another MAC address, or has been forgotten. */
  changes = 0;
  readonly #neighbours = new AddressMap<Neighbour>();
  #held = 0;

  get size(): number {
    return this.#neighbours.size;
  }

  /** The neighbour whose address stands at `offset` of a column. */
  find(family: Family, words: Uint32Array, offset = 0): Neighbour | undefined {
    return this.#neighbours.get(family, words, offset);
  }

  /** Makes an unresolved neighbour; undefined when the table is full. */
  add(owner: Interface, family: Family, words: Uint32Array, now: Instant): Neighbour | undefined {
    if (this.#neighbours.size >= MostNeighbours) return undefined;
    const neighbour = new Neighbour(owner, family, words.slice(), now);
    this.#neighbours.set(family, words, neighbour);
    return neighbour;
  }

  /** Keeps a copy of a frame until the neighbour answers; false when its queue is full, or too many frames wait in all. */
  hold(neighbour: Neighbour, frame: KeptFrame): boolean {
    if (neighbour.queue.length >= LongestQueue || this.#held >= MostHeld) return false;
    neighbour.queue.push(frame);
    this.#held += 1;
    return true;
  }

  /** Hands out the frames that wait for a neighbour, oldest first. */
  takeHeld(neighbour: Neighbour): readonly KeptFrame[] {
    const { queue } = neighbour;
    neighbour.queue = [];
    this.#held -= queue.length;
    return queue;
  }

  /** The neighbour has this MAC address now. */
  confirm(neighbour: Neighbour, macHigh: number, macLow: number, now: Instant): void {
    const isSame = neighbour.macHigh === macHigh && neighbour.macLow === macLow;
    if (neighbour.isResolved && !isSame) this.changes += 1;
    neighbour.isResolved = true;
    neighbour.macHigh = macHigh;
    neighbour.macLow = macLow;
    neighbour.probes = 0;
    neighbour.isUsed = false;
    neighbour.nextProbe = after(now, ReachableTime);
  }

  /** Asks for unresolved neighbours and old ones in use, and forgets old ones that are idle. Called about once a second. */
  tick(now: Instant, work: NeighbourWork): void {
    for (const neighbour of this.#neighbours.values()) {
      if (neighbour.nextProbe > now) continue;
      const isIdle = neighbour.isResolved && !neighbour.isUsed;
      if (!isIdle && neighbour.probes < MostProbes) {
        this.probe(neighbour, now, work);
        continue;
      }
      this.#neighbours.delete(neighbour.family, neighbour.words);
      // Those who remember the neighbour itself see that they have to look it up again.
      if (neighbour.isResolved) this.changes += 1;
      neighbour.isResolved = false;
      work.fail(neighbour);
    }
  }

  /** Asks for one neighbour now. */
  probe(neighbour: Neighbour, now: Instant, work: NeighbourWork): void {
    neighbour.probes += 1;
    neighbour.nextProbe = after(now, ProbeInterval);
    work.probe(neighbour);
  }
}
