import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

import { Prng } from '../../director/base/prng.js';
import { Offload, type FlowOffload, type OffloadPlace } from '../../director/core/offload.js';
import { chooseDriver, DriverNames } from '../../director/io/driver.js';
import type { FramePort } from '../../director/io/frame-port.js';
import { Protocol } from '../../director/wire/ipv4.js';
import { Packet } from '../../director/wire/packet.js';
import { isFriendly, toVirtualRouter } from '../packets/friendly-frames.js';
import { HostileArena } from '../packets/hostile-arena.js';
import { HostileFrames, type Arriving } from '../packets/hostile-frames.js';
import { answerTo, LinkMacs, validFrames } from '../packets/hostile-seeds.js';

/*
 * `DRIVER[+THREADS] FRAMES SEED`: gives a director random frames by real links, `clients` and `servers`, through a packet driver, and
 * writes as JSON what has become of them: a digest of everything that came out at the other ends of the links, and the
 * director's counters. Drivers must not differ. `ring` carries nothing here, so that its frames come many at a time, and `ring+0` in the
 * main thread alone. For a network namespace of its own, which has the links.
 */

const [wanted = '', rounds = '0', seed = '0'] = process.argv.slice(2);
const [driverName, threads = '0'] = wanted.split('+');
const driverWanted = DriverNames.find((name) => name === driverName);
if (driverWanted === undefined) throw new Error(DriverNames.join(', '));

/** Few enough that the portable driver never looks at the clock, so that a busy machine cannot make it shed. */
const BatchFrames = 14;
const ShortestFrame = 14;
/** Longer than a packet takes from the kernel's count to ours. */
const SlackMicroseconds = 1_000_000;

/**
 * A frame that nobody takes for anything but the end of a batch: a datagram to a stranger. Each number has a flow of its own, which
 * one of the threads gets.
 */
function marker(number: number): Packet {
  const packet = new Packet();
  const frame = new Uint8Array(60);
  frame.set([2, 0xff, 0, 0, 0, 1, 2, 0xff, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 46]);
  frame[23] = Protocol.udp;
  frame[35] = number;
  packet.load(frame);
  return packet;
}

const isMarker = ({ view, start, end }: Packet): boolean =>
  end - start === 60 &&
  view.getUint32(start) === 0x02ff_0000 &&
  view.getUint32(start + 6) === 0x02ff_0000;

/** One marker for the main thread and each other one, by how the kernel divides flows: see `divisionAmong`. */
function markersFor(members: number): Packet[] {
  const markers: Packet[] = [];
  for (let number = 0; markers.filter(Boolean).length < members && number < 256; number += 1) {
    const member = (Math.imul(number << 16, 0x9e37_79b1) >>> 16) % members;
    markers[member] ??= marker(number);
  }
  return markers;
}

/** What came out at the far end of a link, in order. */
class FarEnd {
  readonly digest = createHash('sha256');
  frames = 0;
  /** A copy of a frame that came not long ago. */
  sample: Arriving | undefined;
  readonly #link: number;
  readonly #sampling: Prng;
  #ended: () => void = () => {};

  constructor(link: number, sampling: Prng) {
    this.#link = link;
    this.#sampling = sampling;
  }

