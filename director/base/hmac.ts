/**
 * HMAC-SHA256 (RFC 2104, FIPS 180-4): 32 bytes from a key and a message. Pure code has no cryptography of its own; the
 * driver hands it in, from the platform's library.
 */
export type HmacSha256 = (key: Uint8Array, message: Uint8Array) => Uint8Array;
