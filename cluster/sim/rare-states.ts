import type { World } from './world.js';

/** Counts what the machines of a run have gone through, as far as they tell: the states that a good set of seeds reaches. */
export function countRareStates(world: World): void {
  const { occurrences } = world;
  const note = (name: string, times: number): void => {
    if (times > 0) occurrences.count(name, times);
  };
  for (const { process, name } of world.directors) {
    if (process === undefined) continue;
    const { node, inbox } = process;
    note('inbox overflow', inbox.overflows);
    note('late timer', sum(node.elections.routers, ({ election }) => election.snapshot().lateTimers));
    note('rival advert', sum(node.elections.routers, ({ election }) => election.snapshot().rivalAdvertisements));
    const rejected = node.elections.routers.map(({ election }) => election.snapshot().rejected);
    for (const reasons of rejected) {
      for (const [reason, count] of Object.entries(reasons)) note(`advert rejected: ${reason}`, count);
    }
    const snapshot = node.sync?.snapshot();
    if (snapshot !== undefined) {
      note('sync: hole asked for', snapshot.reliability.nacksSent);
      note('sync: hole given up', snapshot.reliability.gaps);
      note('sync: digest differed', snapshot.reliability.divergences);
      note('sync: duplicate', snapshot.reliability.duplicates);
      note('sync: sent again', snapshot.sent.retransmissions);
      note('sync: bulk transfer', snapshot.bulk.transfers);
      note('sync: bulk transfer failed', snapshot.bulk.failures);
      for (const [reason, count] of Object.entries(snapshot.rejected)) note(`sync rejected: ${reason}`, count);
    }
    const { commits, counters } = node.director;
    note('commit: waited for', commits.committed);
    note('commit: gave up waiting', commits.uncommitted);
    for (const [reason, count] of Object.entries(counters.droppedByName())) note(`drop ${reason}`, count);
    const { 'replaced-before': replaced, 'kept-own': kept } = node.replication.counters;
    note('replica came too late', replaced);
    note('replica of an own connection', kept);
    note(`master at the end: ${name}`, node.state === 'master' ? 1 : 0);
  }
  for (const { at: _, text } of world.trace.lines) {
    const kind = RareLines.find(([pattern]) => pattern.test(text))?.[1];
    if (kind !== undefined) occurrences.count(kind);
  }
}

/** Lines of the trace that stand for something rare. */
const RareLines: readonly (readonly [RegExp, string])[] = [
  [/^master: .*master-silent/, 'take-over: by timer'],
  [/^master: .*master-resigned/, 'take-over: after priority 0'],
  [/^master: .*peer-died/, 'take-over: by death notice'],
  [/^master: .*preempted/, 'take-over: by preemption'],
  [/^backup: .*outranked/, 'master outranked'],
  [/^backup: .*paused/, 'master gave up after a pause'],
  [/^fault:/, 'fault'],
  [/^bulk-complete: timeout/, 'bulk transfer timed out'],
  [/^bulk-complete: alone/, 'table complete: alone'],
  [/^bulk-complete: bulk/, 'table complete: bulk'],
  [/^this node was held up/, 'node was held up'],
  [/^peer-died/, 'death notice'],
];

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += value(item);
  return total;
}
