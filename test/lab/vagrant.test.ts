import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { test } from 'tap';

import { processesWithEnvironment } from '../../cluster/lab/process-identity.js';

const program = fileURLToPath(new URL('../../../scripts/vagrant-test', import.meta.url));
const argv = ['--provider', 'lxc'];

/** Where boxes are kept, and a run has its folder. */
const cache = process.env['BATON_CACHE'] ?? '/var/cache/baton';

const runFolders = (): string[] =>
  readdirSync(cache)
    .filter((name) => name.startsWith('run.'))
    .map((name) => join(cache, name));

test('containers that Vagrant brings up keep 50 connections when the master is killed', (t) => {
  t.setTimeout(900_000);
  const { status, stdout, stderr } = spawnSync(program, argv, { encoding: 'utf8' });
  t.equal(status, 0, `${stdout}${stderr}`);
  t.match(stdout, /^50 of 50 connections alive/m);
  t.match(stdout, /^d2 has 50 entries$/m);
  t.match(stdout, /d1 has 50 entries, d2 has 50; d2 has 50 of d1's with the same real server/);
  t.end();
});

test('Ctrl-C while machines come up leaves neither processes nor files', async (t) => {
  t.setTimeout(300_000);
  const before = runFolders();
  const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()));
  while (!said.includes('vagrant up') && child.exitCode === null) await sleep(100);
  const [folder = ''] = runFolders().filter((each) => !before.includes(each));
  await sleep(4_000);
  t.not(processesWithEnvironment(`BATON_WORK=${folder}`).length, 0);
  child.kill('SIGINT');
  const [status] = await once(child, 'close');
  t.equal(status, 130);
  t.same(processesWithEnvironment(`BATON_WORK=${folder}`), []);
  t.same(runFolders(), before);
});
