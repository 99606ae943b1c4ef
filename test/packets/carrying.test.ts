import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import { FlowCarrier, Up } from '../../director/core/flow-carrier.js';
import { shapeOf } from '../../director/core/flow-layout.js';
import { Offload, type OffloadPlace } from '../../director/core/offload.js';
import { Packet } from '../../director/wire/packet.js';
import { isFriendly, toVirtualRouter } from './friendly-frames.js';
import { HostileArena } from './hostile-arena.js';
import { HostileFrames, type Arriving } from './hostile-frames.js';
import { answerTo, LinkMacs, validFrames } from './hostile-seeds.js';
import { packetOf, twisted } from './twists.js';

/*
 * It makes no difference whether a packet of an established flow is carried or comes the whole way past the director.
 */

const Rounds = 150_000;
const TickLength = 1_000;
const Records = 256;

/** A director that sees everything itself. */
class Plain {
  readonly arena: HostileArena;
  #left: unknown[] = [];

  constructor(seed: number) {
    this.arena = new HostileArena(new Prng(seed), (link, packet) => this.leave(link, packet));
  }

  leave(link: number, packet: Packet): void {
    const { bytes, ...undone } = packet.keep();
    this.#left.push({ link, frame: Buffer.from(bytes).toString('hex'), ...undone });
  }

  takeLeft(): unknown[] {
    const taken = this.#left;
    this.#left = [];
    return taken;
  }

  take(link: number, packet: Packet): string | undefined {
    return this.arena.take(link, packet);
  }
}

/** One with a carrier before it. */
class Carried extends Plain {
  readonly machine: Offload;
  readonly #carrier: FlowCarrier;

  constructor(seed: number) {
    super(seed);
    const place: OffloadPlace = {
      memory: new ArrayBuffer(shapeOf(Records).byteLength),
      records: Records,
      seed: 9,
      tickLength: TickLength,
      // Ticks pass the end of 32 bits on the way.
      clockOrigin: (2 ** 32 - 100_000) * TickLength,
      devices: [1, 2],
    };
    this.machine = new Offload(this.arena.director, place);
    this.arena.director.offload = this.machine;
    this.#carrier = new FlowCarrier(place, { isAlone: true });
    this.#tick = () => Math.floor((place.clockOrigin + this.arena.now) / TickLength) >>> 0;
  }

  readonly #tick: () => number;

  override take(link: number, packet: Packet): string | undefined {
    const arrival = this.arena.links[link];
    if (arrival === undefined) return 'a link that is not there';
    this.machine.follow(this.arena.now);
    const tick = this.#tick();
    const device = this.#carrier.isAttended(tick) ? this.#carrier.carry(packet, arrival, tick) : Up;
    const failure = device === Up ? super.take(link, packet) : undefined;
    if (device !== Up) this.leave(device - 1, packet);
    this.machine.install();
    this.machine.settle(this.arena.now);
    return failure;
  }
}

/** A frame for both directors. */
interface Given {
  readonly link: number;
  readonly isVirtual: boolean;
  readonly isIpv6: boolean;
  readonly packet: Packet;
}

/** The same frames for two directors in the same world, and what has become of them. */
class Twins {
  readonly plain: Plain;
  readonly carried: Carried;
  /** How many packets of a kind have been carried. */
  readonly kinds = { ipv6: 0, virtual: 0, unfinished: 0, super: 0 };
  readonly #random: Prng;
  readonly #collection = validFrames();
  readonly #firstEcho = this.#collection.length;
  readonly #friendly = this.#collection.filter(({ frame }) => isFriendly(frame));
  readonly #frames: HostileFrames;

  constructor(seed: number) {
    this.plain = new Plain(seed);
    this.carried = new Carried(seed);
    this.#random = new Prng(seed + 1);
    this.#frames = new HostileFrames(this.#random, this.#collection, LinkMacs);
  }

