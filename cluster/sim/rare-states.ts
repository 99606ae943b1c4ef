import type { DirectorProcess } from './director/director-process.js';
import type { World } from './world.js';

/** Counts what the machines of a run have gone through, as far as they tell: the states that a good set of seeds reaches. */
export function countRareStates(world: World): void {
  const { occurrences } = world;
  const note: Note = (name, times) => {
    if (times > 0) occurrences.count(name, times);
  };
  for (const { process } of world.directors) {
    if (process === undefined) continue;
    note('inbox overflow', process.inbox.overflows);
    noteElections(process, note);
    noteSync(process, note);
    noteForwarding(process, note);
    note('health: check void', process.health.voids);
    note('health: reload in doubt', process.health.reloadsInDoubt);
  }
  for (const { text } of world.trace.lines) {
    const kind = RareLines.find(([pattern]) => pattern.test(text))?.[1];
    if (kind !== undefined) occurrences.count(kind);
  }
}

type Note = (name: string, times: number) => void;

function noteElections({ node }: DirectorProcess, note: Note): void {
  for (const { election } of node.elections.routers) {
    const { lateTimers, rivalAdvertisements, rejected } = election.snapshot();
    note('late timer', lateTimers);
    note('rival advert', rivalAdvertisements);
    noteAll('advert rejected', rejected, note);
  }
}

function noteSync({ node }: DirectorProcess, note: Note): void {
  const snapshot = node.sync?.snapshot();
  if (snapshot === undefined) return;
  const { reliability, sent, bulk, rejected } = snapshot;
  note('sync: hole asked for', reliability.nacksSent);
  note('sync: hole given up', reliability.gaps);
  note('sync: digest differed', reliability.divergences);
  note('sync: duplicate', reliability.duplicates);
  note('sync: sent again', sent.retransmissions);
  note('sync: removal', sent.removals);
  note('sync: bulk transfer', bulk.transfers);
  note('sync: bulk transfer failed', bulk.failures);
  noteAll('sync rejected', rejected, note);
}

function noteForwarding({ node }: DirectorProcess, note: Note): void {
  const { commits, counters } = node.director;
  note('commit: waited for', commits.committed);
  note('commit: gave up waiting', commits.uncommitted);
  noteAll('drop', counters.droppedByName(), note);
  const { 'replaced-before': replaced, 'kept-own': kept } = node.replication.counters;
  note('replica came too late', replaced);
  note('replica of an own connection', kept);
}

function noteAll(what: string, counts: Readonly<Record<string, number>>, note: Note): void {
  for (const [name, count] of Object.entries(counts)) note(`${what}: ${name}`, count);
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
  [/^server-down: .*refused/, 'health: server down by refusal'],
  [/^server-down: .*in time/, 'health: server down by silence'],
  [/^server-up: /, 'health: server up again'],
  [/^quorum-down/, 'health: quorum lost'],
];
