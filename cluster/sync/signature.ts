import { MacLength, type KeyRing } from './key-ring.js';

/** Why a signed datagram was expected and this is none. */
export type SignatureReject = 'unsigned' | 'unknown-key' | 'bad-mac';

/** A datagram whose sender has one of our keys. */
export interface Signed {
  /** The datagram without its signature. */
  readonly content: Uint8Array;
  readonly counter: number;
}

/** Bytes that a signature adds to a datagram. */
export const SignatureLength = 50;

/**
 * The signature is field 15 of the datagram, a message that is always the last field and always has its three fields in
 * this order: `7a 30`, then key_id `0d` and four bytes, counter `11` and eight bytes, mac `1a 20` and 32 bytes, as
 * protobuf writes them. So it is found from the end, before a byte of the rest is looked at.
 */
const At = { tag: 0, length: 1, keyTag: 2, key: 3, counterTag: 7, counter: 8, macTag: 16, mac: 18 };
const Tags: readonly (readonly [at: number, byte: number])[] = [
  [At.tag, 0x7a],
  [At.length, 0x30],
  [At.keyTag, 0x0d],
  [At.counterTag, 0x11],
  [At.macTag, 0x1a],
  [At.macTag + 1, MacLength],
];

/** The datagram with a signature by the active key. A counter must be used once. */
export function sign(keys: KeyRing, content: Uint8Array, counter: number): Uint8Array {
  const bytes = new Uint8Array(content.length + SignatureLength);
  bytes.set(content);
  const view = new DataView(bytes.buffer, content.length);
  for (const [at, byte] of Tags) view.setUint8(at, byte);
  view.setUint32(At.key, keys.activeId, true);
  view.setFloat64(At.counter, counter, true);
  const end = bytes.length - MacLength;
  bytes.set(keys.mac(bytes.subarray(0, end)), end);
  return bytes;
}

/** The content of a signed datagram, or why it is not to be trusted. */
export function verify(keys: KeyRing, bytes: Uint8Array): Signed | SignatureReject {
  const start = bytes.length - SignatureLength;
  if (start < 0) return 'unsigned';
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, SignatureLength);
  if (Tags.some(([at, byte]) => view.getUint8(at) !== byte)) return 'unsigned';
  const end = bytes.length - MacLength;
  const id = view.getUint32(At.key, true);
  const verdict = keys.check(id, bytes.subarray(0, end), bytes.subarray(end));
  if (verdict !== 'good') return verdict;
  return { content: bytes.subarray(0, start), counter: view.getFloat64(At.counter, true) };
}
