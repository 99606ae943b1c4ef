import { test } from 'tap';

import type { ElectionConfig } from '../../../cluster/vrrp/election-config.js';
import { Election } from '../../../cluster/vrrp/election.js';
import { SyncGroup } from '../../../cluster/vrrp/sync-group.js';
import { assert } from '../../../director/base/invariant.js';
import { Prng } from '../../../director/base/prng.js';
import { after, milliseconds, seconds, type Instant } from '../../../director/base/time.js';
import { address, at, config, drain, heard, resignation } from './routers.js';

const down = 3_609.375;
const lower = heard({ priority: 50 });

/** A group that settles after every input, as its driver has it do. */
class Pair {
  readonly group: SyncGroup;
  readonly inner: Election;
  readonly outer: Election;

  constructor(changes: readonly Partial<ElectionConfig>[] = [{}, {}]) {
    const [inner, outer] = changes.map(
      (change) => new Election({ ...config, ...change, inSyncGroup: true }),
    );
    assert(inner !== undefined && outer !== undefined, 'a pair has two');
    this.inner = inner;
    this.outer = outer;
    this.group = new SyncGroup('VG', [
      { name: 'inner', election: inner },
      { name: 'outer', election: outer },
    ]);
  }

  start(now: Instant): this {
    for (const election of [this.inner, this.outer]) election.start(now, { mayPreempt: true });
    this.group.settle(now);
    this.drain();
    return this;
  }

  /** A pair that has become master. */
  lead(): this {
    this.start(at(0));
    this.run(at(down));
    this.drain();
    return this;
  }

  run(until: Instant): void {
    while (this.group.deadline <= until) this.group.settle(this.group.deadline);
  }

  hear(now: Instant, election: Election, advertisement = heard()): void {
    this.run(now);
    election.handleAdvertisement(now, advertisement);
    this.group.settle(now);
  }

  drain(): [string[], string[]] {
    return [drain(this.inner), drain(this.outer)];
  }
}

test('members become master together when the last of them is ready', (t) => {
  const pair = new Pair([{}, { priority: 90 }]).start(at(0));
  pair.run(at(3_640));
  t.same(pair.drain(), [[], []], 'the first is ready, and waits');
  t.equal(pair.inner.isReady, true);
  pair.run(at(3_648.438));
  t.same(pair.drain(), [
    ['acquire', 'advertise 100', 'announce 5', 'backup->master master-silent'],
    ['acquire', 'advertise 90', 'announce 5', 'backup->master master-silent'],
  ]);
  t.equal(pair.group.state, 'master');
  t.end();
});

test('a master that is alive on one side keeps both sides, without any to and fro', (t) => {
  const pair = new Pair().start(at(0));
  for (let time = 0; time < 60_000; time += 1_000) pair.hear(at(time), pair.outer);
  t.same(pair.drain(), [[], []]);
  t.equal(pair.group.state, 'backup');
  t.end();
});

test('a member that hears a master again is not ready any more', (t) => {
  const pair = new Pair().start(at(0));
  pair.hear(at(1_000), pair.outer);
  pair.hear(at(2_000), pair.outer);
  pair.run(at(4_000));
  t.equal(pair.inner.isReady, true);
  pair.hear(at(4_500), pair.inner);
  t.equal(pair.inner.isReady, false);
  pair.run(at(2_000 + down + 500));
  t.equal(pair.group.state, 'backup', 'the outer one is ready now, and waits in its turn');
  pair.run(at(4_500 + down));
  t.equal(pair.group.state, 'master');
  t.end();
});

test('a resignation on all sides, and a death notice on all sides, move the group at once', (t) => {
  const pair = new Pair().start(at(0));
  for (const election of [pair.inner, pair.outer]) pair.hear(at(500), election);
  for (const election of [pair.inner, pair.outer]) pair.hear(at(600), election, resignation);
  pair.run(at(600 + 609.375));
  t.equal(pair.group.state, 'master');

  const bereft = new Pair().start(at(0));
  for (const election of [bereft.inner, bereft.outer]) bereft.hear(at(500), election);
  for (const election of [bereft.inner, bereft.outer]) {
    election.handlePeerDeath(at(600), address('10.0.0.1'));
    bereft.group.settle(at(600));
  }
  t.equal(bereft.group.state, 'master');
  t.end();
});

test('a group preempts a lower master on all sides together', (t) => {
  const pair = new Pair().start(at(0));
  pair.hear(at(500), pair.inner, lower);
  pair.hear(at(900), pair.outer, lower);
  pair.hear(at(1_200), pair.inner, lower);
  t.equal(pair.group.state, 'backup');
  pair.run(at(900 + 609.375));
  t.equal(pair.group.state, 'master');
  t.end();
});

test('a member that is outranked takes the others along, and they resign', (t) => {
  const pair = new Pair().lead();
  pair.hear(at(4_000), pair.inner);
  t.same(pair.drain(), [
    ['advertise 100', 'release', 'master->backup outranked'],
    ['advertise 0', 'release', 'master->backup group'],
  ]);
  for (let time = 5_000; time < 60_000; time += 1_000) pair.hear(at(time), pair.inner);
  t.same(pair.drain(), [[], []], 'and stay where they are');
  t.end();
});

