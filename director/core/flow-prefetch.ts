import * as ethernet from '../wire/ethernet.js';
import { Family } from '../wire/flow.js';
import * as ipv4 from '../wire/ipv4.js';
import * as ipv6 from '../wire/ipv6.js';
import type { FrameBatch } from '../wire/packet.js';
import {
  bucketOf,
  findWay,
  hashOfIpv4,
  hashOfIpv6,
  NoWay,
  Record,
  RecordMask,
  shapeOf,
} from './flow-layout.js';
import type { OffloadPlace } from './offload.js';
import { Reach, touchHeaders } from './prefetch.js';

/**
 * Reads ahead what a `FlowCarrier` is going to need for the frames of a batch, as `Prefetch` does for the packet path: a table of
 * flows is spread over so many pages that nearly each read of it waits, and here they wait at the same time.
 *
 * It changes nothing and decides nothing: a frame that it takes for another costs a read in vain.
 */
export class FlowPrefetch {
  readonly #words: Uint32Array;
  readonly #seed: number;
  readonly #buckets: number;
  readonly #recordsAt: number;
  /** By frame. */
  #hashes = new Int32Array(0);
  /** Of the frames that have one. */
  #records = new Int32Array(0);
  readonly #rest: { view: DataView; starts: Int32Array; count: number } = {
    view: new DataView(new ArrayBuffer(0)),
    starts: new Int32Array(0),
    count: 0,
  };
  /** Everything that was read goes in here, or the engine would leave the reads out. */
  #sink = 0;

  constructor({ memory, records, seed }: Pick<OffloadPlace, 'memory' | 'records' | 'seed'>) {
    const { buckets, recordsAt } = shapeOf(records);
    this.#words = new Uint32Array(memory);
    this.#seed = seed;
    this.#buckets = buckets;
    this.#recordsAt = recordsAt;
  }

  /** Reads ahead for a batch. Those of its frames that no flow of the table has; valid until the next call. Frames may be anything. */
  touch(batch: FrameBatch): FrameBatch {
    if (this.#hashes.length < batch.count) {
      this.#hashes = new Int32Array(batch.starts.length);
      this.#records = new Int32Array(batch.starts.length);
      this.#rest.starts = new Int32Array(batch.starts.length);
    }
    // Each step for all frames: the shorter a loop, the more of its reads the processor begins before the first has ended.
    this.#sink = (this.#sink + touchHeaders(batch)) | 0;
    this.#hash(batch);
    this.#touchBuckets(batch.count);
    this.#find(batch);
    this.#touchRecords(batch.count - this.#rest.count);
    return this.#rest;
  }

  #hash({ view, starts, count }: FrameBatch): void {
    const last = view.byteLength - Reach;
    const hashes = this.#hashes;
    for (let index = 0; index < count; index += 1) {
      const start = starts[index] ?? 0;
      hashes[index] = start <= last ? this.#hashOf(view, start + ethernet.HeaderLength) : 0;
    }
  }

  #touchBuckets(count: number): void {
    const words = this.#words;
    const hashes = this.#hashes;
    const buckets = this.#buckets;
    let sum = 0;
    for (let index = 0; index < count; index += 1) {
      sum ^= words[bucketOf(hashes[index] ?? 0, buckets)] ?? 0;
    }
    this.#sink = (this.#sink + sum) | 0;
  }

  /** The records of the frames' flows, and the frames without any. */
  #find({ view, starts, count }: FrameBatch): void {
    const words = this.#words;
    const hashes = this.#hashes;
    const buckets = this.#buckets;
    const records = this.#records;
    const rest = this.#rest;
    let found = 0;
    let left = 0;
    for (let index = 0; index < count; index += 1) {
      const way = findWay(words, buckets, hashes[index] ?? 0);
      if (way === NoWay) {
        rest.starts[left] = starts[index] ?? 0;
        left += 1;
      } else {
        records[found] = (words[way] ?? 0) & RecordMask;
        found += 1;
      }
    }
    rest.view = view;
    rest.count = left;
  }

  #touchRecords(count: number): void {
    const words = this.#words;
    const records = this.#records;
    const first = this.#recordsAt / 4;
    let sum = 0;
    for (let index = 0; index < count; index += 1) {
      sum ^= words[first + (records[index] ?? 0) * (Record.byteLength / 4)] ?? 0;
    }
    this.#sink = (this.#sink + sum) | 0;
  }

  /** Only the version tells families apart here, and the transport is taken to be behind the shortest header. */
  #hashOf(view: DataView, network: number): number {
    switch (view.getUint8(network) >> 4) {
      case Family.ipv4:
        return hashOfIpv4(
          this.#seed,
          view.getUint32(network + Ipv4Addresses, true),
          view.getUint32(network + Ipv4Addresses + 4, true),
          view.getUint32(network + ipv4.MinimumHeaderLength, true),
          ipv4.protocol(view, network),
        );
      case Family.ipv6:
        return hashOfIpv6(
          this.#seed,
          view,
          network + Ipv6Addresses,
          network + ipv6.HeaderLength,
          ipv6.nextHeader(view, network),
        );
      default:
        return 0;
    }
  }
}

/** Where addresses begin in a header. */
const Ipv4Addresses = 12;
const Ipv6Addresses = 8;
