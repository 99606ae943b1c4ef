import { assert } from '../base/invariant.js';
import type { Flow } from '../wire/flow.js';
import {
  KindMask,
  kindOf,
  ProtocolMask,
  Row,
  sameAddress,
  type ConnectionKey,
  type EntryKey,
} from './connection-row.js';
import { hashEndpoint } from './endpoint-hash.js';

/** "No such connection", where an index is expected. */
export const NoConnection = -1;

/**
 * The most entries of one client address and port over one protocol; templates have a client network and port 0. All of
 * them share a chain, and every packet of that client may have to walk it, so this bounds the work that one client makes
 * with a service of every port or of a firewall mark. A host gives one port to many connections only when it has run out
 * of others, or when it is a UDP speaker of one port; 256 services at once is more than either needs, and a walk over as
 * many entries takes a few microseconds.
 */
export const MostOfClient = 256;

export interface ClientIndexOptions {
  /** The most entries in all. */
  readonly capacity: number;
  /** Random start of the hash, so that nobody outside can aim at one bucket. */
  readonly seed: number;
  readonly mostOfClient: number;
}

/**
 * The index of the connection table: one chained hash over protocol and client endpoint. As in IPVS it finds an entry from
 * both sides: what the client sends is compared with the virtual endpoint, what comes back with the real server's. The
 * chains are links in the rows, as index + 1; 0 is the end.
 */
export class ClientIndex {
  readonly #rows: Uint32Array;
  readonly #heads: Int32Array;
  readonly #seed: number;
  readonly #mostOfClient: number;

  /** An index over `rows`. */
  constructor(rows: Uint32Array, options: ClientIndexOptions) {
    this.#rows = rows;
    this.#heads = new Int32Array(2 ** Math.ceil(Math.log2(options.capacity)));
    this.#seed = options.seed >>> 0;
    this.#mostOfClient = options.mostOfClient;
  }

  get byteLength(): number {
    return this.#heads.byteLength;
  }

  /**
   * Where a search for a client's endpoint begins: an entry, as index + 1, or 0 where none is in the bucket. It need not be of that
   * client.
   */
  first(protocol: number, words: Uint32Array, port: number): number {
    return this.#heads[this.#bucket(protocol, words, 0, port)] ?? 0;
  }

  /** The entry that a packet from a client belongs to. */
  find(flow: Flow): number {
    const rows = this.#rows;
    // As a signed word: V8 puts unsigned ones above 2^31 on the heap.
    const ports = (flow.sourcePort << 16) | flow.destinationPort;
    const kind = kindOf(flow.protocol, flow.family, false);
    let link = this.#heads[this.#bucket(flow.protocol, flow.source, 0, flow.sourcePort)] ?? 0;
    while (link !== 0) {
      const row = (link - 1) * Row.words;
      const matches =
        ((rows[row + Row.ports] ?? 0) | 0) === ports &&
        ((rows[row + Row.kind] ?? 0) & KindMask) === kind &&
        sameAddress(rows, row + Row.client, flow.source) &&
        sameAddress(rows, row + Row.virtual, flow.destination);
      if (matches) return link - 1;
      link = rows[row + Row.next] ?? 0;
    }
    return NoConnection;
  }

  /** The entry with the family, protocol, client and virtual endpoint of a key: a connection, or a template. */
  findEntry(key: EntryKey): number {
    const rows = this.#rows;
    const ports = (key.clientPort << 16) | key.virtualPort;
    const kind = kindOf(key.protocol, key.family, key.isTemplate === true);
    let link = this.#heads[this.#bucket(key.protocol, key.clientWords, 0, key.clientPort)] ?? 0;
    while (link !== 0) {
      const row = (link - 1) * Row.words;
      const matches =
        ((rows[row + Row.ports] ?? 0) | 0) === ports &&
        ((rows[row + Row.kind] ?? 0) & KindMask) === kind &&
        sameAddress(rows, row + Row.client, key.clientWords) &&
        sameAddress(rows, row + Row.virtual, key.virtualWords);
      if (matches) return link - 1;
      link = rows[row + Row.next] ?? 0;
    }
    return NoConnection;
  }

  /**
   * The entry that a packet from a real server to a client belongs to, of those that have no bit of `excluded` in `flags`.
   */
  findReply(flow: Flow, flags: Uint8Array, excluded: number): number {
    const rows = this.#rows;
    const kind = kindOf(flow.protocol, flow.family, false);
    const bucket = this.#bucket(flow.protocol, flow.destination, 0, flow.destinationPort);
    let link = this.#heads[bucket] ?? 0;
    while (link !== 0) {
      const row = (link - 1) * Row.words;
      const matches =
        (rows[row + Row.ports] ?? 0) >>> 16 === flow.destinationPort &&
        ((rows[row + Row.kind] ?? 0) & KindMask) === kind &&
        sameAddress(rows, row + Row.client, flow.destination) &&
        sameAddress(rows, row + Row.real, flow.source) &&
        (rows[row + Row.kind] ?? 0) >>> 16 === flow.sourcePort &&
        ((flags[link - 1] ?? 0) & excluded) === 0;
      if (matches) return link - 1;
      link = rows[row + Row.next] ?? 0;
    }
    return NoConnection;
  }

  /** True when a client's endpoint has so many entries that it may not have another. */
  isCrowded(key: Pick<ConnectionKey, 'protocol' | 'clientWords' | 'clientPort'>): boolean {
    const rows = this.#rows;
    const { protocol, clientWords, clientPort } = key;
    let link = this.#heads[this.#bucket(protocol, clientWords, 0, clientPort)] ?? 0;
    let count = 0;
    while (link !== 0) {
      const row = (link - 1) * Row.words;
      const isOfClient =
        (rows[row + Row.ports] ?? 0) >>> 16 === clientPort &&
        ((rows[row + Row.kind] ?? 0) & ProtocolMask) === protocol &&
        sameAddress(rows, row + Row.client, clientWords);
      if (isOfClient) count += 1;
      link = rows[row + Row.next] ?? 0;
    }
    return count >= this.#mostOfClient;
  }

  /** Puts an entry, whose row is written, at the head of its chain. */
  add(index: number): void {
    const bucket = this.#bucketOf(index);
    this.#rows[index * Row.words + Row.next] = this.#heads[bucket] ?? 0;
    this.#heads[bucket] = index + 1;
  }

  /** Takes an entry out of its chain. */
  remove(index: number): void {
    const rows = this.#rows;
    const bucket = this.#bucketOf(index);
    const behind = rows[index * Row.words + Row.next] ?? 0;
    let link = this.#heads[bucket] ?? 0;
    if (link === index + 1) {
      this.#heads[bucket] = behind;
      return;
    }
    while (link !== 0) {
      const field = (link - 1) * Row.words + Row.next;
      const following = rows[field] ?? 0;
      if (following === index + 1) {
        rows[field] = behind;
        return;
      }
      link = following;
    }
    assert(false, 'an entry in use is in its bucket');
  }

  #bucketOf(index: number): number {
    const row = index * Row.words;
    const protocol = (this.#rows[row + Row.kind] ?? 0) & ProtocolMask;
    const port = (this.#rows[row + Row.ports] ?? 0) >>> 16;
    return this.#bucket(protocol, this.#rows, row + Row.client, port);
  }

  #bucket(protocol: number, words: Uint32Array, offset: number, port: number): number {
    return hashEndpoint(this.#seed, protocol, words, offset, port) & (this.#heads.length - 1);
  }
}
