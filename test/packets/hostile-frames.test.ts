import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import { at } from '../base/values.js';
import { BenchDirector, type Link, type Sent } from './bench-director.js';
import { ArpCases } from './cases-arp.js';
import { DirectRouteCases } from './cases-direct-route.js';
import { NatCases } from './cases-nat.js';
import { PingCases } from './cases-ping.js';
import { RefusedCases } from './cases-refused.js';
import { Mac } from './hosts.js';
import { internetChecksum } from './packet-builder.js';

const Rounds = 100_000;

const cases = [...NatCases, ...DirectRouteCases, ...ArpCases, ...PingCases, ...RefusedCases];
const valid = cases.map((row) => row.packet).filter((frame) => frame.length > 0);

/** Bytes without any sense; every other time behind a header that lets them past the first checks. */
function noise(random: Prng, destination: string): Uint8Array {
  const frame = Uint8Array.from({ length: random.below(2_001) }, () => random.below(256));
  if (random.below(2) === 0 && frame.length >= 34) {
    frame.set(Buffer.from(destination.replaceAll(':', ''), 'hex'));
    frame.set([0x08, random.below(2) * 6, 0x45 + random.below(4)], 12);
  }
  return frame;
}

/** A valid frame with some bytes changed, cut off, or put in; its IP checksum made right again or not. */
function mutation(random: Prng): Uint8Array {
  const original = valid[random.below(valid.length)] ?? new Uint8Array(60);
  const frame = Uint8Array.from(original);
  for (let count = random.below(4); count >= 0; count -= 1) {
    // Behind the MAC addresses more often than not, for those that lead on.
    const first = Math.min(frame.length - 1, random.below(4) === 0 ? 0 : 12);
    frame[first + random.below(frame.length - first)] = random.below(256);
  }
  if (random.below(4) > 0) correctIpChecksum(frame);
  switch (random.below(4)) {
    case 0:
      return frame.subarray(0, random.below(frame.length + 1));
    case 1:
      return Buffer.concat([frame, noise(random, Mac.director)]).subarray(0, 2_000);
    default:
      return frame;
  }
}

function correctIpChecksum(frame: Uint8Array): void {
  const length = ((frame[14] ?? 0) & 0x0f) * 4;
  if (length < 20 || frame.length < 14 + length) return;
  frame.set([0, 0], 24);
  let total = 0;
  for (let index = 14; index < 14 + length; index += 2) {
    total += (frame[index] ?? 0) * 256 + (frame[index + 1] ?? 0);
  }
  const checksum = 0xffff - (total % 0xffff);
  frame.set([checksum >> 8, checksum & 255], 24);
}

/** One round: perhaps time passes or the master changes, then a frame comes. Says what went wrong. */
function play(
  bench: BenchDirector,
  random: Prng,
  outcomes: Map<string, number>,
): string | undefined {
  if (random.below(64) === 0) bench.wait(random.below(8));
  if (random.below(256) === 0) bench.setMaster(random.below(4) > 0);
  if (random.below(1_024) === 0) bench.resolveAll();
  const link: Link = random.below(2) === 0 ? 'clients' : 'servers';
  const own = link === 'clients' ? Mac.director : Mac.directorServers;
  const frame = random.below(4) === 0 ? noise(random, own) : mutation(random);
  let failure: string | undefined;
  try {
    const outcome = bench.receive(link, frame);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (!bench.isBalanced) failure = 'the counters are out of balance';
    if (!bench.takeSent().every(isWhole)) failure = 'a broken frame left';
  } catch (error) {
    failure = String(error);
  }
  return failure === undefined
    ? undefined
    : `${failure} after ${Buffer.from(frame).toString('hex')}`;
}

/** True for ARP, and for an IP packet whose header checksum is right. */
function isWhole({ frame }: Sent): boolean {
  if (frame[13] === 0x06) return frame.length === 42;
  return internetChecksum([...frame.subarray(14, 14 + ((frame[14] ?? 0) & 0x0f) * 4)]) === 0;
}

test('no frame whatever stops the director, and each is counted once', (t) => {
  const seed = 20_241_120;
  const random = new Prng(seed);
  const bench = new BenchDirector({ capacity: 12, isUnresolved: true });
  const outcomes = new Map<string, number>();
  let failure: string | undefined;
  for (let round = 0; round < Rounds && failure === undefined; round += 1) {
    failure = play(bench, random, outcomes);
  }
  t.equal(failure, undefined, `seed ${seed}`);
  t.equal(bench.director.counters.received, Rounds);

  // The noise has been everywhere: otherwise this test would prove little.
  const expected = ['forward', 'answer', 'hold', 'drop: malformed', 'drop: fragment'];
  expected.push('drop: no-connection', 'drop: not-master', 'drop: table-full', 'drop: no-service');
  expected.push('drop: ttl', 'drop: unresolved', 'drop: too-big', 'drop: other-ether-type');
  for (const outcome of expected) t.ok((outcomes.get(outcome) ?? 0) >= 10, outcome);

  bench.now = at(100_000);
  bench.director.tick(bench.now);
  t.equal(bench.director.connections.size, 0, 'every connection expires');
  for (const service of bench.director.services.services()) {
    for (const server of service.servers) {
      t.strictSame([server.active, server.inactive], [0, 0], 'no server counts one that is gone');
    }
  }
  t.end();
});
