import { IoError } from '../../../director/base/errors.js';
import type { Log } from '../../../director/base/log.js';
import type { Prng } from '../../../director/base/prng.js';
import { between, Never, type Instant } from '../../../director/base/time.js';
import type { Director } from '../../../director/core/director.js';
import type { NodeConfig } from '../../config/node-config.js';
import type { EventSink } from '../../member/events.js';
import { HealthPools } from '../../member/health/pools.js';
import type { Host } from '../host/host.js';
import { Alarms } from './alarms.js';
import type { NodeClock } from './node-clock.js';
import type { Deliver } from './peer-streams.js';
import { tcpProbe } from './tcp-probe.js';

/** Local ports of probes: the lower half of Linux's range for connections. */
const FirstPort = 32_768;
const Ports = 16_384;

/** The process that health checks belong to. */
export interface HealthPlace {
  readonly director: Director;
  readonly host: Host;
  readonly clock: NodeClock;
  readonly prng: Prng;
  readonly log: Log;
  readonly timeline: EventSink;
  readonly deliver: Deliver;
}

/** The health checks of a director's process: the production `HealthPools`, asking by the TCP of the simulated host. */
export class ProcessHealth {
  readonly pools: HealthPools;
  /** Reloads that came while a checker had failures that had not decided yet. */
  reloadsInDoubt = 0;
  readonly #place: HealthPlace;
  readonly #alarms: Alarms;
  #nextPort: number;
  #next: Instant = Never;
  #planned: Instant = Never;

  constructor(config: NodeConfig, place: HealthPlace) {
    const { director, host, clock, prng, log, timeline, deliver } = place;
    this.#place = place;
    this.#alarms = new Alarms(host.queue, clock, deliver);
    const { wait } = this.#alarms;
    this.#nextPort = prng.below(Ports);
    this.pools = new HealthPools(config, {
      director,
      timeline,
      log,
      prng,
      now: () => clock.now,
      wait,
      createProbe: (check) => {
        if (check.kind !== 'TCP_CHECK') throw unsupported(check.kind);
        return tcpProbe(check, { host, deliver, wait, port: () => this.#port() });
      },
      createTold: ({ kind }) => {
        throw unsupported(kind);
      },
      rearm: (next) => this.#rearm(next),
      serverChanged: () => {},
      quorumChanged: () => {},
    });
  }

  /** Takes another configuration, whose services are in the table already. */
  reload(config: NodeConfig): void {
    const checks = this.pools.pools.flatMap(({ servers }) =>
      servers.flatMap((server) => server.checks.map(({ check }) => check)),
    );
    if (checks.some((check) => check.isUp && check.snapshot().reason !== undefined)) {
      this.reloadsInDoubt += 1;
    }
    this.pools.prepare(config)(this.#place.clock.now);
  }

  /** Checks that said nothing because this node was cut off. */
  get voids(): number {
    let sum = 0;
    for (const { servers } of this.pools.pools) {
      for (const { checks } of servers) {
        for (const { check } of checks) sum += check.snapshot().voids;
      }
    }
    return sum;
  }

  #port(): number {
    this.#nextPort = (this.#nextPort + 1) % Ports;
    return FirstPort + this.#nextPort;
  }

  /** One alarm is set at a time; one that comes too early sets the next. */
  #rearm(next: Instant): void {
    this.#next = next;
    if (next === Never || this.#planned <= next) return;
    this.#planned = next;
    const { clock } = this.#place;
    this.#alarms.wait(between(clock.now, next), () => {
      if (this.#planned !== next) return;
      this.#planned = Never;
      if (clock.now < this.#next) this.#rearm(this.#next);
      else this.pools.serve(clock.now);
    });
  }
}

const unsupported = (kind: string): IoError =>
  new IoError({ code: 'simulated' }, `a simulated director cannot do a ${kind}`);
