import * as checksums from './checksum.js';

/** Byte offsets from the start of the message (RFC 792). */
const Field = { type: 0, code: 1, checksum: 2, rest: 4 } as const;

export const HeaderLength = 8;

export const Type = {
  echoReply: 0,
  unreachable: 3,
  redirect: 5,
  echoRequest: 8,
  timeExceeded: 11,
  parameterProblem: 12,
} as const;

/** True when every accessor below is safe. */
export const isValid = (offset: number, end: number): boolean => end - offset >= HeaderLength;

export const type = (view: DataView, offset: number): number => view.getUint8(offset + Field.type);
export const code = (view: DataView, offset: number): number => view.getUint8(offset + Field.code);

/** True when the checksum over the whole message [offset, end) is right. */
export const isChecksumValid = (view: DataView, offset: number, end: number): boolean =>
  checksums.fold(checksums.sum(view, offset, end)) === 0xffff;

/** Replaces the type and corrects the checksum: a request becomes its reply. */
export function setType(view: DataView, offset: number, type: number): void {
  const before = view.getUint16(offset + Field.type);
  view.setUint8(offset + Field.type, type);
  const after = view.getUint16(offset + Field.type);
  const sum = checksums.update16(view.getUint16(offset + Field.checksum), before, after);
  view.setUint16(offset + Field.checksum, sum);
}
