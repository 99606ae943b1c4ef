import * as checksums from '../../director/wire/checksum.js';
import * as ethernet from '../../director/wire/ethernet.js';
import { Family, Flow, isFragment, Parse, parseIpv4, parseIpv6 } from '../../director/wire/flow.js';
import * as ipv4 from '../../director/wire/ipv4.js';
import * as ipv6 from '../../director/wire/ipv6.js';
import { finishChecksum } from '../../director/wire/offload.js';
import { Packet } from '../../director/wire/packet.js';
import { checksumOffset } from '../../director/wire/rewrite.js';

/*
 * Frames as hosts hand them to their network cards: with the work left undone.
 */

/** Reads a frame into a flow of its own; undefined for what is no whole segment of TCP or UDP. */
export function flowOf(packet: Packet): Flow | undefined {
  const flow = new Flow();
  const { view, start, end } = packet;
  if (!ethernet.isValid(start, end)) return undefined;
  const type = ethernet.type(view, start);
  const isIp = type === ethernet.EtherType.ipv4 || type === ethernet.EtherType.ipv6;
  if (!isIp) return undefined;
  const parsed =
    type === ethernet.EtherType.ipv4 ? parseIpv4(packet, flow) : parseIpv6(packet, flow);
  const isOurs = flow.protocol === ipv4.Protocol.tcp || flow.protocol === ipv4.Protocol.udp;
  return parsed === Parse.ok && isOurs && !isFragment(flow) ? flow : undefined;
}

/** The frame with its checksum left to a network card; undefined when it has none that could be. */
export function leaveChecksum(frame: Uint8Array): Packet | undefined {
  const packet = new Packet();
  packet.load(frame);
  const flow = flowOf(packet);
  if (flow === undefined) return undefined;
  const { view } = packet;
  const { network, transport, end, protocol } = flow;
  const sum =
    flow.family === Family.ipv4
      ? ipv4.pseudoHeaderSum(view, network, end - transport)
      : ipv6.pseudoHeaderSum(view, network, protocol, end - transport);
  packet.end = end;
  packet.checksumFrom = transport;
  packet.checksumField = transport + checksumOffset(protocol);
  view.setUint16(packet.checksumField, checksums.fold(sum));
  return packet;
}

/** A frame's bytes once a network card has done its work. */
export function finished(packet: Packet): Uint8Array {
  const copy = new Packet();
  copy.restore(packet.keep());
  finishChecksum(copy);
  return copy.copy();
}
