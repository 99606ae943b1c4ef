import { spawn } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import path from 'node:path';

import { test } from 'tap';

import { ProcessCounts } from '../../../cluster/node/track-process.js';
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
