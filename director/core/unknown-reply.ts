import type { Instant } from '../base/time.js';
import type { Flow } from '../wire/flow.js';
import { Protocol } from '../wire/ipv4.js';
import type { Packet } from '../wire/packet.js';
import * as tcp from '../wire/tcp.js';
import type { Director } from './director.js';
import { ErrorKind } from './icmp-error.js';
import { sendError } from './icmp-send.js';
import { SctpEvent, sctpEvent } from './sctp-states.js';
import { sameWords } from './service-table.js';
import { Method, type VirtualService } from './services.js';

/**
 * With `nat_icmp_send` a real server whose packet belongs to no connection is told so by ICMP port unreachable, so that it
 * gives up a connection that nobody carries any more (handle_response and ip_vs_has_real_service in IPVS). A packet that
 * ends its connection anyway is not worth an answer, and servers whose replies take another way are not meant.
 */
export function complainToServer(director: Director, packet: Packet, now: Instant): void {
  const { settings, services, flow } = director;
  if (settings.nat_icmp_send === 0 || isEnd(flow, packet.view)) return;
  for (const service of services.services()) {
    const isOfProtocol = service.protocol === flow.protocol || service.firewallMark !== 0;
    if (!isOfProtocol || !service.isLive || !hasServer(service, flow)) continue;
    sendError(director, packet, ErrorKind.portUnreachable, 0, now);
    return;
  }
}

const hasServer = ({ servers }: VirtualService, { sourcePort, source }: Flow): boolean =>
  servers.some(
    ({ method, port, words }) =>
      (method === Method.masq || method === Method.fullNat) &&
      port === sourcePort &&
      sameWords(words, source),
  );

/** True for a RST of TCP and an ABORT of SCTP. */
function isEnd(flow: Flow, view: DataView): boolean {
  if (flow.protocol === Protocol.tcp) return (flow.tcpFlags & tcp.Flag.rst) !== 0;
  if (flow.protocol !== Protocol.sctp || flow.fragmentOffset !== 0) return false;
  return sctpEvent(view, flow.transport, flow.end) === SctpEvent.abort;
}
