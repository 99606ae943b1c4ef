import { test } from 'tap';

import { milliseconds, type Duration } from '../../../director/base/time.js';
import { quietCluster, type QuietCluster } from './quiet-cluster.js';

const NewFlows = 20;

/**
 * Two directors with little traffic; d1 stops as planned at 10 s and comes back at 12 s. The client is 10 ms away, and session
 * sync takes longer than that: what a node hears of its successor first is the advertisement.
 */
function returningMaster(): QuietCluster {
  const cluster = quietCluster({ directors: 2, methods: ['Route'] }, 1, {
    flows: 0,
    shortShare: 100,
  });
  const delayed = (node: string, network: 'clients' | 'sync', delay: Duration): void => {
    const far = { node, network, direction: 'both', weather: { delay } } as const;
    cluster.inflict({ kind: 'weather', ...far }, 0, 3_600);
  };
  delayed('c1', 'clients', milliseconds(10));
  delayed('d2', 'sync', milliseconds(40));
  cluster.inflict({ kind: 'stop', director: 'd1' }, 10, 2);
  cluster.until(12);
  // One flow after the other, so that the client knows the way to the master there is.
  cluster.world.load.open();
  return cluster;
}

/** When d1 is master again, in seconds. */
function returnOf({ world, until }: QuietCluster): number {
  for (let time = 12; time < 20; time += 0.001) {
    until(time);
    if (world.director('d1')?.state === 'master') return time;
  }
  throw new Error('d1 comes back');
}

test('connections whose SYN a master finds behind the advertisement of its successor live on', (t) => {
  const returnAt = returnOf(returningMaster());
  const { world, inflict, until } = returningMaster();
  const [d1, d2] = [world.director('d1'), world.director('d2')];
  // The same seconds again: d2 is held up while the advertisement comes and, a little later, what the client sends to it.
  inflict({ kind: 'pause', director: 'd2' }, returnAt - 0.002, 0.05);
  until(returnAt);
  t.equal(d1?.state, 'master');
  t.equal(d2?.state, 'master', 'd2 has not heard of it');
  const before = world.load.flows.length;
  for (let flow = 0; flow < NewFlows; flow += 1) world.load.open();
  const opened = world.load.flows.slice(before).map(({ record }) => record);
  until(returnAt + 0.045);
  const waiting = d2?.process?.inbox.frames ?? 0;
  t.ok(waiting >= NewFlows, `${waiting} frames wait for d2`);

  until(returnAt + 10);
  t.equal(d2?.state, 'backup');
  t.strictSame(
    opened.filter(({ exchanges }) => exchanges === 0),
    [],
  );
  t.end();
});
