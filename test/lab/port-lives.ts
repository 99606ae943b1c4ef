import { setTimeout as sleep } from 'node:timers/promises';

import { chooseDriver, DriverNames } from '../../director/io/driver.js';
import { Packet } from '../../director/wire/packet.js';
import { interfaceOf, ip, makeLink } from './near-and-far.js';

/*
 * `DRIVER[+THREADS]`: sends frames from one end of a link to the other, where a port of the driver listens: at first, after the link was
 * down, and after it was removed and made anew. Writes which of them were heard. For a network namespace of its own.
 */

const [wanted = ''] = process.argv.slice(2);
const [driverName, threads = '0'] = wanted.split('+');
const driverWanted = DriverNames.find((name) => name === driverName);
if (driverWanted === undefined) throw new Error(DriverNames.join(', '));

makeLink();

/** The flows that were heard: all threads there may be have some. */
const heard = new Set<number>();
const Flows = 32;
const PortAt = 35;
const near = await (
  await chooseDriver(driverWanted, { threads: { most: Number(threads), isAlways: true } })
).open(interfaceOf(1, 'near'), ({ view, start }) => heard.add(view.getUint8(start + PortAt)), []);
const far = await (await chooseDriver('ring')).open(interfaceOf(2, 'far'), () => {}, []);

/** Sends until the other end has heard every flow, for two seconds at most. */
async function isHeard(): Promise<boolean> {
  const packet = new Packet();
  const frame = new Uint8Array(60);
  frame.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17]);
  heard.clear();
  for (let count = 0; count < 100; count += 1) {
    for (let flow = 0; flow < Flows; flow += 1) {
      frame[PortAt] = flow;
      packet.load(frame);
      far.send(packet);
    }
    await sleep(20);
    if (heard.size === Flows) return true;
  }
  return false;
}

const results = [await isHeard()];
// Threads join meanwhile.
if (threads !== '0') await sleep(1_500);
ip('link', 'set', 'near', 'down');
await sleep(50);
ip('link', 'set', 'near', 'up');
for (const port of [near, far]) port.reopen();
results.push(await isHeard());
ip('link', 'del', 'near');
await sleep(50);
makeLink();
for (const port of [near, far]) port.reopen();
results.push(await isHeard());
for (const port of [near, far]) port.close();
process.stdout.write(`${results.join(' ')}\n`);
process.exit(0);
