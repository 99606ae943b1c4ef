import { test } from 'tap';

import { vmPartitionRules, type VmLink } from '../../../cluster/vagrant/vm-partition.js';

const link = (node: string, network: string, device: string, mac: string): VmLink => ({
  node,
  network,
  device,
  mac,
});

const links = [
  link('d1', 'clients', 'eth1', '02:00:00:00:01:01'),
  link('d1', 'servers', 'eth2', '02:00:00:00:02:01'),
  link('d2', 'clients', 'ens6', '02:00:00:00:01:02'),
  link('d2', 'servers', 'ens7', '02:00:00:00:02:02'),
  link('client', 'clients', 'eth1', '02:00:00:00:01:09'),
];

const drops = (node: string, oneWay = false, plane: 'all' | 'vrrp' = 'all'): string[] =>
  vmPartitionRules(node, links, { sides: [['d1'], ['d2', 'client']], plane, oneWay })
    .split('\n')
    .filter((line) => line.startsWith('add rule'));

test('a node drops what it sends to the other side and what comes from there, on each network', (t) => {
  t.same(drops('d1'), [
    'add rule netdev baton_faults out_eth1 ether daddr 02:00:00:00:01:02  drop',
    'add rule netdev baton_faults out_eth1 ether daddr 02:00:00:00:01:09  drop',
    'add rule netdev baton_faults in_eth1 ether saddr 02:00:00:00:01:02  drop',
    'add rule netdev baton_faults in_eth1 ether saddr 02:00:00:00:01:09  drop',
    'add rule netdev baton_faults out_eth2 ether daddr 02:00:00:00:02:02  drop',
    'add rule netdev baton_faults in_eth2 ether saddr 02:00:00:00:02:02  drop',
  ]);
  t.same(drops('client'), [
    'add rule netdev baton_faults out_eth1 ether daddr 02:00:00:00:01:01  drop',
    'add rule netdev baton_faults in_eth1 ether saddr 02:00:00:00:01:01  drop',
  ]);
  t.end();
});

test('one way: the first side is not heard, but hears', (t) => {
  t.ok(drops('d1', true).every((rule) => rule.includes(' out_')));
  t.ok(drops('d2', true).every((rule) => rule.includes(' in_')));
  t.equal(drops('d1', true).length, 3);
  t.equal(drops('d2', true).length, 2);
  t.end();
});

test('a plane is cut by what its packets look like', (t) => {
  const rules = drops('client', false, 'vrrp');
  t.equal(rules.length, 4);
  t.ok(rules.every((rule) => /ip protocol 112|ip6 nexthdr 112/.test(rule)));
  t.end();
});

test('a node on no side keeps all of its links', (t) => {
  t.equal(
    vmPartitionRules('s1', links, { sides: [['d1'], ['d2']], plane: 'all', oneWay: false }),
    '',
  );
  t.end();
});
