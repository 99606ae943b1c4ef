import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { test } from 'tap';

import { miscProbe } from '../../../../cluster/node/health/misc-probe.js';
import { milliseconds } from '../../../../director/base/time.js';
import { eventually } from '../temporary.js';
import { answerOf, findingOf, timing } from './probing.js';

const misc = (
  words: readonly string[],
  { dynamic = false, timeoutMs = 2_000 } = {},
): ReturnType<typeof miscProbe> =>
  miscProbe(
    {
      kind: 'MISC_CHECK',
      ...timing,
      command: { words, user: undefined, group: undefined },
      timeout: milliseconds(timeoutMs),
      dynamic,
    },
    () => 10,
    { security: false },
  );

/** False for a process that has ended, also when nobody has asked for its status yet. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

const exits = (status: number, dynamic = false): ReturnType<typeof miscProbe> =>
  misc(['/bin/sh', '-c', `exit ${status}`], { dynamic });

test('MISC_CHECK succeeds by exit status 0', async (t) => {
  t.strictSame(await answerOf(exits(0)), { kind: 'success' });
  t.equal(await findingOf(exits(1)), 'exit status 1?');
  t.equal(await findingOf(exits(3)), 'exit status 3?');
});

test('with misc_dynamic the exit status is the weight and two', async (t) => {
  t.strictSame(await answerOf(exits(0, true)), { kind: 'success', weightChange: 0 });
  t.strictSame(await answerOf(exits(27, true)), { kind: 'success', weightChange: 15 });
  t.equal(await findingOf(exits(1, true)), 'exit status 1?');
});

test('a program that is not there has failed', async (t) => {
  t.match(await findingOf(misc(['/no/such/program'])), /exit status 12[67]\?|cannot be started/);
});

test('a program that ends by a signal has failed', async (t) => {
  t.equal(await findingOf(misc(['/bin/sh', '-c', 'kill -9 $$'])), 'ended by SIGKILL');
});

test('a program that takes too long is told to end, with what it has started', async (t) => {
  const folder = t.testdir();
  const note = path.join(folder, 'note');
  const ended = path.join(folder, 'ended');
  const script = path.join(folder, 'script');
  const lines = [
    '#!/bin/sh',
    "(trap '' TERM; exec sleep 60) &",
    `trap 'touch ${ended}; exit 7' TERM`,
    `echo $! > ${note}`,
    'wait',
  ];
  writeFileSync(script, lines.join('\n'));
  chmodSync(script, 0o755);
  t.equal(await findingOf(misc([script], { timeoutMs: 1_000 })), 'it took too long?');
  const late = Date.now() - statSync(ended).mtimeMs;
  t.ok(
    late < 1_900,
    'it has ended by itself, which is told at once and not when it would be killed',
  );
  const pid = Number(readFileSync(note, 'utf8'));
  t.ok(await eventually(() => !isRunning(pid)), 'what it had started is gone');
});

test('one that does not listen is killed two seconds later', async (t) => {
  const stubborn = misc(['/bin/sh', '-c', "trap '' TERM; while :; do sleep 0.1; done"], {
    timeoutMs: 1_000,
  });
  const start = performance.now();
  t.equal(await findingOf(stubborn), 'it took too long?');
  const took = performance.now() - start;
  t.ok(took > 2_900 && took < 15_000, `${took} ms`);
});

test('a program that is abandoned is killed', async (t) => {
  const note = path.join(t.testdir(), 'note');
  const probe = misc(['/bin/sh', '-c', `echo $$ > ${note}; sleep 60`], { timeoutMs: 60_000 });
  const abandon = probe(0, () => t.fail('nothing is reported'));
  const pid = (): number => (existsSync(note) ? Number(readFileSync(note, 'utf8')) : 0);
  t.ok(await eventually(() => pid() > 0 && isRunning(pid())));
  abandon();
  t.ok(await eventually(() => !isRunning(pid())));
});
