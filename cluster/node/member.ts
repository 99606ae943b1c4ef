import { setTimeout as delay } from 'node:timers/promises';

import type { IpAddress } from '../../director/base/address.js';
import { IoError } from '../../director/base/errors.js';
import type { Log } from '../../director/base/log.js';
import {
  after,
  earliest,
  milliseconds,
  Never,
  toMilliseconds,
  type Instant,
} from '../../director/base/time.js';
import { Verdict } from '../../director/core/counters.js';
import { processFrame } from '../../director/core/input.js';
import { ownAddress, type Gateway, type Interface } from '../../director/core/interfaces.js';
import { keepNextHopsKnown } from '../../director/core/warm-up.js';
import { SyncSocket } from '../../director/io/sync-socket.js';
import type { Packet } from '../../director/wire/packet.js';
import type { NodeConfig, SyncConfig } from '../config/node-config.js';
import type { SyncEffect } from '../sync/effects.js';
import type { KeyRing } from '../sync/key-ring.js';
import type { SyncMachine } from '../sync/sync-machine.js';
import type { VrrpState } from '../vrrp/state.js';
import { now } from './clock.js';
import { createSync, keyRingOf, newLife } from './create-sync.js';
import { DataPlane } from './data-plane.js';
import { exchangeConfiguration } from './exchange.js';
import { HealthPlane } from './health/health-plane.js';
import { requireInterface } from './interface-use.js';
import { PeerWatch } from './peer-watch.js';
import { Replication } from './replication.js';
import { SessionLink } from './session-link.js';
import { Timeline } from './timeline.js';
import type { VirtualRouter } from './virtual-router.js';
import { VrrpPlane, type PlanePorts } from './vrrp-plane.js';

/** Frames after which timers are served even while more frames wait. */
const FramesPerTurn = 64;
/** How long a node that starts waits to learn whether it may take part in its elections. */
const TrackerWaitMs = 1_000;
/** How often connections expire and neighbours are looked after. */
const TickInterval = milliseconds(250);
/** How long a node that stops waits for a peer to acknowledge its table. */
const AckWaitMs = 500;
/** The longest it waits for a successor, and what it adds to the longest skew time, which is one interval. */
const LongestSuccessionMs = 3_000;
const SuccessionMarginMs = 250;
/** How long it forwards what still arrives, and answers for lost sync messages. */
const RetirementMs = 300;
const LingerMs = 100;
/** How often it looks whether what it waits for has happened. */
const PollMs = 2;
/** Node's timers overflow above this. */
const LongestTimeoutMs = 2_147_483_647;

/**
 * One cluster member: the machines of a configuration, wired to sockets and to time. It holds no policy: it hands
 * inputs to machines, one at a time, and carries out the effects in order.
 */
export class Member {
  readonly startedAt: Instant;
  readonly timeline: Timeline;
  readonly #log: Log;
  #config: NodeConfig;
  #plane: DataPlane | undefined;
  #vrrp: VrrpPlane | undefined;
  #health: HealthPlane | undefined;
  #replication: Replication | undefined;
  #sync: SyncMachine | undefined;
  #link: SessionLink | undefined;
  #syncSocket: SyncSocket | undefined;
  #peerWatch: PeerWatch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isTurnQueued = false;
  #isStopping = false;
  #isStopped = false;
  #isInTurn = false;
  #framesSinceTurn = 0;
  #nextTick: Instant = Never;
  #lateAt: Instant = Never;
  #awaitsFirstPacket = false;
  #reloading: Promise<readonly string[]> = Promise.resolve([]);

  constructor(config: NodeConfig, log: Log) {
    this.#config = config;
    this.#log = log;
    this.startedAt = now();
    this.timeline = new Timeline(config.routerId);
  }

  /** The configuration that is in effect. */
  get config(): NodeConfig {
    return this.#config;
  }

