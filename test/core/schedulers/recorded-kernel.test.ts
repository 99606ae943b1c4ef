import { test } from 'tap';

import { compareRecording } from '../../../scripts/oracle-schedulers.js';
import { readText } from '../../packets/recordings.js';

const name = 'kernel-schedulers.txt';

test('our schedulers choose what the kernel chose, in every recorded run and connection but one', (t) => {
  const { runs, differing } = compareRecording(readText(`schedulers/${name}`), name);
  t.equal(runs, 80);
  /*
   * The one: in line 45 the client 10.0.0.201 got nobody from sh without a flag, although no server was ever unusable.
   * With sh-fallback and the same weights, where the table is the same, the kernel gave it r3 (line 51). Its one datagram
   * must have been lost before it was scheduled: a kernel that is asked again gives it r3 (test/lab).
   */
  const faults = differing.map(({ run, chosen, first }) => ({
    line: run.line,
    first,
    recorded: run.choices.map(({ server }) => server).filter((server, at) => server !== chosen[at]),
    chosen: chosen.filter((server, at) => server !== run.choices[at]?.server),
  }));
  t.strictSame(faults, [{ line: 45, first: 1, recorded: ['none'], chosen: ['r3'] }]);
  t.end();
});

test('the kernel itself contradicts the one choice that differs', (t) => {
  const lines = readText(`schedulers/${name}`).split('\n');
  t.match(
    lines[44],
    /sched=sh opt="" weights=\[5, 3, 2\] .* after=None : .*10\.0\.0\.201:20001=none /,
  );
  t.match(
    lines[50],
    /sched=sh opt="-b sh-fallback" weights=\[5, 3, 2\] .* after=None : .*10\.0\.0\.201:20001=r3 /,
  );
  t.end();
});

test('each scheduler that the recording has is told from its neighbours by it', (t) => {
  const text = readText(`schedulers/${name}`);
  for (const [scheduler, other] of [
    ['rr', 'wrr'],
    ['wrr', 'wlc'],
    ['lc', 'wlc'],
    ['sed', 'nq'],
    ['nq', 'sed'],
    ['wlc', 'lc'],
    ['fo', 'ovf'],
    ['sh', 'mh'],
    ['mh', 'sh'],
    ['dh', 'sh'],
    ['lblc', 'wlc'],
  ] as const) {
    const lines = text.split('\n').filter((line) => line.includes(` sched=${scheduler} `));
    const wrong = lines.join('\n').replaceAll(`sched=${scheduler} `, `sched=${other} `);
    const { differing } = compareRecording(wrong.replaceAll(/-b \S+(?=")/g, ''), name);
    t.ok(differing.length > 0, `${scheduler} is not ${other}`);
  }
  t.end();
});
