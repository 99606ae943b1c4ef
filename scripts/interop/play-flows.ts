import { Buffer } from 'node:buffer';

import type { IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import { endpointText } from '../oracle/endpoint.js';
import { innerOffset, Protocol, readIpHeader, type RecordedPacket } from '../oracle/frame.js';
import type { Flow } from './flow.js';
import {
  sctpPacket,
  tcpPacket,
  TcpFlag,
  udpPacket,
  unreachablePacket,
  type Ends,
} from './frames.js';
import type { Outside } from './outside.js';
import { cutIntoPieces } from './pieces.js';

/** What has come out of the guest for a flow. */
interface Heard {
  /** The packet that its server got last, without a tunnel's header. */
  readonly request: Uint8Array;
  readonly server: Pick<Ends, 'source' | 'sourcePort'>;
}

/** A packet of a flow, as one of its words. */
export interface Turn {
  readonly flow: Flow;
  readonly word: string;
}

/** All flows side by side: in each round a packet of each. */
export function inParallel(flows: readonly Flow[]): Turn[][] {
  const longest = Math.max(...flows.map(({ packets }) => packets.length));
  return Array.from({ length: longest }, (_, step) =>
    flows.flatMap((flow) => {
      const word = flow.packets[step];
      return word === undefined ? [] : [{ flow, word }];
    }),
  );
}

/**
 * Plays flows through the guest, round by round, and hands everything that the guest sends to `watch` before the next
 * round. A server that answers through the director is the one that the guest has chosen; while there is none, nobody
 * answers.
 */
export async function playFlows(
  outside: Outside,
  rounds: readonly (readonly Turn[])[],
  watch: (round: readonly Turn[], sent: readonly RecordedPacket[]) => Promise<void>,
): Promise<void> {
  const heard = new Map<string, Heard>();
  for (const round of rounds) {
    for (const { flow, word } of round) {
      const client = endpointText(flow.client);
      sendPacket(outside, flow, word, heard.get(client));
      // If nothing comes of it, nobody knows whether the connection is still the server's.
      if (isOpening(word)) heard.delete(client);
    }
    // Neighbours are asked for before the first packet to them leaves.
    for (const family of ['ipv4', 'ipv6', 'ipv4'] as const) await outside.barrier(family);
    const sent = outside.take();
    for (const packet of sent) noteRequest(heard, packet);
    await watch(round, sent);
  }
}

/** True for a client's SYN, or SCTP's INIT: they may open a connection anew. */
export const isOpening = (word: string): boolean => /^>(.*S|C1\b)/.test(word);

/** A packet's word, taken apart. */
interface Word {
  readonly isRequest: boolean;
  readonly kind: string;
  /** Length of the payload where the word gives one. */
  readonly size: number | undefined;
  /** Length of the fragments; undefined for a whole packet. */
  readonly cut: number | undefined;
  /** True when the last fragment goes first. */
  readonly isBackwards: boolean;
  readonly ttl: number;
}

function readWord(text: string): Word {
  const [, direction, kind = '', size, backwards, cut, ttl = '64'] =
    /^([<>])([A-Z]+\d*)(?:\/(\d+))?(?:~(-?)(\d+))?(?:@(\d+))?$/.exec(text) ?? [];
  assert(direction !== undefined, 'a flow consists of packets');
  return {
    isRequest: direction === '>',
    kind,
    size: size === undefined ? undefined : Number(size),
    cut: cut === undefined ? undefined : Number(cut),
    isBackwards: backwards === '-',
    ttl: Number(ttl),
  };
}

function sendPacket(outside: Outside, flow: Flow, text: string, heard: Heard | undefined): void {
  const word = readWord(text);
  const { client, virtual, isNat } = flow;
  if (word.isRequest) {
    sendFrom(
      outside,
      client.address,
      word,
      packetOrError(flow, endsOf(client, virtual), word, heard),
    );
  } else if (heard !== undefined && mayAnswer(flow, word)) {
    const ends = { ...endsOf(virtual, client), ...(isNat ? heard.server : {}) };
    sendFrom(outside, heard.server.source, word, packetOrError(flow, ends, word, heard));
  }
}

/** True when the server's packets come to the director; of those with direct routing errors never do. */
const mayAnswer = ({ isNat, answersThrough }: Flow, word: Word): boolean =>
  isNat || (answersThrough === true && !isError(word));

function sendFrom(
  outside: Outside,
  from: IpAddress,
  { cut, isBackwards }: Word,
  packet: Uint8Array | undefined,
): void {
  if (packet === undefined) return;
  identification = (identification + 1) & 0xffff;
  const pieces = cut === undefined ? [packet] : cutIntoPieces(packet, cut, identification);
  for (const piece of isBackwards ? pieces.toReversed() : pieces) outside.send(piece, from);
}

/** Of the last packet that was cut. */
let identification = 0;

const packetOrError = (
  flow: Flow,
  ends: Ends,
  word: Word,
  heard: Heard | undefined,
): Uint8Array | undefined =>
  isError(word) ? errorOf(flow, ends, word, heard) : packetOf(flow, ends, word);

const isError = ({ kind }: Word): boolean => kind.startsWith('I');

/** An ICMP error: a client quotes what a server would have sent it, a server what it got. */
function errorOf(
  flow: Flow,
  ends: Ends,
  { isRequest, kind, ttl }: Word,
  heard: Heard | undefined,
): Uint8Array | undefined {
  const kind0 = flow.protocol === 'sctp' ? 'C0' : 'A';
  const plain = {
    isRequest,
    kind: kind0,
    size: undefined,
    cut: undefined,
    isBackwards: false,
    ttl: 64,
  };
  const reply = packetOf(flow, endsOf(flow.virtual, flow.client), plain);
  const quoted = isRequest ? reply : heard?.request;
  const code = Number(kind.slice(1));
  return quoted === undefined ? undefined : unreachablePacket(ends, quoted, { code, ttl });
}

const endsOf = (from: Flow['client'], to: Flow['client']): Ends => ({
  source: from.address,
  sourcePort: from.port,
  destination: to.address,
  destinationPort: to.port,
});

const TcpFlags = new Map([
  ['S', TcpFlag.syn],
  ['F', TcpFlag.fin],
  ['R', TcpFlag.rst],
  ['P', TcpFlag.psh],
  ['A', TcpFlag.ack],
  ['U', TcpFlag.urg],
]);

function packetOf(flow: Flow, ends: Ends, { kind, size, ttl }: Word): Uint8Array {
  const payload = size === undefined ? Buffer.from(flow.payload) : Buffer.alloc(size, 'baton');
  if (flow.protocol === 'udp') return udpPacket(ends, payload, ttl);
  if (flow.protocol === 'sctp') return sctpPacket(ends, Number(kind.slice(1)), payload, ttl);
  const flags = kind.split('').reduce((sum, letter) => sum | (TcpFlags.get(letter) ?? 0), 0);
  const carries = size !== undefined || kind.includes('P') ? { payload } : {};
  return tcpPacket(ends, { flags, ttl, ...carries });
}

const Scheduled: ReadonlySet<number> = new Set([Protocol.tcp, Protocol.udp, Protocol.sctp]);

/** A packet of a client on its way to a server says who got the connection. */
function noteRequest(heard: Map<string, Heard>, { bytes, header }: RecordedPacket): void {
  const inner = innerOffset(bytes, header) ?? 0;
  const read = inner === 0 ? header : readIpHeader(bytes, inner);
  if (read === undefined || read.isLaterFragment || !Scheduled.has(read.protocol)) return;
  const client = endpointText({ address: read.source, port: read.sourcePort });
  heard.set(client, {
    request: bytes.slice(inner),
    server: { source: read.destination, sourcePort: read.destinationPort },
  });
}
