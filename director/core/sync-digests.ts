import { Row } from './connection-row.js';

/** Origins are numbers of one byte. */
const Origins = 256;

/**
 * What the entries of each origin come to, kept up with every entry that comes and goes: their number, and the sum of a
 * hash of 64 bits over each one's addresses, ports, protocol and real server. Two nodes that have the same entries have
 * the same sum, in whatever order they came by them. State, times and counters are not in it: they differ between a node
 * and its copies all the time, and every message repairs them.
 */
export class SyncDigests {
  readonly #entries = new Uint32Array(Origins);
  readonly #high = new Uint32Array(Origins);
  readonly #low = new Uint32Array(Origins);

  entries(origin: number): number {
    return this.#entries[origin] ?? 0;
  }

  high(origin: number): number {
    return this.#high[origin] ?? 0;
  }

  low(origin: number): number {
    return this.#low[origin] ?? 0;
  }

  /** Counts the entry whose row begins at `row`. */
  add(origin: number, rows: Uint32Array, row: number): void {
    const high = hashRow(rows, row, HighSeed);
    const low = hashRow(rows, row, LowSeed);
    const sum = this.low(origin) + low;
    this.#entries[origin] = this.entries(origin) + 1;
    this.#low[origin] = sum;
    this.#high[origin] = this.high(origin) + high + (sum > 0xffff_ffff ? 1 : 0);
  }

  /** Takes out an entry that has been counted, whose row is as it was then. */
  subtract(origin: number, rows: Uint32Array, row: number): void {
    const high = hashRow(rows, row, HighSeed);
    const low = hashRow(rows, row, LowSeed);
    const rest = this.low(origin) - low;
    this.#entries[origin] = this.entries(origin) - 1;
    this.#low[origin] = rest;
    this.#high[origin] = this.high(origin) - high - (rest < 0 ? 1 : 0);
  }
}

const HighSeed = 0x9e37_79b9;
const LowSeed = 0x85eb_ca6b;

/** All nodes have to agree on it: a change of it is a change of the protocol. */
function hashRow(rows: Uint32Array, row: number, seed: number): number {
  let hash = seed | 0;
  for (let at = row + Row.client; at <= row + Row.kind; at += 1) {
    hash = Math.imul(hash ^ (rows[at] ?? 0), 0xcc9e_2d51);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, seed | 1);
  return (hash ^ (hash >>> 13)) >>> 0;
}
