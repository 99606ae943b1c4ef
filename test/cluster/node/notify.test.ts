import { spawn } from 'node:child_process';
import { closeSync, openSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';

import { test, type Test } from 'tap';

import type { CommandConfig } from '../../../cluster/config/vrrp-config.js';
import { Notifications } from '../../../cluster/node/notify-scripts.js';
import { silentLog } from '../../../director/base/log.js';
import { eventually, listeningLog, temporaryFolder } from './temporary.js';

const shell = (script: string): CommandConfig => ({
  words: ['/bin/sh', '-c', script, 'notify'],
  user: undefined,
  group: undefined,
});

const open = (fifo?: string, log = silentLog): Notifications =>
  new Notifications(fifo, { security: false }, log);

function logged(t: Test): { readonly file: string; readonly lines: () => string[] } {
  const file = path.join(temporaryFolder(t), 'log');
  const lines = (): string[] =>
    existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  return { file, lines };
}

test('the script of a state runs before the one of all states, which gets what keepalived gives it', async (t) => {
  const { file, lines } = logged(t);
  const notifications = open();
  const subject = notifications.add('INSTANCE', 'VI_1', {
    master: shell(`sleep 0.2; echo master $# >> ${file}`),
    backup: shell(`echo backup $# >> ${file}`),
    fault: shell(`echo fault >> ${file}`),
    stop: shell(`echo stop >> ${file}`),
    any: shell(`echo "$@" >> ${file}`),
  });
  notifications.tell(subject, 'MASTER', 150);
  notifications.tell(subject, 'BACKUP', 90);
  notifications.tell(subject, 'FAULT', 90);
  notifications.tell(subject, 'STOP', 90);
  t.ok(await eventually(() => lines().length >= 8));
  t.strictSame(lines(), [
    'master 0',
    'INSTANCE VI_1 MASTER 150',
    'backup 0',
    'INSTANCE VI_1 BACKUP 90',
    'fault',
    'INSTANCE VI_1 FAULT 90',
    'stop',
    'INSTANCE VI_1 STOP 90',
  ]);
  await notifications.close(0);
});

test('a slow script delays its own instance and no other', async (t) => {
  const { file, lines } = logged(t);
  const notifications = open();
  const slow = notifications.add('INSTANCE', 'slow', {
    any: shell(`sleep 1; echo slow >> ${file}`),
  });
  const fast = notifications.add('GROUP', 'fast', { any: shell(`echo "$@" >> ${file}`) });
  notifications.tell(slow, 'MASTER', 1);
  notifications.tell(fast, 'MASTER', 0);
  t.ok(await eventually(() => lines().length >= 2));
  t.strictSame(lines(), ['GROUP fast MASTER 0', 'slow']);
  await notifications.close(0);
});

test('scripts that cannot be started stop nothing, and too many that wait are dropped', async (t) => {
  const { file, lines } = logged(t);
  const notifications = open();
  const missing = notifications.add('INSTANCE', 'missing', {
    master: { words: ['/no/such/script'], user: undefined, group: undefined },
    any: shell(`echo "$3" >> ${file}`),
  });
  notifications.tell(missing, 'MASTER', 1);
  t.ok(await eventually(() => lines().length === 1), 'the next one runs');

  const slow = notifications.add('INSTANCE', 'slow', { any: shell('sleep 0.2') });
  for (let count = 0; count < 40; count += 1) notifications.tell(slow, 'BACKUP', 1);
  t.equal(notifications.drops.scripts, 40 - 16 - 1, 'sixteen wait behind the one that runs');
  await notifications.close(0);
});

test('a closing node waits for the last word to be said', async (t) => {
  const { file, lines } = logged(t);
  const notifications = open();
  const subject = notifications.add('INSTANCE', 'VI_1', {
    backup: shell('sleep 0.3'),
    stop: shell(`echo stop >> ${file}`),
  });
  notifications.tell(subject, 'BACKUP', 1);
  notifications.tell(subject, 'STOP', 1);
  await notifications.close(10_000);
  t.ok(await eventually(() => lines().length === 1));
});

test('each change is a line in the pipe, and a pipe that nobody reads holds nobody up', async (t) => {
  const fifo = path.join(temporaryFolder(t), 'fifo');
  const { log, warnings } = listeningLog();
  const notifications = open(fifo, log);
  const subject = notifications.add('INSTANCE', 'VI_1', {});
  const reader = spawn('head', ['-n', '2', fifo], { stdio: ['ignore', 'pipe', 'inherit'] });
  notifications.tell(subject, 'BACKUP', 100);
  notifications.tell(subject, 'MASTER', 150);
  t.equal(
    await text(reader.stdout),
    'INSTANCE "VI_1" BACKUP 100\nINSTANCE "VI_1" MASTER 150\n',
    'in keepalived’s form',
  );
  t.strictSame([notifications.drops.lines, warnings], [0, []]);
  for (let count = 0; count < 5_000; count += 1) notifications.tell(subject, 'FAULT', 1);
  t.ok(notifications.drops.lines > 1, 'what the pipe cannot hold is dropped and counted');
  t.strictSame(
    warnings,
    [{ message: 'a line for a notify pipe is dropped', pipe: fifo, code: 'EAGAIN' }],
    'and said once',
  );
  await notifications.close(0);
  t.notOk(existsSync(fifo), 'a pipe that was made is removed');
  t.throws(() => open('/dev/null'), {
    message: 'cannot use the pipe /dev/null: it is no pipe',
  });
});

test('what is told after the end is not written to whatever has the pipe’s number by then', async (t) => {
  const folder = temporaryFolder(t);
  const notifications = open(path.join(folder, 'fifo'));
  const subject = notifications.add('INSTANCE', 'VI_1', {});
  await notifications.close(0);
  const file = path.join(folder, 'file');
  const handles = Array.from({ length: 8 }, () => openSync(file, 'a'));
  notifications.tell(subject, 'MASTER', 150);
  for (const handle of handles) closeSync(handle);
  t.equal(readFileSync(file, 'utf8'), '');
});
