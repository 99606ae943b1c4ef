import type { Flow } from '../../wire/flow.js';
import * as ipv4 from '../../wire/ipv4.js';
import type { Packet } from '../../wire/packet.js';
import { rewriteDestination, rewriteSource, type Endpoint } from '../../wire/rewrite.js';
import * as tcp from '../../wire/tcp.js';
import * as toa from '../../wire/toa.js';

/**
 * FullNat (Alibaba's LVS, DPVS): both ends of a packet are replaced, so that replies come back to this director however
 * the real server routes. A client is then known to its server only by the TOA option.
 */

/** Client -> virtual becomes local -> real. False when the packet cannot be rewritten and must be dropped. */
export function rewriteRequest(
  packet: Packet,
  flow: Flow,
  local: Endpoint,
  real: Endpoint,
): boolean {
  return (
    rewriteDestination(packet.view, flow, real.column, real.at, real.port) &&
    rewriteSource(packet.view, flow, local.column, local.at, local.port)
  );
}

/** Real -> local becomes virtual -> client. False when the packet cannot be rewritten and must be dropped. */
export function rewriteReply(
  packet: Packet,
  flow: Flow,
  virtual: Endpoint,
  client: Endpoint,
): boolean {
  return (
    rewriteDestination(packet.view, flow, client.column, client.at, client.port) &&
    rewriteSource(packet.view, flow, virtual.column, virtual.at, virtual.port)
  );
}

/**
 * Tells the real server who the client is, in a segment that is about to be rewritten: any but a SYN, whose options
 * servers with SYN cookies forget, or a RST. The caller does so until the server must have seen one, for the first may
 * be lost. False when this segment does not carry the option: it has no room, or would be larger than `mtu`.
 */
export function announceClient(packet: Packet, flow: Flow, mtu: number): boolean {
  if ((flow.tcpFlags & (tcp.Flag.syn | tcp.Flag.rst)) !== 0) return false;
  return toa.insert(packet, flow, mtu);
}

/** Makes the client leave room for the option in full segments: lowers the MSS of a SYN with ACK on its way to it. */
export function leaveRoom(packet: Packet, flow: Flow): void {
  if (flow.protocol !== ipv4.Protocol.tcp || (flow.tcpFlags & tcp.Flag.syn) === 0) return;
  const { view } = packet;
  const length = toa.optionLength(flow.family);
  tcp.lowerMss(view, flow.transport, flow.end, length, flow.isUnfinished);
}
