import { test } from 'tap';

import { ownAddress, RoutingTable, type Interface } from '../../director/core/interfaces.js';
import { ip, prefix } from '../base/values.js';
import { wordOf } from '../packets/bench-director.js';

const link = (index: number, name: string, addresses: readonly string[]): Interface => ({
  index,
  name,
  mac: { high: 0x0200, low: index },
  mtu: 1_500,
  addresses: addresses.map(prefix),
});

const clients = link(0, 'clients', ['10.1.0.11/24', '10.0.0.1/8', 'fd01::11/64']);
const servers = link(1, 'servers', ['10.2.0.11/24', '10.2.0.200/25']);

/** Where a packet goes: `interface` when its destination is there, `interface via gateway` when not. */
function routeTo(table: RoutingTable, address: string): string {
  const route = table.find(wordOf(address));
  if (route === undefined) return 'none';
  const gateway = route.gateway === undefined ? '' : ` via ${route.gateway[3]?.toString(16)}`;
  return `${route.interface.name}${gateway}`;
}

test('the longest prefix decides, then the gateway', (t) => {
  const table = new RoutingTable([clients, servers], {
    address: ip('10.1.0.1'),
    interface: clients,
  });
  t.equal(routeTo(table, '10.1.0.2'), 'clients');
  t.equal(routeTo(table, '10.2.0.21'), 'servers', 'not the /8 of the other link');
  t.equal(routeTo(table, '10.2.0.129'), 'servers');
  t.equal(routeTo(table, '10.200.0.1'), 'clients', 'the /8');
  t.equal(routeTo(table, '11.0.0.1'), 'clients via a010001');
  t.equal(routeTo(table, '255.255.255.255'), 'clients via a010001');
  t.end();
});

test('without a gateway there is no route beyond the links', (t) => {
  const table = new RoutingTable([servers], undefined);
  t.equal(routeTo(table, '10.2.0.1'), 'servers');
  t.equal(routeTo(table, '10.3.0.1'), 'none');
  t.equal(routeTo(new RoutingTable([], undefined), '10.2.0.1'), 'none');
  t.end();
});

test('a prefix of no bits contains everything, one of 32 bits itself', (t) => {
  const table = new RoutingTable(
    [link(0, 'all', ['1.1.1.1/0']), link(1, 'one', ['200.1.1.1/32'])],
    undefined,
  );
  t.equal(routeTo(table, '200.1.1.1'), 'one');
  t.equal(routeTo(table, '200.1.1.2'), 'all');
  t.end();
});

test('our own address towards a peer is the one in its network, or the first', (t) => {
  t.equal(ownAddress(servers, ip('10.2.0.21')), '10.2.0.11');
  t.equal(ownAddress(clients, ip('10.9.0.1')), '10.0.0.1');
  t.equal(ownAddress(clients, ip('fd01::2')), 'fd01::11');
  t.equal(ownAddress(clients, ip('192.168.0.1')), '10.1.0.11');
  t.equal(ownAddress(link(2, 'bare', []), ip('10.1.0.1')), undefined);
  t.end();
});