test('a member in fault puts all in fault, until none is faulty', (t) => {
  const pair = new Pair().lead();
  pair.inner.setFault(at(4_000), true, 'eth0 has no carrier');
  pair.group.settle(at(4_000));
  const given = ['advertise 0', 'release', 'master->fault faulty'];
  t.same(pair.drain(), [given, given]);
  t.equal(pair.outer.snapshot().fault, 'inner: eth0 has no carrier');
  t.equal(pair.group.state, 'fault');

  pair.outer.setFault(at(4_100), true, 'eth1 has no carrier');
  pair.group.settle(at(4_100));
  pair.inner.setFault(at(4_200), false, '');
  pair.group.settle(at(4_200));
  t.same(pair.drain(), [[], []]);
  t.equal(pair.inner.snapshot().fault, 'outer: eth1 has no carrier');
  pair.outer.setFault(at(4_300), false, '');
  pair.group.settle(at(4_300));
  const back = ['fault->backup recovered', 'stale'];
  t.same(pair.drain(), [back, back]);
  pair.run(at(4_300 + down));
  t.equal(pair.group.state, 'master');
  t.end();
});

test('a group with a member that is faulty before the start begins in fault', (t) => {
  const pair = new Pair();
  pair.outer.setFault(at(0), true, 'eth1 has no carrier');
  pair.start(at(1));
  t.equal(pair.group.state, 'fault');
  t.end();
});

test('a member that stops takes the others down to backup', (t) => {
  const pair = new Pair().lead();
  pair.inner.stop(at(4_000));
  pair.group.settle(at(4_000));
  t.equal(pair.outer.state, 'backup');
  pair.run(at(60_000));
  t.equal(pair.outer.state, 'backup', 'a group that is not complete is not master');
  t.end();
});

test('a rival of one member makes all of them announce their addresses', (t) => {
  const pair = new Pair().lead();
  pair.hear(at(4_000), pair.inner, lower);
  t.same(pair.drain(), [['advertise 100', 'announce 5'], ['announce 5']]);
  pair.group.settle(at(4_001));
  t.same(pair.drain(), [[], []], 'once for each');
  t.end();
});

test('after a pause no member trusts that it was ready', (t) => {
  const pair = new Pair().start(at(0));
  for (let time = 500; time < 5_000; time += 500) pair.hear(at(time), pair.outer);
  t.equal(pair.inner.isReady, true);
  pair.group.settle(at(20_000));
  t.same(pair.drain(), [['stale'], ['stale']]);
  t.equal(pair.inner.isReady, false);
  pair.hear(at(20_500), pair.inner);
  pair.hear(at(20_500), pair.outer);
  pair.run(at(22_000));
  t.equal(pair.group.state, 'backup');
  t.end();
});

test('a paused group gives up as one', (t) => {
  const pair = new Pair().lead();
  pair.inner.handleAdvertisement(at(20_000), lower);
  pair.group.settle(at(20_000));
  t.same([pair.inner.state, pair.outer.state], ['backup', 'backup']);
  t.end();
});

test('whatever happens to its members, a group is in one state again when it is left alone', (t) => {
  const prng = new Prng(4_711);
  const pair = new Pair([{}, { priority: 120, advertInterval: seconds(2) }]).start(at(0));
  const members = [pair.inner, pair.outer];
  let now = at(0);
  for (let round = 0; round < 400; round += 1) {
    for (let input = prng.below(12); input > 0; input -= 1) {
      now = after(now, milliseconds(prng.below(2_500)));
      if (prng.below(10) > 0) pair.run(now);
      const election = members[prng.below(2)] ?? pair.inner;
      disturb(election, now, prng);
      pair.group.settle(now);
      t.ok(agree(pair), `round ${round}`);
    }
    for (const election of members) {
      election.setFault(now, false, '');
      if (election.state === 'initialize') election.start(now, { mayPreempt: true });
    }
    pair.group.settle(now);
    now = after(now, seconds(20));
    pair.run(now);
    t.equal(pair.group.state, 'master', `left alone after round ${round}`);
    pair.drain();
  }
  t.end();
});

/** One thing that can happen to a member. */
function disturb(election: Election, now: Instant, prng: Prng): void {
  const priority = [0, 50, 100, 110, 200][prng.below(5)] ?? 0;
  switch (prng.below(6)) {
    case 0:
      return election.setFault(now, prng.below(2) === 0, 'a test');
    case 1:
      return election.setPriority(now, 1 + prng.below(254));
    case 2:
      return election.allowPreemption(now);
    case 3:
      return prng.below(4) === 0 ? election.stop(now) : undefined;
    default:
      return election.handleAdvertisement(now, heard({ priority }));
  }
}

/** Nobody is master, or in fault, alone; a member that has stopped is a matter of its own. */
function agree({ inner, outer }: Pair): boolean {
  const states = [inner.state, outer.state].filter((state) => state !== 'initialize');
  const isMixed = states.length === 2 && states[0] !== states[1];
  return !isMixed && !(states.length === 1 && states[0] === 'master');
}
