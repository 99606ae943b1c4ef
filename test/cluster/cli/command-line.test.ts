import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { test } from 'tap';

import { baton } from './baton.js';

test('a mistake in the command line ends with status 2 and says what is wrong', async (t) => {
  const state = t.testdir();
  const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
    [['frobnicate'], /^error: unknown command 'frobnicate'/],
    [['status', '--nodes', 'd1'], /^error: unknown option '--nodes'\n\(Did you mean --node\?\)/],
    [['kill'], /^error: missing required argument 'node'/],
    [['kill', 'd1', 'd2'], /^error: too many arguments/],
    [['exec', 'client'], /^error: missing required argument 'command'/],
    [['traffic', '--tcp', 'many'], /^error: option '--tcp <count>' argument 'many' is invalid/],
    [['up', join(state, 'none.yaml')], /^error: cannot read the lab file .*none\.yaml/],
    [['status', '--lab', '..'], /^error: '\.\.' is no name for a lab/],
  ];
  for (const [argv, complaint] of mistakes) {
    const { status, stdout, stderr } = await baton(state, ...argv);
    t.equal(status, 2, argv.join(' '));
    t.match(stderr, complaint);
    t.equal(stdout, '');
  }
});

test('every command needs a lab that runs', async (t) => {
  const state = t.testdir();
  const commands = [
    ['status'],
    ['sessions', '--node', 'd1'],
    ['services'],
    ['vrrp'],
    ['sync'],
    ['kill', 'd1'],
    ['stop', 'd1'],
    ['start', 'd1'],
    ['traffic'],
    ['exec', 'client', '--', 'true'],
    ['ipvsadm', '-Ln'],
    ['down'],
  ];
  for (const argv of commands) {
    const { status, stderr } = await baton(state, ...argv);
    t.equal(status, 2, argv.join(' '));
    t.match(stderr, /^error: no lab 'lab' is running/);
  }
});

test('the lab file is checked before anything is built', async (t) => {
  const state = t.testdir({ 'bad.yaml': 'name: 17\n' });
  const { status, stderr } = await baton(state, 'up', join(state, 'bad.yaml'));
  t.equal(status, 2);
  t.match(stderr, /^error: .*bad\.yaml:1: /);
});

test('help describes every command with an example', async (t) => {
  const state = t.testdir();
  const general = await baton(state, '--help');
  t.equal(general.status, 0);
  t.equal(general.stderr, '');
  const commands =
    'up down status sessions services vrrp sync kill stop start traffic exec ipvsadm'.split(' ');
  for (const command of commands) {
    t.match(general.stdout, new RegExp(`^  ${command} `, 'm'));
    const { status, stdout } = await baton(state, command, '--help');
    t.equal(status, 0);
    t.match(stdout, new RegExp(`^  baton ${command}`, 'm'));
    t.match(stdout, '--json');
    t.match(stdout, '--lab');
  }
});

test('down never removes a folder that is not of a lab', async (t) => {
  const state = t.testdir();
  mkdirSync(join(state, 'documents'));
  const file = join(state, 'documents', 'letter.txt');
  writeFileSync(file, 'precious');
  const { status, stderr } = await baton(state, 'down', '--lab', 'documents');
  t.equal(status, 2);
  t.match(stderr, /^error: .*documents is not the folder of a lab/);
  t.equal(readFileSync(file, 'utf8'), 'precious');
});
