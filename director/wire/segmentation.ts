import * as checksums from './checksum.js';
import { Family, type Flow } from './flow.js';
import * as ipv4 from './ipv4.js';
import * as ipv6 from './ipv6.js';
import { SegmentKind, type Packet } from './packet.js';
import { adjustUnfinished } from './rewrite.js';
import * as tcp from './tcp.js';
import * as udp from './udp.js';

/**
 * Cuts a super-frame into the frames that its segments are, as a network card would but for their checksums, which stay
 * unfinished. Each is built in `piece`, `flow` then describes it, and `take` is called; it may change both. To be called for a
 * packet that has its segment size and a flow that describes it.
 */
export function cutIntoSegments(packet: Packet, flow: Flow, piece: Packet, take: () => void): void {
  const { bytes, view, start, segmentSize, segmentKind } = packet;
  const { network, transport, end } = flow;
  const isUdp = segmentKind === SegmentKind.udp;
  const data = transport + (isUdp ? udp.HeaderLength : tcp.headerLength(view, transport));
  const before = end - transport;
  for (let offset = 0, number = 0; data + offset < end; offset += segmentSize, number += 1) {
    const size = Math.min(segmentSize, end - data - offset);
    piece.clear();
    const moved = piece.start - start;
    piece.bytes.set(bytes.subarray(start, data), piece.start);
    piece.bytes.set(bytes.subarray(data + offset, data + offset + size), data + moved);
    piece.end = data + moved + size;
    piece.checksumFrom = packet.checksumFrom + moved;
    piece.checksumField = packet.checksumField + moved;
    flow.network = network + moved;
    flow.transport = transport + moved;
    flow.end = piece.end;
    flow.isUnfinished = true;
    writeLength(piece.view, flow, number);
    const length = flow.end - flow.transport;
    adjustUnfinished(piece.view, flow, checksums.change16(before, length));
    if (isUdp) udp.setLength(piece.view, flow.transport, length);
    else tcp.beSegment(piece.view, flow.transport, offset, data + offset + size === end);
    take();
  }
}

/** The length of a segment, and its own identification (RFC 6864 would allow one for all where it may not be cut). */
function writeLength(view: DataView, flow: Flow, number: number): void {
  const { network, end } = flow;
  if (flow.family === Family.ipv6) {
    ipv6.setPayloadLength(view, network, end - network - ipv6.HeaderLength);
    return;
  }
  ipv4.setTotalLength(view, network, end - network);
  const identification = (ipv4.identification(view, network) + number) & 0xffff;
  ipv4.setIdentification(view, network, identification);
}
