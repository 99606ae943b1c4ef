import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Interface } from '../../director/core/interfaces.js';
import { chooseDriver, DriverNames } from '../../director/io/driver.js';
import { parseMac } from '../../director/wire/ethernet.js';
import { Packet } from '../../director/wire/packet.js';

/*
 * `DRIVER`: sends frames of IPv4, IPv6 and ARP from one end of a link to the other, with and without the tag of a VLAN, where a port
 * of the driver listens. Writes how many of each were heard. For a network namespace of its own.
 */

const [driverName = ''] = process.argv.slice(2);
const driverWanted = DriverNames.find((name) => name === driverName);
if (driverWanted === undefined) throw new Error(DriverNames.join(', '));

const Mac = '02:00:00:00:00:01';
const Count = 20;
const Types = [0x0800, 0x86dd, 0x0806] as const;
/** The last byte of our frames. */
const Length = 60;
const Mark = 253;

const ip = (...words: readonly string[]): string => execFileSync('ip', words, { encoding: 'utf8' });
ip('link', 'add', 'near', 'address', Mac, 'type', 'veth', 'peer', 'name', 'far');
for (const name of ['near', 'far']) ip('link', 'set', name, 'arp', 'off', 'up');

const interfaceOf = (index: number, name: string): Interface => ({
  index,
  name,
  mac: parseMac(Mac) ?? { high: 0, low: 0 },
  mtu: 1_500,
  addresses: [],
});

let heard = 0;
let awaited = 0;
const take = ({ view, start, end }: Packet): void => {
  if (end - start !== Length || view.getUint16(start + 12) !== awaited) return;
  if (view.getUint8(end - 1) === Mark) heard += 1;
};
const near = await (await chooseDriver(driverWanted)).open(interfaceOf(1, 'near'), take, []);
const far = await (
  await chooseDriver('ring')
).open({ ...interfaceOf(2, 'far'), mac: { high: 0x02ff, low: 9 } }, () => {}, []);

async function hear(type: number, tag: readonly number[]): Promise<number> {
  heard = 0;
  awaited = type;
  const header = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, ...tag, type >> 8, type & 0xff];
  const frame = new Uint8Array(Length + tag.length);
  frame.set([...header, 0x45, 0, 0, 46]);
  frame[frame.length - 1] = Mark;
  const packet = new Packet();
  for (let count = 0; count < Count; count += 1) {
    packet.load(frame);
    far.send(packet);
  }
  await sleep(200);
  return heard;
}

const results: number[] = [];
for (const type of Types) {
  for (const tag of [[], [0x81, 0, 0, 7], []]) results.push(await hear(type, tag));
}
for (const port of [near, far]) port.close();
process.stdout.write(`${results.join(' ')}\n`);
process.exit(0);
