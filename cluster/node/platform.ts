import { createHmac, randomBytes, randomInt } from 'node:crypto';

import type { HmacSha256 } from '../../director/base/hmac.js';
import type { Log } from '../../director/base/log.js';
import { milliseconds } from '../../director/base/time.js';
import type { Environment } from '../member/environment.js';
import type { EventSink } from '../member/events.js';
import type { Life } from '../sync/record.js';
import { now } from './clock.js';

/** A life of the node of that `router_id`: greater than earlier ones by the clock, and different from them in any case. */
export const newLife = (routerId: string): Life => ({
  node: routerId,
  epoch: Date.now() * 1_000 + randomInt(1_000),
});

const hmacSha256: HmacSha256 = (key, message) => createHmac('sha256', key).update(message).digest();

/** What the machines of a director have from the operating system. */
export const platform = (log: Log, timeline: EventSink): Environment => ({
  now,
  wallClock: () => milliseconds(Date.now()),
  hmac: hmacSha256,
  nonce: (length) => randomBytes(length),
  log,
  timeline,
});
