import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { test } from 'tap';

import {
  endProcesses,
  identifyProcess,
  isRunning,
  processesEnd,
  signalProcess,
} from '../../cluster/lab/process-identity.js';
import { checkSocketPaths, StateFolder } from '../../cluster/lab/state-folder.js';
import { launch } from '../../cluster/lab/subprocess.js';
import { until } from '../../cluster/lab/wait.js';
import { stateFolder } from './state-folder.js';

const ignore = (): void => {};

const sleeper = ['sleep', '60'];

test('a process is told from a later one with the same number', async (t) => {
  const own = identifyProcess(process.pid);
  t.ok(own !== undefined && isRunning(own));
  t.notOk(own !== undefined && isRunning({ ...own, startTime: own.startTime - 1 }));
  t.equal(identifyProcess(2 ** 22 + 1), undefined);
});

test('taking a lab down ends its processes and nobody else', async (t) => {
  process.env['BATON_STATE'] = stateFolder(t);
  const bystander = spawn('sleep', ['60'], { stdio: 'ignore' });
  t.teardown(() => bystander.kill('SIGKILL'));
  const folder = StateFolder.create('lab', ignore);
  const member = await launch(folder, { role: 'node', node: 's1', argv: sleeper });
  const { pid = 0, startTime = 0 } = identifyProcess(bystander.pid ?? 0) ?? {};
  // The bystander has got the number of a process of the lab that has ended earlier.
  const reused = { role: 'node', node: 's2', pid, startTime: startTime - 1 };
  appendFileSync(folder.file('processes.jsonl'), `${JSON.stringify(reused)}\n`);
  await folder.takeDown();
  t.notOk(isRunning(member));
  t.ok(isRunning({ pid, startTime }));
  t.notOk(existsSync(folder.path));
});

test('a process that the journal misses is found by its environment', async (t) => {
  process.env['BATON_STATE'] = stateFolder(t);
  const folder = StateFolder.create('lab', ignore);
  const member = await launch(folder, { role: 'node', node: 's1', argv: sleeper });
  writeFileSync(folder.file('processes.jsonl'), '{"role":"node","no');
  t.same(folder.entries(), []);
  t.ok(folder.isAlive());
  await folder.takeDown();
  t.notOk(isRunning(member));
});

test('a process that ignores SIGTERM is killed', async (t) => {
  process.env['BATON_STATE'] = stateFolder(t);
  const folder = StateFolder.create('lab', ignore);
  const argv = ['sh', '-c', "trap '' TERM; echo ready; while :; do sleep 0.05; done"];
  const log = folder.log('s1');
  const stubborn = await launch(folder, { role: 'node', node: 's1', argv, log });
  const isReady = (): true | undefined => readFileSync(log, 'utf8') === 'ready\n' || undefined;
  t.ok(await until(isReady, { timeoutMs: 5_000, everyMs: 5 }));
  signalProcess(stubborn, 'SIGTERM');
  t.notOk(await processesEnd([stubborn], 100));
  await endProcesses([stubborn], 100);
  t.notOk(isRunning(stubborn));
  await folder.takeDown();
});

test('the folder of a lab is a lock that its death opens', async (t) => {
  process.env['BATON_STATE'] = stateFolder(t);
  const folder = StateFolder.create('lab', ignore);
  t.throws(() => StateFolder.create('lab', ignore), { message: "lab 'lab' is already running" });
  const member = await launch(folder, { role: 'node', node: 's1', argv: sleeper });
  folder.record('complete', '', process.pid);
  t.throws(() => StateFolder.create('lab', ignore), { message: "lab 'lab' is already running" });
  t.same(StateFolder.running(), ['lab']);
  await endProcesses([member], 2_000);
  t.same(StateFolder.running(), []);
  const notices: string[] = [];
  const next = StateFolder.create('lab', (text) => notices.push(text));
  t.match(notices, [/^removing what an earlier lab 'lab' left/]);
  t.same(readdirSync(next.path), ['processes.jsonl']);
  await next.takeDown();
});

test('a control socket with too long a path is refused by its length', (t) => {
  const state = '/'.padEnd(107 - '/lab/d1.sock'.length, 'x');
  process.env['BATON_STATE'] = state;
  t.doesNotThrow(() => checkSocketPaths('lab', ['d1']));
  process.env['BATON_STATE'] = join(state, 'x');
  t.throws(() => checkSocketPaths('lab', ['d1']), {
    message: /has 109 bytes and the limit is 107: set BATON_STATE to a shorter folder$/,
  });
  t.end();
});
