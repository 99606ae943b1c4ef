import { randomBytes } from 'node:crypto';

import type { Log } from '../../../director/base/log.js';
import { Prng } from '../../../director/base/prng.js';
import { toMilliseconds, type Duration, type Instant } from '../../../director/base/time.js';
import type { Director } from '../../../director/core/director.js';
import type { ServiceKey } from '../../../director/core/services.js';
import { loadLibc, type Libc } from '../../../director/io/libc.js';
import type { NodeConfig } from '../../config/node-config.js';
import type { ActiveConfig } from '../../member/health/active-check.js';
import type { Check } from '../../member/health/check.js';
import { HealthPools, type HealthPorts, type ToldConfig } from '../../member/health/pools.js';
import type { Abandon, Probe } from '../../member/health/probe.js';
import type { PoolServer, ServerPool } from '../../member/health/server-pool.js';
import { now } from '../clock.js';
import { DeadlineTimer } from '../deadline-timer.js';
import type { NotifyDrops } from '../notify-fifo.js';
import type { Prepared } from '../prepared.js';
import type { Timeline } from '../timeline.js';
import { BfdCheck } from './bfd-check.js';
import { BfdPlane } from './bfd-plane.js';
import { needsMarking } from './connect.js';
import { FileCheck } from './file-check.js';
import { Pingers } from './pingers.js';
import { PoolScripts } from './pool-scripts.js';
import { createProbe } from './probes.js';
import { TrackedFiles } from './tracked-files.js';

/** The rest of the node, as its health checks need it. */
export interface PlanePorts {
  readonly director: Director;
  readonly timeline: Timeline;
  readonly log: Log;
}

/** The health checks of a node with their sockets, files, scripts and timers: `HealthPools`, on a real machine. */
export class HealthPlane {
  readonly #files: TrackedFiles;
  readonly #scripts: PoolScripts;
  readonly sessions = new BfdPlane();
  readonly #pingers = new Pingers();
  #libc: Libc | undefined;
  #config: NodeConfig;
  #health: HealthPools | undefined;
  readonly #timer = new DeadlineTimer(() => this.#health?.serve(now()));
  #isClosed = false;

  private constructor(config: NodeConfig, log: Log) {
    this.#config = config;
    this.#files = new TrackedFiles(config.trackFiles, log);
    this.#scripts = new PoolScripts(config, log);
  }

  /**
   * Puts every real server where it belongs before anything is known of it. The services are in the table already. Throws
   * an `IoError` when the environment refuses something.
   */
  static async open(config: NodeConfig, ports: PlanePorts): Promise<HealthPlane> {
    const plane = new HealthPlane(config, ports.log);
    await plane.#openSockets(config);
    await plane.sessions.follow(config.bfdInstances);
    plane.#health = new HealthPools(config, plane.#healthPorts(ports));
    return plane;
  }

  /**
   * Prepares another configuration, whose services are in the table by the time of the commit. Pools, servers and checkers
   * that are the same go on. Throws an `IoError`, and has changed nothing then, when the environment refuses something.
   */
  async prepare(config: NodeConfig): Promise<Prepared<Instant>> {
    await this.#openSockets(config);
    await this.sessions.follow(config.bfdInstances);
    const former = this.#config;
    // Checks that are made now are those of the new configuration.
    this.#config = config;
    this.#files.setConfigs(config.trackFiles);
    try {
      const commit = this.#health?.prepare(config);
      return { commit: (at) => commit?.(at), abort: () => this.#restore(former) };
    } catch (error) {
      this.#restore(former);
      throw error;
    }
  }

  get pools(): readonly ServerPool[] {
    return this.#health?.pools ?? [];
  }

  /** What people's programs have not been told of servers and quorums. */
  get notifyDrops(): NotifyDrops {
    return this.#scripts.drops;
  }

  /** Begins to check. */
  start(at: Instant): void {
    this.#health?.start(at);
  }

  /** See `HealthPools.setWeight`. */
  setWeight(
    service: ServiceKey,
    server: Parameters<ServerPool['setWeight']>[1],
    weight: number,
  ): boolean {
    return this.#health?.setWeight(service, server, weight) ?? false;
  }

  /** Something was received from another machine. */
  hear(at: Instant): void {
    this.#health?.hear(at);
  }

  /** An interface has lost its carrier, or has it again. */
  followLink(device: string, isUp: boolean): void {
    this.#health?.followLink(now(), device, isUp);
  }

  /** Ends all checks. What is to be told of the end is told. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer.close();
    this.#health?.close();
    this.#files.close();
    this.sessions.close();
    this.#pingers.close();
    await this.#scripts.close();
  }

  #restore(config: NodeConfig): void {
    this.#config = config;
    this.#files.setConfigs(config.trackFiles);
    // The ports were free a moment ago; if they are not any more, the checks that follow say so.
    this.sessions.follow(config.bfdInstances).catch(() => {});
  }

  /** What checkers need that takes time to be had. */
  async #openSockets({ virtualServers }: NodeConfig): Promise<void> {
    for (const { realServers } of virtualServers) {
      for (const check of realServers.flatMap(({ health }) => health.checkers)) {
        if (!('connection' in check)) continue;
        if (check.kind === 'PING_CHECK') await this.#pingers.open(check.connection);
        else if (needsMarking(check.connection)) this.#libc ??= await loadLibc();
      }
    }
  }

  #healthPorts({ director, timeline, log }: PlanePorts): HealthPorts {
    return {
      director,
      timeline,
      log,
      prng: new Prng(randomBytes(4).readUInt32LE()),
      now,
      wait: afterwards,
      createProbe: (config, server) => this.#createProbe(config, server),
      createTold: (config, parts) => this.#createTold(config, parts),
      rearm: (next) => this.#timer.set(next),
      serverChanged: (...change) => this.#scripts.tellServer(...change),
      quorumChanged: (...change) => this.#scripts.tellQuorum(...change),
    };
  }

  #createProbe(config: ActiveConfig, server: PoolServer): Probe {
    const { scriptSecurity: security, tls } = this.#config;
    return createProbe(config, () => server.config.weight, {
      rules: { security },
      tls,
      pingers: this.#pingers,
      libc: this.#libc,
    });
  }

  #createTold(
    config: ToldConfig,
    { listener, judge }: Parameters<HealthPorts['createTold']>[1],
  ): Check {
    if (config.kind === 'FILE_CHECK') return new FileCheck(config, this.#files, listener);
    return new BfdCheck(config, { sessions: this.sessions, listener, judge });
  }
}

function afterwards(length: Duration, act: () => void): Abandon {
  const timer = setTimeout(act, toMilliseconds(length));
  return () => clearTimeout(timer);
}
