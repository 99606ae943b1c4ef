import { createHmac } from 'node:crypto';

import { DefaultPlan, planCluster, type ClusterPlan } from '../../../cluster/sim/cluster-plan.js';
import type { Fault, FaultKind } from '../../../cluster/sim/faults/fault.js';
import { Inflictor } from '../../../cluster/sim/faults/inflict.js';
import type { LoadOptions } from '../../../cluster/sim/traffic/load.js';
import { World } from '../../../cluster/sim/world.js';
import { milliseconds, type Instant } from '../../../director/base/time.js';
import { Family } from '../../../director/wire/flow.js';
import { at } from '../../base/values.js';

export const hmac = (key: Uint8Array, message: Uint8Array): Uint8Array =>
  createHmac('sha256', key).update(message).digest();

/** A little traffic, from the sixth second on. */
const load: LoadOptions = {
  flows: 4,
  opening: milliseconds(500),
  intervalMin: milliseconds(200),
  intervalMax: milliseconds(200),
  shortShare: 0,
  mostBytes: 50,
};

export interface QuietCluster {
  readonly world: World;
  /** Does a fault at so many seconds, for so many. */
  readonly inflict: (fault: FaultKind, start: number, length: number) => void;
  /** The director whose MAC address a host has for an address. */
  readonly hostKnows: (host: string, words: Uint32Array) => string | undefined;
  readonly until: (seconds: number) => void;
}

/** A cluster to which nothing happens but what the test does. */
export function quietCluster(
  change: Partial<ClusterPlan> = {},
  seed = 1,
  traffic: Partial<LoadOptions> = {},
): QuietCluster {
  const plan = { ...DefaultPlan, capacity: 2_048, ...change };
  const world = new World({
    seed,
    lab: planCluster(plan),
    load: { ...load, ...traffic },
    loadUntil: at(3_600),
    hmac,
    isVerbose: false,
  });
  const inflictor = new Inflictor(world);
  for (const director of world.directors) director.start();
  world.at(6, () => world.load.start());
  return {
    world,
    inflict: (fault, start, length) => {
      const whole: Fault = { ...fault, at: start, for: length };
      inflictor.plan(whole);
    },
    hostKnows: (host, words) => {
      const mac = world.host(host).neighbours.macOf(Family.ipv4, words);
      const owner = world.hosts.find(({ cards }) =>
        cards.some((card) => card.mac.low === mac?.low && card.mac.high === mac.high),
      );
      return owner?.name;
    },
    until: (seconds) => {
      const end: Instant = at(seconds);
      world.runUntil(end);
    },
  };
}
