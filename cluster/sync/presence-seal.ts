import { MacLength, type KeyRing } from './key-ring.js';

/** Least and most bytes of the nonce that a watcher chooses. */
export const NonceLength = { least: 16, most: 64 } as const;

/** Bytes that a signature adds to a presence message. */
const SignatureLength = 41;

/**
 * The signature is field 15 of the message and its last field: `7a 27`, then key_id `0d` and four bytes, mac `12 20` and
 * 32 bytes, as protobuf writes them.
 */
const At = { tag: 0, length: 1, keyTag: 2, key: 3, macTag: 7, macLength: 8 } as const;
const Tags: readonly (readonly [at: number, byte: number])[] = [
  [At.tag, 0x7a],
  [At.length, 0x27],
  [At.keyTag, 0x0d],
  [At.macTag, 0x12],
  [At.macLength, MacLength],
];

/**
 * How the messages of one presence stream are signed: by a key of the ring, over the nonce that the watcher has chosen
 * for this stream. What was said on another stream has another nonce, so it cannot be repeated here.
 */
export class PresenceSeal {
  readonly #keys: KeyRing;
  readonly #nonce: Uint8Array;

  constructor(keys: KeyRing, nonce: Uint8Array) {
    this.#keys = keys;
    this.#nonce = nonce;
  }

  /** The message with a signature by the active key. */
  sign(body: Uint8Array): Uint8Array {
    const signed = new Uint8Array(body.length + SignatureLength);
    signed.set(body);
    const view = new DataView(signed.buffer, body.length);
    for (const [at, byte] of Tags) view.setUint8(at, byte);
    view.setUint32(At.key, this.#keys.activeId, true);
    const end = signed.length - MacLength;
    signed.set(this.#keys.mac(this.#withNonce(signed.subarray(0, end))), end);
    return signed;
  }

  /** The message without its signature, or undefined when that is missing or wrong. */
  open(signed: Uint8Array): Uint8Array | undefined {
    const start = signed.length - SignatureLength;
    if (start < 0) return undefined;
    const view = new DataView(signed.buffer, signed.byteOffset + start, SignatureLength);
    if (Tags.some(([at, byte]) => view.getUint8(at) !== byte)) return undefined;
    const end = signed.length - MacLength;
    const message = this.#withNonce(signed.subarray(0, end));
    const verdict = this.#keys.check(view.getUint32(At.key, true), message, signed.subarray(end));
    return verdict === 'good' ? signed.subarray(0, start) : undefined;
  }

  #withNonce(bytes: Uint8Array): Uint8Array {
    const message = new Uint8Array(this.#nonce.length + bytes.length);
    message.set(this.#nonce);
    message.set(bytes, this.#nonce.length);
    return message;
  }
}
