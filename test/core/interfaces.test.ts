import { test } from 'tap';

import { ownAddress, RoutingTable, type Interface } from '../../director/core/interfaces.js';
import { fromWords, toWords } from '../../director/wire/address-words.js';
import { ip, prefix } from '../base/values.js';

const link = (index: number, name: string, addresses: readonly string[]): Interface => ({
  index,
  name,
  mac: { high: 0x0200, low: index },
  mtu: 1_500,
  addresses: addresses.map(prefix),
});

const clients = link(0, 'clients', ['10.1.0.11/24', '10.0.0.1/8', 'fd01::11/64', 'fd00::1/16']);
const servers = link(1, 'servers', ['10.2.0.11/24', '10.2.0.200/25', 'fd02::11/64']);

/** Where a packet goes: `interface` when its destination is there, `interface via gateway` when not. */
function routeTo(table: RoutingTable, address: string): string {
  const { family, words } = toWords(ip(address));
  // In a column of addresses, as the connection table has them.
  const column = new Uint32Array(12).fill(7);
  column.set(words, 4);
  const route = table.find(family, column, 4);
  if (route === undefined) return 'none';
  const { gateway } = route;
  const via = gateway === undefined ? '' : ` via ${fromWords(family, gateway)}`;
  return `${route.interface.name}${via} as ${fromWords(family, route.source)}`;
}

const gateways = [
  { address: ip('10.1.0.1'), interface: clients },
  { address: ip('fd01::1'), interface: clients },
];

test('the longest prefix decides, then the gateway', (t) => {
  const table = new RoutingTable([clients, servers], gateways);
  t.equal(routeTo(table, '10.1.0.2'), 'clients as 10.1.0.11');
  t.equal(routeTo(table, '10.2.0.21'), 'servers as 10.2.0.11', 'not the /8 of the other link');
  t.equal(routeTo(table, '10.2.0.129'), 'servers as 10.2.0.200');
  t.equal(routeTo(table, '10.200.0.1'), 'clients as 10.0.0.1', 'the /8');
  t.equal(routeTo(table, '11.0.0.1'), 'clients via 10.1.0.1 as 10.1.0.11');
  t.equal(routeTo(table, '255.255.255.255'), 'clients via 10.1.0.1 as 10.1.0.11');
  t.end();
});

test('IPv6 has its own routes and its own gateway', (t) => {
  const table = new RoutingTable([clients, servers], gateways);
  t.equal(routeTo(table, 'fd01::2'), 'clients as fd01::11');
  t.equal(routeTo(table, 'fd02::21'), 'servers as fd02::11');
  t.equal(routeTo(table, 'fd02:0:0:1::21'), 'clients via fd01::1 as fd01::11');
  t.equal(routeTo(table, 'fd00:1::5'), 'clients as fd00::1');
  t.equal(routeTo(table, '2001:db8::1'), 'clients via fd01::1 as fd01::11');
  t.equal(routeTo(table, '::a01:2'), 'clients via fd01::1 as fd01::11', 'no IPv4 address');
  const onlyIpv4 = new RoutingTable([clients, servers], gateways.slice(0, 1));
  t.equal(routeTo(onlyIpv4, '2001:db8::1'), 'none');
  t.end();
});

test('without a gateway there is no route beyond the links', (t) => {
  const table = new RoutingTable([servers], []);
  t.equal(routeTo(table, '10.2.0.1'), 'servers as 10.2.0.11');
  t.equal(routeTo(table, '10.3.0.1'), 'none');
  t.equal(routeTo(new RoutingTable([], []), '10.2.0.1'), 'none');
  t.end();
});

test('a prefix of no bits contains everything, one of 32 bits itself', (t) => {
  const links = [link(0, 'all', ['1.1.1.1/0', 'fd00::1/0'])];
  const table = new RoutingTable([...links, link(1, 'one', ['200.1.1.1/32', 'fd00::2/128'])], []);
  t.equal(routeTo(table, '200.1.1.1'), 'one as 200.1.1.1');
  t.equal(routeTo(table, '200.1.1.2'), 'all as 1.1.1.1');
  t.equal(routeTo(table, 'fd00::2'), 'one as fd00::2');
  t.equal(routeTo(table, 'fd00::3'), 'all as fd00::1');
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
