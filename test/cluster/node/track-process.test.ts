import { spawn } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import path from 'node:path';

import { test } from 'tap';

import { ProcessCounts, ProcessHealth } from '../../../cluster/node/track-process.js';
import { seconds } from '../../../director/base/time.js';
import { eventually, temporaryFolder } from './temporary.js';

test('running processes are counted by their name, or by their command line', async (t) => {
  // A program of our own, so that nobody else's is counted; its name is longer than the kernel keeps.
  const program = path.join(temporaryFolder(t), `baton-${process.pid}-tracked-program`);
  copyFileSync('/bin/sleep', program);
  const counts = { name: -1, command: -1 };
  const scans = new ProcessCounts([
    {
      process: { command: path.basename(program), fullCommand: false },
      report: (count) => (counts.name = count),
    },
    {
      process: { command: `${program} 61`, fullCommand: true },
      report: (count) => (counts.command = count),
    },
  ]);
  t.teardown(() => scans.close());
  scans.start();
  const are = async (name: number, command: number): Promise<boolean> =>
    eventually(() => counts.name === name && counts.command === command);
  t.ok(await are(0, 0), 'none at first');
  const first = spawn(program, ['60']);
  t.teardown(() => first.kill());
  t.ok(await are(1, 0), 'one with another argument');
  const second = spawn(program, ['61']);
  t.teardown(() => second.kill());
  t.ok(await are(2, 1), 'one with the argument');
  first.kill();
  t.ok(await are(1, 1), 'one ends');
  second.kill();
  t.ok(await are(0, 0), 'all have ended');
});

test('a quorum of processes is up, one too few or too many is down', (t) => {
  const health = new ProcessHealth({ quorum: 2, quorumMaximum: 3, delay: seconds(0) });
  t.strictSame(
    [1, 1, 2, 3, 4, 3, 0].map((count) => health.handleCount(count, 0)),
    [false, undefined, true, undefined, false, true, false],
  );
  t.end();
});

test('a change counts once it has lasted for the delay', (t) => {
  const health = new ProcessHealth({ quorum: 1, delay: seconds(2) });
  t.equal(health.handleCount(1, 0), true, 'the first count decides alone');
  t.equal(health.handleCount(0, 1_000), undefined);
  t.equal(health.handleCount(1, 2_500), undefined, 'a process that was restarted was never gone');
  t.equal(health.handleCount(0, 3_000), undefined);
  t.equal(health.handleCount(0, 4_999), undefined);
  t.equal(health.handleCount(0, 5_000), false);
  t.end();
});
