import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { chooseDriver } from '../../director/io/driver.js';
import { Packet } from '../../director/wire/packet.js';
import { interfaceOf, ip, makeLink } from './near-and-far.js';

/*
 * Sends numbered datagrams of many flows from one end of a link to the other, where a ring port listens whose carrier threads
 * come and go meanwhile, and writes as JSON how they were heard. No flow is carried: threads hand everything up. For a network
 * namespace of its own.
 */

const Threads = 2;
const Flows = 64;
const Rounds = 400;
/** Offsets in a frame: ports, and the number of the datagram in its flow. */
const At = { port: 34, number: 44 } as const;

const tasks = (): number => readdirSync('/proc/self/task').length;
const descriptors = (): number => readdirSync('/proc/self/fd').length;

/** The last number that was heard of each flow, how often one was missing or came twice, and how often one came too late. */
const last = new Int32Array(Flows).fill(-1);
const heard = new Set<number>();
let late = 0;
let double = 0;

function hear({ view, start }: Packet): void {
  const flow = view.getUint16(start + At.port);
  const number = view.getUint32(start + At.number);
  const key = flow * 1e6 + number;
  if (heard.has(key)) double += 1;
  heard.add(key);
  if (number < (last[flow] ?? 0)) late += 1;
  last[flow] = number;
}

const warnings: string[] = [];
const log = { debug: () => {}, info: () => {}, warn: (text: string) => warnings.push(text) };

makeLink();
const far = await (await chooseDriver('ring')).open(interfaceOf(2, 'far'), () => {}, []);
const driver = await chooseDriver('ring', { threads: { most: Threads, isAlways: false }, log });
const { carriers } = driver;
if (carriers === undefined) throw new Error('the driver has no carriers');
const before = { tasks: tasks(), descriptors: descriptors() };
const near = await driver.open(interfaceOf(1, 'near'), hear, []);

const packet = new Packet();
const frame = new Uint8Array(60);
frame.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17]);

/** Sends one datagram of each flow. */
function send(number: number): void {
  for (let flow = 0; flow < Flows; flow += 1) {
    packet.load(frame);
    packet.view.setUint16(packet.start + At.port, flow);
    packet.view.setUint32(packet.start + At.number, number);
    far.send(packet);
  }
}

/** Waits until so many have been heard, for five seconds at most. */
async function hears(count: number): Promise<void> {
  for (let step = 0; step < 250 && heard.size < count; step += 1) await sleep(20);
}

for (let number = 0; number < Rounds; number += 1) {
  send(number);
  if (number % 40 === 10) await carriers.engage();
  if (number % 40 === 30) {
    // Those that threads still have may be overtaken: that is no matter of this test.
    await hears((number + 1) * Flows);
    carriers.disengage();
  }
  if (number % 4 === 0) await sleep(1);
}
await hears(Rounds * Flows);
// What they count is told ten times a second.
await sleep(500);
const all = { heard: heard.size, late, double, byThreads: carriers.takenByThreads };

near.close();
const isOver = (): boolean => tasks() === before.tasks && descriptors() === before.descriptors;
for (let step = 0; step < 200 && !isOver(); step += 1) await sleep(50);
const isTidy = isOver();

// An interface that has gone is no loss, and the next one of its name is shared again.
const other = await driver.open(interfaceOf(1, 'near'), hear, []);
ip('link', 'del', 'near');
await carriers.engage();
const broken = { warnings: [...warnings], threads: carriers.threads };
makeLink();
for (const port of [other, far]) port.reopen();
await carriers.engage();
heard.clear();
send(Rounds);
await hears(Flows);
await sleep(500);
const again = { heard: heard.size, threads: carriers.threads, byThreads: carriers.takenByThreads };
process.stdout.write(`${JSON.stringify({ all, isTidy, broken, again })}\n`);
process.exit(0);
