import { test } from 'tap';

import { BenchDirector, type Sent } from './bench-director.js';
import { ArpCases } from './cases-arp.js';
import { DirectRouteCases } from './cases-direct-route.js';
import { NatCases } from './cases-nat.js';
import { NeighbourDiscoveryCases } from './cases-neighbour-discovery.js';
import { PingCases } from './cases-ping.js';
import { RefusedCases } from './cases-refused.js';
import { RouterCases } from './cases-router.js';
import { TunnelCases } from './cases-tunnel.js';
import { withoutIdentification, type PacketCase } from './packet-case.js';

const readable = ({ link, frame }: Sent): string =>
  `${link}: ${Buffer.from(frame).toString('hex')}`;

function runCases(title: string, cases: readonly PacketCase[]): void {
  test(title, (t) => {
    for (const row of cases) {
      const bench = new BenchDirector(row.bench);
      row.before?.(bench);
      bench.takeSent();
      t.equal(bench.receive(row.arrival, row.packet), row.outcome, row.description);
      const sent = bench.takeSent().map((one) => asExpected(one, row));
      t.strictSame(sent.map(readable), row.sent.map(readable), row.description);
      t.ok(bench.isBalanced, `${row.description}: counted once`);
    }
    t.end();
  });
}

/** The identification of the director's own ICMP errors, and of some tunnels, is random and not looked at. */
const asExpected = (sent: Sent, { outcome, hasAnyIdentification }: PacketCase): Sent =>
  outcome.startsWith('drop') || hasAnyIdentification === true ? withoutIdentification(sent) : sent;

runCases('Masq', NatCases);
runCases('Route', DirectRouteCases);
runCases('Tunnel', TunnelCases);
runCases('ARP', ArpCases);
runCases('neighbour discovery', NeighbourDiscoveryCases);
runCases('ping', PingCases);
runCases('refused frames', RefusedCases);
runCases('what a router has to do', RouterCases);
