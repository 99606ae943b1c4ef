import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

import { Prng } from '../../director/base/prng.js';
import { chooseDriver } from '../../director/io/driver.js';
import type { FramePort } from '../../director/io/frame-port.js';
import { Packet } from '../../director/wire/packet.js';
import { HostileArena } from '../packets/hostile-arena.js';
import { HostileFrames } from '../packets/hostile-frames.js';
import { answerTo, LinkMacs, validFrames } from '../packets/hostile-seeds.js';

/*
 * `DRIVER FRAMES SEED`: gives a director random frames by real links, `clients` and `servers`, through a packet driver, and
 * writes as JSON what has become of them: a digest of everything that came out at the other ends of the links, and the
 * director's counters. Drivers must not differ. For a network namespace of its own, which has the links.
 */

const [driverName = '', rounds = '0', seed = '0'] = process.argv.slice(2);
if (driverName !== 'ring' && driverName !== 'pcap') throw new Error('ring or pcap');

/** Few enough that the portable driver never looks at the clock, so that a busy machine cannot make it shed. */
const BatchFrames = 14;
const ShortestFrame = 14;

/** A frame that nobody takes for anything but the end of a batch: IPv4 with a protocol for experiments. */
function marker(): Packet {
  const packet = new Packet();
  const frame = new Uint8Array(60);
  frame.set([2, 0xff, 0, 0, 0, 1, 2, 0xff, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 46]);
  frame[23] = 253;
  packet.load(frame);
  return packet;
}

const isMarker = ({ view, start, end }: Packet): boolean =>
  end - start === 60 && view.getUint32(start) === 0x02ff_0000 && view.getUint8(start + 23) === 253;

/** What came out at the far end of a link, in order. */
class FarEnd {
  readonly digest = createHash('sha256');
  frames = 0;
  #ended: () => void = () => {};

  take(packet: Packet): void {
    if (isMarker(packet)) return this.#ended();
    this.frames += 1;
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
const ends = [new FarEnd(), new FarEnd()];
const arena = new HostileArena(random, (link, packet) => near[link]?.send(packet));
const end = marker();
let batchEnds = (): void => {};
/** What went wrong in the director, if anything. */
const failures: string[] = [];

const driver = await chooseDriver(driverName);
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

/** Sends frames to the director and waits until it has dealt with them, and what it sent has arrived. */
async function exchange(link: number, frames: readonly Uint8Array[]): Promise<void> {
  const dealtWith = new Promise<void>((resolve) => {
    batchEnds = resolve;
  });
  const packet = new Packet();
  for (const frame of frames) {
    packet.load(frame);
    far[link]?.send(packet);
  }
  far[link]?.send(end);
  await dealtWith;
  for (const [index, receiver] of ends.entries()) {
    await receiver.ends(() => near[index]?.send(end));
  }
  // The portable driver begins to count anew.
  await setImmediate();
}

const collection = validFrames();
const firstEcho = collection.length;
const frames = new HostileFrames(random, collection, LinkMacs);
for (let sent = 0; sent < Number(rounds) && failures.length === 0;) {
  if (random.below(8) === 0) arena.wait(1 + random.below(8));
  if (random.below(64) === 0) arena.disturb();
  if (random.below(32) === 0) arena.resolve();
  if (random.below(16) === 0) arena.tellPeers();
  const link = random.below(2);
  const batch: Uint8Array[] = [];
  while (batch.length < BatchFrames) {
    const arriving = frames.next();
    const isLongEnough = arriving.frame.length >= ShortestFrame;
    if (arriving.link === link && isLongEnough) batch.push(arriving.frame);
  }
  await exchange(link, batch);
  sent += batch.length;
  if (arena.sample === undefined) continue;
  collection[Math.min(collection.length, firstEcho + random.below(512))] = answerTo(arena.sample);
  arena.sample = undefined;
}

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
  ports: near.map((port) => ({ ...port.counters })),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);
