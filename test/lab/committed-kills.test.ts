import { test } from 'tap';

import { labThatCommits, surviveEnds } from '../../scripts/benchmarks/end-rounds.js';
import { labWith, runLab } from './cluster.js';

/*
 * Connections are opened at 500 a second while the master is killed by SIGKILL and comes back: with `acked` none breaks,
 * whatever its age, handshakes included. The long run, with 200 kills, is `scripts/bench commit`.
 */

const options = { end: 'kill', perSecond: 500, seed: 20_261_120 } as const;

test('with acked no connection breaks when the master dies again and again', async (t) => {
  const lab = await runLab(t, labThatCommits(labWith(1_000), 'acked'));
  const { arrivals, committed } = await surviveEnds(lab, {
    ...options,
    rounds: 10,
    progress: (text) => t.comment(text),
  });
  t.strictSame(arrivals.breaks, []);
  t.equal(arrivals.broken, 0);
  t.equal(
    arrivals.completed,
    arrivals.opened,
    'each was closed after its time, with every request answered',
  );
  t.ok(arrivals.opened > 2_000, `${arrivals.opened} connections`);
  t.ok(committed > 1_000, `${committed} of them committed by the masters that died`);
});

test('without, the same kills break those that peers did not know yet', async (t) => {
  const lab = await runLab(t, labThatCommits(labWith(1_000), 'none'));
  const progress = (text: string): void => t.comment(text);
  const { arrivals } = await surviveEnds(lab, { ...options, rounds: 2, progress });
  t.ok(arrivals.broken > 0, `${arrivals.broken} of ${arrivals.opened} broke`);
});
