import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { Prng } from '../../director/base/prng.js';
import { FrameSender } from '../../director/io/frame-sender.js';
import { loadLibc } from '../../director/io/libc.js';
import { openSender } from '../../director/io/packet-socket.js';
import { RingHub } from '../../director/io/ring-hub.js';
import { RingPort, wholeSight } from '../../director/io/ring-port.js';
import { Chunks } from '../../director/io/xdp-socket.js';
import { Packet, SegmentKind } from '../../director/wire/packet.js';

/*
 * `SCENE`: sends numbered frames from one end of a link to the other by a `FrameSender`, and writes as JSON what was heard there, and
 * what was counted. For a network namespace of its own.
 */

const Mtu = 9_000;
/** Fits a chunk with room to spare, and no chunk. */
const Short = 60;
const Long = 3_000;
/** Fields of a TCP segment without options: its sequence number is that of the frame. */
const TcpAt = 34;
const NumberAt = TcpAt + 4;
const ChecksumAt = TcpAt + 16;
const SegmentSize = 2;

/** Whole, with an unfinished checksum, a super-frame that is short enough for the faster way, or one that is too long for it. */
type Kind = 'whole' | 'unfinished' | 'segmented' | 'long';

const ip = (...words: readonly string[]): string => execFileSync('ip', words, { encoding: 'utf8' });

function makeLink(...queues: readonly string[]): void {
  const mtu = ['mtu', String(Mtu)];
  ip('link', 'add', 'near', ...queues, ...mtu, 'type', 'veth', 'peer', 'name', 'far', ...mtu);
  for (const name of ['near', 'far']) {
    writeFileSync(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, '1');
    ip('link', 'set', name, 'arp', 'off', 'up');
  }
}

const libc = await loadLibc();
const hub = new RingHub(libc);
const sight = wholeSight([]);
const interfaceOf = (name: string) => {
  return { index: 1, name, mac: { high: 0x0200, low: 1 }, mtu: Mtu, addresses: [] };
};

/** One who sends on `near`. */
function openFrameSender(): FrameSender {
  const { interfaceIndex, fd } = openSender(libc, interfaceOf('near'));
  return new FrameSender(libc, { interfaceIndex, mtu: Mtu, fd });
}

const listeners: RingPort[] = [];

/** Of what kind of frame nothing else than this is left to be done. */
function kindOf({
  start,
  end,
  checksumFrom,
  checksumField,
  segmentKind,
  segmentSize,
}: Packet): Kind {
  if (end - start === Long) return 'long';
  if (checksumFrom === 0) return 'whole';
  const isLeft = checksumFrom - start === TcpAt && checksumField - start === ChecksumAt;
  if (!isLeft) throw new Error('another checksum is left');
  if (segmentKind === SegmentKind.none) return 'unfinished';
  const areSegments = segmentKind === SegmentKind.tcp4 && segmentSize === SegmentSize;
  if (!areSegments) throw new Error('other segments');
  return 'segmented';
}

/** What kind each frame was of that has come, by its number. */
const kindsHeard = new Map<number, Kind>();

/** Numbers of frames, in the order in which they came to `device`. */
function listen(device: string): number[] {
  const numbers: number[] = [];
  const take = (packet: Packet): void => {
    const number = packet.view.getUint32(packet.start + NumberAt);
    numbers.push(number);
    kindsHeard.set(number, kindOf(packet));
  };
  listeners.push(new RingPort(hub, interfaceOf(device), take, sight, { isSender: false }));
  return numbers;
}

const scratch = new Packet();

function queue(sender: FrameSender, number: number, kind: Kind): void {
  const frame = new Uint8Array(kind === 'long' ? Long : Short);
  frame.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, 6]);
  frame[TcpAt + 12] = 0x50;
  scratch.load(frame);
  scratch.view.setUint32(scratch.start + NumberAt, number);
  if (kind === 'unfinished' || kind === 'segmented') {
    scratch.checksumFrom = scratch.start + TcpAt;
    scratch.checksumField = scratch.start + ChecksumAt;
  }
  if (kind === 'segmented') {
    scratch.segmentKind = SegmentKind.tcp4;
    scratch.segmentSize = SegmentSize;
  }
  sender.add(scratch, undefined);
}

/** Sends so many frames from `first` on, in batches. */
function send(sender: FrameSender, first: number, count: number, kind: Kind = 'whole'): void {
  for (let number = first; number < first + count; number += 1) {
    queue(sender, number, kind);
    if (number % 50 === 49) sender.flush();
  }
  sender.flush();
}

/** What was counted. */
const countsOf = ({ sent, sentFast, refused }: FrameSender) => ({ sent, sentFast, refused });

