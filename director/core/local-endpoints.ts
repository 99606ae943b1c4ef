import type { IpAddress } from '../base/address.js';
import type { Prng } from '../base/prng.js';
import { toWords, type AddressWords } from '../wire/address-words.js';
import type { Flow } from '../wire/flow.js';
import { NoConnection, type ConnectionTable } from './connections.js';
import { hashEndpoint } from './endpoint-hash.js';

/** Ports that FullNat uses at a local address, and how many it tries (Alibaba LVS, `lport` and `lport_tries`). */
const FirstPort = 5_000;
const LastPort = 65_535;
const MostTries = 10_000;

/**
 * FullNat's own half of the connection table: the local address and port by which the director talks to a real server in
 * the client's stead, and an index over them for what comes back. Its columns exist from the first such connection on.
 */
export class LocalEndpoints {
  /** Connections refused because no port was free. */
  exhausted = 0;
  readonly #connections: ConnectionTable;
  readonly #prng: Prng;
  readonly #seed: number;
  readonly #isHeld: (address: AddressWords) => boolean;
  #pool: readonly AddressWords[] = [];
  #turn = 0;
  /** Four words an entry. */
  #address = new Uint32Array(0);
  #port = new Uint16Array(0);
  #next = new Int32Array(0);
  #heads = new Int32Array(0);

  /** `isHeld` says whether this node answers for an address now. */
  constructor(
    connections: ConnectionTable,
    prng: Prng,
    isHeld: (address: AddressWords) => boolean = () => true,
  ) {
    this.#connections = connections;
    this.#prng = prng;
    this.#isHeld = isHeld;
    this.#seed = prng.uint32();
  }

  /** Bytes of its columns now. */
  get byteLength(): number {
    return (
      this.#address.byteLength +
      this.#port.byteLength +
      this.#next.byteLength +
      this.#heads.byteLength
    );
  }

  /** The addresses to talk to real servers from; each has to be a floating address, so that replies come here. */
  setPool(addresses: readonly IpAddress[]): void {
    this.#pool = addresses.map((address) => toWords(address));
  }

  /** Columns for reading an entry's local endpoint: four words at `index * 4`. */
  get addresses(): Uint32Array {
    return this.#address;
  }

  port(index: number): number {
    return this.#port[index] ?? 0;
  }

  /** True when an entry has this local endpoint. */
  isAt(index: number, words: Uint32Array, port: number): boolean {
    return this.port(index) === port && sameAt(this.#address, index, words);
  }

  /**
   * Gives an entry a free local endpoint; false when every port tried is taken, or there is no address. Only addresses
   * that this node holds are used, so that answers come here, and so that nodes which are active at the same time, each
   * with addresses of its own, never choose the same endpoint. For an entry that another node carries, any will do.
   */
  assign(index: number, options: { readonly isHeld: boolean } = { isHeld: true }): boolean {
    const family = this.#connections.family[index];
    const usable = this.#pool.filter(
      (address) => address.family === family && (!options.isHeld || this.#isHeld(address)),
    );
    const local = usable[this.#turn % Math.max(1, usable.length)];
    this.#turn += 1;
    if (local === undefined) {
      this.exhausted += 1;
      return false;
    }
    const count = LastPort - FirstPort + 1;
    const start = this.#prng.below(count);
    for (let attempt = 0; attempt < MostTries; attempt += 1) {
      const port = FirstPort + ((start + attempt) % count);
      if (!this.#isTaken(index, local.words, port)) {
        this.assignExactly(index, local.words, port);
        return true;
      }
    }
    this.exhausted += 1;
    return false;
  }

  /** Gives an entry the local endpoint that a peer has told. */
  assignExactly(index: number, words: Uint32Array, port: number): void {
    this.#grow();
    this.#address.set(words, index * 4);
    this.#port[index] = port;
    const bucket = this.#bucket(this.#connections.protocol[index] ?? 0, words, 0, port);
    this.#next[index] = this.#heads[bucket] ?? 0;
    this.#heads[bucket] = index + 1;
  }

  /** The entry that a real server's answer to a local endpoint belongs to. */
  find(flow: Flow): number {
    if (this.#heads.length === 0) return NoConnection;
    const connections = this.#connections;
    const { protocol, destination, destinationPort, source, sourcePort, family } = flow;
    let link = this.#heads[this.#bucket(protocol, destination, 0, destinationPort)] ?? 0;
    while (link !== 0) {
      const index = link - 1;
      const matches =
        this.#port[index] === destinationPort &&
        connections.protocol[index] === protocol &&
        connections.family[index] === family &&
        connections.realPort(index) === sourcePort &&
        sameAt(this.#address, index * 4, destination) &&
        sameAt(connections.rows, connections.realAt(index), source);
      if (matches) return index;
      link = this.#next[index] ?? 0;
    }
    return NoConnection;
  }

  /** Takes an entry out, when it has a local endpoint. */
  release(index: number): void {
    const port = this.port(index);
    if (port === 0) return;
    const protocol = this.#connections.protocol[index] ?? 0;
    const bucket = this.#bucket(protocol, this.#address, index * 4, port);
    this.#port[index] = 0;
    let link = this.#heads[bucket] ?? 0;
    if (link === index + 1) {
      this.#heads[bucket] = this.#next[index] ?? 0;
      return;
    }
    while (link !== 0) {
      const following = this.#next[link - 1] ?? 0;
      if (following === index + 1) {
        this.#next[link - 1] = this.#next[index] ?? 0;
        return;
      }
      link = following;
    }
  }

  /** True when the local endpoint already talks to the entry's real server. */
  #isTaken(index: number, words: Uint32Array, port: number): boolean {
    if (this.#heads.length === 0) return false;
    const connections = this.#connections;
    const protocol = connections.protocol[index] ?? 0;
    let link = this.#heads[this.#bucket(protocol, words, 0, port)] ?? 0;
    while (link !== 0) {
      const other = link - 1;
      const isSame =
        this.#port[other] === port &&
        connections.protocol[other] === protocol &&
        connections.realPort(other) === connections.realPort(index) &&
        sameAt(this.#address, other * 4, words) &&
        sameAt(
          connections.rows,
          connections.realAt(other),
          connections.rows,
          connections.realAt(index),
        );
      if (isSame) return true;
      link = this.#next[other] ?? 0;
    }
    return false;
  }

  #grow(): void {
    if (this.#heads.length > 0) return;
    const { capacity } = this.#connections;
    this.#address = new Uint32Array(capacity * 4);
    this.#port = new Uint16Array(capacity);
    this.#next = new Int32Array(capacity);
    this.#heads = new Int32Array(2 ** Math.ceil(Math.log2(capacity)));
  }

  #bucket(protocol: number, words: Uint32Array, offset: number, port: number): number {
    return hashEndpoint(this.#seed, protocol, words, offset, port) & (this.#heads.length - 1);
  }
}

const sameAt = (column: Uint32Array, at: number, words: Uint32Array, offset = 0): boolean =>
  column[at + 3] === words[offset + 3] &&
  column[at + 2] === words[offset + 2] &&
  column[at + 1] === words[offset + 1] &&
  column[at] === words[offset];
