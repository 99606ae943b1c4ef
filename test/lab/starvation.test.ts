import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { test, type Test } from 'tap';

import { fetchDocument } from '../../cluster/lab/control-client.js';
import { directorProgram } from '../../cluster/lab/members.js';
import { until } from '../../cluster/lab/wait.js';
import type { Api } from '../../cluster/node/api.js';
import { buildFrame } from '../packets/packet-builder.js';
import { linkNodes, type LinkedNode } from './linked-nodes.js';

/*
 * A director whose links are flooded, on a machine without a free core, still sends its adverts and hears those of
 * others: nobody takes over from a living master.
 */

const floodProgram = fileURLToPath(new URL('flood.js', import.meta.url));

const advertMs = 100;
const floodSeconds = 20;

const configuration = (name: string, priority: number, isIpv6: boolean): string => `
global_defs {
  router_id ${name}
  vrrp_version 3
}
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority ${priority}
  advert_int ${advertMs / 1_000}
  virtual_ipaddress {
    ${isIpv6 ? 'fe80::9:100/64' : '10.9.0.100/24'}
  }
  virtual_ipaddress_excluded {
    ${isIpv6 ? '10.9.0.100/24' : 'fe80::9:100/64'}
  }
}
virtual_server 10.9.0.100 53 {
  protocol UDP
  lvs_method DR
  lvs_sched rr
  real_server 10.9.0.3 53 {
    weight 1
  }
}
`;

/** The sender has a core to itself; the directors share the other one with everything else. */
const onCore = (core: number): string[] => [
  'taskset',
  '--cpu-list',
  String(Math.min(core, availableParallelism() - 1)),
];

interface RunningDirector {
  view(): Promise<Api['/vrrp']['instances'][number]>;
  status(): Promise<Api['/status']>;
  stop(): Promise<void>;
}

async function start(
  t: Test,
  node: LinkedNode,
  name: string,
  priority: number,
  isIpv6: boolean,
): Promise<RunningDirector> {
  const folder = mkdtempSync(path.join(tmpdir(), 'baton-flood-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const [config, control] = [path.join(folder, 'conf'), path.join(folder, 'control')];
  writeFileSync(config, configuration(name, priority, isIpv6));
  const files = [`--config=${config}`, `--control=${control}`];
  const child = node.start(...onCore(1), process.execPath, directorProgram, ...files);
  const lines: string[] = [];
  for (const pipe of [child.stdout, child.stderr]) {
    if (pipe !== null) createInterface(pipe).on('line', (line) => lines.push(line));
  }
  const isStarted = (): true | undefined =>
    lines.some((line) => line.includes('"msg":"started"')) || undefined;
  if ((await until(isStarted, { timeoutMs: 20_000, everyMs: 20 })) === undefined) {
    throw new Error(`the director does not start: ${lines.join('\n')}`);
  }
  return {
    view: async () => {
      const [instance] = (await fetchDocument(control, '/vrrp')).instances;
      if (instance === undefined) throw new Error('the director has one instance');
      return instance;
    },
    status: async () => fetchDocument(control, '/status'),
    stop: async () => {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
}

/** A UDP datagram for the virtual service, to this MAC address. */
const datagram = (mac: string): string =>
  Buffer.from(
    buildFrame({
      ethernet: { source: '02:00:00:00:00:03', destination: mac },
      from: '10.9.0.3:40000',
      to: '10.9.0.100:53',
      udp: {},
      payload: 'flood',
    }),
  ).toString('hex');

/** Asks directors for their status again and again, until the flood is nearly over; the longest that took, in ms. */
async function slowestAnswer(directors: readonly RunningDirector[]): Promise<number> {
  let slowest = 0;
  const end = performance.now() + (floodSeconds - 3) * 1_000;
  while (performance.now() < end) {
    await sleep(200);
    const start = performance.now();
    await Promise.all(directors.map(async (director) => director.status()));
    slowest = Math.max(slowest, performance.now() - start);
  }
  return slowest;
}

for (const family of ['IPv4', 'IPv6'] as const) {
  test(`nobody takes over from a living master under a flood and without a free core, ${family}`, async (t) => {
    const [left, right, far] = await linkNodes(t, 3);
    if (left === undefined || right === undefined || far === undefined) {
      throw new Error('three nodes were asked for');
    }
    const isIpv6 = family === 'IPv6';
    const master = await start(t, left, 'master', 150, isIpv6);
    const isMaster = async (): Promise<true | undefined> =>
      (await master.view()).state === 'master' || undefined;
    t.ok(await until(isMaster, { timeoutMs: 10_000, everyMs: 50 }), 'the first one is master');
    const backup = await start(t, right, 'backup', 100, isIpv6);
    await sleep(500);
    const before = [await master.view(), await backup.view()];

    const frames = [left, left, left, right].map(({ mac }) => datagram(mac));
    const flood = far.start(
      ...onCore(0),
      'nice',
      '--adjustment=-19',
      process.execPath,
      floodProgram,
      'eth0',
      String(floodSeconds),
      ...frames,
    );
    const busyLoop = ['nice', '--adjustment=-10', 'sh', '-c', 'while :; do :; done'];
    const hogs = [0, 1].map(() => far.start(...onCore(1), ...busyLoop));
    const atStart = (await master.status()).packets.received;
    const [answerMs, sent] = await Promise.all([
      slowestAnswer([master, backup]),
      flood.stdout === null ? '0' : text(flood.stdout),
    ]);
    for (const hog of hogs) hog.kill('SIGKILL');
    const after = [await master.view(), await backup.view()];
    const { packets, ports } = await master.status();
    const lost = 1 - (packets.received - atStart) / ((Number(sent) * 3) / 4);
    t.comment(`sent ${sent.trim()}, lost ${lost.toFixed(3)}, shed ${ports.shed}`);
    t.ok(lost > 0, 'the master got more than it could take');
    t.ok(answerMs < 3_000, `${Math.round(answerMs)} ms: whoever asks the directors is answered`);
    t.strictSame(
      after.map(({ state, transitions }) => ({ state, transitions })),
      before.map(({ state, transitions }) => ({ state, transitions })),
      'no state has changed',
    );
    await Promise.all([master.stop(), backup.stop()]);
  });
}
