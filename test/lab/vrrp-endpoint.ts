import { createInterface } from 'node:readline';
import { setInterval } from 'node:timers';

import { requireInterface } from '../../cluster/member/build-director.js';
import type { IpAddress } from '../../director/base/address.js';
import { parseAddress } from '../../director/base/address.js';
import { discoverInterfaces } from '../../director/io/discover.js';
import { openVrrpSocket } from '../../director/io/vrrp-socket.js';

/*
 * A program around one VRRP socket: `DEVICE SOURCE GROUP|- TTL`. It writes each message that it receives as a line of
 * JSON. Lines on its stdin are commands: `send DESTINATION HEX`, and `stall MS`, which keeps the event loop busy
 * for so long and then, before the loop goes on, asks the socket for what waits.
 */

const [device = '', source = '', group = '-', ttl = '255'] = process.argv.slice(2);

const addressOf = (text: string): IpAddress => {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`no address: ${text}`);
  return address;
};

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

let isStalled = false;
const socket = await openVrrpSocket(
  {
    device,
    mac: requireInterface(discoverInterfaces(), device).mac,
    source: addressOf(source),
    group: group === '-' ? undefined : addressOf(group),
    ttl: Number(ttl),
  },
  ({ bytes, ...envelope }) =>
    say({ message: { ...envelope, hex: Buffer.from(bytes).toString('hex') }, isStalled }),
);
createInterface(process.stdin).on('line', (line) => {
  const [command = '', first = '', second = ''] = line.split(' ');
  if (command === 'send') socket.send(Buffer.from(second, 'hex'), addressOf(first));
  if (command === 'stall') {
    say({ done: 'stalling' });
    isStalled = true;
    const end = performance.now() + Number(first);
    while (performance.now() < end);
    socket.listen();
    isStalled = false;
  }
  say({ done: command });
});
setInterval(() => {}, 1_000);
say({ done: 'open' });
