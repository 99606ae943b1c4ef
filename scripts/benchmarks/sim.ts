import { createHmac } from 'node:crypto';

import { DefaultPlan, planCluster, type ClusterPlan } from '../../cluster/sim/cluster-plan.js';
import { reportOf } from '../../cluster/sim/report.js';
import { run, type RunPlan } from '../../cluster/sim/simulation.js';
import { milliseconds, seconds, type Duration } from '../../director/base/time.js';
import { flag, oneOf, readOptions } from './options.js';

/** One cluster, and how long it is simulated. */
interface Case {
  readonly name: string;
  readonly cluster: Partial<ClusterPlan>;
  readonly flows: number;
  readonly opening: Duration;
  readonly interval: Duration;
  readonly turmoil: number;
}

const cases: readonly Case[] = [
  {
    name: '4 directors, 8 real servers, 1,000 flows with a request every 2 s, one kill',
    cluster: { directors: 4, servers: 8, clients: 2 },
    flows: 1_000,
    opening: seconds(2),
    interval: milliseconds(2_000),
    turmoil: 120,
  },
  {
    name: '64 directors, 8 real servers, 100,000 flows with a request every 30 s, one kill',
    cluster: { directors: 64, servers: 8, clients: 4, capacity: 131_072, deathNotice: false },
    flows: 100_000,
    opening: seconds(10),
    interval: seconds(30),
    turmoil: 20,
  },
];

const planOf = (one: Case): RunPlan => ({
  seed: 1,
  lab: planCluster({ ...DefaultPlan, ...one.cluster }),
  load: {
    flows: one.flows,
    opening: one.opening,
    intervalMin: one.interval,
    intervalMax: one.interval,
    shortShare: 0,
    mostBytes: 100,
  },
  faults: [{ kind: 'kill', director: 'd1', at: 10, for: 5 }],
  turmoil: one.turmoil,
});

const values = readOptions({
  only: oneOf(['4', '64'], undefined),
  json: flag,
});
for (const one of cases) {
  if (values.only !== undefined && !one.name.startsWith(values.only)) continue;
  const start = process.cpuUsage();
  const result = run(planOf(one), {
    hmac: (key, message) => createHmac('sha256', key).update(message).digest(),
  });
  const { user, system } = process.cpuUsage(start);
  const spent = (user + system) / 1_000_000;
  const report = reportOf(result);
  const measured = {
    name: one.name,
    simulatedSeconds: report.simulatedSeconds,
    processorSeconds: spent,
    timesRealTime: report.simulatedSeconds / spent,
    eventsPerSecond: report.events / spent,
    exchanges: report.flows.exchanges,
    memoryMiB: process.resourceUsage().maxRSS / 1_024,
    violations: report.violationCount,
  };
  if (values.json) console.log(JSON.stringify(measured));
  else {
    console.log(one.name);
    console.log(
      `  ${measured.simulatedSeconds.toFixed(0)} s simulated in ${spent.toFixed(1)} s of processor time: ` +
        `${measured.timesRealTime.toFixed(0)} times real time, ` +
        `${Math.round(measured.eventsPerSecond)} events a second`,
    );
    console.log(
      `  ${measured.exchanges} answers, ${measured.memoryMiB.toFixed(0)} MiB at most, ` +
        `${measured.violations} violations`,
    );
  }
}
