import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { test } from 'tap';

import { FileWatch } from '../../../cluster/node/track-file.js';
import { silentLog } from '../../../director/base/log.js';
import { eventually, listeningLog, temporaryFolder } from './temporary.js';

const rest = { name: 'load', weight: 1, reverse: false };

test('the number in a file is followed, however it is written', async (t) => {
  const file = path.join(temporaryFolder(t), 'load');
  const values: number[] = [];
  const watch = new FileWatch({ ...rest, file }, (value) => values.push(value), silentLog);
  t.teardown(() => watch.close());
  watch.start();
  t.strictSame(values, [0], 'a file that is missing holds 0');
  const becomes = async (value: number): Promise<boolean> =>
    eventually(() => values.at(-1) === value);
  writeFileSync(file, '12\n');
  t.ok(await becomes(12), 'one that comes');
  writeFileSync(file, ' -7 and more');
  t.ok(await becomes(-7), 'one that is overwritten');
  writeFileSync(`${file}.new`, '5');
  renameSync(`${file}.new`, file);
  t.ok(await becomes(5), 'one that is replaced');
  writeFileSync(file, '99999999999999999999');
  t.ok(await becomes(0x7fff_ffff), 'a number beyond all limits');
  writeFileSync(file, 'no number');
  t.ok(await becomes(0), 'no number');
  writeFileSync(file, '3');
  t.ok(await becomes(3));
  rmSync(file);
  t.ok(await becomes(0), 'one that goes');
});

test('a file is created or overwritten where the configuration says so', (t) => {
  const file = path.join(temporaryFolder(t), 'load');
  const start = (value: number, overwrite: boolean): number[] => {
    const values: number[] = [];
    const config = { ...rest, file, initial: { value, overwrite } };
    const watch = new FileWatch(config, (number) => values.push(number), silentLog);
    watch.start();
    watch.close();
    return values;
  };
  t.strictSame(start(4, false), [4], 'a missing one is created');
  t.strictSame(start(9, false), [4], 'one that is there is kept');
  t.strictSame(start(9, true), [9], 'or overwritten');
  t.equal(readFileSync(file, 'utf8'), '9\n');
  t.end();
});

test('a file that is there but cannot be read is logged each time it becomes so', async (t) => {
  const file = path.join(temporaryFolder(t), 'load');
  const { log, warnings } = listeningLog();
  const values: number[] = [];
  const watch = new FileWatch({ ...rest, file }, (value) => values.push(value), log);
  t.teardown(() => watch.close());
  watch.start();
  t.strictSame(warnings, [], 'a missing one is nothing to speak of');
  const warning = { message: 'a track file cannot be read, and counts as 0', file, code: 'EISDIR' };
  mkdirSync(file);
  t.ok(await eventually(() => warnings.length > 0));
  // It is looked at every second.
  await sleep(1_200);
  rmdirSync(file);
  writeFileSync(file, '5');
  t.ok(await eventually(() => values.at(-1) === 5));
  t.strictSame(warnings, [warning], 'once, however often it was looked at');
  rmSync(file);
  mkdirSync(file);
  t.ok(await eventually(() => values.at(-1) === 0 && warnings.length > 1));
  t.strictSame(warnings, [warning, warning]);
});

test('a pipe in the place of a file holds nobody up, and counts as 0', (t) => {
  const file = path.join(temporaryFolder(t), 'load');
  execFileSync('mkfifo', [file]);
  const values: number[] = [];
  const watch = new FileWatch({ ...rest, file }, (value) => values.push(value), silentLog);
  t.teardown(() => watch.close());
  watch.start();
  t.strictSame(values, [0]);
  t.end();
});
