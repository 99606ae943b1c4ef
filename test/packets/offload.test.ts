import { test } from 'tap';

import { addressBytes } from '../../director/base/address.js';
import { Prng } from '../../director/base/prng.js';
import { Packet, SegmentKind } from '../../director/wire/packet.js';
import { cutIntoSegments } from '../../director/wire/segmentation.js';
import { ip } from '../base/values.js';
import { HostileArena } from './hostile-arena.js';
import { HostileFrames, type Arriving } from './hostile-frames.js';
import {
  clientSide,
  frameOf,
  Link,
  LinkMacs,
  segment,
  validFrames,
  Vip,
  type FamilyNumber,
  type Kind,
} from './hostile-seeds.js';
import { finished, flowOf, leaveChecksum } from './unfinished.js';

/*
 * It makes no difference who does the work of a network card, and when: the director with frames whose work is undone does what
 * it does with finished ones.
 */

const Rounds = 60_000;

interface Left {
  readonly link: number;
  readonly frame: string;
}

/** A zero that a card has computed is written as all ones, which the sum of ones' complement does not tell apart. */
const comparable = (frame: Uint8Array): string =>
  Buffer.from(frame).toString('hex').replaceAll('ffff', '0000');

function arenaOf(seed: number): { readonly arena: HostileArena; takeLeft(): Left[] } {
  let left: Left[] = [];
  const arena = new HostileArena(new Prng(seed), (link, packet) => {
    left.push({ link, frame: comparable(finished(packet)) });
  });
  return {
    arena,
    takeLeft: () => {
      const taken = left;
      left = [];
      return taken;
    },
  };
}

test('what a director does with unfinished checksums is what it does with finished ones', (t) => {
  const seed = 20_261_120;
  const [plain, undone] = [arenaOf(seed), arenaOf(seed)];
  const random = new Prng(seed + 1);
  const collection = validFrames();
  const frames = new HostileFrames(random, collection, LinkMacs);
  let unfinished = 0;
  let forwarded = 0;
  let difference: string | undefined;
  for (let round = 0; round < Rounds && difference === undefined; round += 1) {
    const both = [plain.arena, undone.arena];
    const quarters = random.below(64) === 0 ? 1 + random.below(8) : 0;
    for (const arena of both) arena.wait(quarters);
    if (random.below(512) === 0) for (const arena of both) arena.disturb();
    if (random.below(256) === 0) for (const arena of both) arena.resolve();
    if (random.below(128) === 0) for (const arena of both) arena.tellPeers();
    // Mostly what is valid: noise has no checksum to leave undone.
    const valid = collection[random.below(collection.length)];
    const arriving = random.below(4) === 0 || valid === undefined ? frames.next() : valid;
    const packet = leaveChecksum(arriving.frame);
    const before = undone.arena.director.counters.forwarded;
    if (packet === undefined) {
      undone.arena.receive(arriving);
      plain.arena.receive(arriving);
    } else {
      unfinished += 1;
      plain.arena.receive({ link: arriving.link, frame: finished(packet) });
      undone.arena.take(arriving.link, packet);
      forwarded += undone.arena.director.counters.forwarded - before;
    }
    const [expected, got] = [JSON.stringify(plain.takeLeft()), JSON.stringify(undone.takeLeft())];
    if (expected !== got) difference = `round ${round}: ${got} instead of ${expected}`;
  }
  t.equal(difference, undefined);
  t.strictSame(undone.arena.director.counters, plain.arena.director.counters);
  t.ok(unfinished > Rounds / 4, `${unfinished} frames were unfinished`);
  t.ok(forwarded > Rounds / 50, `${forwarded} of them were forwarded`);
  t.end();
});

const SegmentSize = 1_200;

/** A frame from a client, with so many bytes of data, that allows no cutting on its way. */
function request(family: FamilyNumber, kind: Kind, flags: number, size: number): Arriving {
  const [protocol, port] = kind === 'onePacket' ? [17, 53] : [6, 80];
  const [from, to] = [clientSide(family, 2), clientSide(family, Vip[kind])];
  const body = segment(protocol, 40_000, port, flags, size);
  const [source, destination] = [from, to].map((address) => [...addressBytes(ip(address))]);
  const length = [(body.length >> 8) & 255, body.length & 255];
  const total = [((body.length + 20) >> 8) & 255, (body.length + 20) & 255];
  const header =
    family === 4
      ? [0x45, 0, ...total, 0x12, 0x34, 0x40, 0, 64, protocol, 0, 0]
      : [0x60, 0, 0, 0, ...length, protocol, 64];
  const type = family === 4 ? 0x0800 : 0x86dd;
  const packet = [...header, ...(source ?? []), ...(destination ?? []), ...body];
  return frameOf(Link.clients, type, packet);
}

