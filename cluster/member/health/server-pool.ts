import { assert } from '../../../director/base/invariant.js';
import { earliest, Never, type Instant } from '../../../director/base/time.js';
import type { Director } from '../../../director/core/director.js';
import type { RealServerSettings, ServiceKey } from '../../../director/core/services.js';
import type { CheckerConfig } from '../../config/checker-config.js';
import { isSame } from '../../config/equality.js';
import type { RealServerConfig, VirtualServerConfig } from '../../config/node-config.js';
import { Pool, type PoolEffect, type PoolRules, type PoolSnapshot } from '../../health/pool.js';
import { serverSettings, serviceKey } from '../service-configuration.js';
import type { Check, CheckListener } from './check.js';
import { ServicePlaces } from './service-places.js';

/** What the rest of the node does for a pool. */
export interface PoolPorts {
  readonly director: Director;
  /** `rs_init_notifies`: servers that begin as up are told of as well. */
  readonly tellsFirst: () => boolean;
  /** Makes a checker of a real server; throws an `IoError` when the environment refuses it. */
  createCheck(config: CheckerConfig, server: PoolServer, listener: CheckListener): Check;
  /** A real server has come up or gone down, with the reason of the checker that has decided. */
  serverChanged(pool: ServerPool, server: PoolServer, isUp: boolean, reason: string): void;
  quorumChanged(pool: ServerPool, isUp: boolean, text: string): void;
  checkFailed(server: PoolServer, check: CheckerConfig, reason: string, isVoid: boolean): void;
  /** Deadlines may have changed. */
  changed(): void;
}

/** A real server with its checkers. It is the same one over reloads, as long as its address is. */
export interface PoolServer {
  readonly key: string;
  config: RealServerConfig;
  checks: readonly NumberedCheck[];
}

type Endpoint = Pick<RealServerSettings, 'address' | 'port'>;

interface NumberedCheck {
  readonly id: number;
  readonly check: Check;
}

/**
 * The real servers that one or more virtual services share, with their checkers: the pure pool, wired to the service table.
 * Several services share a pool when they come from one `virtual_server` of a group.
 */
export class ServerPool {
  readonly name: string;
  readonly #ports: PoolPorts;
  readonly #pool: Pool;
  readonly #places = new Map<string, ServicePlaces>();
  #services: readonly VirtualServerConfig[];
  #servers: readonly PoolServer[] = [];
  /** Those of all servers. */
  #checks: readonly Check[] = [];
  #nextId = 0;
  #isStarted = false;
  #isSuspended = false;
  /** Of the checker that reports now. */
  #reason = '';

  /** `services` are those of one pool, at least one. Throws what `createCheck` throws. */
  constructor(services: readonly VirtualServerConfig[], ports: PoolPorts) {
    this.#ports = ports;
    this.#services = services;
    this.name = this.virtual.pool;
    this.#setServers(this.#prepareServers(this.virtual).map((apply) => apply()));
    this.#pool = new Pool(this.#rules());
  }

  get services(): readonly VirtualServerConfig[] {
    return this.#services;
  }

  get servers(): readonly PoolServer[] {
    return this.#servers;
  }

  /** What all services have in common. */
  get virtual(): VirtualServerConfig {
    const [first] = this.#services;
    assert(first !== undefined, 'a pool has a service');
    return first;
  }

