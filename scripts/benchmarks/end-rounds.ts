import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

import { directorsOf, type LabConfig } from '../../cluster/config/lab-config.js';
import type { CommitMode } from '../../cluster/config/node-config.js';
import type { RunningLab } from '../../cluster/lab/running-lab.js';
import type { ArrivalBreak, ArrivalReport } from '../../cluster/lab/traffic/arrivals.js';
import { TrafficProcess } from '../../cluster/lab/traffic/client-process.js';
import type { TrafficTarget } from '../../cluster/lab/traffic/plan.js';
import { until } from '../../cluster/lab/wait.js';
import { Prng } from '../../director/base/prng.js';
import { seconds } from '../../director/base/time.js';

/*
 * The master ends again and again while connections arrive: those of every age, down to a SYN that is just under way, have
 * to live on.
 */

/** How the master ends: by SIGKILL, or in good order. */
export type End = 'kill' | 'stop';

/**
 * A lab whose TCP services have this commit mode. A node that returns waits for the whole table however long that takes:
 * on a busy machine the usual ten seconds may be over before it has come.
 */
export const labThatCommits = (lab: LabConfig, commit: CommitMode): LabConfig => {
  const sync = { ...lab.cluster.sync, bulkTimeout: seconds(60) };
  return { ...lab, cluster: { ...lab.cluster, sync, commit } };
};

export interface RoundOptions {
  readonly end: End;
  readonly rounds: number;
  /** Connections opened in a second. */
  readonly perSecond: number;
  /** Of the moments of the ends. */
  readonly seed: number;
  readonly progress: (text: string) => void;
}

export interface RoundsOutcome {
  readonly arrivals: ArrivalReport;
  /** New connections that the masters had committed before their ends, and those that they had forwarded without. */
  readonly committed: number;
  readonly uncommitted: number;
}

/** How long a connection lives, and how long it says nothing after its handshake. */
const HoldMs = 3_000;
const PauseMs = 200;
const SettleMs = 60_000;

/**
 * Ends the master of highest priority `rounds` times at random moments, and lets it come back and take over again each
 * time. Is over when the last connection is.
 */
export async function surviveEnds(lab: RunningLab, options: RoundOptions): Promise<RoundsOutcome> {
  const { end, rounds, perSecond, seed, progress } = options;
  const random = new Prng(seed);
  const [first, second] = directorsOf(lab.config)
    .toSorted((left, right) => right.priority - left.priority)
    .map(({ name }) => name);
  if (first === undefined || second === undefined) throw new Error('the lab has two directors');
  allowManyPorts(lab);
  await isReady(lab, first, second);
  const client = new TrafficProcess(lab.execArgs('client', []), {
    targets: [],
    durationMs: 290_000,
    arrivals: { targets: targetsOf(lab.config), perSecond, holdMs: HoldMs, pauseMs: PauseMs },
  });
  let committed = 0;
  let uncommitted = 0;
  let told = 0;
  try {
    await sleep(1_000);
    for (let round = 1; round <= rounds; round += 1) {
      await sleep(random.below(1_000));
      const { commits } = await lab.request(first, '/status');
      committed += commits.committed;
      uncommitted += commits.uncommitted;
      await (end === 'kill' ? lab.killNode(first) : lab.stopNode(first));
      await isMaster(lab, second);
      await sleep(random.below(500));
      await lab.startNode(first);
      await isReady(lab, first, second);
      const { opened, broken, breaks, resent } = await client.arrivals();
      const figures = `${opened} opened, ${broken} broken, ${resent} with a SYN sent again`;
      progress(`${end} ${round} of ${rounds}: ${figures}`);
      const fresh = breaks.slice(told);
      told = breaks.length;
      for (const one of fresh) progress(describe(one));
      for (const line of await wordsOn(lab, fresh)) progress(line);
    }
    client.pauseArrivals();
    await until(async () => (await client.arrivals()).underWay === 0 || undefined, {
      timeoutMs: 15_000,
      everyMs: 100,
    });
    return { arrivals: await client.arrivals(), committed, uncommitted };
  } finally {
    client.kill();
  }
}

/** A connection that broke, with what tells why. */
const describe = ({
  client,
  virtual,
  openedAt,
  at,
  exchanges,
  reason,
  text,
}: ArrivalBreak): string =>
  `broken: ${client} ${virtual}, opened ${new Date(openedAt).toISOString()}, ` +
  `after ${Math.round(at - openedAt)} ms and ${exchanges} exchanges: ${reason}, ${text}`;

/** What the directors know of connections that broke: two that differ say where to look. */
async function wordsOn(lab: RunningLab, breaks: readonly ArrivalBreak[]): Promise<string[]> {
  if (breaks.length === 0) return [];
  const meant = new Set(breaks.map(({ client, virtual }) => `${client} ${virtual}`));
  const words: string[] = [];
  for (const node of lab.directors.filter((name) => lab.isRunning(name))) {
    const { sessions } = await lab.request(node, '/sessions');
    for (const { client, virtual, real, state, owner } of sessions) {
      if (!meant.has(`${client} ${virtual}`)) continue;
      words.push(`${node}: ${client} ${virtual} ${real} ${state}, told by ${owner}`);
    }
  }
  return words;
}

/** The TCP services as targets of arrivals. */
export const targetsOf = ({ services }: LabConfig): TrafficTarget[] =>
  services
    .filter(({ protocol }) => protocol === 'tcp')
    .map(({ address, port }) => ({ protocol: 'TCP', address, port, count: 1 }));

/** Half a thousand connections a second use up the usual ports within a minute of TIME_WAIT. */
function allowManyPorts(lab: RunningLab): void {
  const settings = ['net.ipv4.ip_local_port_range=1024 65535', 'net.ipv4.tcp_tw_reuse=1'];
  const [command = '', ...rest] = lab.execArgs('client', ['sysctl', '-qw', ...settings]);
  execFileSync(command, rest);
}

/** Waits until `first` is master and both know the whole table and each other. */
async function isReady(lab: RunningLab, first: string, second: string): Promise<void> {
  const ready = await until(
    async () => {
      const [own, other] = [
        await lab.request(first, '/status'),
        await lab.request(second, '/status'),
      ];
      const isWarm = own.tableComplete && other.tableComplete && own.commits.reach === 'acked';
      return (isWarm && own.state === 'master' && other.state === 'backup') || undefined;
    },
    { timeoutMs: SettleMs, everyMs: 20 },
  );
  if (ready === undefined) throw new Error(`${first} and ${second} have not settled`);
}

async function isMaster(lab: RunningLab, node: string): Promise<void> {
  const state = await until(
    async () => (await lab.request(node, '/status')).state === 'master' || undefined,
    { timeoutMs: SettleMs, everyMs: 10 },
  );
  if (state === undefined) throw new Error(`${node} has not become master`);
}
