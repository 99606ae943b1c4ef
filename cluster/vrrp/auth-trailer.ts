import { addressBytes, isIpv6, type IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import { checksumLength, checksumOffset, type VrrpVersion } from './message.js';

/**
 * The authentication trailer of keepalived's `auth_hmac`, behind the message and outside its address count:
 *
 *      0 type: 1, HMAC-SHA256 cut to 128 bits
 *      1 key id
 *      2 reserved, zero
 *      4 sequence: seconds since 1970 (4 bytes), a fraction of 2^-16 s (2), a counter (2)
 *     12 HMAC
 */
const Field = { type: 0, keyId: 1, reserved: 2, sequence: 4, hmac: 12 };
const sha256Type = 1;
const hmacLength = 16;

/** The bytes of a trailer. */
export const trailerLength = Field.hmac + hmacLength;

/**
 * Who vouches for a message. The HMAC covers it, so that a message cannot be played to another virtual router, or as
 * another sender's; the destination is not covered, and one image may go to several peers.
 */
export interface TrailerOrigin {
  readonly version: VrrpVersion;
  readonly virtualRouterId: number;
  readonly source: IpAddress;
}

/** What a trailer says. */
export interface Trailer {
  readonly keyId: number;
  /** 64 bits; grows with every message of a sender. */
  readonly sequence: bigint;
  /** 16 bytes. */
  readonly hmac: Uint8Array;
}

/** The trailer, or undefined when it is not of the length, the type or the form that we know. */
export function readTrailer(bytes: Uint8Array): Trailer | undefined {
  if (bytes.length !== trailerLength) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(Field.type) !== sha256Type || view.getUint16(Field.reserved) !== 0) {
    return undefined;
  }
  return {
    keyId: view.getUint8(Field.keyId),
    sequence: view.getBigUint64(Field.sequence),
    hmac: bytes.slice(Field.hmac),
  };
}

export function writeTrailer({ keyId, sequence, hmac }: Trailer): Uint8Array {
  assert(hmac.length === hmacLength, 'the HMAC of a trailer is 16 bytes');
  const bytes = new Uint8Array(trailerLength);
  const view = new DataView(bytes.buffer);
  view.setUint8(Field.type, sha256Type);
  view.setUint8(Field.keyId, keyId);
  view.setBigUint64(Field.sequence, sequence);
  bytes.set(hmac, Field.hmac);
  return bytes;
}

/**
 * What the HMAC of a message is computed over: 20 bytes that name the origin, the message with a checksum of zero, and the
 * trailer with an HMAC of zero. It does not depend on the checksum, which over IPv6 covers the HMAC itself.
 */
export function signedBytes(
  origin: TrailerOrigin,
  body: Uint8Array,
  trailer: Pick<Trailer, 'keyId' | 'sequence'>,
): Uint8Array {
  const { source, version, virtualRouterId } = origin;
  const originLength = 20;
  const bytes = new Uint8Array(originLength + body.length + trailerLength);
  bytes.set([isIpv6(source) ? 6 : 4, version, virtualRouterId]);
  bytes.set(addressBytes(source), 4);
  bytes.set(body, originLength);
  const checksum = originLength + checksumOffset;
  bytes.fill(0, checksum, checksum + checksumLength);
  const unsigned = writeTrailer({ ...trailer, hmac: new Uint8Array(hmacLength) });
  bytes.set(unsigned, originLength + body.length);
  return bytes;
}

/** The HMAC of a trailer: the first half of the function's result. */
export const cutHmac = (digest: Uint8Array): Uint8Array => digest.slice(0, hmacLength);
