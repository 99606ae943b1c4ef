import type { Instant } from '../base/time.js';
import type { Packet } from '../wire/packet.js';
import type { Director } from './director.js';
import { ErrorKind } from './icmp-error.js';
import { sendError } from './icmp-send.js';
import { sameWords } from './service-table.js';

/**
 * With `nat_icmp_send` a real server whose packet belongs to no connection is told so by ICMP port unreachable, so that it
 * gives up a connection that nobody carries any more.
 */
export function complainToServer(director: Director, packet: Packet, now: Instant): void {
  if (director.settings.nat_icmp_send === 0) return;
  const { flow } = director;
  for (const service of director.services.services()) {
    if (service.protocol !== flow.protocol || !service.isLive) continue;
    const isFromServer = service.servers.some(
      (server) => server.port === flow.sourcePort && sameWords(server.words, flow.source),
    );
    if (!isFromServer) continue;
    sendError(director, packet, ErrorKind.portUnreachable, 0, now);
    return;
  }
}
