import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

import type { Test } from 'tap';

import { directorProgram } from '../../cluster/lab/members.js';
import { until } from '../../cluster/lab/wait.js';
import { killGroup } from '../../cluster/node/user-command.js';
import { linkNodes, type LinkedNode } from './linked-nodes.js';

/*
 * One of our directors and one real keepalived, alone on a link, with the same configuration file but for the priority and
 * the addresses.
 */

/** What a pair speaks. */
export interface Dialect {
  readonly version: 2 | 3;
  readonly family: 'IPv4' | 'IPv6';
  readonly cast: 'multicast' | 'unicast';
  /** `auth_pass`, of version 2. */
  readonly password?: string;
  /** Further lines of the instance in our director's file. */
  readonly oursLines?: readonly string[];
}

/** All that our director and keepalived 2.2.7 both speak. */
export const dialects: readonly Dialect[] = [
  { version: 2, family: 'IPv4', cast: 'multicast' },
  { version: 2, family: 'IPv4', cast: 'multicast', password: 'secret12' },
  { version: 2, family: 'IPv4', cast: 'unicast' },
  { version: 2, family: 'IPv4', cast: 'unicast', password: 'short' },
  { version: 3, family: 'IPv4', cast: 'multicast' },
  { version: 3, family: 'IPv4', cast: 'unicast' },
  { version: 3, family: 'IPv6', cast: 'multicast' },
  { version: 3, family: 'IPv6', cast: 'unicast' },
  { version: 3, family: 'IPv4', cast: 'multicast', oursLines: ['use_vmac'] },
  { version: 3, family: 'IPv6', cast: 'multicast', oursLines: ['use_vmac'] },
];

/** `v2 IPv4 multicast PASS`. */
export const nameOf = ({ version, family, cast, password, oursLines = [] }: Dialect): string =>
  [`v${version}`, family, cast, ...(password === undefined ? [] : ['PASS']), ...oursLines].join(
    ' ',
  );

/** Version 2 counts in whole seconds. */
export const advertSeconds = ({ version }: Dialect): number => (version === 2 ? 1 : 0.1);

function configuration(dialect: Dialect, own: LinkedNode, peer: LinkedNode, rest: Rest): string {
  const { version, family, cast, password, oursLines = [] } = dialect;
  const isIpv6 = family === 'IPv6';
  const unicast = isIpv6
    ? [`unicast_src_ip ${own.linkLocal}`, `unicast_peer {\n${peer.linkLocal}\n}`]
    : [`unicast_src_ip ${own.address}`, `unicast_peer {\n${peer.address}\n}`];
  return [
    `global_defs {\nrouter_id ${rest.name}\n}`,
    'vrrp_instance VI_1 {',
    'state BACKUP',
    'interface eth0',
    'virtual_router_id 51',
    `version ${version}`,
    `priority ${rest.priority}`,
    `advert_int ${advertSeconds(dialect)}`,
    ...(cast === 'unicast' ? unicast : []),
    ...(password === undefined
      ? []
      : [`authentication {\nauth_type PASS\nauth_pass ${password}\n}`]),
    ...(rest.name === 'ours' ? oursLines : []),
    `virtual_ipaddress {\n${virtualAddresses[family].join('\n')}\n}`,
    '}',
    '',
  ].join('\n');
}

interface Rest {
  readonly name: string;
  readonly priority: number;
}

type State = 'master' | 'backup';

/** A program that takes part in an election and says so on its output. */
export class Participant {
  /** All that it has said, in all its runs. */
  readonly lines: string[] = [];
  readonly #node: LinkedNode;
  readonly #argv: (priority: number) => readonly string[];
  readonly #stateOf: (line: string) => State | undefined;
  #states: State[] = [];
  #child: ChildProcess | undefined;

  constructor(
    node: LinkedNode,
    argv: (priority: number) => readonly string[],
    stateOf: (line: string) => State | undefined,
  ) {
    this.#node = node;
    this.#argv = argv;
    this.#stateOf = stateOf;
  }

