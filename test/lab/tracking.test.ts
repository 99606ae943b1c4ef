import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { test, type Test } from 'tap';

import { until } from '../../cluster/lab/wait.js';
import { killGroup } from '../../cluster/node/user-command.js';
import type { VrrpState } from '../../cluster/vrrp/state.js';
import { startDirector, type DirectorProcess } from './director-process.js';
import { linkNodes, type LinkedNode } from './linked-nodes.js';

/*
 * What moves an election from outside: links, scripts, files and processes; and what an election tells.
 */

/** A file of two instances at most; `rest` goes into the first one, `top` before it. */
const configuration = (
  priority: number,
  { top = '', rest = '', second = '' }: { top?: string; rest?: string; second?: string } = {},
): string => `
global_defs {
  router_id node${priority}
  vrrp_version 3
}
${top}
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority ${priority}
  advert_int 0.1
  virtual_ipaddress {
    10.9.0.100/24
  }
  ${rest}
}
${second}
`;

async function two(t: Test): Promise<readonly [LinkedNode, LinkedNode]> {
  const [left, right] = await linkNodes(t, 2);
  if (left === undefined || right === undefined) throw new Error('two nodes were asked for');
  return [left, right];
}

function temporary(t: Test): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'baton-track-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a pulled cable is a fault, and the other node takes over until it is plugged in again', async (t) => {
  const [left, right] = await two(t);
  const best = await startDirector(t, left, { config: configuration(150) });
  t.ok(await best.becomes('master'));
  const other = await startDirector(t, right, { config: configuration(100) });
  left.plug(false);
  t.ok(await best.becomes('fault'), 'the node without a cable is in fault');
  t.equal((await best.instance()).fault, 'interface eth0 is down');
  t.ok(await other.becomes('master'), 'the other one takes over');
  left.plug(true);
  t.ok(await best.becomes('master'), 'the better one is back');
  t.ok(await other.becomes('backup'));
  const events = (await best.events()).map(({ kind, text }) => `${kind} ${text}`);
  t.match(events.join('\n'), /fault VI_1: interface eth0 is down\n(.*\n)*backup VI_1: recovered/);
});

test('a node that starts without a cable waits for it', async (t) => {
  const [left] = await two(t);
  left.plug(false);
  const director = await startDirector(t, left, { config: configuration(150) });
  t.equal((await director.instance()).state, 'fault');
  left.plug(true);
  t.ok(await director.becomes('master'));
});

test('the result of a script, the number in a file and running processes move the priority', async (t) => {
  const [left, right] = await two(t);
  const folder = temporary(t);
  const [flag, load] = [path.join(folder, 'flag'), path.join(folder, 'load')];
  writeFileSync(flag, '');
  const top = `
vrrp_script check {
  script "/usr/bin/test -e ${flag}"
  interval 1
  weight -60
}
track_file load {
  file ${load}
  weight 2
  init_file 0
}
vrrp_track_process helper {
  process baton-none
  quorum 1
  weight 10
}`;
  const rest = `
track_script {
  check
}
track_file {
  load
}
track_process {
  helper
}`;
  const best = await startDirector(t, left, { config: configuration(150, { top, rest }) });
  t.ok(await best.becomes('master'));
  const other = await startDirector(t, right, { config: configuration(100) });
  const hasPriority = async (priority: number): Promise<boolean> =>
    best.shows(({ effectivePriority }) => effectivePriority === priority);
  t.ok(await hasPriority(150), 'all is well');
  rmSync(flag);
  t.ok(await hasPriority(90), 'a script that fails takes its weight away');
  t.ok(await other.becomes('master'), 'and the other node, now the better one, takes over');
  writeFileSync(load, '7');
  t.ok(await hasPriority(104), 'the number in a file counts twice');
  t.ok(await best.becomes('master'), 'which is enough to come back');
  const helper = path.join(folder, 'baton-none');
  writeFileSync(helper, '#!/bin/sh\nsleep 60\n');
  chmodSync(helper, 0o755);
  const child = left.start(helper);
  t.ok(await hasPriority(114), 'a process that runs adds its weight');
  killGroup(child);
  writeFileSync(flag, '');
  t.ok(await hasPriority(164), 'the script succeeds again, and the process has gone');
});

