import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import { DropReason, DropReasonNames } from '../../director/core/counters.js';
import { HostileArena } from './hostile-arena.js';
import { HostileFrames, type Arriving } from './hostile-frames.js';
import { answerTo, LinkMacs, validFrames } from './hostile-seeds.js';

const Rounds = 1_000_000;
/** How often everything that can become of a frame has happened at least. */
const Rare = 5;
/** Frames of the director's own, turned round and given back to it. */
const Echoes = 512;

const describe = ({ link, frame }: Arriving): string =>
  `link ${link}, frame ${Buffer.from(frame).toString('hex')}`;

test('no frame whatever stops the director, and each is counted once', (t) => {
  const seed = 20_241_120;
  const random = new Prng(seed);
  const arena = new HostileArena(random);
  const collection = validFrames();
  const firstEcho = collection.length;
  const frames = new HostileFrames(random, collection, LinkMacs);
  let failure: string | undefined;
  let round = 0;
  let arriving = frames.next();
  for (; round < Rounds && failure === undefined; round += 1) {
    if (random.below(64) === 0) arena.wait(1 + random.below(8));
    if (random.below(512) === 0) arena.disturb();
    if (random.below(256) === 0) arena.resolve();
    if (random.below(128) === 0) arena.tellPeers();
    // Networks and senders repeat themselves.
    if (random.below(32) > 0) arriving = frames.next();
    failure = arena.receive(arriving);
    if (failure === undefined && round % 1_024 === 0) failure = arena.audit();
    if (failure !== undefined) failure = `${failure} after ${describe(arriving)}`;
    if (arena.sample !== undefined) {
      const place = Math.min(collection.length, firstEcho + random.below(Echoes));
      collection[place] = answerTo(arena.sample);
      arena.sample = undefined;
    }
  }
  t.equal(failure, undefined, `seed ${seed}, round ${round}`);
  t.equal(arena.director.counters.received, Rounds);

  // The noise has been everywhere: otherwise this test would prove little.
  const { counters } = arena.director;
  t.ok(Math.min(counters.forwarded, counters.answered, arena.holds) >= Rounds / 1_000);
  for (const [reason, name] of DropReasonNames.entries()) {
    if (reason === DropReason.noLocalDelivery) continue;
    t.ok((counters.dropped[reason] ?? 0) >= Rare, name);
  }
  t.strictSame(arena.idleKinds(), [], 'services of every kind have carried packets');
  t.equal(arena.outlive(), undefined, 'nothing is left when time has passed');
  t.end();
});
