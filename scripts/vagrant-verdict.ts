import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import type { LabControl } from '../cluster/lab/lab-control.js';
import { until } from '../cluster/lab/wait.js';
import { checkFailOver } from '../cluster/vagrant/fail-over-check.js';
import { vagrantFolder } from '../cluster/vagrant/machines.js';
import { openVagrantLab } from '../cluster/vagrant/open.js';
import { BatonError } from '../director/base/errors.js';

/**
 * The part of scripts/vagrant-test behind the provider: `vagrant up`, the checks, `vagrant destroy`. Prints what it sees and
 * ends with status 1 when something is wrong. Runs in the sandbox.
 */

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    scenario: { type: 'string', multiple: true, default: [] },
  },
});

/** An emulated machine is some twenty times slower. */
const isEmulated = process.env['BATON_LIBVIRT_DRIVER'] === 'qemu';
const stepMs = isEmulated ? 180_000 : 30_000;

/**
 * After the 3.9 s that an election may take, TCP's next retransmission is 6.2 s after the first loss (RTO 200 ms, doubled
 * each time). Where more processors are emulated than there are, a round trip can take a second, and with it the RTO:
 * retransmissions come 7, 15 and 31 s after the loss.
 */
const gapLimitMs = isEmulated ? 31_500 : 7_000;

const connections = 50;
const intervalMs = isEmulated ? 1_000 : 100;

const log = path.join(process.env['BATON_WORK'] ?? '/tmp', 'vagrant.log');
const startedAt = performance.now();

function progress(text: string): void {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(`[${seconds.padStart(6)} s] ${text}`);
}

class CommandFailed extends Error {}

/** Runs a command of Vagrant's to its end; what it says is kept and shown only when it fails. */
function vagrant(...argv: readonly string[]): string {
  const timeout = 2 * 600_000;
  const done = spawnSync('vagrant', argv, { cwd: vagrantFolder, encoding: 'utf8', timeout });
  const output = `${done.stdout}${done.stderr}`;
  appendFileSync(log, `$ vagrant ${argv.join(' ')}\n${output}`);
  if (done.status === 0) return output;
  throw new CommandFailed(`vagrant ${argv.join(' ')} failed:\n${output.slice(-6_000)}`);
}

/** Runs a command in a VM. */
function on(lab: LabControl, node: string, ...argv: readonly string[]): string {
  const [program = '', ...rest] = lab.execArgs(node, argv);
  const done = spawnSync(program, rest, { encoding: 'utf8', timeout: stepMs });
  if (done.status === 0) return done.stdout.trim();
  throw new CommandFailed(`${argv.join(' ')} on ${node} failed: ${done.stderr}`);
}

/**
 * Waits until directors answer: Vagrant may need a moment to know the ways into machines that have just come up, and one that has
 * got another address meanwhile is asked for again after a minute.
 */
async function directorsAnswer(lab: LabControl): Promise<void> {
  let silent: readonly string[] = [];
  const answer = async (): Promise<true | undefined> => {
    const asked = lab.directors.map(async (node) => {
      const document = await lab.request(node, '/status').catch((error: unknown) => error);
      return document instanceof Error ? [`${node}: ${document.message}`] : [];
    });
    silent = (await Promise.all(asked)).flat();
    return silent.length === 0 || undefined;
  };
  if ((await until(answer, { timeoutMs: 4 * stepMs, everyMs: 1_000 })) !== undefined) return;
  throw new CommandFailed(silent.join('\n'));
}

/** Directors run as an ordinary user with two capabilities, in a unit that systemd rates OK. */
function checkUnit(lab: LabControl): string[] {
  const wrong: string[] = [];
  const pid = on(lab, 'd1', 'systemctl', 'show', '-P', 'MainPID', 'baton-director');
  const status = on(lab, 'd1', 'sudo', 'cat', `/proc/${pid}/status`);
  const mask = BigInt(`0x${/^CapEff:\s*(\w+)$/m.exec(status)?.[1] ?? '0'}`);
  const isOrdinary = !/^Uid:\s+0\b/m.test(status);
  // CAP_NET_ADMIN and CAP_NET_RAW are bits 12 and 13 (capability(7)).
  if (!isOrdinary || mask !== 0x3000n) wrong.push(`d1 runs with more than it needs:\n${status}`);
  const rating = on(lab, 'd1', 'sudo', 'systemd-analyze', 'security', 'baton-director');
  const overall = rating.split('\n').at(-1) ?? '';
  progress(overall.replace(/^\W+/, ''));
  if (!/: [0-4]\.\d OK/.test(overall)) wrong.push(overall);
  return wrong;
}

const cli = fileURLToPath(new URL('../cluster/cli/main.js', import.meta.url));

/** Runs a command of baton's on the VMs, as a person would; returns what it writes. */
function baton(...argv: readonly string[]): string {
  const command = [cli, '--lab', 'vagrant', ...argv];
  const timeout = 2 * stepMs;
  const done = spawnSync(process.execPath, command, { encoding: 'utf8', timeout });
  progress(`baton ${argv.join(' ')}`);
  if (done.status === 0) return done.stdout;
  throw new CommandFailed(`baton ${argv.join(' ')} failed: ${done.stdout}${done.stderr}`);
}

