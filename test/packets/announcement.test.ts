import { test } from 'tap';

import { announce } from '../../director/core/solicit.js';
import { compact } from '../wire/hex.js';
import { GratuitousArp } from '../wire/recorded-frames.js';
import { BenchDirector } from './bench-director.js';
import { Mac } from './hosts.js';
import { buildArp, buildNeighbour } from './packet-builder.js';

test('a new master announces an address by gratuitous ARP, in keepalived’s words', (t) => {
  const bench = new BenchDirector();
  announce(bench.director, bench.floating('10.1.0.100'));
  const [sent] = bench.takeSent();
  t.equal(sent?.link, 'clients');
  const expected = buildArp({
    ethernet: { destination: Mac.broadcast },
    operation: 'request',
    sender: [Mac.director, '10.1.0.100'],
    target: [Mac.broadcast, '10.1.0.100'],
  });
  const announced = Buffer.from(sent?.frame ?? []).toString('hex');
  t.equal(announced, Buffer.from(expected).toString('hex'));

  const own = Mac.director.replaceAll(':', '');
  const recorded = compact(GratuitousArp)
    .replaceAll('020000000401', own)
    .replaceAll('0a040064', '0a010064');
  t.equal(announced, recorded, 'the recorded one with our addresses');
  t.end();
});

test('the gateway is announced to the servers', (t) => {
  const bench = new BenchDirector();
  announce(bench.director, bench.floating('10.2.0.254'));
  t.equal(bench.takeSent()[0]?.link, 'servers');
  t.equal(bench.director.counters.received, 0, 'what we make ourselves is not counted as received');
  t.end();
});

/** What the owner of a MAC address says to all nodes. */
const said = (own: string, target: string): Uint8Array =>
  buildNeighbour({
    ethernet: { source: own, destination: '33:33:00:00:00:01' },
    kind: 'advertisement',
    from: target,
    to: 'ff02::1',
    target,
    flags: 'O',
    mac: own,
  });

test('a new master announces an IPv6 address to all nodes (RFC 4861 §7.2.6)', (t) => {
  const bench = new BenchDirector();
  announce(bench.director, bench.floating('fd01::100'));
  announce(bench.director, bench.floating('fd02::fe'));
  t.strictSame(bench.takeSent(), [
    { link: 'clients', frame: said(Mac.director, 'fd01::100') },
    { link: 'servers', frame: said(Mac.directorServers, 'fd02::fe') },
  ]);
  t.end();
});
