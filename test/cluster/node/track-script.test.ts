import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { test, type Test } from 'tap';

import type { TrackScriptConfig } from '../../../cluster/config/vrrp-config.js';
import { ScriptRuns } from '../../../cluster/node/track-script.js';
import { UserCommand } from '../../../cluster/node/user-command.js';
import { milliseconds, seconds } from '../../../director/base/time.js';
import { eventually, temporaryFolder } from './temporary.js';

const usual = { name: 'check', rise: 1, fall: 1, weight: 0, reverse: false, initFail: false };

function run(
  t: Test,
  words: readonly string[],
  config: Partial<TrackScriptConfig> = {},
): boolean[] {
  const outcomes: boolean[] = [];
  const command = { words, user: undefined, group: undefined };
  const script = {
    ...usual,
    command,
    interval: milliseconds(20),
    timeout: seconds(5),
    ...config,
  };
  const runs = new ScriptRuns(script, new UserCommand(command, { security: false }), (isSuccess) =>
    outcomes.push(isSuccess),
  );
  t.teardown(() => runs.close());
  runs.start();
  return outcomes;
}

test('a script is run once an interval, and its exit status is the outcome', async (t) => {
  const flag = path.join(temporaryFolder(t), 'flag');
  const outcomes = run(t, ['/bin/sh', '-c', `test -e ${flag}`]);
  t.ok(await eventually(() => outcomes.length >= 2), 'it runs again and again');
  t.notOk(outcomes.includes(true), 'and fails');
  writeFileSync(flag, '');
  t.ok(await eventually(() => outcomes.at(-1) === true), 'until what it looks for is there');
});

test('a script that is not there, and one that is killed, have failed', async (t) => {
  for (const words of [['/no/such/script'], ['/bin/sh', '-c', 'kill -9 $$']]) {
    const outcomes = run(t, words);
    t.ok(await eventually(() => outcomes.length > 0), words.join(' '));
    t.equal(outcomes[0], false);
  }
});

test('a script that takes too long is killed with all that it has started', async (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'pid');
  const outcomes = run(t, ['/bin/sh', '-c', `sleep 60 & echo $! > ${file}; wait`], {
    timeout: milliseconds(300),
    interval: seconds(60),
  });
  t.ok(await eventually(() => outcomes.length > 0), 'the run is over');
  t.equal(outcomes[0], false, 'and has failed');
  const pid = Number(readFileSync(file, 'utf8'));
  t.ok(await eventually(() => isGone(pid)), 'what it has started has gone too');
});

test('a node that ends takes its scripts along', async (t) => {
  const file = path.join(temporaryFolder(t), 'pid');
  const command = { words: ['/bin/sh', '-c', `echo $$ > ${file}; exec sleep 60`] };
  const words = { ...command, user: undefined, group: undefined };
  const config = {
    ...usual,
    command: words,
    interval: seconds(1),
    timeout: seconds(100),
  };
  const outcomes: boolean[] = [];
  const runs = new ScriptRuns(config, new UserCommand(words, { security: false }), (isSuccess) =>
    outcomes.push(isSuccess),
  );
  runs.start();
  t.ok(await eventually(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n')));
  runs.close();
  t.ok(await eventually(() => isGone(Number(readFileSync(file, 'utf8')))), 'it is killed');
  t.strictSame(outcomes, [], 'and nothing is reported any more');
});

const isGone = (pid: number): boolean => {
  try {
    return /^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
};