/** Waits until so many frames were heard, for some seconds. */
async function hears(numbers: readonly number[], count: number): Promise<void> {
  for (let round = 0; round < 300 && numbers.length < count; round += 1) await sleep(10);
}

/** Waits until the faster way is open, for some seconds. */
async function quickens(sender: FrameSender): Promise<boolean> {
  for (let round = 0; round < 300; round += 1) {
    if (sender.isFast) return true;
    await sleep(10);
  }
  return false;
}

/** All kinds, in batches of all sizes. */
async function mixed(): Promise<unknown> {
  makeLink();
  const sender = openFrameSender();
  sender.quicken();
  const [near, far] = [listen('near'), listen('far')];
  const random = new Prng(20_261_121);
  const kinds: readonly Kind[] = [
    'whole',
    'whole',
    'unfinished',
    'unfinished',
    'segmented',
    'long',
  ];
  const count = 5_000;
  const kindsSent: Kind[] = [];
  for (let number = 0; number < count; number += 1) {
    const kind = kinds[random.below(kinds.length)] ?? 'whole';
    kindsSent.push(kind);
    queue(sender, number, kind);
    if (random.below(12) === 0) sender.flush();
    if (number % 500 === 499) {
      sender.flush();
      await hears(far, number + 1);
    }
  }
  const isInOrder = far.every((number, index) => number === index);
  const isUnchanged = kindsSent.every((kind, number) => kindsHeard.get(number) === kind);
  return { heard: far.length, isInOrder, isUnchanged, echoes: near.length, ...countsOf(sender) };
}

/** Nothing but frames with unfinished checksums. */
async function unfinished(): Promise<unknown> {
  makeLink();
  const sender = openFrameSender();
  sender.quicken();
  const far = listen('far');
  send(sender, 0, 500, 'unfinished');
  await hears(far, 500);
  const kinds = [...new Set(kindsHeard.values())];
  return { heard: far.length, kinds, ...countsOf(sender) };
}

/** More frames at once than the faster way has room for, and then the other. */
async function crowd(): Promise<unknown> {
  makeLink();
  const sender = openFrameSender();
  sender.quicken();
  const far = listen('far');
  for (let number = 0; number < 4 * Chunks; number += 1) queue(sender, number, 'whole');
  sender.flush();
  await hears(far, 4 * Chunks);
  const isInOrder = far.every((number, index) => number === index);
  return { heard: far.length, isInOrder, ...countsOf(sender) };
}

/** Cuts the link at one end, sends into it, and mends it. */
async function cut(device: string): Promise<unknown> {
  makeLink();
  const sender = openFrameSender();
  sender.quicken();
  const far = listen('far');
  send(sender, 0, 100);
  await hears(far, 100);
  ip('link', 'set', device, 'down');
  send(sender, 1_000, 3 * Chunks);
  const lost = countsOf(sender);
  ip('link', 'set', device, 'up');
  const isFastAgain = await quickens(sender);
  send(sender, 100, 200);
  await hears(far, 300);
  await sleep(50);
  const isInOrder = far.every((number, index) => number === index);
  return { lost, isFastAgain, heard: far.length, isInOrder, ...countsOf(sender) };
}

async function removed(): Promise<unknown> {
  makeLink();
  const sender = openFrameSender();
  sender.quicken();
  send(sender, 0, 100);
  ip('link', 'del', 'near');
  send(sender, 100, 2 * Chunks);
  return countsOf(sender);
}

/** A second sender on the same interface, which may get the faster way when the first has gone. */
async function rivals(): Promise<unknown> {
  makeLink();
  const first = openFrameSender();
  first.quicken();
  const second = openFrameSender();
  second.quicken();
  const isFastAtOnce = second.isFast;
  const far = listen('far');
  send(second, 0, 100);
  first.close();
  const isFastLater = await quickens(second);
  send(second, 100, 100);
  await hears(far, 200);
  return { isFastAtOnce, isFastLater, heard: far.length, ...countsOf(second) };
}

/** Nothing to help: a link with several queues, or a process that may not lock memory. */
async function plain(...queues: readonly string[]): Promise<unknown> {
  makeLink(...queues);
  const sender = openFrameSender();
  sender.quicken();
  const { isFast } = sender;
  const far = listen('far');
  send(sender, 0, 100);
  await hears(far, 100);
  return { isFast, heard: far.length, ...countsOf(sender) };
}

const Scenes: Readonly<Record<string, () => Promise<unknown>>> = {
  mixed,
  unfinished,
  crowd,
  rivals,
  removed,
  plain,
  queues: async () => plain('numtxqueues', '2', 'numrxqueues', '2'),
  'near-down': async () => cut('near'),
  'far-down': async () => cut('far'),
};

const result = await Scenes[process.argv[2] ?? '']?.();
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);
