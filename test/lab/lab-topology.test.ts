import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { test } from 'tap';

import { loadLab } from '../../cluster/config/lab-file.js';
import { withDriver } from '../../cluster/lab/demo-plan.js';
import { bringUp, openLab } from '../../cluster/lab/lab.js';
import type { RunningLab } from '../../cluster/lab/running-lab.js';
import { baton, batonProgram } from '../cluster/cli/baton.js';
import { labText } from './lab-text.js';
import { stateFolder } from './state-folder.js';

/*
 * These tests make network namespaces, which takes root: without it they fail.
 */

/** With the driver that needs links without offloads. */
const lab = withDriver(loadLab(labText, 'lab.yaml'), 'pcap');

/** The network of the machine itself, which a lab must not touch. */
function hostNetwork(): string {
  const show = 'for what in link address route rule netns; do ip -j $what; done';
  return execFileSync('/bin/sh', ['-c', `PATH=$PATH:/usr/sbin:/sbin; ${show}`]).toString();
}

/** The processes whose command line or environment speaks of `folder`, however they came to be. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter((pid) =>
      ['cmdline', 'environ'].some((file) => {
        try {
          return readFileSync(join('/proc', pid, file), 'utf8').includes(folder);
        } catch {
          return false;
        }
      }),
    );
}

function onNode(running: RunningLab, node: string, ...argv: readonly string[]): string {
  const [program = '', ...rest] = running.execArgs(node, argv);
  return execFileSync(program, rest, { encoding: 'utf8' });
}

/** How a packet from `source` leaves real server s1 for the client. */
function wayToClient(running: RunningLab, source: string): string {
  return onNode(running, 's1', 'ip', 'route', 'get', '10.1.0.2', 'from', source);
}

/**
 * What a TCP connection to a port where nobody listens says of the way there: `refused` when the address answers,
 * `silent` when nothing comes back.
 */
function knock(running: RunningLab, node: string, address: string): string {
  const script =
    `const socket = require('node:net').connect(9, '${address}');` +
    'const say = (text) => { process.stdout.write(text); process.exit(); };' +
    "socket.on('error', ({ code }) => say(code === 'ECONNREFUSED' ? 'refused' : code));" +
    "setTimeout(say, 1500, 'silent');";
  return onNode(running, node, process.execPath, '-e', script);
}

const options = { signal: new AbortController().signal, progress: () => {}, topologyOnly: true };

test('a lab of namespaces', async (t) => {
  process.env['BATON_STATE'] = stateFolder(t);
  const before = hostNetwork();
  const running = await bringUp(lab, options);
  t.teardown(async () => running.down());

  await t.test('leaves the network of the machine as it was', async (t) => {
    t.equal(hostNetwork(), before);
  });

  await t.test('connects the nodes of a network', async (t) => {
    t.equal(knock(running, 'client', '10.1.0.11'), 'refused');
    t.equal(knock(running, 'client', '10.1.0.22'), 'refused');
    t.equal(knock(running, 'd1', '10.3.0.12'), 'refused');
    t.equal(knock(running, 's1', '10.2.0.12'), 'refused');
  });

  await t.test('does not route between networks: that is what directors are for', async (t) => {
    t.equal(knock(running, 'client', '10.2.0.21'), 'ENETUNREACH');
    t.equal(onNode(running, 'd1', 'cat', '/proc/sys/net/ipv4/ip_forward'), '0\n');
  });

  await t.test(
    'has no virtual address on a director, and nobody who answers for one',
    async (t) => {
      t.same(addressesOf(running, 'd1'), ['127.0.0.1', '10.1.0.11', '10.2.0.11', '10.3.0.11']);
      t.match(knock(running, 'client', '10.1.0.100'), /EHOSTUNREACH|silent/);
      t.match(knock(running, 'client', '10.1.0.101'), /EHOSTUNREACH|silent/);
    },
  );

  await t.test('has the virtual addresses of direct routing on lo of real servers', async (t) => {
    t.same(addressesOf(running, 's1'), ['127.0.0.1', '10.1.0.101', '10.1.0.21', '10.2.0.21']);
  });

  await t.test('sends replies of NAT through the gateway, and others directly', async (t) => {
    t.match(wayToClient(running, '10.2.0.21'), 'via 10.2.0.254 dev servers');
    t.match(wayToClient(running, '10.1.0.101'), 'from 10.1.0.101 dev clients');
    t.match(wayToClient(running, '10.1.0.21'), 'from 10.1.0.21 dev clients');
  });

  await t.test('has no offloads on either end of a link, for the driver pcap', async (t) => {
    for (const [node, name] of [
      ['client', 'clients'],
      ['d2', 'sync'],
      ['switch', 'port_0'],
    ] as const) {
      const features = onNode(running, node, 'ethtool', '-k', name);
      t.match(features, /^tx-checksumming: off$/m);
      t.match(features, /^tcp-segmentation-offload: off$/m);
      t.match(features, /^generic-segmentation-offload: off$/m);
      t.match(features, /^generic-receive-offload: off$/m);
    }
  });

  await t.test('can be found again by its name, and not be brought up twice', async (t) => {
    t.same(openLab('lab').directors, ['d1', 'd2']);
    await t.rejects(bringUp(lab, options), { message: "lab 'lab' is already running" });
    t.equal(knock(running, 'client', '10.1.0.11'), 'refused');
  });

  await t.test('refuses faults for nodes that are no directors', async (t) => {
    await t.rejects(running.killNode('nobody'), {
      message: "no node 'nobody' in lab 'lab' (nodes: client, d1, d2, s1, s2)",
    });
    await t.rejects(running.stopNode('s1'), {
      message: "node 's1' of lab 'lab' is not a director (directors: d1, d2)",
    });
    await t.rejects(running.killNode('d1'), { message: "node 'd1' is not running" });
  });

  await t.test('is gone without a trace when it is taken down', async (t) => {
    const { folder } = running;
    t.not(processesOf(folder).length, 0);
    await running.down();
    t.same(processesOf(folder), []);
    t.notOk(existsSync(folder));
    t.equal(hostNetwork(), before);
  });
});