/** Waits until exactly these directors are master. */
async function mastersAre(lab: LabControl, ...wanted: readonly string[]): Promise<void> {
  let last = '';
  const agreed = await until(
    async () => {
      const states = await Promise.all(
        lab.directors.map((node) => lab.request(node, '/status').catch(() => undefined)),
      );
      last = lab.directors.map((node, at) => `${node} ${states[at]?.state ?? 'off'}`).join(', ');
      const masters = lab.directors.filter((_, at) => states[at]?.state === 'master');
      return masters.join() === wanted.join() || undefined;
    },
    { timeoutMs: stepMs, everyMs: 200 },
  );
  if (agreed === undefined) throw new CommandFailed(`${wanted.join()} not master: ${last}`);
  progress(last);
}

/** The verbs, each with what follows from it. */
async function checkVerbs(lab: LabControl): Promise<void> {
  console.log(`\n${baton('status')}\n${baton('vrrp')}`);
  baton('stop', 'd1');
  await mastersAre(lab, 'd2');
  baton('start', 'd1');
  await mastersAre(lab, 'd1');
  baton('pause', 'd1');
  await mastersAre(lab, 'd2');
  baton('resume', 'd1');
  await mastersAre(lab, 'd1');
  baton('partition', 'd1', 'd2');
  await mastersAre(lab, 'd1', 'd2');
  baton('heal');
  await mastersAre(lab, 'd1');
  console.log(`\n${baton('traffic', '--tcp', '10', '--udp', '10', '--duration', '3s')}`);
  console.log(`\n${baton('ipvsadm', '-Ln')}\n${baton('diff', 'd1', 'd2')}`);
}

/** A director whose event loop stands still is ended and started again by systemd. */
async function checkWatchdog(lab: LabControl): Promise<void> {
  const show = (property: string): string =>
    on(lab, 'd2', 'systemctl', 'show', '-P', property, 'baton-director');
  const before = show('NRestarts');
  on(lab, 'd2', 'sudo', 'kill', '-STOP', show('MainPID'));
  progress('halted the process of d2');
  const wait = { timeoutMs: stepMs, everyMs: 500 };
  if ((await until(() => show('NRestarts') !== before || undefined, wait)) === undefined) {
    throw new CommandFailed('the watchdog has not noticed');
  }
  progress('the watchdog has started it again');
  await mastersAre(lab, 'd1');
}

const mainPids = (lab: LabControl): string =>
  lab.nodes
    .map((node) => on(lab, node, 'systemctl', 'show', '-P', 'MainPID', 'baton-*', 'nginx'))
    .join('\n');

/** Provisioning again changes nothing, and machines that were off work again without it. */
async function checkLife(lab: LabControl): Promise<void> {
  const before = mainPids(lab);
  progress('vagrant provision');
  const said = vagrant('provision');
  const unchanged = [...said.matchAll(/nothing changed/g)].length;
  if (unchanged !== lab.nodes.length || mainPids(lab) !== before) {
    throw new CommandFailed(`provisioning again has changed something:\n${said}`);
  }
  progress('nothing changed');
  progress('vagrant reload d1');
  vagrant('reload', 'd1');
  await mastersAre(lab, 'd1');
  baton('traffic', '--duration', '3s');
  progress('vagrant halt');
  vagrant('halt');
  progress('vagrant up');
  vagrant('up');
  await mastersAre(lab, 'd1');
  baton('traffic', '--duration', '3s');
}

/** Scenario files run on the VMs as in the simulator. What an emulated machine measures is compared with nothing. */
function checkScenarios(files: readonly string[]): string[] {
  return files.flatMap((file) => {
    const compare = isEmulated ? [] : ['--compare'];
    const command = [cli, 'run', '--on', 'vagrant', ...compare, file];
    progress(`baton run --on vagrant ${[...compare, file].join(' ')}`);
    const done = spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 10 * stepMs });
    console.log(done.stdout);
    return done.status === 0 ? [] : [`${file}: ${done.stdout}${done.stderr}`];
  });
}

const print = (text: string): void => console.log(`\n${text}\n`);

async function verdict(): Promise<readonly string[]> {
  progress('vagrant up');
  vagrant('up');
  const lab = await openVagrantLab();
  progress(`${lab.nodes.join(', ')} are up and provisioned`);
  await directorsAnswer(lab);
  const unit = checkUnit(lab);
  const options = { connections, intervalMs, stepMs, gapLimitMs, progress, print };
  const failOver = await checkFailOver(lab, options);
  if (values.full) {
    await checkVerbs(lab);
    await checkWatchdog(lab);
    await checkLife(lab);
  }
  return [...unit, ...failOver, ...checkScenarios(values.scenario)];
}

let findings: readonly string[];
try {
  findings = await verdict();
} catch (error) {
  if (!(error instanceof BatonError || error instanceof CommandFailed)) throw error;
  findings = [error.message];
}
for (const finding of findings) console.log(`wrong: ${finding}`);
progress('vagrant destroy');
try {
  // One after the other: vagrant-libvirt loads its parts when they are first used, and fails when two threads do so at once.
  vagrant('destroy', '-f', '--no-parallel');
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
}
progress(findings.length === 0 ? 'passed' : `failed: ${findings.length} findings; see above`);
if (findings.length > 0) console.log(readFileSync(log, 'utf8').slice(-4_000));
process.exit(findings.length === 0 ? 0 : 1);
