import { Prng } from '../../director/base/prng.js';
import { milliseconds, seconds } from '../../director/base/time.js';
import { LeastDatagram } from '../sync/message.js';
import { planCluster, QuickChecks, type ClusterPlan } from './cluster-plan.js';
import { chance, pick } from './draws.js';
import { drawFaults } from './faults/draw.js';
import { FaultKinds, HarmlessFaults } from './faults/fault.js';
import type { RunPlan } from './simulation.js';
import type { LoadOptions } from './traffic/load.js';

/** What people may fix of a run that is otherwise drawn. */
export interface SwarmLimits {
  /** Directors; drawn when absent. */
  readonly directors?: number;
  /** Seconds of faults; drawn when absent. */
  readonly turmoil?: number;
}

/** Seconds after which idle connections are forgotten: short enough that copies have to be refreshed within a run. */
const ShortTimeouts = { tcp: 12, tcpFin: 3, udp: 6 };

/** A run as its seed has it: even the options are drawn, so that seeds differ in what they can find (swarm testing). */
export function drawPlan(seed: number, limits: SwarmLimits = {}): RunPlan {
  const prng = new Prng(seed);
  const cluster = drawCluster(prng.split(), limits);
  const lab = planCluster(cluster);
  const turmoil = limits.turmoil ?? 6 + prng.below(10);
  const load = drawLoad(prng.split());
  const isCalm = chance(prng, 15);
  const faults = drawFaults(lab, turmoil, prng.split(), isCalm ? HarmlessFaults : FaultKinds);
  const timeouts = chance(prng, 30) ? ShortTimeouts : {};
  const syncLength = chance(prng, 30) ? { syncLength: LeastDatagram } : {};
  return { seed, lab, load, faults, turmoil, timeouts, ...syncLength };
}

function drawCluster(prng: Prng, limits: SwarmLimits): ClusterPlan {
  const version = chance(prng, 15) ? 2 : 3;
  const advertInterval =
    version === 2
      ? seconds(1)
      : pick(prng, [milliseconds(100), milliseconds(200), milliseconds(500), seconds(1)]);
  const methods = pick(prng, [
    ['Masq'],
    ['Route'],
    ['Masq', 'Route'],
    ['Tunnel'],
    ['FullNat'],
    ['Masq', 'FullNat'],
  ] as const);
  return {
    directors: limits.directors ?? pick(prng, [2, 2, 3, 3, 4, 5]),
    servers: 2 + prng.below(3),
    clients: 1 + prng.below(2),
    advertInterval,
    version,
    preempt: chance(prng, 80),
    commit: pick(prng, ['none', 'none', 'none', 'sent', 'acked']),
    threshold: pick(prng, [1, 2, 3, 3, 3]),
    period: 50,
    deathNotice: chance(prng, 50),
    isUnicast: chance(prng, 25),
    isSigned: chance(prng, 15),
    flushBound: pick(prng, [milliseconds(5), milliseconds(20), milliseconds(50)]),
    bulkTimeout: pick(prng, [seconds(2), seconds(4), seconds(8)]),
    scheduler: pick(prng, ['rr', 'wrr', 'lc', 'wlc', 'sed', 'nq', 'sh', 'mh']),
    methods,
    hasUdp: chance(prng, 70),
    persistence: chance(prng, 20) ? 300 : 0,
    capacity: 2_048,
    isTied: chance(prng, 10),
    health: {
      ...QuickChecks,
      delayLoop: pick(prng, [milliseconds(500), seconds(1)]),
      retry: pick(prng, [0, 1, 1, 2]),
      delayBeforeRetry: pick(prng, [milliseconds(200), milliseconds(500)]),
    },
  };
}

function drawLoad(prng: Prng): LoadOptions {
  const intervalMin = pick(prng, [milliseconds(100), milliseconds(300), milliseconds(800)]);
  return {
    flows: 4 + prng.below(25),
    opening: pick(prng, [milliseconds(200), seconds(2), seconds(6)]),
    intervalMin,
    intervalMax: milliseconds(intervalMin / 1_000 + prng.below(1_000)),
    shortShare: pick(prng, [0, 20, 60]),
    mostBytes: pick(prng, [16, 200, 4_000]),
    usedAgainShare: pick(prng, [0, 90]),
  };
}
