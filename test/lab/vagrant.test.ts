import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { test } from 'tap';

import { withoutTap } from './without-tap.js';

const program = fileURLToPath(new URL('../../../scripts/vagrant-test', import.meta.url));

const scenario = 'test/scenarios/s02-stop.yaml';

test('containers that Vagrant brings up keep 50 connections when the master is killed', (t) => {
  t.setTimeout(900_000);
  const argv = withoutTap(program, '--provider', 'lxc', '--scenario', scenario);
  const { status, stdout, stderr } = spawnSync('env', argv, { encoding: 'utf8' });
  if (status !== 0) t.comment(`${stdout}${stderr}`);
  t.equal(status, 0);
  t.match(stdout, /^50 of 50 connections alive/m);
  t.match(stdout, /^d2 has 50 entries$/m);
  t.match(stdout, /d1 has 50 entries, d2 has 50; d2 has 50 of d1's with the same real server/);
  t.match(stdout, /^agree {5}S02 stop the master: 200 lasting flows/m);
  t.end();
});
