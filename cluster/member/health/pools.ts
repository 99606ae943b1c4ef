import type { Log } from '../../../director/base/log.js';
import type { Prng } from '../../../director/base/prng.js';
import {
  after,
  earliest,
  milliseconds,
  Never,
  type Duration,
  type Instant,
} from '../../../director/base/time.js';
import type { Director } from '../../../director/core/director.js';
import type { ServiceKey } from '../../../director/core/services.js';
import { askFor } from '../../../director/core/solicit.js';
import { toWords } from '../../../director/wire/address-words.js';
import type {
  BfdCheckConfig,
  CheckerConfig,
  FileCheckConfig,
} from '../../config/checker-config.js';
import type { NodeConfig, VirtualServerConfig } from '../../config/node-config.js';
import type { EventSink } from '../events.js';
import { serviceKey } from '../service-configuration.js';
import { ActiveCheck, type ActiveConfig } from './active-check.js';
import type { Check, CheckListener } from './check.js';
import { Evidence } from './evidence.js';
import type { Abandon, Probe } from './probe.js';
import { ServerPool, type PoolPorts, type PoolServer } from './server-pool.js';

/** How many hosts are asked whether anybody is there. */
const MostQuestions = 32;
/** How often `ha_suspend` looks whose the addresses are. */
const HoldingInterval = milliseconds(250);

/** The checkers that are told, and never ask. */
export type ToldConfig = FileCheckConfig | BfdCheckConfig;

/** See `Evidence.judge`; the interface is the check's. */
export type Judge = (beganAt: Instant, decide: (isVoid: boolean) => void) => Abandon;

/** The rest of the node, as its pools need it. */
export interface HealthPorts {
  readonly director: Director;
  readonly timeline: EventSink;
  readonly log: Log;
  readonly prng: Prng;
  /** The monotonic clock. */
  now(): Instant;
  /** Calls back once, after so long, unless the answer is called before. */
  wait(length: Duration, act: () => void): Abandon;
  /** How a checker asks; throws an `IoError` when the environment refuses it. */
  createProbe(config: ActiveConfig, server: PoolServer): Probe;
  createTold(
    config: ToldConfig,
    parts: { readonly listener: CheckListener; readonly judge: Judge },
  ): Check;
  /** `serve` is wanted at this time. */
  rearm(next: Instant): void;
  /** People's programs are to be told. */
  serverChanged(pool: ServerPool, server: PoolServer, isUp: boolean): void;
  quorumChanged(pool: ServerPool, isUp: boolean): void;
}

/**
 * The real servers of a node: which of them take part, and the checkers that decide it. Whoever drives it, a process with
 * sockets or the simulator, brings probes and time.
 */
export class HealthPools {
  readonly #ports: HealthPorts;
  readonly #evidence: Evidence;
  #config: NodeConfig;
  #pools: readonly ServerPool[];
  /** When `ha_suspend` looks again. */
  #nextLook: Instant = Never;
  #isStarted = false;
  #isClosed = false;

  /**
   * Puts every real server where it belongs before anything is known of it. The services are in the table already. Throws
   * what `createProbe` throws.
   */
  constructor(config: NodeConfig, ports: HealthPorts) {
    this.#config = config;
    this.#ports = ports;
    this.#evidence = new Evidence({
      wait: (length, act) => ports.wait(length, act),
      askAround: () => this.#askAround(),
    });
    this.#pools = [...poolsOf(config).values()].map(
      (services) => new ServerPool(services, this.#poolPorts()),
    );
    for (const pool of this.#pools) pool.place();
  }

  get pools(): readonly ServerPool[] {
    return this.#pools;
  }

  /**
   * Prepares another configuration, whose services are in the table by the time of the commit, which is the answer. Pools,
   * servers and checkers that are the same go on. Throws what `createProbe` throws, and has changed nothing then.
   */
  prepare(config: NodeConfig): (at: Instant) => void {
    const commits: ((at: Instant) => void)[] = [];
    const pools: ServerPool[] = [];
    for (const [name, services] of poolsOf(config)) {
      const known = this.#pools.find((pool) => pool.name === name);
      if (known !== undefined) commits.push(known.prepare(services));
      const pool = known ?? new ServerPool(services, this.#poolPorts());
      if (known === undefined) commits.push((at) => begin(pool, at));
      pools.push(pool);
    }
    return (at) => {
      for (const pool of this.#pools) if (!pools.includes(pool)) pool.close();
      this.#config = config;
      this.#pools = pools;
      for (const commit of commits) commit(at);
      this.#followHolding(at);
      this.#rearm();
    };
  }

  /** Begins to check. */
  start(at: Instant): void {
    this.#isStarted = true;
    this.#followHolding(at);
    for (const pool of this.#pools) pool.start(at);
    this.#rearm();
  }

  /** Does what is due. */
  serve(at: Instant): void {
    if (this.#nextLook <= at) this.#followHolding(at);
    for (const pool of this.#pools) pool.serve(at);
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
  followLink(at: Instant, device: string, isUp: boolean): void {
    if (!this.#evidence.setLink(at, device, isUp)) return;
    for (const pool of this.#pools) pool.hurry(at);
    this.#rearm();
  }

  /** Ends all checks. What is to be told of the end is told. */
  close(): void {
    this.#isClosed = true;
    for (const pool of this.#pools) pool.close();
  }

  /** Looks which services are this node's now, for `ha_suspend`. */
  #followHolding(at: Instant): void {
    const { services } = this.#ports.director;
    this.#nextLook = Never;
    for (const pool of this.#pools) {
      const { haSuspend } = pool.virtual.health;
      const isHeld = pool.services.some((one) => services.find(serviceKey(one))?.isLive === true);
      if (haSuspend) this.#nextLook = after(at, HoldingInterval);
      pool.followHolding(at, isHeld);
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
        this.#ports.serverChanged(pool, server, isUp);
      },
      quorumChanged: (pool, isUp, text) => {
        timeline.add(isUp ? 'quorum-up' : 'quorum-down', `${pool.name}: ${text}`);
        log.info(isUp ? 'quorum gained' : 'quorum lost', { service: pool.name, text });
        this.#ports.quorumChanged(pool, isUp);
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
    const device = this.#deviceOf(config);
    const judge: Judge = (beganAt, decide) => this.#evidence.judge(device, beganAt, decide);
    if (config.kind === 'FILE_CHECK' || config.kind === 'BFD_CHECK') {
      return this.#ports.createTold(config, { listener, judge });
    }
    const { prng } = this.#ports;
    return new ActiveCheck(config, {
      probe: this.#ports.createProbe(config, server),
      now: () => this.#ports.now(),
      prng: prng.split(),
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
    let next = this.#nextLook;
    for (const { deadline } of this.#pools) next = earliest(next, deadline);
    this.#ports.rearm(next);
  }
}

function begin(pool: ServerPool, at: Instant): void {
  pool.place();
  pool.start(at);
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
