import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readlinkSync } from 'node:fs';

import type { Test } from 'tap';

import { enter } from '../../cluster/lab/namespaces.js';
import { searchPath } from '../../cluster/lab/subprocess.js';
import { until } from '../../cluster/lab/wait.js';
import { killGroup } from '../../cluster/node/user-command.js';

/*
 * The smallest network that an election needs: some nodes, each a network namespace with one interface `eth0`, on one
 * bridge. Node 1 has 10.9.0.1/24, fd09::1/64 and fe80::ff:fe00:1, and so on. Nothing runs on the nodes but what a test
 * starts. Several such networks can exist side by side.
 */

export interface LinkedNode {
  readonly address: string;
  readonly address6: string;
  readonly linkLocal: string;
  readonly mac: string;
  /** Runs a command to its end and returns what it printed. */
  run(...argv: readonly string[]): string;
  /**
   * Starts a program in a process group of its own, which is killed at the end of the test. Its output can be read from the
   * pipes.
   */
  start(...argv: readonly string[]): ChildProcess;
  /** Pulls the cable at the switch's end, or plugs it in again: the node's interface loses its carrier. */
  plug(isIn: boolean): void;
}

const environment = { ...process.env, NODE_OPTIONS: '', PATH: searchPath };

/** What senders may leave to their links: nothing, unless a test wants super-frames and unfinished checksums. */
export type Offloads = 'off' | 'on';

/** Builds a network of `count` nodes, which goes away at the end of the test. */
export async function linkNodes(
  t: Test,
  count: number,
  offloads: Offloads = 'off',
): Promise<LinkedNode[]> {
  const hub = await holdNamespace(t);
  shell(hub, [
    'printf 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6',
    'ip link add name bridge type bridge stp_state 0 mcast_snooping 0',
    'ip link set dev bridge up',
  ]);
  const nodes: LinkedNode[] = [];
  for (let number = 1; number <= count; number += 1) {
    nodes.push(await linkNode(t, hub, number, offloads));
  }
  return nodes;
}

async function linkNode(
  t: Test,
  hub: number,
  number: number,
  state: Offloads,
): Promise<LinkedNode> {
  const holder = await holdNamespace(t);
  const port = `port${number}`;
  const mac = `02:00:00:00:00:${number.toString(16).padStart(2, '0')}`;
  const offloads = `tx ${state} rx ${state} tso ${state} gso ${state} gro off > /dev/null`;
  // A node that would check its addresses first could not use them for a second or two.
  shell(holder, ['printf 0 > /proc/sys/net/ipv6/conf/default/accept_dad']);
  shell(hub, [
    `ip link add name ${port} type veth peer name eth0 address ${mac} netns ${holder}`,
    `ip link set dev ${port} master bridge up`,
    `ethtool -K ${port} ${offloads}`,
  ]);
  shell(holder, [
    'ip link set dev lo up',
    'ip link set dev eth0 up',
    `ip address add 10.9.0.${number}/24 dev eth0`,
    `ip address add fd09::${number}/64 dev eth0`,
    `ethtool -K eth0 ${offloads}`,
  ]);
  return {
    address: `10.9.0.${number}`,
    address6: `fd09::${number}`,
    linkLocal: `fe80::ff:fe00:${number}`,
    mac,
    run: (...argv) => runIn(holder, argv),
    start: (...argv) => startIn(t, holder, argv),
    plug: (isIn) => {
      shell(hub, [`ip link set dev ${port} ${isIn ? 'up' : 'down'}`]);
    },
  };
}

function runIn(holder: number, argv: readonly string[]): string {
  const [program = '', ...rest] = [...enter(holder), ...argv];
  return execFileSync(program, rest, { encoding: 'utf8', env: environment });
}

const shell = (holder: number, lines: readonly string[]): string =>
  runIn(holder, ['sh', '-euc', lines.join('\n')]);

function startIn(t: Test, holder: number, argv: readonly string[]): ChildProcess {
  const [program = '', ...rest] = [...enter(holder), ...argv];
  const child = spawn(program, rest, { stdio: 'pipe', env: environment, detached: true });
  t.teardown(() => killGroup(child));
  return child;
}

async function holdNamespace(t: Test): Promise<number> {
  const holder = spawn('unshare', ['--net', '--', 'sleep', 'infinity'], { stdio: 'ignore' });
  t.teardown(() => holder.kill('SIGKILL'));
  const { pid } = holder;
  if (pid === undefined) throw new Error('unshare does not start');
  const ours = readlinkSync('/proc/self/ns/net');
  const isOwn = (): true | undefined => readlinkSync(`/proc/${pid}/ns/net`) !== ours || undefined;
  if ((await until(isOwn, { timeoutMs: 5_000, everyMs: 2 })) === undefined) {
    throw new Error('unshare has made no network namespace');
  }
  return pid;
}
