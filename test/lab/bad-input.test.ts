import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { test, type Test } from 'tap';

import { writeKeepalived } from '../../cluster/config/keepalived-writer.js';
import { directorProgram } from '../../cluster/lab/members.js';
import { labWith, runLab } from './cluster.js';
import { stateFolder } from './state-folder.js';

const cli = fileURLToPath(new URL('../../cluster/cli/main.js', import.meta.url));
const defaultLab = fileURLToPath(new URL('../../../cluster/lab/default.yaml', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly complaint: string;
}

function run(argv: readonly string[], state: string): Ended {
  const [program = '', ...rest] = argv;
  const env = { ...process.env, BATON_STATE: state };
  const ended = spawnSync(program, rest, { encoding: 'utf8', env, timeout: 60_000 });
  return { code: ended.status, complaint: ended.stderr };
}

const baton = (state: string, ...argv: readonly string[]): Ended =>
  run([process.execPath, cli, ...argv], state);

/** One line that begins with `error: ` and says this, exit code 2, and nothing left in the folder of the labs. */
function refuses(t: Test, ended: Ended, state: string, says: RegExp): void {
  t.equal(ended.code, 2);
  t.match(ended.complaint, /^error: [^\n]+\n$/, 'one line');
  t.match(ended.complaint, says);
  t.strictSame(existsSync(state) ? readdirSync(state) : [], [], 'nothing was built');
}

/** The default lab with one piece of its text replaced. */
function labFile(state: string, before: string | RegExp, after: string): string {
  const text = readFileSync(defaultLab, 'utf8');
  const changed = text.replace(before, after);
  const file = join(state, '..', 'lab.yaml');
  writeFileSync(file, changed);
  return file;
}

test('what up refuses, before anything is built', async (t) => {
  const state = stateFolder(t);
  await t.test('a file that is not YAML', async (t) => {
    const file = labFile(state, 'networks:', 'networks: [');
    refuses(t, baton(state, 'up', file), state, /lab\.yaml:\d+/);
  });
  await t.test('a file with an unknown key', async (t) => {
    const file = labFile(state, 'nodes:', 'nodez:');
    t.match(baton(state, 'up', file), { code: 2, complaint: /lab\.yaml:\d+.*nodez/ });
    t.strictSame(readdirSync(state), []);
  });
  await t.test('a VIP outside every subnet', async (t) => {
    const file = labFile(state, /address: 10\.1\.0\.101/, 'address: 10.9.0.101');
    refuses(t, baton(state, 'up', file), state, /lab\.yaml:\d+.*10\.9\.0\.101/);
  });
  await t.test('a file that does not exist', async (t) => {
    refuses(t, baton(state, 'up', '/nonexistent/lab.yaml'), state, /\/nonexistent\/lab\.yaml/);
  });
  await t.test('a user without the right to make namespaces', async (t) => {
    // Without what tap puts into NODE_OPTIONS: it writes files, which this user may not.
    const prefix = [
      'env',
      '-u',
      'NODE_OPTIONS',
      'setpriv',
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      '--inh-caps=-all',
      '--bounding-set=-all',
    ];
    const ended = run([...prefix, process.execPath, cli, 'up', defaultLab], state);
    refuses(t, ended, state, /root|CAP_NET_ADMIN/);
  });
  await t.test('a director without CAP_NET_RAW', async (t) => {
    const running = await runLab(t, labWith(1_000), { topologyOnly: true });
    const config = join(running.folder, 'd1.conf');
    writeFileSync(
      config,
      writeKeepalived(running.config, 'd1', (network) => network),
    );
    const prefix = running.execArgs('d1', [
      'setpriv',
      '--inh-caps=-net_raw',
      '--bounding-set=-net_raw',
    ]);
    const program = [
      process.execPath,
      directorProgram,
      '--config',
      config,
      '--control',
      `${config}.sock`,
    ];
    const ended = run([...prefix, ...program], state);
    t.equal(ended.code, 2);
    t.match(ended.complaint, /^error: [^\n]*CAP_NET_RAW[^\n]*\n$/);
  });
});

test('what a director refuses of its keepalived.conf', async (t) => {
  const running = await runLab(t, labWith(1_000), { topologyOnly: true });
  const folder = join(running.folder, 'conf');
  mkdirSync(folder);
  const good = writeKeepalived(running.config, 'd1', (network) => network);
  const start = (text: string): Ended => {
    const file = join(folder, 'keepalived.conf');
    writeFileSync(file, text);
    const program = [
      process.execPath,
      directorProgram,
      '--config',
      file,
      '--control',
      `${file}.sock`,
    ];
    return run(running.execArgs('d1', program), folder);
  };
  const instance = /vrrp_instance VI_1 \{[\s\S]*?\n\}/.exec(good)?.[0] ?? '';
  t.not(instance, '', 'the written file has an instance');
  const cases: readonly (readonly [string, string, RegExp])[] = [
    [
      'a duplicate VRID',
      `${good}\n${instance.replace('VI_1', 'VI_2')}`,
      /keepalived\.conf:\d+:\d+: .*51/,
    ],
    [
      'an unknown keyword',
      good.replace('priority', 'priorty'),
      /keepalived\.conf:\d+:\d+: .*priorty/,
    ],
    [
      'a VIP outside every subnet',
      good.replaceAll('10.1.0.101', '10.9.0.101'),
      /keepalived\.conf:\d+:\d+: .*10\.9\.0\.101.*subnet/,
    ],
    [
      'an interface that does not exist',
      good.replaceAll(/interface \w+/g, 'interface eth9'),
      /keepalived\.conf:\d+:\d+: .*eth9/,
    ],
  ];
  for (const [name, text, says] of cases) {
    await t.test(name, async (t) => {
      const ended = start(text);
      t.equal(ended.code, 2);
      t.match(ended.complaint, /^error: /);
      t.match(ended.complaint, says);
    });
  }
});

test('what a running lab refuses', async (t) => {
  const running = await runLab(t, labWith(100));
  const state = process.env['BATON_STATE'] ?? '';
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['kill', 'd9'], /no node 'd9' in lab 'lab' \(nodes: .*d1.*\)/],
    [['stop', 's1'], /'s1'.*not a director/],
    [['start', 'd1'], /'d1' is already running/],
    [['sessions', '--node', 'nobody'], /nobody/],
    [['up', defaultLab], /lab 'lab' is already running/],
    [['frobnicate'], /frobnicate/],
  ];
  for (const [argv, says] of cases) {
    await t.test(argv[0] ?? '', async (t) => {
      const ended = baton(state, ...argv);
      t.equal(ended.code, 2);
      t.match(ended.complaint, says);
      t.match(ended.complaint, /^error: /);
    });
  }
  const status = await running.request('d1', '/status');
  t.equal(status.state, 'master', 'the lab has taken no notice');
});
