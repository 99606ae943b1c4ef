import * as checksums from './checksum.js';
import { Family, isFragment, type Flow } from './flow.js';
import * as ipv4 from './ipv4.js';
import * as ipv6 from './ipv6.js';
import * as sctp from './sctp.js';
import * as tcp from './tcp.js';
import * as udp from './udp.js';

/** One end of a connection: four address words at `at` of a column of the connection table, and a port; 0 keeps it. */
export interface Endpoint {
  column: Uint32Array;
  at: number;
  port: number;
}

/**
 * Gives the packet of `flow` another destination: the four address words at `at` of a column, as the connection table
 * holds them, and a port, where 0 keeps the one there is. Checksums are corrected by the difference, so that a wrong
 * one stays wrong. A later fragment has no ports, and its checksum is in the first one. The flow itself is left as it
 * arrived.
 *
 * Returns false and changes nothing when that cannot be done: the checksum of SCTP follows a changed port only in
 * sight of the whole packet.
 */
export function rewriteDestination(
  view: DataView,
  flow: Flow,
  column: Uint32Array,
  at: number,
  port: number,
): boolean {
  if (isBeyondReach(flow, flow.destinationPort, port)) return false;
  const change =
    flow.family === Family.ipv4
      ? ipv4.setDestination(view, flow.network, column[at + 3] ?? 0)
      : ipv6.setDestination(view, flow.network, column, at);
  if (flow.fragmentOffset !== 0) return true;
  const { transport, end } = flow;
  if (flow.isUnfinished) {
    adjustUnfinished(view, flow, change);
    if (port !== 0) view.setUint16(transport + PortOffset.destination, port);
    return true;
  }
  switch (flow.protocol) {
    case ipv4.Protocol.tcp:
      tcp.adjust(view, transport, change);
      if (port !== 0) tcp.setDestinationPort(view, transport, port);
      break;
    case ipv4.Protocol.udp:
      udp.adjust(view, transport, change);
      if (port !== 0) udp.setDestinationPort(view, transport, port);
      break;
    case ipv4.Protocol.sctp:
      if (port !== 0) sctp.setDestinationPort(view, transport, end, port);
      break;
  }
  return true;
}

/** Gives the packet of `flow` another source, as `rewriteDestination` does with the destination. */
export function rewriteSource(
  view: DataView,
  flow: Flow,
  column: Uint32Array,
  at: number,
  port: number,
): boolean {
  if (isBeyondReach(flow, flow.sourcePort, port)) return false;
  const change =
    flow.family === Family.ipv4
      ? ipv4.setSource(view, flow.network, column[at + 3] ?? 0)
      : ipv6.setSource(view, flow.network, column, at);
  if (flow.fragmentOffset !== 0) return true;
  const { transport, end } = flow;
  if (flow.isUnfinished) {
    adjustUnfinished(view, flow, change);
    if (port !== 0) view.setUint16(transport + PortOffset.source, port);
    return true;
  }
  switch (flow.protocol) {
    case ipv4.Protocol.tcp:
      tcp.adjust(view, transport, change);
      if (port !== 0) tcp.setSourcePort(view, transport, port);
      break;
    case ipv4.Protocol.udp:
      udp.adjust(view, transport, change);
      if (port !== 0) udp.setSourcePort(view, transport, port);
      break;
    case ipv4.Protocol.sctp:
      if (port !== 0) sctp.setSourcePort(view, transport, end, port);
      break;
  }
  return true;
}

/** Where both TCP and UDP have their ports. */
const PortOffset = { source: 0, destination: 2 } as const;

/** Corrects a checksum that holds the sum of the pseudo-header only: it follows the addresses, and ports not yet. */
export function adjustUnfinished(view: DataView, flow: Flow, change: number): void {
  const field = flow.transport + checksumOffset(flow.protocol);
  view.setUint16(field, checksums.adjustUnfinished(view.getUint16(field), change));
}

/** Where TCP or UDP has its checksum. */
export const checksumOffset = (protocol: number): number =>
  protocol === ipv4.Protocol.tcp ? tcp.ChecksumOffset : udp.ChecksumOffset;

const isBeyondReach = (flow: Flow, before: number, port: number): boolean =>
  flow.protocol === ipv4.Protocol.sctp && isFragment(flow) && port !== 0 && port !== before;
