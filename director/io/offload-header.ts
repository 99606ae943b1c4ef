import { SegmentKind, type Packet } from '../wire/packet.js';
import * as tcp from '../wire/tcp.js';
import * as udp from '../wire/udp.js';

/**
 * What stands before a frame of a packet socket with `PACKET_VNET_HDR`: `struct virtio_net_hdr` of linux/virtio_net.h, which says
 * what is left to be done to the frame. The kernel writes it in the order of bytes that the machine has; ours all have the
 * lowest first.
 */
const Field = {
  flags: 0,
  kind: 1,
  headerLength: 2,
  segmentSize: 4,
  checksumStart: 6,
  checksumOffset: 8,
} as const;

export const HeaderLength = 10;

const NeedsChecksum = 1;
/** A bit beside the kind, for segments of which the first says "congestion window reduced". */
const Ecn = 0x80;

/** Reads the header before the frame into the packet. False for a frame that the data plane cannot carry. */
export function readHeader(packet: Packet): boolean {
  const { view } = packet;
  const at = packet.start - HeaderLength;
  const kind = view.getUint8(at + Field.kind) & ~Ecn;
  if ((view.getUint8(at + Field.flags) & NeedsChecksum) === 0) {
    if (packet.checksumFrom !== 0) packet.settle();
    return kind === SegmentKind.none;
  }
  packet.checksumFrom = packet.start + view.getUint16(at + Field.checksumStart, true);
  packet.checksumField = packet.checksumFrom + view.getUint16(at + Field.checksumOffset, true);
  packet.segmentSize = view.getUint16(at + Field.segmentSize, true);
  if (kind === SegmentKind.none) {
    packet.segmentKind = SegmentKind.none;
    packet.segmentSize = 0;
    return true;
  }
  if (kind !== SegmentKind.tcp4 && kind !== SegmentKind.tcp6 && kind !== SegmentKind.udp) {
    return false;
  }
  packet.segmentKind = kind;
  return packet.segmentSize !== 0;
}

/** Writes the header before the frame, where headroom is. */
export function writeHeader(packet: Packet): void {
  const { view, start, checksumFrom } = packet;
  const at = start - HeaderLength;
  if (checksumFrom === 0) {
    view.setUint32(at, 0);
    view.setUint32(at + 4, 0);
    view.setUint16(at + 8, 0);
    return;
  }
  const { segmentKind } = packet;
  view.setUint8(at + Field.flags, NeedsChecksum);
  view.setUint8(at + Field.kind, segmentKind | ecnOf(packet));
  view.setUint16(at + Field.headerLength, headersOf(packet), true);
  view.setUint16(at + Field.segmentSize, packet.segmentSize, true);
  view.setUint16(at + Field.checksumStart, checksumFrom - start, true);
  view.setUint16(at + Field.checksumOffset, packet.checksumField - checksumFrom, true);
}

/** Bytes of a super-frame before its data. */
function headersOf({ view, start, segmentKind, checksumFrom }: Packet): number {
  if (segmentKind === SegmentKind.none) return 0;
  if (segmentKind === SegmentKind.udp) return checksumFrom - start + udp.HeaderLength;
  return checksumFrom - start + tcp.headerLength(view, checksumFrom);
}

function ecnOf({ view, segmentKind, checksumFrom }: Packet): number {
  if (segmentKind !== SegmentKind.tcp4 && segmentKind !== SegmentKind.tcp6) return 0;
  return (tcp.flags(view, checksumFrom) & tcp.CongestionWindowReduced) === 0 ? 0 : Ecn;
}
