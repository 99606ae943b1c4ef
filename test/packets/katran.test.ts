import { test } from 'tap';

import { comparable } from '../../scripts/oracle/compare-packets.js';
import { KatranCases } from './cases-katran.js';
import { KatranDirector, routed, type SentTo } from './katran-director.js';

/** A packet as text, without the identification that a director gives to an error of its own. */
const readable = ({ hop, bytes }: SentTo): string =>
  `${hop}: ${Buffer.from(comparable(Uint8Array.from(bytes))).toString('hex')}`;

for (const { description, katran, before = [], packet, outcome, sent } of KatranCases) {
  test(`katran ${katran}: ${description}`, (t) => {
    const bench = new KatranDirector();
    for (const earlier of before) bench.receive(routed(earlier));
    const result = bench.receive(routed(packet));
    t.equal(result.outcome, outcome);
    t.strictSame(result.sent.map(readable), sent.map(readable));
    t.end();
  });
}