  take(packet: Packet): void {
    if (isMarker(packet)) return this.#ended();
    this.frames += 1;
    if (this.#sampling.below(16) === 0) this.sample = { link: this.#link, frame: packet.copy() };
    this.digest.update(`${packet.length} `).update(packet.copy());
  }

  /** Waits for the marker that `send` sends. */
  async ends(send: () => void): Promise<void> {
    const end = new Promise<void>((resolve) => {
      this.#ended = resolve;
    });
    send();
    await end;
  }
}

const random = new Prng(Number(seed));
const near: FramePort[] = [];
const far: FramePort[] = [];
const ends = [new FarEnd(0, random.split()), new FarEnd(1, random.split())];
const arena = new HostileArena(random, (link, packet) => near[link]?.send(packet));
const markers = markersFor(1 + Number(threads));
const end = marker(0);
let batchEnds = (): void => {};
/** What went wrong in the director, if anything. */
const failures: string[] = [];

const driver = await chooseDriver(driverWanted, {
  threads: { most: Number(threads), isAlways: false },
});
const carriers = wanted === 'ring' ? undefined : driver.offload;
const offload = carriers === undefined ? undefined : offloaded(carriers);
const others = await chooseDriver('ring');
for (const owner of arena.links) {
  near[owner.index] = await driver.open(
    owner,
    (packet) => {
      if (isMarker(packet)) batchEnds();
      else failures.push(...[arena.take(owner.index, packet)].filter((text) => text !== undefined));
    },
    [],
  );
  const opposite = { ...owner, name: `${owner.name}-far`, mac: { high: 0x02ff, low: 3 } };
  far[owner.index] = await others.open(opposite, (packet) => ends[owner.index]?.take(packet), []);
}

await driver.carriers?.engage();
if ((driver.carriers?.threads ?? 0) !== Number(threads)) throw new Error('no threads');

/**
 * The kernel carries what it can of the director's connections. Its clock runs on while the director's stands still: what it has
 * carried since the last look counts as of now.
 */
function offloaded(kernel: FlowOffload): Offload {
  const place: OffloadPlace = {
    ...kernel.place,
    get clockOrigin() {
      const real = kernel.place.clockOrigin + performance.now() * 1_000;
      return real - SlackMicroseconds - arena.now;
    },
  };
  const machine = new Offload(arena.director, place);
  arena.director.offload = machine;
  kernel.serve(machine);
  return machine;
}

/** Sends frames to the director and waits until it has dealt with them, and what it sent has arrived. */
async function exchange(link: number, frames: readonly Uint8Array[]): Promise<void> {
  const dealtWith = new Promise<void>((resolve) => {
    let missing = markers.length;
    batchEnds = () => {
      missing -= 1;
      if (missing === 0) resolve();
    };
  });
  const packet = new Packet();
  for (const frame of frames) {
    packet.load(frame);
    far[link]?.send(packet);
  }
  for (const each of markers) far[link]?.send(each);
  await dealtWith;
  for (const [index, receiver] of ends.entries()) {
    await receiver.ends(() => near[index]?.send(end));
  }
  offload?.settle(arena.now);
  // The portable driver begins to count anew.
  await setImmediate();
}

const collection = validFrames();
const firstEcho = collection.length;
const friendly = collection.filter(({ frame }) => isFriendly(frame));
const frames = new HostileFrames(random, collection, LinkMacs);
let carriedIpv6 = 0;
let carriedVirtual = 0;
for (let sent = 0; sent < Number(rounds) && failures.length === 0;) {
  if (random.below(8) === 0) arena.wait(1 + random.below(8));
  if (random.below(64) === 0) arena.disturb();
  if (random.below(32) === 0) arena.resolve();
  if (random.below(16) === 0) arena.tellPeers();
  offload?.follow(arena.now);
  const link = random.below(2);
  const batch: Uint8Array[] = [];
  const friends = random.below(2) === 0 ? BatchFrames : 0;
  while (batch.length < friends) {
    const source = random.below(4) === 0 ? collection : friendly;
    const arriving = source[random.below(source.length)];
    if (arriving?.link !== link) continue;
    batch.push(random.below(4) === 0 ? toVirtualRouter(arriving.frame) : arriving.frame);
  }
  while (batch.length < BatchFrames) {
    const arriving = frames.next();
    const isLongEnough = arriving.frame.length >= ShortestFrame;
    if (arriving.link === link && isLongEnough) batch.push(arriving.frame.slice());
  }
  // What others carry is not to overtake what the director has in hand: one frame after the other.
  const portions = offload === undefined ? [batch] : batch.map((frame) => [frame]);
  for (const portion of portions) {
    const before = offload?.counters.packets ?? 0;
    await exchange(link, portion);
    const count = (offload?.counters.packets ?? 0) - before;
    if (portion[0]?.[12] === 0x86) carriedIpv6 += count;
    if (portion[0]?.[0] === 0) carriedVirtual += count;
  }
  sent += batch.length;
  for (const receiver of ends) {
    if (receiver.sample === undefined) continue;
    const place = Math.min(collection.length, firstEcho + random.below(512));
    collection[place] = answerTo(receiver.sample);
    receiver.sample = undefined;
  }
}

offload?.settle(arena.now);
const byThreads = driver.carriers?.takenByThreads;
const { counters } = arena.director;
const { received, forwarded, answered, held, icmpErrors } = counters;
const [clients, servers] = ends.map(({ frames: count, digest }) => ({
  count,
  digest: digest.digest('hex'),
}));
const result = {
  failures,
  clients,
  servers,
  counters: { received, forwarded, answered, held, icmpErrors, ...counters.droppedByName() },
  accounts: createHash('sha256').update(JSON.stringify(arena.accounts())).digest('hex'),
  refused: near.map(({ counters: { refused, shed } }) => refused + shed),
  offload:
    offload === undefined
      ? undefined
      : { ...offload.counters, ipv6: carriedIpv6, virtual: carriedVirtual, byThreads },
};
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);
