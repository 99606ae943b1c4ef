import { test } from 'tap';

import { announce } from '../../director/core/transmit.js';
import { compact } from '../wire/hex.js';
import { GratuitousArp } from '../wire/recorded-frames.js';
import { BenchDirector, Mac, wordOf } from './bench-director.js';
import { buildArp } from './packet-builder.js';

test('a new master announces an address by gratuitous ARP, in keepalived’s words', (t) => {
  const bench = new BenchDirector();
  const floating = bench.director.floating.get(wordOf('10.1.0.100'));
  if (floating === undefined) throw new Error('the bench has this VIP');
  announce(bench.director, floating);
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
  const floating = bench.director.floating.get(wordOf('10.2.0.254'));
  if (floating === undefined) throw new Error('the bench has this gateway');
  announce(bench.director, floating);
  t.equal(bench.takeSent()[0]?.link, 'servers');
  t.equal(bench.director.counters.received, 0, 'what we make ourselves is not counted as received');
  t.end();
});
