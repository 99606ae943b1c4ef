import { UsageError } from '../../director/base/errors.js';
import { milliseconds, toMilliseconds } from '../../director/base/time.js';
import type { LabConfig } from '../config/lab-config.js';
import type { DriverChoice } from '../config/node-config.js';
import { masterDownInterval } from '../vrrp/timers.js';
import type { TrafficTarget } from './traffic/plan.js';

/** The traffic of the demonstration: flows for each protocol and forwarding method. */
const flowCounts = [
  { protocol: 'tcp', method: 'Masq', count: 100 },
  { protocol: 'tcp', method: 'Route', count: 100 },
  { protocol: 'udp', method: 'Masq', count: 25 },
  { protocol: 'udp', method: 'Route', count: 25 },
] as const;

/** On top of the master down interval: the new master's ARP announcement, and one interval of the UDP flows. */
const blackoutMarginMs = 200;

/** Which services of the lab get how many flows. Throws a `UsageError` when the lab lacks one of the four kinds. */
export const demoTargets = (lab: Pick<LabConfig, 'services'>): readonly TrafficTarget[] =>
  flowCounts.map(({ protocol, method, count }) => {
    const service = lab.services.find(
      (candidate) => candidate.protocol === protocol && candidate.method === method,
    );
    if (service !== undefined) {
      const { address, port } = service;
      return { protocol: protocol === 'tcp' ? 'TCP' : 'UDP', address, port, count };
    }
    throw new UsageError(
      { code: 'no-service' },
      `the lab has no ${protocol} service with method ${method}`,
    );
  });

/** The lab with advertisements every `advertMs`. Throws a `UsageError` for what VRRPv3 cannot say. */
export function withAdvertInterval(lab: LabConfig, advertMs: number): LabConfig {
  if (advertMs < 10 || advertMs > 40_950 || advertMs % 10 !== 0) {
    throw new UsageError(
      { code: 'bad-advert' },
      `${advertMs} ms is not an advertisement interval: 10 ms to 40.95 s in steps of 10 ms`,
    );
  }
  return { ...lab, cluster: { ...lab.cluster, advertInterval: milliseconds(advertMs) } };
}

/** The lab with a fail-over by the election's timers alone. */
export function withoutDeathNotice(lab: LabConfig): LabConfig {
  const sync = { ...lab.cluster.sync, deathNotice: false };
  return { ...lab, cluster: { ...lab.cluster, sync } };
}

/** The longest packet blackout that a hard failure may cause when a node of `priority` takes over, to 0.1 s. */
export function blackoutLimitMs(lab: Pick<LabConfig, 'cluster'>, priority: number): number {
  const silence = masterDownInterval(priority, lab.cluster.advertInterval);
  return Math.ceil((toMilliseconds(silence) + blackoutMarginMs) / 100) * 100;
}

/** The lab whose directors use this packet driver. */
export function withDriver(lab: LabConfig, driver: DriverChoice): LabConfig {
  const dataPlane = { ...lab.cluster.dataPlane, driver };
  return { ...lab, cluster: { ...lab.cluster, dataPlane } };
}
