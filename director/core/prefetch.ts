import * as ethernet from '../wire/ethernet.js';
import { Family } from '../wire/flow.js';
import * as ipv4 from '../wire/ipv4.js';
import * as ipv6 from '../wire/ipv6.js';
import type { FrameBatch } from '../wire/packet.js';
import { Row } from './connection-row.js';
import type { ConnectionTable } from './connections.js';

/** As much of a frame as is read at most: the longest header of IPv4 behind that of Ethernet, and two ports. */
export const Reach = ethernet.HeaderLength + 60 + 4;
/**
 * With the first byte of a frame, the last one of the shortest brings in both lines of the cache that its headers may lie in, and
 * all of a short frame.
 */
const FurtherOn = 63;
/** Where the second of the two ports stands that TCP, UDP and SCTP begin with. */
const SecondPort = 2;
/** Where the link of an entry is expected: no entry. */
const None = 0;

/**
 * Reads ahead what the packet path is going to need for the frames of a batch: their headers, the buckets of their endpoints and
 * the rows of their connections. The kernel has written the frames on another processor, and a large table is in nobody's cache, so
 * each of these reads waits for memory. Here nothing between two of them depends on the first, so that they wait at the same time.
 *
 * It changes nothing and decides nothing: a frame that it takes for another costs a read in vain.
 */
export class Prefetch {
  readonly #connections: Pick<ConnectionTable, 'first' | 'rows'>;
  /** By frame: the entry that its chain begins with, as index + 1. */
  #links = new Int32Array(0);
  /** The first three words stay zero. */
  readonly #ipv4Words = new Uint32Array(4);
  readonly #ipv6Words = new Uint32Array(4);
  /** Everything that was read goes in here, or the engine would leave the reads out. */
  #sink = 0;

  constructor(connections: Pick<ConnectionTable, 'first' | 'rows'>) {
    this.#connections = connections;
  }

  /** Reads ahead for a batch: how many of its frames may belong to a connection. Frames may be anything. */
  touch(batch: FrameBatch): number {
    if (this.#links.length < batch.count) this.#links = new Int32Array(batch.starts.length);
    this.#sink = (this.#sink + touchHeaders(batch)) | 0;
    const found = this.#touchBuckets(batch);
    this.#touchRows(batch.count);
    return found;
  }

  #touchBuckets({ view, starts, count }: FrameBatch): number {
    const last = view.byteLength - Reach;
    const links = this.#links;
    let found = 0;
    for (let index = 0; index < count; index += 1) {
      const start = starts[index] ?? 0;
      const link = start <= last ? this.#linkOf(view, start + ethernet.HeaderLength) : None;
      links[index] = link;
      if (link !== None) found += 1;
    }
    return found;
  }

  #touchRows(count: number): void {
    const { rows } = this.#connections;
    const links = this.#links;
    let sum = 0;
    for (let index = 0; index < count; index += 1) {
      const link = links[index] ?? None;
      if (link !== None) sum ^= rows[(link - 1) * Row.words + Row.ports] ?? 0;
    }
    this.#sink = (this.#sink + sum) | 0;
  }

  /** Only the version tells families apart here: other EtherTypes are rare, and reading ahead for them does no harm. */
  #linkOf(view: DataView, network: number): number {
    switch (view.getUint8(network) >> 4) {
      case Family.ipv4:
        return this.#linkOfIpv4(view, network);
      case Family.ipv6:
        return this.#linkOfIpv6(view, network);
      default:
        return None;
    }
  }

  #linkOfIpv4(view: DataView, network: number): number {
    const protocol = ipv4.protocol(view, network);
    if (!hasPorts(protocol)) return None;
    const words = this.#ipv4Words;
    const transport = network + ipv4.headerLength(view, network);
    words[3] = ipv4.source(view, network);
    const link = this.#connections.first(protocol, words, view.getUint16(transport));
    if (link !== None) return link;
    // What a real server answers is found by the client that it goes to.
    words[3] = ipv4.destination(view, network);
    return this.#connections.first(protocol, words, view.getUint16(transport + SecondPort));
  }

  /** Extension headers are rare, and not worth a walk. */
  #linkOfIpv6(view: DataView, network: number): number {
    const protocol = ipv6.nextHeader(view, network);
    if (!hasPorts(protocol)) return None;
    const words = this.#ipv6Words;
    const transport = network + ipv6.HeaderLength;
    ipv6.readSource(view, network, words);
    const link = this.#connections.first(protocol, words, view.getUint16(transport));
    if (link !== None) return link;
    ipv6.readDestination(view, network, words);
    return this.#connections.first(protocol, words, view.getUint16(transport + SecondPort));
  }
}

const hasPorts = (protocol: number): boolean =>
  protocol === ipv4.Protocol.tcp ||
  protocol === ipv4.Protocol.udp ||
  protocol === ipv4.Protocol.sctp;

/** Reads where the headers of each frame are. What it returns has to go somewhere, or the engine would leave the reads out. */
export function touchHeaders({ view, starts, count }: FrameBatch): number {
  const last = view.byteLength - Reach;
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    const start = starts[index] ?? 0;
    if (start <= last) sum += view.getUint8(start) + view.getUint8(start + FurtherOn);
  }
  return sum;
}
