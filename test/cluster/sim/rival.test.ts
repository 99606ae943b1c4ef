import { test } from 'tap';

import { wordsOf } from './addresses.js';
import { quietCluster } from './quiet-cluster.js';

test('a master announces its addresses again when a rival is gone that only session sync has heard of', (t) => {
  const { world, inflict, hostKnows, until } = quietCluster({ directors: 2 });
  until(10);
  t.equal(world.director('d1')?.state, 'master');
  inflict(
    { kind: 'filter', node: 'd2', network: 'clients', direction: 'both', drops: 'vrrp' },
    11,
    8,
  );
  until(15);
  t.equal(world.director('d2')?.state, 'master', 'd2 hears nobody');
  t.equal(hostKnows('c1', wordsOf('10.1.0.100')), 'd2', 'and has told everybody');
  inflict({ kind: 'kill', director: 'd2' }, 15, 4);
  until(16);
  t.equal(hostKnows('c1', wordsOf('10.1.0.100')), 'd1');
  t.end();
});

test('a host that has missed every announcement of a new master hears of it in the end', (t) => {
  const { world, inflict, hostKnows, until } = quietCluster({ directors: 2 });
  until(10);
  inflict({ kind: 'kill', director: 'd1' }, 10, 60);
  inflict(
    { kind: 'filter', node: 'c1', network: 'clients', direction: 'in', drops: 'announcement' },
    10,
    7,
  );
  until(17);
  t.equal(world.director('d2')?.state, 'master');
  t.equal(hostKnows('c1', wordsOf('10.1.0.100')), 'd1', 'both bursts are over');
  until(22);
  t.equal(hostKnows('c1', wordsOf('10.1.0.100')), 'd2');
  t.end();
});

test('a node that becomes master is in doubt for a while whether it is the only one', (t) => {
  const { world, inflict, until } = quietCluster({ directors: 2 });
  const doubt = (node: string): number => {
    const director = world.director(node)?.process?.node.director;
    return ((director?.doubtfulUntil ?? 0) - world.queue.now) / 1_000_000;
  };
  until(10);
  t.ok(doubt('d1') < 0, 'it has been master for long');
  inflict({ kind: 'kill', director: 'd1' }, 10, 60);
  until(11);
  t.ok(doubt('d2') > 0 && doubt('d2') <= 3, `${doubt('d2')} s more`);
  t.end();
});
