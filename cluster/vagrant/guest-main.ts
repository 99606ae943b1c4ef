import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { BatonError, IoError, UsageError } from '../../director/base/errors.js';
import type { LabNode } from '../config/lab-config.js';
import { vagrantLab } from '../config/vagrant-lab.js';
import { defaultLabFile, readLabFile } from '../lab/default-lab.js';
import { guestSetup, type GuestSetup } from './guest-files.js';
import { settingsFrom } from './settings.js';

/**
 * Makes the machine it runs on a node of the lab: `guest-main NODE`, with the settings in the environment. Writes only files
 * whose text differs, and starts units anew only for what has changed: a second run changes nothing. `BATON_CODE_CHANGED=1`
 * says that the code of the project is new.
 */
function main(name: string | undefined): void {
  const plan = vagrantLab(readLabFile(defaultLabFile), settingsFrom(process.env));
  const node = plan.lab.nodes.find((candidate) => candidate.name === name);
  if (node === undefined) {
    const names = plan.lab.nodes.map((each) => each.name).join(', ');
    throw new UsageError({ code: 'no-node' }, `no node '${name ?? ''}' in the lab (${names})`);
  }
  const setup = guestSetup(plan, node, {
    interfaces: interfacesOf(node),
    nodeProgram: process.execPath,
    root: fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, ''),
  });
  const changed = Object.entries(setup.files)
    .filter(([path, text]) => writeIfDifferent(path, text))
    .map(([path]) => path);
  applyUnits(setup, changed, process.env['BATON_CODE_CHANGED'] === '1');
  const summary = changed.length === 0 ? 'nothing changed' : `changed ${changed.join(' ')}`;
  process.stdout.write(`${node.name}: ${summary}\n`);
}

/** Finds the interfaces by the addresses that the provider has given them. */
function interfacesOf(node: LabNode): Map<string, string> {
  const present = Object.entries(networkInterfaces());
  return new Map(
    node.links.map(({ network, address }) => {
      const found = present.find(([, held]) => held?.some((each) => each.address === address));
      if (found === undefined) {
        throw new IoError(
          { code: 'no-address' },
          `no interface has the address ${address} of network ${network}: the provider has not configured it`,
        );
      }
      return [network, found[0]];
    }),
  );
}

function writeIfDifferent(path: string, text: string): boolean {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return false;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
  return true;
}

function applyUnits(
  { files, units }: GuestSetup,
  changed: readonly string[],
  isCodeNew: boolean,
): void {
  if (changed.includes('/etc/hostname')) run('hostname', '--file', '/etc/hostname');
  if (changed.some((path) => path.endsWith('.service'))) run('systemctl', 'daemon-reload');
  if (changed.some((path) => path.includes('/networkd.conf.d/'))) {
    run('systemctl', 'try-restart', 'systemd-networkd');
  }
  if (changed.some((path) => path.includes('/sysctl.d/'))) run('/lib/systemd/systemd-sysctl');
  const known = Object.keys(files);
  for (const { name, files: causes, isOurs } of units) {
    run('systemctl', '--quiet', 'enable', name);
    const isStale =
      (isOurs && isCodeNew) ||
      causes.some((path) => known.includes(path) && changed.includes(path));
    startUnit(isStale ? 'restart' : 'start', name);
  }
}

/** Throws with the unit's last words, which tell why it does not start. */
function startUnit(verb: 'start' | 'restart', name: string): void {
  const started = spawnSync('systemctl', [verb, name], { encoding: 'utf8' });
  if (started.status === 0) return;
  const argv = ['--unit', name, '--lines=10', '--output=cat', '--no-pager'];
  const words = spawnSync('journalctl', argv, { encoding: 'utf8' }).stdout.trim();
  throw new IoError({ code: 'unit' }, `${name} does not start; its last words:\n${words}`);
}

const run = (program: string, ...options: string[]): void => {
  execFileSync(program, options, { stdio: 'inherit' });
};

try {
  main(process.argv[2]);
} catch (error) {
  if (!(error instanceof BatonError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = 2;
}