  /** Something happens to the world, perhaps. */
  turn(): void {
    const odds = (count: number): boolean => this.#random.below(count) === 0;
    const quarters = odds(64) ? 1 + this.#random.below(8) : 0;
    const [disturbs, resolves, tells] = [odds(1_024), odds(256), odds(64)];
    for (const { arena } of [this.plain, this.carried]) {
      arena.wait(quarters);
      if (disturbs) arena.disturb();
      if (resolves) arena.resolve();
      if (tells) arena.tellPeers();
    }
  }

  /** Gives both the next frame, and says what they do differently, if anything. */
  step(): string | undefined {
    const given = this.#next();
    const { counters } = this.carried.machine;
    const before = counters.packets;
    const [expected, got] = [this.plain, this.carried].map((twin) => {
      const packet = new Packet();
      packet.restore(given.packet.keep());
      const failure = twin.take(given.link, packet);
      return failure ?? JSON.stringify(twin.takeLeft());
    });
    const count = counters.packets - before;
    if (given.isIpv6) this.kinds.ipv6 += count;
    if (given.isVirtual) this.kinds.virtual += count;
    if (given.packet.checksumFrom !== 0) this.kinds.unfinished += count;
    if (given.packet.segmentSize !== 0) this.kinds.super += count;
    this.#echo();
    if (expected === got) return undefined;
    const text = Buffer.from(given.packet.copy()).toString('hex');
    return `${got} instead of ${expected} after ${text} on link ${given.link}`;
  }

  /** What they count differently, if anything. */
  audit(): string | undefined {
    const [expected, got] = [this.plain, this.carried].map(({ arena }) =>
      JSON.stringify([arena.director.counters, arena.accounts()]),
    );
    return expected === got ? undefined : `${got} is counted instead of ${expected}`;
  }

  #next(): Given {
    const random = this.#random;
    const arriving = random.below(8) === 0 ? this.#frames.next() : this.#friend();
    const { link } = arriving;
    if (isOwn(arriving.frame)) return this.#next();
    const isVirtual = random.below(4) === 0 && isFriendly(arriving.frame);
    const frame = isVirtual ? toVirtualRouter(arriving.frame) : arriving.frame;
    const isTwisted = random.below(2) === 0 && isFriendly(frame);
    const packet = isTwisted ? twisted(frame, random) : packetOf(frame);
    return { link, isVirtual, isIpv6: frame[12] === 0x86, packet };
  }

  #friend(): Arriving {
    const friend = this.#friendly[this.#random.below(this.#friendly.length)];
    if (friend === undefined) throw new Error('there are no friendly frames');
    return friend;
  }

  /** What has left is answered, now and then. */
  #echo(): void {
    const { sample } = this.plain.arena;
    if (sample === undefined) return;
    const place = Math.min(this.#collection.length, this.#firstEcho + this.#random.below(512));
    this.#collection[place] = answerTo(sample);
    this.plain.arena.sample = undefined;
  }
}

/** Nobody sends from the director's own addresses but itself, and drivers leave that out. */
const isOwn = (frame: Uint8Array): boolean =>
  LinkMacs.some((mac) => mac.every((byte, index) => frame[6 + index] === byte));

test('what is carried leaves as it would have left, and counts the same', (t) => {
  const twins = new Twins(20_261_121);
  let difference: string | undefined;
  let round = 0;
  for (; round < Rounds && difference === undefined; round += 1) {
    twins.turn();
    difference = twins.step();
    if (round % 64 === 0) difference ??= twins.audit();
  }
  t.equal(difference ?? twins.audit(), undefined, `round ${round}`);
  const { counters } = twins.carried.machine;
  t.comment(JSON.stringify({ ...counters, ...twins.kinds }));
  t.ok(counters.packets > Rounds / 10, 'many packets were carried');
  for (const [kind, count] of Object.entries(twins.kinds)) {
    t.ok(count > Rounds / 200, `${count} of them: ${kind}`);
  }
  t.end();
});
