import { test } from 'tap';

import { rehearse } from '../../cluster/node/rehearse.js';
import { milliseconds, seconds } from '../../director/base/time.js';

/** Drops that are wanted: what no director forwards comes on every network. */
const Strays = [
  'malformed',
  'no-service',
  'not-for-us',
  'other-ether-type',
  'other-protocol',
  'unrelated-icmp',
];

test('what is rehearsed is what happens later', (t) => {
  const stages = rehearse(seconds(120));
  t.equal(stages.length, 2, 'one node with a peer, and one alone');
  t.ok((stages[0]?.director.commits.committed ?? 0) > 0, 'a peer has acknowledged');
  for (const { director } of stages) {
    const { counters, connections, services } = director;
    const dropped = counters.droppedByName();
    const drops = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    t.strictSame(Object.keys(dropped).toSorted(), Strays, 'nothing is dropped but strays');
    t.ok(counters.answered > 0, 'and questions are answered');
    t.equal(counters.held, 0, 'nothing waits');
    t.equal(counters.received, counters.forwarded + counters.answered + drops);
    t.ok(counters.forwarded > drops, 'most is of connections');
    for (const { stats, servers } of services.services()) {
      t.ok(stats.connections > 1 && stats.inPackets > stats.connections, 'every service serves');
      t.equal(
        stats.outPackets > 0,
        servers[0]?.method === 0,
        'answers come back where they are to',
      );
    }
    t.ok(connections.size > 100, 'and clients use ports again, of connections that have ended');
  }
  t.end();
});

test('a rehearsal ends in time', (t) => {
  const [stage] = rehearse(milliseconds(0));
  t.equal(stage?.director.counters.received, 0);
  t.end();
});
