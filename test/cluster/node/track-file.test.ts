import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { test } from 'tap';

import { FileWatch } from '../../../cluster/node/track-file.js';
import { eventually, temporaryFolder } from './temporary.js';

const rest = { name: 'load', weight: 1, reverse: false };

test('the number in a file is followed, however it is written', async (t) => {
  const file = path.join(temporaryFolder(t), 'load');
  const values: number[] = [];
  const watch = new FileWatch({ ...rest, file }, (value) => values.push(value));
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
    const watch = new FileWatch({ ...rest, file, initial: { value, overwrite } }, (number) =>
      values.push(number),
    );
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
