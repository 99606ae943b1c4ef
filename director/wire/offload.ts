import * as checksums from './checksum.js';
import * as ethernet from './ethernet.js';
import type { Flow } from './flow.js';
import * as ipv4 from './ipv4.js';
import { SegmentKind, type Packet } from './packet.js';
import { checksumOffset } from './rewrite.js';
import * as sctp from './sctp.js';
import * as tcp from './tcp.js';
import * as udp from './udp.js';

/*
 * The work that senders leave to network cards, done by us where a frame cannot be sent on with it undone. See `Packet`.
 */

/**
 * Takes up what a driver says is left to be done to the packet of `flow`, before anything else is done with it. An
 * unfinished checksum of TCP or UDP stays so, and the flow says so; any other is finished here. False for a frame that
 * cannot be what it says it is.
 */
export function takeUp(packet: Packet, flow: Flow): boolean {
  const { checksumFrom, checksumField } = packet;
  if (checksumFrom < flow.transport || checksumField < checksumFrom) return false;
  if (checksumField + 2 > flow.end) return false;
  const isWhole = !flow.moreFragments && flow.fragmentOffset === 0;
  const isOurs = flow.protocol === ipv4.Protocol.tcp || flow.protocol === ipv4.Protocol.udp;
  if (
    isOurs &&
    isWhole &&
    checksumFrom === flow.transport &&
    checksumField === checksumFrom + checksumOffset(flow.protocol)
  ) {
    flow.isUnfinished = true;
    return packet.segmentSize === 0 || isSuperFrame(packet, flow);
  }
  if (packet.segmentSize !== 0) return false;
  if (flow.protocol === ipv4.Protocol.sctp) {
    sctp.setChecksum(
      packet.view,
      flow.transport,
      sctp.computeChecksum(packet.view, flow.transport, flow.end),
    );
    packet.settle();
  } else {
    finishChecksum(packet);
  }
  return true;
}

function isSuperFrame({ segmentKind }: Packet, { protocol }: Flow): boolean {
  if (protocol === ipv4.Protocol.udp) return segmentKind === SegmentKind.udp;
  return segmentKind === SegmentKind.tcp4 || segmentKind === SegmentKind.tcp6;
}

/** Computes an unfinished checksum, as a network card would. Not for super-frames, whose segments each need their own. */
export function finishChecksum(packet: Packet): void {
  const { view, checksumFrom, checksumField, end } = packet;
  if (checksumFrom === 0) return;
  const sum = checksums.complement(checksums.sum(view, checksumFrom, end));
  // All ones is zero too, and where zero means "none" it has to be this one.
  view.setUint16(checksumField, sum === 0 ? 0xffff : sum);
  packet.settle();
}

/** Length of the headers of IP and transport that every segment of a super-frame begins with. */
const segmentHeaders = (packet: Packet, network: number): number =>
  packet.checksumFrom -
  network +
  (packet.segmentKind === SegmentKind.udp
    ? udp.HeaderLength
    : tcp.headerLength(packet.view, packet.checksumFrom));

/** The length of the IP packet of `flow` on a link; of a super-frame that of each of its segments. */
export const lengthOnLink = (packet: Packet, flow: Flow): number =>
  packet.segmentSize === 0
    ? flow.end - flow.network
    : segmentHeaders(packet, flow.network) + packet.segmentSize;

/** The same for a frame without a flow, which is no tunnel's. */
export const frameLengthOnLink = (packet: Packet): number =>
  packet.segmentSize === 0
    ? packet.length - ethernet.HeaderLength
    : segmentHeaders(packet, packet.start + ethernet.HeaderLength) + packet.segmentSize;
