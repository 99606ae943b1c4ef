import { assert } from '../base/invariant.js';
import { seconds, type Duration, type Instant } from '../base/time.js';
import { Family, type Flow } from '../wire/flow.js';

/** As many datagrams in parts as are remembered unless said. */
export const DefaultCapacity = 4_096;
/** The kernel's `ipfrag_time`: later parts come within it or never. */
export const DefaultLifetime: Duration = seconds(30);

const None = -1;

/**
 * The ports of datagrams that arrive in parts: only the first part has them (RFC 791 §3.2, RFC 8200 §4.5). Nothing is
 * reassembled: each part goes its own way, to where its first part went.
 *
 * The kernel defragments before IPVS sees a packet; to pass parts on costs less memory, and the parts arrive as they
 * were sent. Parts before the first are the matter of `HeldFragments`.
 *
 * Slots are used in a circle, so that the next to be used is the oldest; a full table forgets it and counts. A slot is
 * found by a chain from a hash of family, addresses and identification; and in IPv4 of the protocol, which in IPv6
 * only the first part knows for sure.
 */
export class FragmentTable {
  /** Datagrams that were forgotten for newer ones before their time. */
  evicted = 0;

  readonly #capacity: number;
  readonly #lifetime: Duration;
  readonly #buckets: Int32Array;
  readonly #next: Int32Array;
  /** Bucket of a slot in use, `None` for a free one. */
  readonly #bucket: Int32Array;
  readonly #family: Uint8Array;
  readonly #protocol: Uint8Array;
  /** Four words a slot. */
  readonly #source: Uint32Array;
  readonly #destination: Uint32Array;
  readonly #identification: Uint32Array;
  readonly #sourcePort: Uint16Array;
  readonly #destinationPort: Uint16Array;
  readonly #since: Float64Array;
  #oldest = 0;

  constructor(capacity: number = DefaultCapacity, lifetime: Duration = DefaultLifetime) {
    this.#capacity = capacity;
    this.#lifetime = lifetime;
    this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(capacity * 2))).fill(None);
    this.#next = new Int32Array(capacity).fill(None);
    this.#bucket = new Int32Array(capacity).fill(None);
    this.#family = new Uint8Array(capacity);
    this.#protocol = new Uint8Array(capacity);
    this.#source = new Uint32Array(capacity * 4);
    this.#destination = new Uint32Array(capacity * 4);
    this.#identification = new Uint32Array(capacity);
    this.#sourcePort = new Uint16Array(capacity);
    this.#destinationPort = new Uint16Array(capacity);
    this.#since = new Float64Array(capacity);
  }

  /** Keeps the ports of a first part; those of an earlier datagram with the same identification are forgotten. */
  remember(flow: Flow, now: Instant): void {
    const bucket = this.#hash(flow);
    const known = this.#find(flow, bucket);
    if (known !== None) this.#forget(known);
    const slot = this.#oldest;
    this.#oldest = (slot + 1) % this.#capacity;
    if (this.#bucket[slot] !== None) {
      if (!this.#isOver(slot, now)) this.evicted += 1;
      this.#forget(slot);
    }
    this.#family[slot] = flow.family;
    this.#protocol[slot] = flow.protocol;
    this.#source.set(flow.source, slot * 4);
    this.#destination.set(flow.destination, slot * 4);
    this.#identification[slot] = flow.fragmentId;
    this.#sourcePort[slot] = flow.sourcePort;
    this.#destinationPort[slot] = flow.destinationPort;
    this.#since[slot] = now;
    this.#bucket[slot] = bucket;
    this.#next[slot] = this.#buckets[bucket] ?? None;
    this.#buckets[bucket] = slot;
  }

  /** Gives a later part the ports, and in IPv6 the protocol, of its first part. False if that is not known. */
  recall(flow: Flow, now: Instant): boolean {
    const slot = this.#find(flow, this.#hash(flow));
    if (slot === None) return false;
    if (this.#isOver(slot, now)) {
      this.#forget(slot);
      return false;
    }
    flow.protocol = this.#protocol[slot] ?? 0;
    flow.sourcePort = this.#sourcePort[slot] ?? 0;
    flow.destinationPort = this.#destinationPort[slot] ?? 0;
    return true;
  }

  #isOver(slot: number, now: Instant): boolean {
    return now - (this.#since[slot] ?? 0) >= this.#lifetime;
  }

  #find(flow: Flow, bucket: number): number {
    let slot = this.#buckets[bucket] ?? None;
    while (slot !== None && !this.#isOf(slot, flow)) slot = this.#next[slot] ?? None;
    return slot;
  }

  #isOf(slot: number, flow: Flow): boolean {
    if (this.#identification[slot] !== flow.fragmentId) return false;
    if (this.#family[slot] !== flow.family) return false;
    if (flow.family === Family.ipv4 && this.#protocol[slot] !== flow.protocol) return false;
    for (let word = 0; word < 4; word += 1) {
      if (this.#source[slot * 4 + word] !== flow.source[word]) return false;
      if (this.#destination[slot * 4 + word] !== flow.destination[word]) return false;
    }
    return true;
  }

  #forget(slot: number): void {
    const bucket = this.#bucket[slot] ?? None;
    const next = this.#next[slot] ?? None;
    let before = this.#buckets[bucket] ?? None;
    if (before === slot) {
      this.#buckets[bucket] = next;
    } else {
      while (before !== None && this.#next[before] !== slot) before = this.#next[before] ?? None;
      assert(before !== None, 'a slot in use is in the chain of its bucket');
      this.#next[before] = next;
    }
    this.#bucket[slot] = None;
  }

  #hash(flow: Flow): number {
    let hash = flow.fragmentId;
    for (let word = 0; word < 4; word += 1) {
      hash = Math.imul(hash ^ (flow.source[word] ?? 0), 0x9e37_79b1);
      hash = Math.imul(hash ^ (hash >>> 15) ^ (flow.destination[word] ?? 0), 0x85eb_ca6b);
    }
    return (hash ^ (hash >>> 16)) & (this.#buckets.length - 1);
  }
}
