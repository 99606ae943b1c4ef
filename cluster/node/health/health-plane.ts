import { randomBytes } from 'node:crypto';

import type { Log } from '../../../director/base/log.js';
import { Prng } from '../../../director/base/prng.js';
import { earliest, Never, type Instant } from '../../../director/base/time.js';
import type { Director } from '../../../director/core/director.js';
import type { ServiceKey } from '../../../director/core/services.js';
import { askFor } from '../../../director/core/solicit.js';
import { loadLibc, type Libc } from '../../../director/io/libc.js';
import { toWords } from '../../../director/wire/address-words.js';
import type { CheckerConfig } from '../../config/checker-config.js';
import type { NodeConfig, VirtualServerConfig } from '../../config/node-config.js';
import { serviceKey } from '../../member/service-configuration.js';
import { now } from '../clock.js';
import type { Prepared } from '../prepared.js';
import type { Timeline } from '../timeline.js';
import { ActiveCheck } from './active-check.js';
import { BfdCheck } from './bfd-check.js';
import { BfdPlane } from './bfd-plane.js';
import type { Check, CheckListener } from './check.js';
import { needsMarking } from './connect.js';
import { Evidence } from './evidence.js';
import { FileCheck } from './file-check.js';
import { Pingers } from './pingers.js';
import { PoolScripts } from './pool-scripts.js';
import type { Abandon } from './probe.js';
import { createProbe } from './probes.js';
import { ServerPool, type PoolPorts, type PoolServer } from './server-pool.js';
import { TrackedFiles } from './tracked-files.js';

/** How often `ha_suspend` looks whose the addresses are. */
const HoldingMs = 250;
/** How many hosts are asked whether anybody is there. */
const MostQuestions = 32;
/** Node's timers overflow above this. */
const LongestTimeoutMs = 2_147_483_647;

/** The rest of the node, as its health checks need it. */
export interface HealthPorts {
  readonly director: Director;
  readonly timeline: Timeline;
  readonly log: Log;
}

/** The real servers of a node: which of them take part, and the checkers that decide it. It has a timer of its own. */
export class HealthPlane {
  readonly #ports: HealthPorts;
  readonly #evidence: Evidence;
  readonly #prng = new Prng(randomBytes(4).readUInt32LE());
  readonly #files: TrackedFiles;
  readonly #scripts: PoolScripts;
  readonly sessions = new BfdPlane();
  readonly #pingers = new Pingers();
  #libc: Libc | undefined;
  #config: NodeConfig;
  #pools: ServerPool[] = [];
  #timer: NodeJS.Timeout | undefined;
  #holding: NodeJS.Timeout | undefined;
  #isStarted = false;
  #isClosed = false;

  private constructor(config: NodeConfig, ports: HealthPorts) {
    this.#config = config;
    this.#ports = ports;
    this.#files = new TrackedFiles(config.trackFiles);
    this.#evidence = new Evidence(() => this.#askAround());
    this.#scripts = new PoolScripts(config, ports.log);
  }

