import { test } from 'tap';

import { announce } from '../../director/core/solicit.js';
import { virtualMac } from '../../director/core/virtual-macs.js';
import { describeMac } from '../../director/wire/ethernet.js';
import { Family } from '../../director/wire/flow.js';
import { ip } from '../base/values.js';
import { BenchDirector, type BenchOptions, type Sent } from './bench-director.js';
import { BothFamilies, Ipv4Hosts, Ipv6Hosts, Mac } from './hosts.js';
import { buildArp, buildFrame, buildNeighbour, endpoint } from './packet-builder.js';

const Virtual = { IPv4: '00:00:5e:00:01:33', IPv6: '00:00:5e:00:02:33' } as const;

/** A bench whose Masq VIPs live at the MAC addresses of virtual router 51. */
function benchWithVirtualMac(options: BenchOptions = {}): BenchDirector {
  const bench = new BenchDirector({ ...options, isMaster: false });
  for (const { family, masqVip } of BothFamilies) {
    const owner = bench.floating(masqVip).interface;
    bench.director.addFloating(
      ip(masqVip),
      owner,
      virtualMac(family === 'IPv4' ? Family.ipv4 : Family.ipv6, 51),
    );
  }
  bench.setMaster(options.isMaster !== false);
  return bench;
}

/** The source and destination MAC addresses of a frame. */
const macsOf = ({ frame }: Sent): readonly string[] =>
  [6, 0].map((at) => Buffer.from(frame.subarray(at, at + 6)).toString('hex'));

const compact = (...macs: readonly string[]): string[] =>
  macs.map((mac) => mac.replaceAll(':', ''));

test('the MAC address of a virtual router is that of RFC 9568 §7.3', (t) => {
  t.equal(describeMac(virtualMac(Family.ipv4, 51)), '00:00:5e:00:01:33');
  t.equal(describeMac(virtualMac(Family.ipv6, 255)), '00:00:5e:00:02:ff');
  t.end();
});

test('questions for a VIP are answered with its virtual MAC address, from it', (t) => {
  const bench = benchWithVirtualMac();
  bench.receive(
    'clients',
    buildArp({
      ethernet: { destination: Mac.broadcast },
      operation: 'request',
      sender: [Mac.client, '10.1.0.2'],
      target: ['00:00:00:00:00:00', '10.1.0.100'],
    }),
  );
  bench.receive(
    'clients',
    buildNeighbour({
      ethernet: { source: Mac.client, destination: '33:33:ff:00:01:00' },
      kind: 'solicitation',
      from: Ipv6Hosts.client,
      to: 'ff02::1:ff00:100',
      target: Ipv6Hosts.masqVip,
      mac: Mac.client,
    }),
  );
  t.strictSame(bench.takeSent(), [
    {
      link: 'clients',
      frame: buildArp({
        ethernet: { destination: Mac.client },
        operation: 'reply',
        sender: [Virtual.IPv4, '10.1.0.100'],
        target: [Mac.client, '10.1.0.2'],
      }),
    },
    {
      link: 'clients',
      frame: buildNeighbour({
        ethernet: { source: Virtual.IPv6, destination: Mac.client },
        kind: 'advertisement',
        from: Ipv6Hosts.masqVip,
        to: Ipv6Hosts.client,
        target: Ipv6Hosts.masqVip,
        flags: 'SO',
        mac: Virtual.IPv6,
      }),
    },
  ]);
  t.end();
});

test('a new master announces the virtual MAC address, from it', (t) => {
  const bench = benchWithVirtualMac();
  announce(bench.director, bench.floating('10.1.0.100'));
  announce(bench.director, bench.floating('fd01::100'));
  t.strictSame(
    bench.takeSent().map((sent) => macsOf(sent)),
    [compact(Virtual.IPv4, Mac.broadcast), compact(Virtual.IPv6, '33:33:00:00:00:01')],
  );
  t.end();
});

for (const { family, client, masqVip, servers } of BothFamilies) {
  const request = {
    ethernet: { source: Mac.client, destination: Virtual[family] },
    from: endpoint(client, 40_000),
    to: endpoint(masqVip, 80),
    tcp: 'S',
  };

  test(`a master takes frames to the virtual MAC address, and answers from it, ${family}`, (t) => {
    const bench = benchWithVirtualMac();
    t.equal(bench.receive('clients', buildFrame(request)), 'forward');
    t.strictSame(
      bench.takeSent().map((sent) => macsOf(sent)),
      [compact(Mac.directorServers, Mac.server3)],
      'on the other link it is the interface that speaks',
    );
    const reply = buildFrame({
      ethernet: { source: Mac.server3, destination: Mac.directorServers },
      from: endpoint(servers[2], 8_080),
      to: endpoint(client, 40_000),
      tcp: 'SA',
    });
    t.equal(bench.receive('servers', reply), 'forward');
    const ping = buildFrame({
      ethernet: request.ethernet,
      from: client,
      to: masqVip,
      icmp: { type: family === 'IPv4' ? 8 : 128 },
      payload: '0x1234 0001',
    });
    t.equal(bench.receive('clients', ping), 'answer');
    const answers = bench.takeSent().map((sent) => macsOf(sent));
    t.strictSame(answers, [
      compact(Virtual[family], Mac.client),
      compact(Virtual[family], Mac.client),
    ]);
    t.end();
  });

  test(`a backup leaves frames to the virtual MAC address alone, ${family}`, (t) => {
    const bench = benchWithVirtualMac({ isMaster: false });
    t.equal(bench.receive('clients', buildFrame(request)), 'drop: not-for-us');
    bench.setMaster(true);
    bench.setMaster(true);
    t.equal(bench.receive('clients', buildFrame(request)), 'forward');
    bench.setMaster(false);
    t.equal(bench.receive('clients', buildFrame(request)), 'drop: not-for-us');
    t.end();
  });
}

/** A SYN for an IPv4 VIP in a frame to this MAC address. */
const requestTo = (destination: string): Uint8Array =>
  buildFrame({
    ethernet: { source: Mac.client, destination },
    from: endpoint(Ipv4Hosts.client, 40_000),
    to: endpoint(Ipv4Hosts.masqVip, 80),
    tcp: 'S',
  });

test('frames to the MAC address of another virtual router, or on another link, are not ours', (t) => {
  const bench = benchWithVirtualMac();
  t.equal(bench.receive('clients', requestTo('00:00:5e:00:01:34')), 'drop: not-for-us');
  t.equal(bench.receive('clients', requestTo('00:01:5e:00:01:33')), 'drop: not-for-us');
  t.equal(bench.receive('servers', requestTo(Virtual.IPv4)), 'drop: not-for-us');
  t.end();
});

test('an ICMP error about a packet to a VIP comes from the virtual MAC address', (t) => {
  const bench = benchWithVirtualMac();
  const last = buildFrame({
    ethernet: { source: Mac.client, destination: Virtual.IPv4 },
    from: endpoint(Ipv4Hosts.client, 40_000),
    to: endpoint(Ipv4Hosts.masqVip, 80),
    tcp: 'S',
    ttl: 1,
  });
  t.equal(bench.receive('clients', last), 'drop: ttl');
  t.strictSame(
    bench.takeSent().map((sent) => macsOf(sent)),
    [compact(Virtual.IPv4, Mac.client)],
  );
  t.end();
});
