import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';

import { Capture } from '../../director/io/capture.js';
import { loadCap } from '../../director/io/native.js';

/*
 * Opens and closes libpcap handles by the hundred, fails to open others, lets the garbage collector have what it wants,
 * and meanwhile opens and closes a server. For `node --expose-gc` in a network namespace of its own.
 */

const Rounds = 10;
const HandlesPerRound = 6;

const Cap = await loadCap();
const options = {
  device: 'lo',
  filter: 'udp port 9',
  bufferBytes: 1024 * 1024,
  memory: Buffer.alloc(65_535),
};
for (let round = 0; round < Rounds; round += 1) {
  for (let handle = 0; handle < HandlesPerRound; handle += 1) churn();
  globalThis.gc?.();
  await setImmediate(); // Finalizers have their turn.
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}
process.stdout.write('all closed\n');

function churn(): void {
  new Capture(Cap, options, () => {}).close();
  try {
    new Capture(Cap, { ...options, device: 'absent' }, () => {}).close();
  } catch (error) {
    if (String(error).includes('No such device')) return;
    throw error;
  }
  throw new Error('a capture on a device that is not there');
}
