import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { test } from 'tap';

import { runToEnd, type Finished } from '../../cluster/lab/subprocess.js';
import { readText } from '../packets/recordings.js';

/** A minute and a half is what an overloaded machine needs for a boot and so many runs. */
const interop = async (...words: readonly string[]): Promise<Finished> =>
  runToEnd(['scripts/interop-ipvs', ...words], { timeoutMs: 240_000 });

test('our schedulers choose what a real kernel chooses, in random runs', async (t) => {
  const { status, stdout, stderr } = await interop('schedulers', '--seed', '45', '--runs', '65');
  t.equal(stderr, '');
  t.equal(stdout, '65 of 65 runs equal\n');
  t.equal(status, 0);
});

test('a real kernel that is asked again chooses r3 where a recording of it has nobody', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const [question, answer] = [join(folder, 'question'), join(folder, 'answer')];
  const recorded = readText('schedulers/kernel-schedulers.txt').split('\n')[44] ?? '';
  writeFileSync(question, `${recorded}\n`);
  const { status, stdout } = await interop('record', question, '--output', answer);
  t.match(stdout, /^line 1, connection 1: .*\n0 of 1 runs equal\n$/);
  t.equal(status, 1, 'a difference has its exit code');
  const expected = recorded.replace('10.0.0.201:20001=none', '10.0.0.201:20001=r3');
  t.equal(readFileSync(answer, 'utf8'), `${expected}\n`);
});

test('a question that is wrong is told from a difference', async (t) => {
  const { status, stderr } = await interop('schedulers', '--runs', 'many');
  t.equal(status, 2);
  t.match(stderr, /^error: --runs takes a number, not 'many'\n$/);
});
