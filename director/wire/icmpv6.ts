import * as checksums from './checksum.js';
import * as ipv4 from './ipv4.js';
import * as ipv6 from './ipv6.js';

/** Byte offsets from the start of the message (RFC 4443 §2.1). */
const Field = { type: 0, code: 1, checksum: 2, identifier: 4, sequence: 6, mtu: 4 } as const;

export const HeaderLength = 8;

export const Type = {
  unreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  parameterProblem: 4,
  echoRequest: 128,
  echoReply: 129,
  neighbourSolicitation: 135,
  neighbourAdvertisement: 136,
  redirect: 137,
} as const;

/** Codes of `unreachable`. */
export const Unreachable = { address: 3, port: 4 } as const;

/** True when every accessor below is safe. */
export const isValid = (offset: number, end: number): boolean => end - offset >= HeaderLength;

/** True for a type that reports an error: the high bit is clear (RFC 4443 §2.1). */
export const isError = (type: number): boolean => type < 128;

export const type = (view: DataView, offset: number): number => view.getUint8(offset + Field.type);
export const code = (view: DataView, offset: number): number => view.getUint8(offset + Field.code);
export const checksum = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.checksum);
/** Identifier and sequence number of an echo. */
export const identifier = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.identifier);
export const sequence = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.sequence);
/** The MTU in "packet too big". */
export const mtu = (view: DataView, offset: number): number => view.getUint32(offset + Field.mtu);

/** True when the checksum of the message [offset, end) in the IPv6 packet at `network` is right. */
export function isChecksumValid(
  view: DataView,
  network: number,
  offset: number,
  end: number,
): boolean {
  return checksums.fold(sumOf(view, network, offset, end)) === 0xffff;
}

/** Computes the checksum of the message [offset, end) in the IPv6 packet at `network`. */
export function setChecksum(view: DataView, network: number, offset: number, end: number): void {
  view.setUint16(offset + Field.checksum, 0);
  const sum = checksums.complement(sumOf(view, network, offset, end));
  view.setUint16(offset + Field.checksum, sum);
}

function sumOf(view: DataView, network: number, offset: number, end: number): number {
  const pseudo = ipv6.pseudoHeaderSum(view, network, ipv4.Protocol.icmpv6, end - offset);
  return checksums.sum(view, offset, end, pseudo);
}

/** Corrects the checksum after what it covers changed by a sum of changes. */
export function adjust(view: DataView, offset: number, change: number): void {
  view.setUint16(offset + Field.checksum, checksums.adjust(checksum(view, offset), change));
}

/** Replaces the type and corrects the checksum: a request becomes its reply. */
export function setType(view: DataView, offset: number, type: number): void {
  const before = view.getUint16(offset + Field.type);
  view.setUint8(offset + Field.type, type);
  adjust(view, offset, checksums.change16(before, view.getUint16(offset + Field.type)));
}

/** What the header of an error says; the MTU only in "packet too big". */
export interface Icmpv6ErrorFields {
  readonly type: number;
  readonly code: number;
  readonly mtu: number;
}

/** Writes the header of an error; its checksum is set once the quote and the IPv6 header are there. */
export function writeError(view: DataView, offset: number, fields: Icmpv6ErrorFields): void {
  view.setUint8(offset + Field.type, fields.type);
  view.setUint8(offset + Field.code, fields.code);
  view.setUint16(offset + Field.checksum, 0);
  view.setUint32(offset + Field.mtu, fields.mtu);
}