  get plane(): DataPlane {
    return required(this.#plane);
  }

  get vrrp(): VrrpPlane {
    return required(this.#vrrp);
  }

  get health(): HealthPlane {
    return required(this.#health);
  }

  get routers(): readonly VirtualRouter[] {
    return this.#vrrp?.routers ?? [];
  }

  get replication(): Replication {
    return required(this.#replication);
  }

  get link(): SessionLink {
    return required(this.#link);
  }

  /** Absent when the configuration has no sync daemon. */
  get sync(): SyncMachine | undefined {
    return this.#sync;
  }

  /** True when nothing is waited for: the table of a peer has been fetched, or there is none to fetch. */
  get isTableComplete(): boolean {
    return this.#sync?.snapshot().tableComplete ?? true;
  }

  /** The member's state: master as soon as one of its virtual routers is. */
  get state(): VrrpState {
    const states = this.routers.map(({ election }) => election.state);
    return states.find((state) => state === 'master') ?? states[0] ?? 'initialize';
  }

  /** Opens every socket and starts the machines. Throws an IoError when the environment refuses one. */
  async start(interfaces: readonly Interface[], gateways: readonly Gateway[]): Promise<void> {
    this.#plane = await DataPlane.open(this.config, interfaces, gateways, (packet, arrival) =>
      this.#receiveFrame(packet, arrival),
    );
    const { director } = this.#plane;
    const { timeline } = this;
    this.#health = await HealthPlane.open(this.config, { director, timeline, log: this.#log });
    this.#replication = new Replication(director, now, newLife(this.config.routerId));
    this.#linkTo(undefined);
    director.sync.onRemove = (index) => this.link.tellRemoval(index, now());
    this.#vrrp = await VrrpPlane.open(this.config, this.#plane, this.#routerPorts());
    if (this.config.sync !== undefined) await this.#openSync(this.config.sync, interfaces);
    this.#vrrp.watch();
    await this.#until(() => !this.vrrp.isUncertain, TrackerWaitMs);
    const at = now();
    this.timeline.add('started', `pid ${process.pid}`);
    this.#nextTick = at;
    this.#vrrp.start(at, { mayPreempt: this.#sync === undefined });
    this.#health.start(at);
    this.#sync?.start(at);
    this.#linkTo(this.#sync);
    if (this.#sync !== undefined) this.timeline.add('bulk-started', 'asking peers for their table');
    this.#turn();
  }

  /**
   * A planned end without a gap. Peers are told every connection, also those below the sync threshold, and acknowledge it;
   * only then the addresses are offered with priority 0. The node serves them until a successor has been heard, forwards
   * what still arrives for a moment, tells peers what that has changed, and says goodbye. Every wait has an end.
   */
  async stop(): Promise<void> {
    if (this.#isStopped || this.#isStopping) return;
    this.#isStopping = true;
    this.timeline.add('stopping', 'clean stop');
    const wasMaster = this.state === 'master';
    if (wasMaster) {
      const told = this.link.handOver(now());
      this.#turn();
      await this.#until(
        () => this.link.isAcknowledged(told) || this.link.peersAlive === 0,
        AckWaitMs,
      );
    }
    this.vrrp.leave(now());
    this.#turn();
    await this.#until(() => !this.vrrp.isLeaving, this.#successorMs);
    this.vrrp.giveUp(now());
    this.#turn();
    await delay(wasMaster ? RetirementMs : LingerMs);
    if (wasMaster) this.link.handOver(now());
    this.#endSync(now());
    await this.#peerWatch?.close();
    await this.#health?.close();
    await this.close();
  }

  /** Closes every socket at once, without a word to anyone. */
  async close(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#plane?.close();
    await this.#health?.close();
    await this.#syncSocket?.close();
    await this.#vrrp?.close();
  }

  async #openSync(config: SyncConfig, interfaces: readonly Interface[]): Promise<void> {
    const owner = requireInterface(interfaces, config.device);
    const address = ownAddress(owner, config.group);
    if (address === undefined) {
      throw new IoError(
        { code: 'no-address' },
        `the sync interface ${config.device} has no IPv4 address`,
      );
    }
    const keys = keyRingOf(config);
    const sync = createSync(config, {
      address,
      mtu: owner.mtu,
      keys,
      replication: this.replication,
      timeouts: this.plane.director.timeouts,
      advertInterval: this.vrrp.advertInterval,
      isMasterHeard: () => this.vrrp.isMasterHeard,
      log: this.#log,
    });
    this.#syncSocket = await SyncSocket.open({ ...config, address }, (bytes, source) => {
      const at = now();
      this.#health?.hear(at);
      sync.handleDatagram(at, bytes, source);
      this.#turn();
    });
    this.#sync = sync;
    if (config.deathNotice) await this.#openPeerWatch(address, config.port, keys);
  }

  #linkTo(sync: SyncMachine | undefined): void {
    this.#link = new SessionLink(this.plane.director, this.replication, sync, {
      send: (bytes, to) => this.#syncSocket?.send(bytes, to),
      other: (effect) => this.#applySync(effect),
    });
  }

  /** The last words to peers; packets that still come are forwarded without telling. */
  #endSync(at: Instant): void {
    this.#sync?.stop(at);
    this.link.applyEffects(at);
    this.#sync = undefined;
    this.#linkTo(undefined);
  }

  async #openPeerWatch(address: IpAddress, port: number, keys: KeyRing | undefined): Promise<void> {
    this.#peerWatch = await PeerWatch.open({
      address,
      port,
      node: this.config.routerId,
      routers: () => this.routers.map((router) => router.presence),
      log: this.#log,
      keys,
      onDeath: (peer, survivors) => {
        this.timeline.add('peer-died', peer.node);
        this.#sync?.handlePeerDeath(now(), peer.node);
        this.vrrp.handlePeerDeath(peer, survivors);
        this.#turn();
      },
    });
  }

  /** Watches the peers that session sync hears from. */
  #watchPeers(at: Instant): void {
    for (const { address } of this.#sync?.snapshot().peers ?? []) {
      if (address !== undefined) this.#peerWatch?.watch(address, at / 1_000);
    }
  }

  #routerPorts(): PlanePorts {
    return {
      followLink: (device, isUp) => this.#health?.followLink(device, isUp),
      timeline: this.timeline,
      log: this.#log,
      changed: () => this.#turn(),
      heard: () => this.#health?.hear(now()),
      becameMaster: () => this.#becameMaster(),
      resigned: () => this.#handOver(now()),
      stale: () => this.#resync(now()),
    };
  }

  #becameMaster(): void {
    this.#awaitsFirstPacket = true;
    this.#sync?.setMaster(now(), true);
  }

  /** Takes another configuration while everything goes on: see `exchangeConfiguration`. One after the other. */
  async reload(config: NodeConfig): Promise<readonly string[]> {
    const reloading = this.#reloading
      .catch(() => [])
      .then(async () => {
        const differences = await exchangeConfiguration(this.#config, config, {
          plane: this.plane,
          health: this.health,
          vrrp: this.vrrp,
          isStopping: () => this.#isStopping,
          isTableComplete: () => this.isTableComplete,
        });
        this.#config = config;
        this.timeline.add('reloaded', `${differences.length} differences`);
        this.#turn();
        return differences;
      });
    this.#reloading = reloading;
    return reloading;
  }

  /** Opens the preemption gate by hand: who asks prefers this master without the whole table to the one there is. */
  preempt(): void {
    this.timeline.add('preempt-allowed', this.isTableComplete ? '' : 'without the whole table');
    this.vrrp.allowPreemption(now());
    this.#turn();
  }

  /** Makes sure of the table; the elections may preempt again when it is complete. */
  #resync(at: Instant): void {
    if (this.#sync === undefined) {
      this.vrrp.allowPreemption(at);
      return;
    }
    if (this.state !== 'master') this.#sync.setMaster(at, false);
    this.#sync.resync(at);
    this.timeline.add('bulk-started', 'asking peers for what was missed');
  }

  /** Another node serves the addresses from now on. */
  #handOver(at: Instant): void {
    this.link.handOver(at);
    if (this.state !== 'master') this.#sync?.setMaster(at, false);
  }

  #receiveFrame(packet: Packet, arrival: Interface): void {
    // A port may be open before the others are.
    if (this.#isStopped || this.#plane === undefined) return;
    let at = now();
    if (at > this.#lateAt) {
      // After a pause the addresses may be another's, so the elections look first.
      this.#turn();
      at = now();
    }
    this.#health?.hear(at);
    const verdict = processFrame(this.plane.director, packet, arrival, at);
    if (this.#awaitsFirstPacket && verdict === Verdict.forward) {
      this.#awaitsFirstPacket = false;
      this.timeline.add('first-packet', `from ${arrival.name}`);
    }
    this.#framesSinceTurn += 1;
    if (this.#framesSinceTurn >= FramesPerTurn) this.#turn();
    else this.#queueTurn();
  }

  /** One turn after the event loop has read what waits in the sockets. */
  #queueTurn(): void {
    if (this.#isTurnQueued) return;
    this.#isTurnQueued = true;
    setImmediate(() => {
      this.#isTurnQueued = false;
      this.#turn(true);
    });
  }

  /**
   * Serves every machine whose time has come, carries out all effects and sets the timer for the next turn. `hasPolled`
   * says that the event loop has just read all sockets. What an election hears in its turn needs no turn of its own.
   */
  #turn(hasPolled = false): void {
    if (this.#isStopped || this.#isInTurn || this.#vrrp === undefined) return;
    this.#isInTurn = true;
    this.#framesSinceTurn = 0;
    this.#tick(now());
    // Each step reads the clock: the one before it has moved machines on, and time does not go back.
    this.vrrp.serve(hasPolled);
    const { isGivingUp } = this.vrrp;
    this.plane.director.commits.isHandingOver = this.#isStopping || isGivingUp;
    this.link.turn(now());
    // What peers are told goes out before addresses are given up, and what giving them up adds goes out after.
    this.vrrp.applyEffects();
    this.link.applyEffects(now());
    this.#isInTurn = false;
    this.#rearm();
  }

  /** What time does to connections and neighbours. */
  #tick(at: Instant): void {
    if (this.#nextTick > at) return;
    this.#nextTick = after(at, TickInterval);
    this.plane.director.tick(at);
    keepNextHopsKnown(this.plane.director, at);
    this.#health?.followHolding(at);
    this.#watchPeers(at);
  }

  #rearm(): void {
    this.#lateAt = this.vrrp.lateAt;
    const next = earliest(earliest(this.#nextTick, this.vrrp.deadline), this.link.deadline);
    clearTimeout(this.#timer);
    const wait = Math.min(Math.max(0, (next - now()) / 1_000), LongestTimeoutMs);
    // Timers run before sockets are read: by the queued turn no advertisement that has arrived is overlooked.
    this.#timer = setTimeout(() => this.#queueTurn(), wait);
  }

  #applySync(effect: SyncEffect): void {
    if (effect.kind !== 'table-complete') return;
    this.timeline.add('bulk-complete', `${effect.reason}, ${effect.entries} entries`);
    this.vrrp.allowPreemption(now());
  }

  get #successorMs(): number {
    const intervals = this.config.vrrpInstances.map((vrrp) => toMilliseconds(vrrp.advertInterval));
    return Math.min(Math.max(0, ...intervals) + SuccessionMarginMs, LongestSuccessionMs);
  }

  /** Waits until something has happened, or for so long. */
  async #until(hasHappened: () => boolean, longestMs: number): Promise<void> {
    const end = now() / 1_000 + longestMs;
    while (!hasHappened() && now() / 1_000 < end) await delay(PollMs);
  }
}

function required<T>(part: T | undefined): T {
  if (part === undefined) throw new IoError({ code: 'not-started' }, 'the member has not started');
  return part;
}