/** The frame as one that is to be cut, by a card. */
function superFrame(frame: Uint8Array, family: FamilyNumber, isUdp: boolean): Packet {
  const packet = leaveChecksum(frame);
  if (packet === undefined) throw new Error('the frame is whole');
  packet.segmentSize = SegmentSize;
  if (isUdp) packet.segmentKind = SegmentKind.udp;
  else packet.segmentKind = family === 4 ? SegmentKind.tcp4 : SegmentKind.tcp6;
  return packet;
}

/** The frames that a super-frame is cut into. */
function segmentsOf(packet: Packet): Uint8Array[] {
  const flow = flowOf(packet);
  if (flow === undefined || packet.segmentSize === 0) return [finished(packet)];
  const segments: Uint8Array[] = [];
  const piece = new Packet();
  cutIntoSegments(packet, flow, piece, () => segments.push(finished(piece)));
  return segments;
}

/** Notes what leaves, cut into segments. */
const noting =
  (frames: string[]) =>
  (_link: number, packet: Packet): void => {
    for (const frame of segmentsOf(packet)) frames.push(comparable(frame));
  };

for (const family of [4, 6] as const) {
  for (const kind of ['masq', 'route', 'tunnel', 'fullNat', 'onePacket'] as const) {
    test(`a super-frame over IPv${family} by ${kind} is its segments, cut before or behind`, (t) => {
      const whole: string[] = [];
      const cut: string[] = [];
      const arenas = [
        new HostileArena(new Prng(1), noting(whole)),
        new HostileArena(new Prng(1), noting(cut)),
      ];
      const [behind, before] = arenas;
      for (const arena of arenas) {
        arena.resolve();
        if (kind === 'onePacket') continue;
        arena.receive(request(family, kind, 2, 0));
        arena.tellPeers();
        arena.receive(request(family, kind, 0x10, 0));
      }
      whole.length = 0;
      cut.length = 0;
      // FIN, PSH, ACK and "congestion window reduced": each belongs to some segments only.
      const { link, frame } = request(family, kind, 0x99, 10 * SegmentSize + 17);
      t.equal(behind?.take(link, superFrame(frame, family, kind === 'onePacket')), undefined);
      for (const piece of segmentsOf(superFrame(frame, family, kind === 'onePacket'))) {
        t.equal(before?.receive({ link, frame: piece }), undefined);
      }
      t.equal(whole.length, 11);
      t.strictSame(whole, cut);
      t.end();
    });
  }
}

test('a super-frame whose segments do not fit is refused with the MTU, or cut smaller where it may be', (t) => {
  const left: Packet[] = [];
  const arena = new HostileArena(new Prng(1), (_link, packet) => {
    const copy = new Packet();
    copy.restore(packet.keep());
    left.push(copy);
  });
  arena.resolve();
  arena.receive(request(4, 'masq', 2, 0));
  arena.tellPeers();
  left.length = 0;
  const { link, frame } = request(4, 'masq', 0x10, 5_000);
  const tooLong = superFrame(frame, 4, false);
  tooLong.segmentSize = 1_460;
  arena.take(link, tooLong);
  const [error] = left;
  t.equal(error?.view.getUint8(error.start + 34), 3, 'unreachable');
  t.equal(error?.view.getUint16(error.start + 40), 1_400, 'the MTU of the way to the server');
  left.length = 0;
  const mayBeCut = superFrame(frame, 4, false);
  mayBeCut.segmentSize = 1_460;
  // Without "don't fragment": the header's checksum changes by as much.
  mayBeCut.view.setUint16(mayBeCut.start + 20, 0);
  const sum = mayBeCut.view.getUint16(mayBeCut.start + 24) + 0x4000;
  mayBeCut.view.setUint16(mayBeCut.start + 24, (sum & 0xffff) + (sum >>> 16));
  arena.take(link, mayBeCut);
  t.equal(left.length, 1);
  t.equal(left[0]?.segmentSize, 1_400 - 20 - 28);
  t.end();
});
