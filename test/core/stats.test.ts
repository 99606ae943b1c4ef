import { test } from 'tap';

import { TrafficStats } from '../../director/core/stats.js';

test('connections, packets and bytes are counted apart by direction', (t) => {
  const stats = new TrafficStats();
  stats.countConnection();
  stats.countIn(60);
  stats.countIn(1_500);
  stats.countOut(52);
  t.match(stats, { connections: 1, inPackets: 2, inBytes: 1_560, outPackets: 1, outBytes: 52 });
  t.end();
});

test('counts go on beyond 32 bits', (t) => {
  const stats = new TrafficStats();
  stats.inBytes = 2 ** 32 - 1;
  stats.outBytes = 2 ** 52;
  stats.countIn(1);
  stats.countOut(1);
  t.equal(stats.inBytes, 4_294_967_296);
  t.equal(stats.outBytes, 4_503_599_627_370_497);
  t.end();
});

test('reset starts from nothing', (t) => {
  const stats = new TrafficStats();
  stats.countConnection();
  stats.countIn(60);
  stats.countOut(60);
  stats.reset();
  t.strictSame(stats, new TrafficStats());
  t.end();
});