function addressesOf(running: RunningLab, node: string): string[] {
  return onNode(running, node, 'ip', '-4', '-o', 'address')
    .split('\n')
    .flatMap((line) => /inet ([\d.]+)\//.exec(line)?.slice(1) ?? []);
}

test('a lab that is aborted at any step leaves nothing', async (t) => {
  const state = stateFolder(t);
  process.env['BATON_STATE'] = state;
  for (const delayMs of [0, 3, 8, 15, 25]) {
    const controller = new AbortController();
    const aborted = bringUp(lab, { ...options, signal: controller.signal });
    const outcome = t.rejects(aborted, { message: 'enough' });
    setTimeout(() => controller.abort(new Error('enough')), delayMs);
    await outcome;
    t.same(processesOf(state), []);
    t.same(readdirSync(state), []);
  }
});

/** Starts `baton up` in a process group of its own, as a shell does. */
function startUp(state: string, ...argv: readonly string[]): ReturnType<typeof spawn> {
  const file = join(state, '..', 'lab.yaml');
  writeFileSync(file, labText);
  return spawn(process.execPath, [batonProgram, 'up', file, ...argv], {
    env: { ...process.env, BATON_STATE: state },
    detached: true,
    stdio: 'ignore',
  });
}

test('Ctrl-C while a lab comes up leaves nothing, whenever it comes', async (t) => {
  const state = stateFolder(t);
  const before = hostNetwork();
  for (let round = 0; round < 5; round += 1) {
    const delayMs = 50 + Math.floor(Math.random() * 1_450);
    const up = startUp(state);
    const closed = once(up, 'close');
    await sleep(delayMs);
    process.kill(-(up.pid ?? 0), 'SIGINT');
    await sleep(20);
    // A second Ctrl-C, while it tidies up, must not stop it from doing so.
    if (up.exitCode === null && up.signalCode === null) process.kill(-(up.pid ?? 0), 'SIGINT');
    const [status, signal] = await closed;
    t.ok(status === 130 || signal === 'SIGINT', `after ${String(delayMs)} ms: ${String(status)}`);
    t.same(processesOf(state), []);
    t.same(readdirSync(state), []);
  }
  t.equal(hostNetwork(), before);
});

test('down cleans up after an up that was killed half way', async (t) => {
  const state = stateFolder(t);
  for (const delayMs of [120, 180, 250, 400]) {
    const up = startUp(state, '--topology-only');
    const closed = once(up, 'close');
    await sleep(delayMs);
    up.kill('SIGKILL');
    await closed;
    const begun = existsSync(join(state, 'lab'));
    const { status } = await baton(state, 'down');
    t.equal(status, begun ? 0 : 2, `killed after ${String(delayMs)} ms`);
    t.same(processesOf(state), []);
    t.same(readdirSync(state), []);
  }
});

test('up replaces what a dead lab of the same name has left', async (t) => {
  const state = stateFolder(t);
  const up = startUp(state, '--topology-only');
  await once(up, 'close');
  for (const pid of processesOf(state)) process.kill(Number(pid), 'SIGKILL');
  while (processesOf(state).length > 0) await sleep(10);
  const file = join(state, '..', 'lab.yaml');
  const again = await baton(state, 'up', file, '--topology-only', '--json');
  t.equal(again.status, 0, again.stderr);
  t.match(again.stderr, "removing what an earlier lab 'lab' left");
  t.match(JSON.parse(again.stdout), { name: 'lab', directors: ['d1', 'd2'] });

  const second = await baton(state, 'up', file, '--topology-only');
  t.equal(second.status, 2);
  t.match(second.stderr, "error: lab 'lab' is already running");

  const exec = await baton(state, 'exec', 'd1', '--', 'sh', '-c', 'ip -br address; exit 7');
  t.equal(exec.status, 7);
  t.match(exec.stdout, '10.3.0.11/24');
  t.equal((await baton(state, 'down')).status, 0);
});

test('without root up says what to do', async (t) => {
  const state = stateFolder(t);
  const { status, stderr } = spawnSync(
    'setpriv',
    ['--bounding-set=-all', process.execPath, batonProgram, 'up'],
    { env: { ...process.env, BATON_STATE: state }, encoding: 'utf8' },
  );
  t.equal(status, 2);
  t.match(stderr, /^error: making network namespaces needs CAP_NET_ADMIN.*run it as root/);
});
