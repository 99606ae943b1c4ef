import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { test } from 'tap';

import { UserCommand } from '../../cluster/node/user-command.js';
import { temporaryFolder } from '../cluster/node/temporary.js';

/*
 * Whom the programs of a configuration run as: only root can be somebody else.
 */

test('with script security root runs nothing that somebody else could have written', (t) => {
  const folder = temporaryFolder(t);
  const script = path.join(folder, 'script');
  writeFileSync(script, '#!/bin/sh\n');
  const command = { words: [script], user: undefined, group: undefined };
  chmodSync(script, 0o755);
  t.ok(new UserCommand(command, { security: true }), 'a script of root’s in a sticky folder may');
  chmodSync(script, 0o757);
  t.throws(() => new UserCommand(command, { security: true }), {
    message: `${script} is not run by root: ${script} can be written by others`,
  });
  t.ok(new UserCommand(command, { security: false }), 'without security it is not looked at');
  t.ok(new UserCommand({ ...command, user: 'nobody' }, { security: true }), 'nobody may run it');
  chmodSync(script, 0o755);
  chmodSync(folder, 0o777);
  t.throws(() => new UserCommand(command, { security: true }), {
    message: `${script} is not run by root: ${folder} can be written by others`,
  });
  t.end();
});

/** Whether a script finds that it runs as this user, with this group. */
const runsAs = async (user: string, group?: string): Promise<boolean> => {
  const words = ['/bin/sh', '-c', `test "$(id -un):$(id -gn)" = ${user}:${group ?? 'nogroup'}`];
  const command = new UserCommand({ words, user, group }, { security: false });
  const child = command.start();
  return new Promise((resolve) => {
    child.on('exit', (status) => resolve(status === 0));
  });
};

test('a script runs as the user and group that the configuration names', async (t) => {
  t.ok(await runsAs('nobody'), 'with the user’s own group');
  t.ok(await runsAs('nobody', 'daemon'), 'or another');
  const stranger = { words: ['/bin/true'], user: 'no-such-user', group: undefined };
  t.throws(() => new UserCommand(stranger, { security: false }), {
    message: 'a script is to be run by someone: no user no-such-user',
  });
});
