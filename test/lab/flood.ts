import { Buffer } from 'node:buffer';

import { loadCap } from '../../director/io/native.js';

/*
 * Sends small frames as fast as one core can: `DEVICE SECONDS FRAME...`, frames as hexadecimal digits, in turn. Writes how
 * many were sent.
 */

const [device = '', seconds = '0', ...frames] = process.argv.slice(2);
const Cap = await loadCap();
const cap = new Cap();
// libpcap captures as well as it sends; it is to capture as little as possible, into memory that stays alive.
const unused = Buffer.alloc(64);
cap.open(device, 'less 1', 64 * 1024, unused);
const buffers = frames.map((frame) => Buffer.from(frame, 'hex'));

let sent = 0;
function send(buffer: Buffer): void {
  try {
    cap.send(buffer, buffer.length);
    sent += 1;
  } catch {
    // The queue is full.
  }
}

const end = performance.now() + Number(seconds) * 1_000;
while (performance.now() < end) {
  for (let count = 0; count < 64; count += 1) for (const buffer of buffers) send(buffer);
}
process.stdout.write(`${sent}\n`);
process.exit(unused.length === 64 ? 0 : 1);
