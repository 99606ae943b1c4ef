import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { test } from 'tap';

import { baton, type Outcome } from './baton.js';

const folder = mkdtempSync(join(tmpdir(), 'baton-sim-cli-'));
process.once('exit', () => rmSync(folder, { recursive: true }));

const sim = async (...argv: readonly string[]): Promise<Outcome> => baton(folder, 'sim', ...argv);

test('a report is enough to replay its run, whatever options chose it', async (t) => {
  const report = join(folder, 'report.json');
  const first = await sim('run', '--seed', '3', '--nodes', '2', '--for', '3s', '--json');
  t.equal(first.status, 0, first.stderr);
  writeFileSync(report, first.stdout);
  const again = await sim('replay', '--report', report);
  t.equal(again.status, 0, again.stderr);
  writeFileSync(report, first.stdout.replace('"nodes":2', '"nodes":3'));
  t.equal((await sim('replay', '--report', report)).status, 1, 'another run');
  writeFileSync(report, '{}');
  const broken = await sim('replay', '--report', report);
  t.match(broken, { status: 2, stderr: /is no report of sim run --json/ });
});

test('what passes a link is written to a capture file', async (t) => {
  const file = join(folder, 'd1.pcap');
  const run = await sim('run', '--nodes', '2', '--for', '3s', '--pcap', `d1.clients=${file}`);
  t.equal(run.status, 0, run.stderr);
  const bytes = readFileSync(file);
  t.equal(bytes.readUInt32LE(0), 0xa1b2c3d4);
  t.ok(bytes.length > 10_000);
  const short = ['run', '--nodes', '2', '--for', '3s', '--pcap'];
  t.match(await sim(...short, `d1.moon=${file}`), { status: 2, stderr: /there are .*d1\.clients/ });
  t.match(await sim(...short, 'd1.clients'), { status: 2, stderr: /is not NODE\.NETWORK=FILE/ });
  t.match(await sim(...short, `d1.clients=${folder}/no/file`), { stderr: /^error: cannot write/ });
});

test('a scenario is run with as many seeds as asked for', async (t) => {
  const file = 'test/scenarios/s09-round-robin.yaml';
  const run = await sim('run', '--scenario', file, '--seeds', '2');
  t.match(run, { status: 0, stdout: 'S09 round robin: 2 seeds, 0 failed\n' });
  const text = readFileSync(file, 'utf8').replace('master: d1', 'master: d2');
  const wrong = join(folder, 'wrong.yaml');
  writeFileSync(wrong, text);
  const failed = await sim('run', '--scenario', wrong, '--seeds', '2', '--fail-fast');
  t.match(failed, {
    status: 1,
    stdout: /1 seeds, 1 failed/,
    stderr: /d2 is master at the end: d1/,
  });
});

test('a seed that does not fail has nothing to shrink', async (t) => {
  const { status, stdout } = await sim('shrink', '--nodes', '2', '--for', '3s', '--json');
  t.equal(status, 0);
  t.same(JSON.parse(stdout), { seed: 1, fails: false, faults: [] });
});

test('a scenario that cannot run somewhere is refused with the reason, or left out of many', async (t) => {
  const [clock, removal] = ['s17-clock-step', 's99-none'].map(
    (name) => `test/scenarios/${name}.yaml`,
  );
  const alone = await baton(folder, 'run', '--on', 'lab', clock ?? '');
  t.match(alone, { status: 2, stderr: /cannot run on lab: all nodes of a lab have the clock/ });
  const missing = await baton(folder, 'run', removal ?? '');
  t.match(missing, { status: 2, stderr: /cannot read test\/scenarios\/s99-none.yaml/ });
  const twice = await baton(folder, 'run', '--on', 'vagrant', clock ?? '', clock ?? '');
  t.match(twice, { status: 0, stdout: /^left out {2}S17 .*\nleft out {2}S17/ });
});