test('a sync group moves together, and tells its scripts and its pipe', async (t) => {
  const [left, right] = await two(t);
  const folder = temporary(t);
  const [log, flag] = [path.join(folder, 'log'), path.join(folder, 'flag')];
  writeFileSync(flag, '');
  const second = `
vrrp_instance VI_2 {
  state BACKUP
  interface eth0
  virtual_router_id 52
  priority PRIORITY
  advert_int 0.1
  virtual_ipaddress {
    10.9.0.102/24
  }
  notify_fault "/bin/sh -c 'echo fault VI_2 >> ${log}'"
}
vrrp_sync_group pair {
  group {
    VI_1
    VI_2
  }
  notify ${path.join(folder, 'notify')}
}`;
  writeFileSync(path.join(folder, 'notify'), `#!/bin/sh\necho "$@" >> ${log}\n`);
  chmodSync(path.join(folder, 'notify'), 0o755);
  const top = `
vrrp_script check {
  script "/usr/bin/test -e ${flag}"
  interval 1
}`;
  const rest = 'track_script {\n check\n}';
  const both = (priority: number): string => second.replace('PRIORITY', String(priority));
  const best = await startDirector(t, left, {
    config: configuration(150, { top, rest, second: both(150) }),
  });
  const other = await startDirector(t, right, {
    config: configuration(100, { second: both(100).replace(/notify.*/g, '') }),
  });
  const all = async (
    director: typeof best,
    state: 'master' | 'fault' | 'backup',
  ): Promise<boolean> => (await director.becomes(state, 'VI_1')) && director.becomes(state, 'VI_2');
  t.ok(await all(best, 'master'), 'both are master');
  rmSync(flag);
  t.ok(await all(best, 'fault'), 'a fault of one is a fault of both');
  t.equal((await best.instance('VI_2')).fault, 'VI_1: script check is down');
  t.equal((await best.instance('VI_2')).group, 'pair');
  t.ok(await all(other, 'master'), 'the other node takes over both');
  writeFileSync(flag, '');
  t.ok(await all(best, 'master'), 'and gives both back');
  await best.stop();
  const lines = (): string[] => (existsSync(log) ? readFileSync(log, 'utf8').split('\n') : []);
  const isTold = (): true | undefined => lines().includes('GROUP pair STOP 0') || undefined;
  t.ok(await until(isTold, { timeoutMs: 5_000, everyMs: 20 }), 'the end is told');
  t.strictSame(
    lines().filter((line) => line.startsWith('GROUP')),
    [
      'GROUP pair BACKUP 0',
      'GROUP pair MASTER 0',
      'GROUP pair FAULT 0',
      'GROUP pair BACKUP 0',
      'GROUP pair MASTER 0',
      'GROUP pair STOP 0',
    ],
    'each change of the group once',
  );
  t.ok(lines().includes('fault VI_2'), 'and the script of an instance has run');
});

test('a virtual MAC address goes with the addresses, and clients notice nothing', async (t) => {
  const [left, right, client] = await linkNodes(t, 3);
  if (left === undefined || right === undefined || client === undefined) {
    throw new Error('three nodes were asked for');
  }
  const rest = 'use_vmac';
  const best = await startDirector(t, left, { config: configuration(150, { rest }) });
  t.ok(await best.becomes('master'));
  const other = await startDirector(t, right, { config: configuration(100, { rest }) });
  const ping = (): string => client.run('ping', '-c', '3', '-i', '0.1', '-W', '1', '10.9.0.100');
  const neighbour = (): string => client.run('ip', 'neighbour', 'show', '10.9.0.100');
  t.match(ping(), '3 received');
  t.match(neighbour(), 'lladdr 00:00:5e:00:01:33', 'the client knows the virtual MAC address');
  await best.kill();
  t.ok(await other.becomes('master'));
  t.match(ping(), '3 received', 'the other node answers');
  t.match(neighbour(), 'lladdr 00:00:5e:00:01:33', 'at the same MAC address');
  const again = await startDirector(t, left, { config: configuration(150, { rest }) });
  t.ok(await again.becomes('master'), 'adverts from the virtual MAC address are heard');
  t.match(ping(), '3 received');
});

/** Waits until the instances of both families have a state. */
const both = async (director: DirectorProcess, state: VrrpState): Promise<boolean> =>
  (await director.becomes(state, 'VI_1')) && director.becomes(state, 'VI_6');

test('an interface that is set down is a fault, and works again when it is up', async (t) => {
  const [left, right] = await two(t);
  const second = `
vrrp_instance VI_6 {
  state BACKUP
  interface eth0
  virtual_router_id 61
  priority PRIORITY
  advert_int 0.1
  virtual_ipaddress {
    fe80::9:100/64
  }
}`;
  const start = async (node: LinkedNode, priority: number): Promise<DirectorProcess> =>
    startDirector(t, node, {
      config: configuration(priority, { second: second.replace('PRIORITY', String(priority)) }),
    });
  const best = await start(left, 150);
  t.ok(await both(best, 'master'));
  const other = await start(right, 100);
  left.run('ip', 'link', 'set', 'dev', 'eth0', 'down');
  t.ok(await both(best, 'fault'), 'the director lives on, in fault');
  t.ok(await both(other, 'master'));
  left.run('ip', 'link', 'set', 'dev', 'eth0', 'up');
  t.ok(await both(best, 'master'), 'it is master again');
  t.ok(await both(other, 'backup'));
  t.match(
    right.run('ping', '-c', '3', '-i', '0.1', '-W', '1', '10.9.0.100'),
    '3 received',
    'and hears frames again',
  );
  await other.kill();
  const third = await start(right, 200);
  t.ok(await both(third, 'master'));
  t.ok(await both(best, 'backup'), 'and adverts of both families');
});
