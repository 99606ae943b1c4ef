import { createHmac } from 'node:crypto';

import { KeyRing, type SyncKey } from '../../../cluster/sync/key-ring.js';
import type { HmacSha256 } from '../../../director/base/hmac.js';

export const hmacSha256: HmacSha256 = (key, message) =>
  createHmac('sha256', key).update(message).digest();

/** A key of that id, made of its id. */
export const keyOfId = (id: number): SyncKey => ({ id, key: Buffer.from(`secret number ${id}`) });

/** A ring of keys of these ids, of which the first one signs. */
export const ringOf = (active: number, ...others: readonly number[]): KeyRing =>
  new KeyRing([active, ...others].map(keyOfId), active, hmacSha256);
