import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { test, type Test } from 'tap';

import { writeKeepalived } from '../../cluster/config/keepalived-writer.js';
import { withDriver } from '../../cluster/lab/demo-plan.js';
import { directorProgram } from '../../cluster/lab/members.js';
import type { RunningLab } from '../../cluster/lab/running-lab.js';
import { until } from '../../cluster/lab/wait.js';
import { labWith, onNode, runLab } from './cluster.js';

/** Everything that a director could leave behind in its network namespace. */
function networkState(running: RunningLab, node: string): string {
  const commands = [
    'ip -d link',
    'ip address',
    'ip -4 route show table all',
    'ip -6 route show table all',
    'ip rule',
    'ip maddress',
    'nft list ruleset',
    'tc qdisc',
    'sysctl -a --pattern "^net\\.ipv4\\.(conf|ip_)"',
  ];
  const volatile = /(valid_lft|preferred_lft) \w+|\bstate \w+|qlen \d+/g;
  return commands
    .map((command) => `# ${command}\n${onNode(running, node, 'sh', '-c', command)}`)
    .join('\n')
    .replaceAll(volatile, '');
}

async function startDirector(t: Test, running: RunningLab, node: string): Promise<ChildProcess> {
  const config = join(running.folder, `${node}.conf`);
  const control = join(running.folder, `${node}.sock`);
  writeFileSync(
    config,
    writeKeepalived(running.config, node, (network) => network),
  );
  const argv = [process.execPath, directorProgram, '--config', config, '--control', control];
  const [program = '', ...rest] = running.execArgs(node, argv);
  const child = spawn(program, rest, { stdio: ['ignore', 'ignore', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const isUp = await until(() => existsSync(control) || undefined, {
    timeoutMs: 10_000,
    everyMs: 50,
  });
  t.ok(isUp, `${node} has started`);
  return child;
}

/** The programs, links and maps of BPF that a process holds: what bpftool calls them, and their numbers. */
function heldBpf(pid: number): (readonly [kind: string, id: string])[] {
  const folder = `/proc/${pid}/fdinfo`;
  return readdirSync(folder).flatMap((fd) => {
    const text = readFileSync(join(folder, fd), 'utf8');
    return (['prog', 'link', 'map'] as const).flatMap((kind) => {
      const id = new RegExp(`^${kind}_id:\\s*(\\d+)$`, 'm').exec(text)?.[1];
      return id === undefined ? [] : [[kind, id] as const];
    });
  });
}

const existsBpf = ([kind, id]: readonly [string, string]): boolean =>
  spawnSync('bpftool', [kind, 'show', 'id', id], { stdio: 'ignore' }).status === 0;

const answersPing = (running: RunningLab, address: string): boolean => {
  const [program = '', ...rest] = running.execArgs('client', ['ping', '-c1', '-W1', address]);
  try {
    execFileSync(program, rest, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

for (const driver of ['offload', 'xdp'] as const) {
  test(`a director that is killed leaves nothing behind and is silent at once, driver ${driver}`, async (t) => {
    const running = await runLab(t, withDriver(labWith(100), driver), { topologyOnly: true });
    const before = networkState(running, 'd1');
    const director = await startDirector(t, running, 'd1');
    const isMaster = await until(() => answersPing(running, '10.1.0.100') || undefined, {
      timeoutMs: 15_000,
      everyMs: 100,
    });
    t.ok(isMaster, 'the VIP answers ping while the director runs');
    t.notMatch(
      onNode(running, 'd1', 'ip', 'address'),
      /10\.1\.0\.10[01]|10\.2\.0\.254/,
      'the kernel never has a VIP',
    );

    const held = heldBpf(director.pid ?? 0);
    const links = held.filter(([kind]) => kind === 'link');
    t.equal(links.length, 2, 'the kernel carries connections on both links');
    t.ok(held.every(existsBpf), 'bpftool knows what the director holds');

    director.kill('SIGKILL');
    await once(director, 'exit');
    t.notOk(answersPing(running, '10.1.0.100'), 'the VIP is silent');
    t.equal(networkState(running, 'd1'), before, 'the namespace is as it was');
    // The kernel takes programs and maps apart a moment later.
    const isGone = (): true | undefined => (held.some(existsBpf) ? undefined : true);
    t.ok(await until(isGone, { timeoutMs: 5_000, everyMs: 50 }), 'no program, link or map is left');
  });
}
