import type { Flow } from '../../wire/flow.js';
import type { Packet } from '../../wire/packet.js';
import { rewriteDestination, rewriteSource } from '../../wire/rewrite.js';

/**
 * Masq, towards the real server: destination address and port become the server's. The address is four words at `at`
 * of a column; port 0 keeps the port. False when the packet cannot be rewritten, see `rewriteDestination`.
 */
export function rewriteRequest(
  packet: Packet,
  flow: Flow,
  column: Uint32Array,
  at: number,
  port: number,
): boolean {
  return rewriteDestination(packet.view, flow, column, at, port);
}

/** Masq, towards the client: source address and port become the virtual service's. */
export function rewriteReply(
  packet: Packet,
  flow: Flow,
  column: Uint32Array,
  at: number,
  port: number,
): boolean {
  return rewriteSource(packet.view, flow, column, at, port);
}