  get deadline(): Instant {
    let next = Never;
    for (const check of this.#checks) next = earliest(next, check.deadline);
    return next;
  }

  snapshot(): PoolSnapshot {
    return this.#pool.snapshot();
  }

  /** Puts every real server where it belongs before anything is known of it. The services are in the table. */
  place(): void {
    this.#place();
  }

  /** Begins to check. */
  start(now: Instant): void {
    this.#isStarted = true;
    if (this.#ports.tellsFirst()) {
      const { servers } = this.#pool.snapshot();
      const up = this.#servers.filter(({ key }) =>
        servers.some((one) => one.key === key && one.isUp),
      );
      for (const server of up) this.#ports.serverChanged(this, server, true, 'at the start');
    }
    this.#pool.start();
    this.#applyEffects();
    for (const check of this.#checks) check.start(now);
  }

  serve(now: Instant): void {
    for (const check of this.#checks) if (check.deadline <= now) check.serve(now);
  }

  hurry(now: Instant): void {
    for (const check of this.#checks) check.hurry(now);
  }

  /** `ha_suspend`: the checkers rest while none of the services' addresses is held by this node. */
  followHolding(now: Instant, isHeld: boolean): void {
    const isSuspended = this.virtual.health.haSuspend && !isHeld;
    if (isSuspended === this.#isSuspended) return;
    this.#isSuspended = isSuspended;
    for (const check of this.#checks) check.setSuspended(now, isSuspended);
  }

  /**
   * Prepares another configuration of this pool; the answer carries it out. Checkers that ask the same question go on in the
   * middle of their work, and nothing is done to a server of which nothing changes. Throws what `createCheck` throws, and has
   * changed nothing then.
   */
  prepare(services: readonly VirtualServerConfig[]): (now: Instant) => void {
    const [virtual] = services;
    assert(virtual !== undefined, 'a pool has a service');
    const prepared = this.#prepareServers(virtual);
    return (now) => {
      const before = this.#checks;
      this.#services = services;
      this.#setServers(prepared.map((apply) => apply(now)));
      const after = new Set(this.#checks);
      for (const check of before) if (!after.has(check)) check.close();
      this.#pool.adopt(this.#rules());
      for (const check of after) {
        if (before.includes(check)) continue;
        check.setSuspended(now, this.#isSuspended);
        check.start(now);
      }
      this.#applyEffects();
      this.#place();
      for (const places of this.#places.values()) places.resetWeights(this.#ports.director);
    };
  }

  /** An operator gives a real server of a service a weight; false when the service is not of this pool. */
  setWeight(service: ServiceKey, server: Endpoint, weight: number): boolean {
    const places = this.#places.get(nameOf(service));
    places?.setWeight(this.#ports.director, server, weight);
    return places !== undefined;
  }

  /** Ends the checkers; with `omega`, what was up is told to be down. */
  close(): void {
    for (const check of this.#checks) check.close();
    if (!this.virtual.health.omega || !this.#isStarted) return;
    this.#reason = 'it is not checked any more';
    this.#pool.stop();
    this.#tellEffects();
  }

  #setServers(servers: readonly PoolServer[]): void {
    this.#servers = servers;
    this.#checks = servers.flatMap(({ checks }) => checks.map(({ check }) => check));
  }

  #prepareServers({ realServers }: VirtualServerConfig): PreparedServer[] {
    return realServers.map((config) => {
      const key = serverKey(config);
      const known = this.#servers.find((server) => server.key === key);
      const server = known ?? { key, config, checks: [] };
      const left = [...server.checks];
      const checks = config.health.checkers.map((checker) => {
        const same = left.findIndex(({ check }) => check.canAdopt(checker));
        const [kept] = same < 0 ? [] : left.splice(same, 1);
        return { checker, numbered: kept ?? this.#newCheck(checker, server) };
      });
      const apply = (now?: Instant): PoolServer => {
        server.config = config;
        server.checks = checks.map(({ numbered }) => numbered);
        for (const { checker, numbered } of checks) {
          const isUnchanged = isSame(numbered.check.config, checker);
          if (now !== undefined && !isUnchanged) numbered.check.adopt(now, checker);
        }
        return server;
      };
      return apply;
    });
  }

  #newCheck(config: CheckerConfig, server: PoolServer): NumberedCheck {
    const id = this.#nextId;
    this.#nextId += 1;
    const { key } = server;
    const listener: CheckListener = {
      up: () => this.#report('', () => this.#pool.setChecker(key, id, true)),
      down: (reason) => this.#report(reason, () => this.#pool.setChecker(key, id, false)),
      weight: (change) => this.#report('', () => this.#pool.setWeightChange(key, id, change)),
      failed: (reason, isVoid) => this.#ports.checkFailed(server, config, reason, isVoid),
      changed: () => this.#ports.changed(),
    };
    return { id, check: this.#ports.createCheck(config, server, listener) };
  }

  #report(reason: string, tell: () => void): void {
    this.#reason = reason;
    tell();
    this.#applyEffects();
  }

  #rules(): PoolRules {
    const { health, sorryServer } = this.virtual;
    const servers = this.#servers.map(({ key, config, checks }) => ({
      key,
      weight: config.weight,
      inhibitOnFailure: config.health.inhibitOnFailure,
      checkers: checks.map(({ id, check: { isUp, weightChange } }) => ({ id, isUp, weightChange })),
    }));
    const { quorum, hysteresis } = health;
    if (sorryServer === undefined) return { quorum, hysteresis, servers };
    const { inhibit } = sorryServer;
    const sorry = { key: serverKey(sorryServer), weight: SorryWeight, inhibit };
    return { quorum, hysteresis, servers, sorryServer: sorry };
  }

  #applyEffects(): void {
    this.#place();
    this.#tellEffects();
  }

  #tellEffects(): void {
    for (;;) {
      const effect = this.#pool.effects.shift();
      if (effect === undefined) return;
      this.#tell(effect);
    }
  }

  #tell(effect: PoolEffect): void {
    const { isUp } = effect;
    if (effect.kind === 'quorum') {
      const { weight, threshold } = effect;
      const text = `weight ${weight}, ${isUp ? 'at least' : 'needed'} ${threshold}`;
      this.#ports.quorumChanged(this, isUp, text);
      return;
    }
    const server = this.#servers.find(({ key }) => key === effect.key);
    if (server !== undefined) this.#ports.serverChanged(this, server, isUp, this.#reason);
  }

  /** The real servers as the pool wants them, in every service. */
  #place(): void {
    const weights = this.#pool.placements();
    const names = new Set<string>();
    for (const service of this.#services) {
      const key = serviceKey(service);
      const name = nameOf(key);
      names.add(name);
      const places = this.#places.get(name) ?? new ServicePlaces(key, this.#configured(service));
      this.#places.set(name, places);
      places.place(this.#ports.director, this.#settings(service, weights));
    }
    for (const name of this.#places.keys()) if (!names.has(name)) this.#places.delete(name);
  }

  /** As a service is made: with all its real servers. */
  #configured(service: VirtualServerConfig): Map<string, RealServerSettings> {
    const weights = this.#servers.map(({ key, config }) => [key, config.weight] as const);
    return this.#settings({ ...service, sorryServer: undefined }, new Map(weights));
  }

  /** A service's own settings of the pool's servers: those of a group differ in their ports. */
  #settings(
    { realServers, sorryServer }: VirtualServerConfig,
    weights: ReadonlyMap<string, number>,
  ): Map<string, RealServerSettings> {
    const settings = new Map<string, RealServerSettings>();
    for (const [index, server] of realServers.entries()) {
      const key = this.#servers[index]?.key ?? '';
      const weight = weights.get(key);
      if (weight !== undefined) settings.set(key, serverSettings(server, weight));
    }
    const key = this.virtual.sorryServer && serverKey(this.virtual.sorryServer);
    const weight = key === undefined ? undefined : weights.get(key);
    if (key !== undefined && weight !== undefined && sorryServer !== undefined) {
      // A sorry server may be one of the real servers: those keep their own settings.
      const isListed = settings.has(key);
      const sorry = { ...sorryServer, ...NoThresholds };
      if (!isListed) settings.set(key, serverSettings(sorry, weight));
    }
    return settings;
  }
}

/** Gives a real server its new checkers; without a time they are its first. */
type PreparedServer = (now?: Instant) => PoolServer;

/** keepalived's; `sorry_server` has no weight of its own. */
const SorryWeight = 1;

const NoThresholds = { upperThreshold: 0, lowerThreshold: 0 };

/** A service as its places are found. */
const nameOf = ({ words, port, protocol, firewallMark, family }: ServiceKey): string =>
  `${words.join(':')} ${port} ${protocol} ${firewallMark} ${family}`;

/** The key that a real server has in its pool. */
const serverKey = ({ address, port }: Pick<RealServerConfig, 'address' | 'port'>): string =>
  `${address} ${port}`;
