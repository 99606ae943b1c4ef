import { test } from 'tap';

import { BenchDirector, type Sent } from './bench-director.js';
import { ArpCases } from './cases-arp.js';
import { DirectRouteCases } from './cases-direct-route.js';
import { NatCases } from './cases-nat.js';
import { PingCases } from './cases-ping.js';
import { RefusedCases } from './cases-refused.js';
import type { PacketCase } from './packet-case.js';

const readable = ({ link, frame }: Sent): string =>
  `${link}: ${Buffer.from(frame).toString('hex')}`;

function runCases(title: string, cases: readonly PacketCase[]): void {
  test(title, (t) => {
    for (const row of cases) {
      const bench = new BenchDirector(row.bench);
      row.before?.(bench);
      bench.takeSent();
      t.equal(bench.receive(row.arrival, row.packet), row.outcome, row.description);
      t.strictSame(bench.takeSent().map(readable), row.sent.map(readable), row.description);
      t.ok(bench.isBalanced, `${row.description}: counted once`);
    }
    t.end();
  });
}

runCases('Masq', NatCases);
runCases('Route', DirectRouteCases);
runCases('ARP', ArpCases);
runCases('ping', PingCases);
runCases('refused frames', RefusedCases);