  start(priority: number): void {
    const child = this.#node.start(...this.#argv(priority));
    this.#child = child;
    this.#states = [];
    for (const pipe of [child.stdout, child.stderr]) {
      if (pipe !== null) createInterface(pipe).on('line', (line) => this.#hear(line));
    }
  }

  /** The states that it has come to in this run. */
  get states(): readonly State[] {
    return this.#states;
  }

  /** Waits until it has come to this state; the milliseconds that took, or Infinity when it takes too long. */
  async becomes(state: State): Promise<number> {
    const start = performance.now();
    const wait = { timeoutMs: 60_000, everyMs: 5 };
    const isReached = await until(() => this.#states.at(-1) === state || undefined, wait);
    return isReached === true ? performance.now() - start : Number.POSITIVE_INFINITY;
  }

  /** Ends it in an orderly way. */
  async stop(): Promise<void> {
    await this.#end((child) => child.kill('SIGTERM'));
  }

  /** Ends it, and all its processes, without a warning. */
  async kill(): Promise<void> {
    await this.#end(killGroup);
    // A killed keepalived leaves its addresses behind, and its kernel would go on answering for them.
    this.#node.run('sh', '-c', dropAddresses);
  }

  async #end(signal: (child: ChildProcess) => void): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const exit = once(child, 'exit');
    signal(child);
    await exit;
  }

  #hear(line: string): void {
    this.lines.push(line);
    const state = this.#stateOf(line);
    if (state !== undefined) this.#states.push(state);
  }
}

const virtualAddresses = {
  IPv4: ['10.9.0.100/24'],
  // keepalived wants a link-local one first.
  IPv6: ['fe80::9:100/64', 'fd09::100/64'],
} as const;

const dropAddresses = Object.values(virtualAddresses)
  .flat()
  .map((address) => `ip address delete ${address} dev eth0 2> /dev/null || true`)
  .join('\n');

/** The two of a pair. Neither runs yet. */
export interface Pair {
  readonly ours: Participant;
  readonly keepalived: Participant;
  readonly nodes: readonly [ours: LinkedNode, keepalived: LinkedNode];
}

export async function keepalivedPair(t: Test, dialect: Dialect): Promise<Pair> {
  const [left, right] = await linkNodes(t, 2);
  if (left === undefined || right === undefined) throw new Error('two nodes were asked for');
  const folder = mkdtempSync(path.join(tmpdir(), 'baton-pair-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const configure = (name: string, priority: number): string => {
    const file = path.join(folder, `${name}.conf`);
    const [own, peer] = name === 'ours' ? [left, right] : [right, left];
    writeFileSync(file, configuration(dialect, own, peer, { name, priority }));
    return file;
  };
  const [main, vrrp] = [path.join(folder, 'main.pid'), path.join(folder, 'vrrp.pid')];
  const ours = new Participant(
    left,
    (priority) => [
      process.execPath,
      directorProgram,
      `--config=${configure('ours', priority)}`,
      `--control=${path.join(folder, 'control')}`,
    ],
    (line) => (/"to":"(master|backup)"/.exec(line)?.[1] === 'master' ? 'master' : backupIf(line)),
  );
  const keepalived = new Participant(
    right,
    (priority) => {
      // One that was killed leaves them behind, and may still be dying.
      for (const file of [main, vrrp]) rmSync(file, { force: true });
      return [
        'keepalived',
        '--dont-fork',
        '--vrrp',
        '--log-console',
        '--log-detail',
        '--no-syslog',
        `--pid=${main}`,
        `--vrrp_pid=${vrrp}`,
        `--use-file=${configure('keepalived', priority)}`,
      ];
    },
    (line) => (line.includes('Entering MASTER STATE') ? 'master' : backupIf(line)),
  );
  return { ours, keepalived, nodes: [left, right] };
}

const backupIf = (line: string): State | undefined =>
  /"to":"backup"|Entering BACKUP STATE/.test(line) ? 'backup' : undefined;
