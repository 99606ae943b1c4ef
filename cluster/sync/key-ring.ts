import type { HmacSha256 } from '../../director/base/hmac.js';
import { assert } from '../../director/base/invariant.js';

/** A secret that the nodes of a cluster share. */
export interface SyncKey {
  /** 0 to 2^32 - 1; says in a signature which key made it. */
  readonly id: number;
  readonly key: Uint8Array;
}

/** Bytes of an HMAC-SHA256. */
export const MacLength = 32;

/**
 * The keys that a cluster signs its messages with. All are accepted, one signs. To change a key without a gap: add the
 * new one on every node, then make it the active one on every node, then take the old one away.
 */
export class KeyRing {
  readonly activeId: number;
  readonly #hmac: HmacSha256;
  readonly #keys = new Map<number, Uint8Array>();
  readonly #active: Uint8Array;

  constructor(keys: readonly SyncKey[], activeId: number, hmac: HmacSha256) {
    for (const { id, key } of keys) this.#keys.set(id, key);
    assert(this.#keys.size === keys.length, 'keys have different ids');
    const active = this.#keys.get(activeId);
    assert(active !== undefined, 'the key that signs is one of the keys');
    this.#active = active;
    this.activeId = activeId;
    this.#hmac = hmac;
  }

  /** The mac of a message by the active key. */
  mac(message: Uint8Array): Uint8Array {
    return this.#hmac(this.#active, message);
  }

  /** Whether `mac` is that of the message by the key of that id. */
  check(id: number, message: Uint8Array, mac: Uint8Array): 'good' | 'unknown-key' | 'bad-mac' {
    const key = this.#keys.get(id);
    if (key === undefined) return 'unknown-key';
    return isSame(this.#hmac(key, message), mac) ? 'good' : 'bad-mac';
  }
}

/** Takes as long for a wrong first byte as for a wrong last one, so that a mac cannot be found byte by byte. */
function isSame(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length;
  for (const [index, byte] of left.entries()) difference |= byte ^ (right[index] ?? 0);
  return difference === 0;
}
