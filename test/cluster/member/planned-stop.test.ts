import { test } from 'tap';

import { PlannedStop } from '../../../cluster/member/planned-stop.js';
import { after, milliseconds, type Instant } from '../../../director/base/time.js';
import { at } from '../../base/values.js';

/** A master that stops at 10 s; peers answer at once, and so does the successor. What it does is written down. */
function stopOf(hasWaiting: (now: Instant) => boolean): { did: string[]; endedAt: Instant } {
  const did: string[] = [];
  let now = at(10);
  const stop = new PlannedStop(now, {
    elections: {
      advertInterval: milliseconds(100),
      isLeaving: false,
      leave: () => did.push('leave'),
      giveUp: () => did.push('give up'),
    },
    link: {
      handOver: () => did.push('hand over'),
      isAcknowledged: () => true,
      peersAlive: 1,
    },
    wasMaster: true,
    hasWaiting: () => hasWaiting(now),
  });
  for (let turns = 0; turns < 10_000 && !stop.isEnded; turns += 1) {
    stop.advance(now);
    now = after(now, milliseconds(1));
  }
  return { did, endedAt: now };
}

const all = ['hand over', 'leave', 'give up', 'hand over'];

test('a master that stops goes on for 300 ms after it was succeeded', (t) => {
  const { did, endedAt } = stopOf(() => false);
  t.strictSame(did, all);
  t.ok(endedAt >= at(10.3) && endedAt < at(10.32), `${endedAt}`);
  t.end();
});

test('what has arrived by then is dealt with before it ends', (t) => {
  const { did, endedAt } = stopOf((now) => now < at(11.5));
  t.strictSame(did, all, 'and peers are told once');
  t.ok(endedAt >= at(11.5) && endedAt < at(11.52), `${endedAt}`);
  t.end();
});

test('a flood does not keep it', (t) => {
  const { did, endedAt } = stopOf(() => true);
  t.strictSame(did, all);
  t.ok(endedAt >= at(13.3) && endedAt < at(13.32), `${endedAt}`);
  t.end();
});
