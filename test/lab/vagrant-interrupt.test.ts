import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { test } from 'tap';

import { processesWithEnvironment } from '../../cluster/lab/process-identity.js';
import { until } from '../../cluster/lab/wait.js';
import { withoutTap } from './without-tap.js';

const program = fileURLToPath(new URL('../../../scripts/vagrant-test', import.meta.url));

/** Where boxes are kept, and a run has its folder. */
const cache = process.env['BATON_CACHE'] ?? '/var/cache/baton';

const runFolders = (): string[] =>
  existsSync(cache)
    ? readdirSync(cache)
        .filter((name) => name.startsWith('run.'))
        .map((name) => join(cache, name))
    : [];

test('Ctrl-C while machines come up leaves neither processes nor files', async (t) => {
  t.setTimeout(280_000);
  const before = runFolders();
  const child = spawn('env', withoutTap(program, '--provider', 'lxc'), {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'close');
  let said = '';
  child.stdout.on('data', (bytes: Buffer) => {
    said += bytes.toString();
  });
  const wait = { timeoutMs: 240_000, everyMs: 100 };
  await until(() => said.includes('vagrant up') || child.exitCode !== null || undefined, wait);
  const [folder = ''] = runFolders().filter((each) => !before.includes(each));
  await sleep(4_000);
  t.not(processesWithEnvironment(`BATON_WORK=${folder}`).length, 0);
  child.kill('SIGINT');
  const [status]: unknown[] = await ended;
  t.equal(status, 130);
  t.same(processesWithEnvironment(`BATON_WORK=${folder}`), []);
  t.notOk(existsSync(folder));
});
