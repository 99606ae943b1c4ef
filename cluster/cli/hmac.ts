import { createHmac } from 'node:crypto';

import type { HmacSha256 } from '../../director/base/hmac.js';

/** The platform's, for the machines of a simulation. */
export const hmac: HmacSha256 = (key, message) =>
  createHmac('sha256', key).update(message).digest();
