import { test } from 'tap';

import { parseAddress, type IpAddress } from '../../director/base/address.js';
import { networkOf } from '../../scripts/oracle/network.js';
import { readTopology } from '../../scripts/oracle/topology.js';
import { recording } from './recordings.js';

const addresses = (...texts: string[]): IpAddress[] =>
  texts.flatMap((text) => parseAddress(text) ?? []);

test('a recording with two sides shows a director with two interfaces and their hosts', (t) => {
  const { sides, virtualAddresses, assumptions } = readTopology(recording('tcp4-nat'));
  t.strictSame(
    sides.map(({ name, mac, addresses: own, neighbours }) => [name, mac, own, [...neighbours]]),
    [
      ['client', '1a:ec:03:21:76:5c', ['10.1.0.1/24'], [['10.1.0.2', '7a:3a:f5:d6:22:ec']]],
      [
        'server',
        'ee:64:3d:15:e3:5a',
        ['10.2.0.1/24'],
        [
          ['10.2.0.12', '0a:e3:d3:11:c5:61'],
          ['10.2.0.11', 'ca:b0:3c:b8:f7:8a'],
        ],
      ],
    ],
  );
  t.strictSame([...virtualAddresses], ['10.1.0.100']);
  t.strictSame(assumptions, []);
  t.end();
});

test('with direct routing the table tells which server has which MAC address', (t) => {
  const { sides } = readTopology(recording('tcp6-dr'));
  t.strictSame(
    sides.map(({ neighbours }) => [...neighbours]),
    [
      [
        ['fd01::2', '2a:58:ca:ad:a1:ba'],
        ['fd01::12', '32:78:de:97:ee:31'],
        ['fd01::11', '46:10:79:28:a1:40'],
      ],
    ],
  );
  t.end();
});

test('a tunnel’s packets tell the director’s own address', (t) => {
  const { sides } = readTopology(recording('tcp4-tun'));
  t.strictSame(sides[1]?.addresses, ['10.2.0.1/24']);
  t.end();
});

test('a server that nothing was sent to gets a place and is named', (t) => {
  const { sides, assumptions } = readTopology(recording('fwmark4-persistent-nat'));
  t.strictSame([...(sides[1]?.neighbours ?? [])].at(-1), ['10.2.0.11', '02:00:00:00:ff:01']);
  t.match(assumptions, [/^10\.2\.0\.11 was never sent anything/]);
  t.end();
});

test('a network holds all members and an address of ours that nobody uses', (t) => {
  const used = new Set(addresses('10.1.0.1', '10.1.0.2', '10.1.1.9', 'fd01::1'));
  t.equal(networkOf(addresses('10.1.0.2'), used), '10.1.0.3/24');
  t.equal(networkOf(addresses('10.1.0.2', '10.1.1.9'), used), '10.1.0.3/23');
  t.equal(networkOf(addresses('fd01::1:2'), used), 'fd01::2/64');
  const [own] = addresses('10.1.0.77');
  t.equal(networkOf(addresses('10.1.0.2'), used, own), '10.1.0.77/24');
  const everybody = new Set(
    addresses(...Array.from({ length: 254 }, (_, host) => `10.1.0.${host + 1}`)),
  );
  t.equal(networkOf(addresses('10.1.0.2'), everybody), '10.0.0.1/15');
  t.end();
});
