import { setTimeout as sleep } from 'node:timers/promises';

import type { Test } from 'tap';

import type { RunningLab } from '../../cluster/lab/running-lab.js';
import { TrafficProcess } from '../../cluster/lab/traffic/client-process.js';
import { flowKey, type FlowRecord } from '../../cluster/lab/traffic/flow-record.js';
import { until } from '../../cluster/lab/wait.js';
import { reaches } from './cluster.js';

/*
 * An ordeal: many flows with checked bytes run through the master while something happens to the cluster. Afterwards
 * every flow has answered again, from the same server and with the right bytes, or it counts as broken.
 */

/** How the flows fared. */
export interface Ordeal {
  readonly flows: readonly FlowRecord[];
  /** Flows that the node which was to take over knew when the trouble began, and that are broken. */
  readonly brokenSynced: readonly string[];
  /** Flows that it did not know, and that are broken. */
  readonly brokenUnsynced: readonly string[];
  /** How many flows it knew. */
  readonly synced: number;
}

export interface OrdealOptions {
  /** Flows to each of the four services of the default lab: TCP by NAT and DR, UDP by NAT and DR. */
  readonly counts?: readonly [number, number, number, number];
  /** The director whose table decides which flows count as synced. */
  readonly successor?: string;
  /** How long flows that broke are waited for: a client retransmits with growing pauses. */
  readonly patienceMs?: number;
}

/** A thousand TCP and two hundred UDP flows. */
const fullCounts = [500, 500, 100, 100] as const;

/** Runs flows through the lab, does `inflict` to it, and says which flows broke. */
export async function ordeal(
  t: Test,
  lab: RunningLab,
  inflict: () => Promise<void>,
  { counts = fullCounts, successor = 'd2', patienceMs = 20_000 }: OrdealOptions = {},
): Promise<Ordeal> {
  const targets = [
    { protocol: 'TCP', address: '10.1.0.100', port: 80, count: counts[0] },
    { protocol: 'TCP', address: '10.1.0.101', port: 80, count: counts[1] },
    { protocol: 'UDP', address: '10.1.0.100', port: 53, count: counts[2] },
    { protocol: 'UDP', address: '10.1.0.101', port: 53, count: counts[3] },
  ] as const;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const client = new TrafficProcess(lab.execArgs('client', []), {
    targets,
    durationMs: 240_000,
    intervalMs: 500,
    udpIntervalMs: 200,
  });
  try {
    const settled = await until(
      async () => {
        const { alive, leastExchanges } = await client.count();
        return (alive === total && leastExchanges >= 4) || undefined;
      },
      { timeoutMs: 60_000, everyMs: 200 },
    );
    t.ok(settled, `${String(total)} flows are established`);
    const { sessions } = await lab.request(successor, '/sessions');
    const known = new Set(sessions.map((session) => flowKey(session)));

    await inflict();

    await client.mark('after');
    await until(
      async () => {
        const { alive, answered } = await client.count();
        return answered === alive || undefined;
      },
      { timeoutMs: patienceMs, everyMs: 200 },
    );
    // A flow whose answer was under way could still be cut off by what comes next.
    await sleep(1_000);
    await client.count();
    const { flows } = await client.stop();
    const ended = flows.filter((flow) => !isAlive(flow));
    for (const flow of ended.slice(0, 20)) t.comment(`${flowKey(flow)}: ${howBroken(flow)}`);
    const broken = ended.map((flow) => flowKey(flow));
    return {
      flows,
      brokenSynced: broken.filter((key) => known.has(key)),
      brokenUnsynced: broken.filter((key) => !known.has(key)),
      synced: flows.filter((flow) => known.has(flowKey(flow))).length,
    };
  } finally {
    client.kill();
  }
}

/** Proved alive: not broken, and with an answer after everything was over. */
const isAlive = (flow: FlowRecord): boolean =>
  flow.broken === undefined && flow.phases.at(-1)?.firstAnswerAt !== undefined;

const howBroken = ({ broken, server, exchanges }: FlowRecord): string =>
  `${broken?.reason ?? 'silent'} ${broken?.text ?? ''} (${server ?? '-'}, ${String(exchanges)} exchanges)`;

/** Both directors as they were in the beginning: the better one is master, the other one its backup. */
export async function settles(t: Test, lab: RunningLab, timeoutMs = 30_000): Promise<void> {
  t.ok(await reaches(lab, 'd1', 'master', timeoutMs), 'd1 is master');
  t.ok(await reaches(lab, 'd2', 'backup', timeoutMs), 'd2 is backup');
}
