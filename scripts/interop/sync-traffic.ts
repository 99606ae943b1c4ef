import { Buffer } from 'node:buffer';

import { IoError } from '../../director/base/errors.js';
import { endpointText } from '../oracle/endpoint.js';
import { innerOffset, Protocol, readIpHeader, type RecordedPacket } from '../oracle/frame.js';
import { tcpPacket, TcpFlag, udpPacket, type Ends } from './frames.js';
import type { Outside } from './outside.js';
import type { SyncFlow } from './sync-scenario.js';

/** A real server's address and port. */
type Server = Pick<Ends, 'source' | 'sourcePort'>;

/**
 * Plays all flows through the guest at the same time, packet by packet, and hands everything that the guest sends to
 * `watch`. A server that answers through the director is the one that the guest has chosen.
 */
export async function playFlows(
  outside: Outside,
  flows: readonly SyncFlow[],
  watch: (packet: RecordedPacket) => Promise<void>,
): Promise<void> {
  const servers = new Map<string, Server>();
  const longest = Math.max(...flows.map(({ packets }) => packets.length));
  for (let step = 0; step < longest; step += 1) {
    for (const flow of flows) playStep(outside, flow, step, servers);
    // Twice: neighbours are asked for before the first packet to them leaves.
    for (const family of ['ipv4', 'ipv6', 'ipv4'] as const) await outside.barrier(family);
    for (const packet of outside.take()) {
      noteServer(servers, packet);
      await watch(packet);
    }
  }
}

function playStep(
  outside: Outside,
  flow: SyncFlow,
  step: number,
  servers: ReadonlyMap<string, Server>,
): void {
  const [direction, ...letters] = flow.packets[step] ?? '';
  const { address: source, port: sourcePort } = flow.client;
  if (direction === '>') {
    const { address: destination, port: destinationPort } = flow.virtual;
    outside.send(
      packetOf(flow, { source, sourcePort, destination, destinationPort }, letters),
      source,
    );
  } else if (direction === '<' && flow.isNat) {
    const server = servers.get(endpointText(flow.client));
    if (server === undefined) throw unanswered(flow);
    const ends = { ...server, destination: source, destinationPort: sourcePort };
    outside.send(packetOf(flow, ends, letters), server.source);
  }
}

const TcpFlags = new Map([
  ['S', TcpFlag.syn],
  ['F', TcpFlag.fin],
  ['R', TcpFlag.rst],
  ['P', TcpFlag.psh],
  ['A', TcpFlag.ack],
]);

function packetOf(flow: SyncFlow, ends: Ends, letters: readonly string[]): Uint8Array {
  const payload = Buffer.from(flow.payload);
  if (flow.protocol === 'udp') return udpPacket(ends, payload);
  const flags = letters.reduce((sum, letter) => sum | (TcpFlags.get(letter) ?? 0), 0);
  return tcpPacket(ends, { flags, ...(letters.includes('P') ? { payload } : {}) });
}

/** A packet of a client on its way to a server says who got the connection. */
function noteServer(servers: Map<string, Server>, { bytes, header }: RecordedPacket): void {
  const inner = innerOffset(bytes, header);
  const { source, sourcePort, destination, destinationPort, protocol } =
    inner === undefined ? header : (readIpHeader(bytes, inner) ?? header);
  if (protocol !== Protocol.tcp && protocol !== Protocol.udp) return;
  const client = endpointText({ address: source, port: sourcePort });
  servers.set(client, { source: destination, sourcePort: destinationPort });
}

const unanswered = ({ client, virtual }: SyncFlow): IoError =>
  new IoError(
    { code: 'guest' },
    `the guest did not send on what ${endpointText(client)} sent to ${endpointText(virtual)}`,
  );
