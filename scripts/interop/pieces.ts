import { setIpv4Checksum } from '../oracle/checksums.js';

const Ipv4Header = 20;
const Ipv6Header = 40;
const FragmentHeader = 44;

/**
 * Cuts an IP packet without options or extension headers into fragments (RFC 791 §3.2, RFC 8200 §4.5) of at most `size`
 * bytes of its payload each, a multiple of 8. A packet that is not longer than that stays whole.
 */
export function cutIntoPieces(packet: Uint8Array, size: number, id: number): Uint8Array[] {
  const isIpv6 = (packet[0] ?? 0) >> 4 === 6;
  const payload = packet.subarray(isIpv6 ? Ipv6Header : Ipv4Header);
  if (payload.length <= size) return [packet];
  const count = Math.ceil(payload.length / size);
  return Array.from({ length: count }, (_, index) => {
    const place = { offset: index * size, isLast: index === count - 1, id };
    const part = payload.subarray(index * size, (index + 1) * size);
    return isIpv6 ? piece6(packet, part, place) : piece4(packet, part, place);
  });
}

interface Place {
  readonly offset: number;
  readonly isLast: boolean;
  readonly id: number;
}

function piece4(packet: Uint8Array, part: Uint8Array, { offset, isLast, id }: Place): Uint8Array {
  const piece = Uint8Array.from([...packet.subarray(0, Ipv4Header), ...part]);
  piece.set([piece.length >> 8, piece.length & 0xff, (id >> 8) & 0xff, id & 0xff], 2);
  piece.set([(isLast ? 0 : 0x20) | (offset >> 11), (offset >> 3) & 0xff], 6);
  setIpv4Checksum(piece);
  return piece;
}

function piece6(packet: Uint8Array, part: Uint8Array, { offset, isLast, id }: Place): Uint8Array {
  const header = Uint8Array.from(packet.subarray(0, Ipv6Header));
  const length = part.length + 8;
  const protocol = header[6] ?? 0;
  header.set([length >> 8, length & 0xff, FragmentHeader], 4);
  const place = [offset >> 8, (offset & 0xff) | (isLast ? 0 : 1)];
  const extension = [protocol, 0, ...place, 0, 0, (id >> 8) & 0xff, id & 0xff];
  return Uint8Array.from([...header, ...extension, ...part]);
}