  /**
   * Puts every real server where it belongs before anything is known of it. The services are in the table already. Throws
   * an `IoError` when the environment refuses something.
   */
  static async open(config: NodeConfig, ports: HealthPorts): Promise<HealthPlane> {
    const plane = new HealthPlane(config, ports);
    await plane.#openSockets(config);
    await plane.sessions.follow(config.bfdInstances);
    for (const services of poolsOf(config).values()) {
      plane.#pools.push(new ServerPool(services, plane.#poolPorts()));
    }
    for (const pool of plane.#pools) pool.place();
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
    const commits: ((at: Instant) => void)[] = [];
    const pools: ServerPool[] = [];
    // Checks that are made now are those of the new configuration.
    this.#config = config;
    this.#files.setConfigs(config.trackFiles);
    try {
      for (const [name, services] of poolsOf(config)) {
        const known = this.#pools.find((pool) => pool.name === name);
        if (known !== undefined) commits.push(known.prepare(services));
        const pool = known ?? new ServerPool(services, this.#poolPorts());
        if (known === undefined) commits.push((at) => this.#begin(pool, at));
        pools.push(pool);
      }
    } catch (error) {
      this.#restore(former);
      throw error;
    }
    const commit = (at: Instant): void => {
      for (const pool of this.#pools) if (!pools.includes(pool)) pool.close();
      this.#pools = pools;
      for (const commitOne of commits) commitOne(at);
      this.#rearm();
    };
    return { commit, abort: () => this.#restore(former) };
  }

  get pools(): readonly ServerPool[] {
    return this.#pools;
  }

  /** Begins to check. */
  start(at: Instant): void {
    this.#isStarted = true;
    this.#followHolding(at);
    this.#holding = setInterval(() => this.#followHolding(now()), HoldingMs);
    for (const pool of this.#pools) pool.start(at);
    this.#rearm();
  }

  /**
   * An operator gives a real server a weight, until there is another one or another configuration; false for a service that
   * is not of the configuration.
   */
  setWeight(
    service: ServiceKey,
    server: Parameters<ServerPool['setWeight']>[1],
    weight: number,
  ): boolean {
    return this.#pools.some((pool) => pool.setWeight(service, server, weight));
  }

  /** Something was received from another machine. */
  hear(at: Instant): void {
    this.#evidence.hear(at);
  }

  /** An interface has lost its carrier, or has it again. */
  followLink(device: string, isUp: boolean): void {
    const at = now();
    if (!this.#evidence.setLink(at, device, isUp)) return;
    for (const pool of this.#pools) pool.hurry(at);
    this.#rearm();
  }

  /** Ends all checks. What is to be told of the end is told. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#holding);
    for (const pool of this.#pools) pool.close();
    this.#files.close();
    this.sessions.close();
    this.#pingers.close();
    await this.#scripts.close();
  }

  /** Looks which services are this node's now, for `ha_suspend`. */
  #followHolding(at: Instant): void {
    const { services } = this.#ports.director;
    const suspending = this.#pools.filter(({ virtual }) => virtual.health.haSuspend);
    if (suspending.length === 0) return;
    for (const pool of suspending) {
      const isHeld = pool.services.some((one) => services.find(serviceKey(one))?.isLive === true);
      pool.followHolding(at, isHeld);
    }
    this.#rearm();
  }

  #begin(pool: ServerPool, at: Instant): void {
    pool.place();
    pool.start(at);
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

  #poolPorts(): PoolPorts {
    const { director, timeline, log } = this.#ports;
    return {
      director,
      tellsFirst: () => this.#config.initialNotifies,
      createCheck: (config, server, listener) => this.#createCheck(config, server, listener),
      serverChanged: (pool, server, isUp, reason) => {
        const text = `${server.key} of ${pool.name}${reason === '' ? '' : `: ${reason}`}`;
        timeline.add(isUp ? 'server-up' : 'server-down', text);
        log.info(isUp ? 'real server is up' : 'real server is down', {
          service: pool.name,
          server: server.key,
          reason,
        });
        this.#scripts.tellServer(pool, server, isUp);
      },
      quorumChanged: (pool, isUp, text) => {
        timeline.add(isUp ? 'quorum-up' : 'quorum-down', `${pool.name}: ${text}`);
        log.info(isUp ? 'quorum gained' : 'quorum lost', { service: pool.name, text });
        this.#scripts.tellQuorum(pool, isUp);
      },
      checkFailed: (server, check, reason, isVoid) => {
        if (!isVoid && !logsAll(check)) return;
        const message = isVoid ? 'a check says nothing: this node is cut off' : 'a check failed';
        log.info(message, { server: server.key, check: check.kind, reason });
      },
      changed: () => this.#rearm(),
    };
  }

  #createCheck(config: CheckerConfig, server: PoolServer, listener: CheckListener): Check {
    if (config.kind === 'FILE_CHECK') return new FileCheck(config, this.#files, listener);
    const device = this.#deviceOf(config);
    const judge = (beganAt: Instant, decide: (isVoid: boolean) => void): Abandon =>
      this.#evidence.judge(device, beganAt, decide);
    if (config.kind === 'BFD_CHECK') {
      return new BfdCheck(config, { sessions: this.sessions, listener, judge });
    }
    const { scriptSecurity: security, tls } = this.#config;
    return new ActiveCheck(config, {
      probe: createProbe(config, () => server.config.weight, {
        rules: { security },
        tls,
        pingers: this.#pingers,
        libc: this.#libc,
      }),
      prng: this.#prng.split(),
      listener,
      judge,
    });
  }

  /** Asks for the real servers and gateways on the node's links: whoever lives there answers. */
  #askAround(): void {
    const { director } = this.#ports;
    const { routes } = director;
    const servers = this.#pools.flatMap((pool) => pool.servers.map(({ config }) => config.address));
    const hosts = [
      ...routes.gateways(),
      ...[...new Set(servers)].map((address) => toWords(address)),
    ];
    let left = MostQuestions;
    for (const { family, words } of hosts) {
      const route = routes.find(family, words);
      if (route === undefined || left === 0) continue;
      left -= 1;
      askFor(director, { interface: route.interface, family, words: route.gateway ?? words });
    }
  }

  /** The interface that a check goes out by; undefined when nobody knows. */
  #deviceOf(config: CheckerConfig): string | undefined {
    if (!('connection' in config)) return undefined;
    const { address, bindDevice } = config.connection;
    const { family, words } = toWords(address);
    return bindDevice ?? this.#ports.director.routes.find(family, words)?.interface.name;
  }

  #rearm(): void {
    if (!this.#isStarted || this.#isClosed) return;
    clearTimeout(this.#timer);
    let next = Never;
    for (const { deadline } of this.#pools) next = earliest(next, deadline);
    if (next === Never) return;
    const wait = Math.min(Math.max(0, (next - now()) / 1_000), LongestTimeoutMs);
    this.#timer = setTimeout(() => this.#serve(), wait);
  }

  #serve(): void {
    for (const pool of this.#pools) pool.serve(now());
    this.#rearm();
  }
}

/** The services of each pool, in the order of the file. */
function poolsOf({ virtualServers }: NodeConfig): Map<string, VirtualServerConfig[]> {
  const pools = new Map<string, VirtualServerConfig[]>();
  for (const virtual of virtualServers) {
    const services = pools.get(virtual.pool) ?? [];
    pools.set(virtual.pool, [...services, virtual]);
  }
  return pools;
}

const logsAll = (check: CheckerConfig): boolean =>
  'logAllFailures' in check && check.logAllFailures;
