import type { Flow } from '../../wire/flow.js';
import * as ipv4 from '../../wire/ipv4.js';
import type { Packet } from '../../wire/packet.js';
import * as tcp from '../../wire/tcp.js';
import * as udp from '../../wire/udp.js';

/** Masq, towards the real server: destination address and port become the server's. */
export function rewriteRequest(packet: Packet, flow: Flow, address: number, port: number): void {
  const { view } = packet;
  const before = ipv4.destination(view, flow.network);
  ipv4.setDestination(view, flow.network, address);
  if (flow.protocol === ipv4.Protocol.tcp) {
    tcp.adjustForAddress(view, flow.transport, before, address);
    tcp.setDestinationPort(view, flow.transport, port);
  } else {
    udp.adjustForAddress(view, flow.transport, before, address);
    udp.setDestinationPort(view, flow.transport, port);
  }
}

/** Masq, towards the client: source address and port become the virtual service's. */
export function rewriteReply(packet: Packet, flow: Flow, address: number, port: number): void {
  const { view } = packet;
  const before = ipv4.source(view, flow.network);
  ipv4.setSource(view, flow.network, address);
  if (flow.protocol === ipv4.Protocol.tcp) {
    tcp.adjustForAddress(view, flow.transport, before, address);
    tcp.setSourcePort(view, flow.transport, port);
  } else {
    udp.adjustForAddress(view, flow.transport, before, address);
    udp.setSourcePort(view, flow.transport, port);
  }
}
