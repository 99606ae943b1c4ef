import * as checksums from './checksum.js';

/** Byte offsets from the start of the message (RFC 792; the MTU: RFC 1191 §4). */
const Field = { type: 0, code: 1, checksum: 2, identifier: 4, sequence: 6, nextHopMtu: 6 } as const;

export const HeaderLength = 8;

export const Type = {
  echoReply: 0,
  unreachable: 3,
  sourceQuench: 4,
  redirect: 5,
  echoRequest: 8,
  timeExceeded: 11,
  parameterProblem: 12,
} as const;

/** Codes of `unreachable`. */
export const Unreachable = { host: 1, port: 3, fragmentationNeeded: 4 } as const;

/** The last type of RFC 792 and its kin; higher ones may be anything. */
const LastKnownType = 18;

/** True when every accessor below is safe. */
export const isValid = (offset: number, end: number): boolean => end - offset >= HeaderLength;

/** True for a type that no error may be sent about (RFC 1122 §3.2.2): errors, and what might be one. */
export const isError = (type: number): boolean =>
  type === Type.unreachable ||
  type === Type.sourceQuench ||
  type === Type.redirect ||
  type === Type.timeExceeded ||
  type === Type.parameterProblem ||
  type > LastKnownType;

export const type = (view: DataView, offset: number): number => view.getUint8(offset + Field.type);
export const code = (view: DataView, offset: number): number => view.getUint8(offset + Field.code);
export const checksum = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.checksum);
/** Identifier and sequence number of an echo. */
export const identifier = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.identifier);
export const sequence = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.sequence);
/** The MTU in "fragmentation needed"; 0 from a router older than RFC 1191. */
export const nextHopMtu = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.nextHopMtu);

/** True when the checksum over the whole message [offset, end) is right. */
export const isChecksumValid = (view: DataView, offset: number, end: number): boolean =>
  checksums.fold(checksums.sum(view, offset, end)) === 0xffff;

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

/** What the header of an error says; the MTU only where fragmentation is needed. */
export interface IcmpErrorFields {
  readonly type: number;
  readonly code: number;
  readonly nextHopMtu: number;
}

/** Writes the header of an error whose quote stands behind it already, checksum over [offset, end) included. */
export function writeError(
  view: DataView,
  offset: number,
  end: number,
  fields: IcmpErrorFields,
): void {
  view.setUint8(offset + Field.type, fields.type);
  view.setUint8(offset + Field.code, fields.code);
  view.setUint32(offset + Field.checksum, 0);
  view.setUint16(offset + Field.nextHopMtu, fields.nextHopMtu);
  const sum = checksums.sum(view, offset, end);
  view.setUint16(offset + Field.checksum, checksums.complement(sum));
}
