import { test } from 'tap';

import { keepNextHopsKnown } from '../../director/core/warm-up.js';
import { BenchDirector } from '../packets/bench-director.js';
import { Mac } from '../packets/hosts.js';
import { send } from './entries.js';

/** A node that has been up for so many seconds, as a member calls it. */
function beUp(bench: BenchDirector, duration: number): void {
  for (let step = 0; step < duration * 4; step += 1) {
    bench.wait(0.25);
    keepNextHopsKnown(bench.director, bench.now);
  }
}

test('a backup asks for its real servers and gateways, and goes on to know them', (t) => {
  const bench = new BenchDirector({ isMaster: false, isUnresolved: true });
  keepNextHopsKnown(bench.director, bench.now);
  t.equal(bench.takeSent().length, 8, 'three servers and a gateway, in both families');
  keepNextHopsKnown(bench.director, bench.now);
  t.equal(bench.takeSent().length, 0, 'asked once');
  for (const [mac, address] of [
    [Mac.server1, '10.2.0.21'],
    [Mac.server2, '10.2.0.22'],
    [Mac.server3, '10.2.0.23'],
  ] as const) {
    bench.answerNeighbour('servers', mac, address);
  }
  bench.resolveAll();
  beUp(bench, 29);
  t.equal(bench.takeSent().length, 0);
  beUp(bench, 1);
  t.equal(bench.takeSent().length, 8, 'asked again when half a minute is over');
  t.equal(bench.neighbour('10.2.0.21')?.isResolved, true, 'and not forgotten meanwhile');
  bench.setMaster(true);
  t.equal(send(bench, '10.1.0.2:40000', '10.1.0.100:80'), 'forward', 'so nothing has to wait');
  t.end();
});

test('a server that does not answer is asked again, a few times and after a pause', (t) => {
  const bench = new BenchDirector({ isMaster: false, isUnresolved: true });
  beUp(bench, 20);
  const questions = bench.takeSent().length / 8;
  t.ok(questions >= 10 && questions <= 20, `${questions} times in 20 seconds`);
  t.end();
});
