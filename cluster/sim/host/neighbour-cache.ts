import type { Prng } from '../../../director/base/prng.js';
import {
  after,
  instant,
  microseconds,
  seconds,
  type Duration,
  type Instant,
} from '../../../director/base/time.js';
import { AddressMap } from '../../../director/core/address-map.js';
import type { MacAddress } from '../../../director/wire/ethernet.js';
import * as ethernet from '../../../director/wire/ethernet.js';
import type { Family } from '../../../director/wire/flow.js';
import type { Packet } from '../../../director/wire/packet.js';
import type { EventQueue } from '../event-queue.js';
import type { NetworkCard } from './network-card.js';

/** The kernel's defaults (net.ipv4.neigh.*): see arp(7). */
const BaseReachableTime = seconds(30);
const DelayFirstProbe = seconds(5);
const RetransTime = seconds(1);
const MostProbes = 3;
/** A MAC address that was learnt this moment is not replaced by a second answer to the same question. */
const LockTime = seconds(1);
/** Frames that wait for one neighbour. */
const LongestQueue = 64;

/** A neighbour as the host knows it. */
interface Entry {
  readonly card: NetworkCard;
  readonly family: Family;
  readonly words: Uint32Array;
  mac: MacAddress | undefined;
  /** When the MAC address was set, and when somebody last proved that it works. */
  updatedAt: Instant;
  confirmedAt: Instant;
  /** A probe is planned: the entry was used although nothing proved it for long. */
  isProbing: boolean;
  probes: number;
  queue: Packet[];
}

/** What somebody has said of a neighbour. */
export interface NeighbourNews {
  readonly mac: MacAddress;
  /** An entry is made although there was none: it asks for this host. */
  readonly isAsking: boolean;
  /** It replaces what is known in any case: gratuitous ARP, or the override flag of IPv6. */
  readonly overrides: boolean;
  /** An answer to this host's own question. */
  readonly isAnswer: boolean;
}

/** Asks for a neighbour: everybody, or the MAC address where it was. */
export type AskNeighbour = (
  card: NetworkCard,
  family: Family,
  words: Uint32Array,
  at: MacAddress | undefined,
) => void;

/**
 * A kernel's neighbour cache (RFC 4861 §7.3, and Linux for ARP alike). What is known is believed for half a minute or so
 * after the last proof, then used on while it is asked for: so a host that missed an announcement goes on sending to a
 * dead MAC address until its own probes fail.
 */
export class NeighbourCache {
  readonly #entries = new AddressMap<Entry>();
  readonly #queue: EventQueue;
  readonly #ask: AskNeighbour;
  readonly #reachableTime: Duration;

  constructor(queue: EventQueue, prng: Prng, ask: AskNeighbour) {
    this.#queue = queue;
    this.#ask = ask;
    // Each host draws its own, between half and one and a half times the base (RFC 4861 §6.3.2).
    this.#reachableTime = microseconds(BaseReachableTime / 2 + prng.below(BaseReachableTime));
  }

  /** The MAC address that is used for a neighbour now. */
  macOf(family: Family, words: Uint32Array): MacAddress | undefined {
    return this.#entries.get(family, words)?.mac;
  }

  /** Sends a frame, whose destination it fills in, to a neighbour: now, or when it has answered. */
  send(card: NetworkCard, family: Family, words: Uint32Array, frame: Packet): void {
    const entry = this.#entries.get(family, words) ?? this.#add(card, family, words);
    if (entry.mac === undefined) {
      if (entry.queue.length < LongestQueue) entry.queue.push(frame);
      return;
    }
    ethernet.setDestination(frame.view, frame.start, entry.mac.high, entry.mac.low);
    card.send(frame);
    const { now } = this.#queue;
    if (entry.isProbing || now <= after(entry.confirmedAt, this.#reachableTime)) return;
    entry.isProbing = true;
    entry.probes = 0;
    this.#queue.at(after(now, DelayFirstProbe), () => this.#probe(entry));
  }

  /** Takes note of what was said of a neighbour on a card. */
  learn(card: NetworkCard, family: Family, words: Uint32Array, news: NeighbourNews): void {
    const known = this.#entries.get(family, words);
    if (known === undefined && !news.isAsking) return;
    const { now } = this.#queue;
    const entry = known ?? this.#create(card, family, words);
    const isLocked = entry.mac !== undefined && now < after(entry.updatedAt, LockTime);
    const isSame = entry.mac?.low === news.mac.low && entry.mac.high === news.mac.high;
    if (!isSame) {
      if (isLocked && !news.overrides) return;
      entry.mac = news.mac;
      entry.updatedAt = now;
    }
    if (news.isAnswer) entry.confirmedAt = now;
    for (const frame of entry.queue.splice(0)) {
      ethernet.setDestination(frame.view, frame.start, news.mac.high, news.mac.low);
      card.send(frame);
    }
  }

  /** A stream makes progress by way of this neighbour: it works. */
  confirm(family: Family, words: Uint32Array): void {
    const entry = this.#entries.get(family, words);
    if (entry !== undefined) entry.confirmedAt = this.#queue.now;
  }

  #create(card: NetworkCard, family: Family, words: Uint32Array): Entry {
    const entry: Entry = {
      card,
      family,
      words: words.slice(),
      mac: undefined,
      updatedAt: instant(0 - LockTime),
      // What was not proved is used, and asked for soon.
      confirmedAt: instant(0 - this.#reachableTime - 1),
      isProbing: false,
      probes: 0,
      queue: [],
    };
    this.#entries.set(family, words, entry);
    return entry;
  }

  /** Makes an entry and asks everybody. */
  #add(card: NetworkCard, family: Family, words: Uint32Array): Entry {
    const entry = this.#create(card, family, words);
    this.#resolve(entry);
    return entry;
  }

  #resolve(entry: Entry): void {
    if (entry.mac !== undefined) return;
    if (entry.probes >= MostProbes) {
      this.#entries.delete(entry.family, entry.words);
      return;
    }
    entry.probes += 1;
    this.#ask(entry.card, entry.family, entry.words, undefined);
    this.#queue.at(after(this.#queue.now, RetransTime), () => this.#resolve(entry));
  }

  /** Asks where the neighbour was, three times; then it is forgotten, and everybody is asked. */
  #probe(entry: Entry): void {
    const { now } = this.#queue;
    if (now <= after(entry.confirmedAt, this.#reachableTime)) {
      entry.isProbing = false;
      return;
    }
    if (entry.probes >= MostProbes) {
      this.#entries.delete(entry.family, entry.words);
      return;
    }
    entry.probes += 1;
    this.#ask(entry.card, entry.family, entry.words, entry.mac);
    this.#queue.at(after(now, RetransTime), () => this.#probe(entry));
  }
}
