import type { IpAddress } from '../../director/base/address.js';
import {
  after,
  earliest,
  milliseconds,
  Never,
  seconds,
  type Instant,
} from '../../director/base/time.js';
import { Verdict } from '../../director/core/counters.js';
import type { Director } from '../../director/core/director.js';
import { processFrame } from '../../director/core/input.js';
import type { Interface } from '../../director/core/interfaces.js';
import { beginDoubt } from '../../director/core/take-over.js';
import { keepNextHopsKnown } from '../../director/core/warm-up.js';
import type { Packet } from '../../director/wire/packet.js';
import type { NodeConfig, SyncConfig } from '../config/node-config.js';
import type { SyncEffect } from '../sync/effects.js';
import { IpvsSync } from '../sync/ipvs/ipvs-sync.js';
import type { Introduction } from '../sync/presence-codec.js';
import type { Life } from '../sync/record.js';
import type { HeardPeer, SyncMachine } from '../sync/sync-machine.js';
import type { VrrpState } from '../vrrp/state.js';
import type { TrackerReport } from '../vrrp/tracking.js';
import { createSync, keyRingOf } from './create-sync.js';
import { Elections, type ElectionsPorts, type PreparedElections } from './elections.js';
import type { Environment } from './environment.js';
import { IpvsDaemons } from './ipvs-daemons.js';
import { PlannedStop } from './planned-stop.js';
import { Replication } from './replication.js';
import { SessionLink } from './session-link.js';

/** How long a node that starts waits to learn whether it may take part in its elections. */
export const TrackerWait = seconds(1);
/** How long a node goes without a turn while frames come: peers are told and timers served at least so often. */
const TurnInterval = milliseconds(1);
/** How often connections expire and neighbours are looked after, along with a turn for something else. */
const TickInterval = milliseconds(250);
/** Without such a turn it is done so long after: who is idle wakes up less. */
const TickDelay = milliseconds(100);

/** The rest of a node, as its machines need it. */
export interface NodePorts {
  readonly environment: Environment;
  /** Sends a sync message to one peer, or to all; it has left when the call returns. */
  sendSync(bytes: Uint8Array, to?: IpAddress): void;
  /** Sends a message of the kernel's sync protocol; absent where its daemons cannot be started. */
  sendDaemon?(bytes: Uint8Array): void;
  /** `turn(true)` is wanted as soon as everything has been read that has arrived. */
  queueTurn(): void;
  /** A turn is over; the next is wanted at this time, or `Never`. */
  rearm(next: Instant): void;
  /** Session sync hears of a peer at this address: it may die. */
  watchPeer(at: Instant, peer: HeardPeer): void;
  notify: ElectionsPorts['notify'];
  /** Something was received from another machine. Absent where nobody needs to know whether this one is cut off. */
  heard?(at: Instant): void;
  /** Frames have arrived and not been handed over. Absent where that is never so. */
  hasWaiting?(): boolean;
}

/** Where a node speaks session sync: its own address, and the longest IP packet there. */
export interface SyncPlace {
  readonly address: IpAddress;
  readonly mtu: number;
}

/**
 * The machines of one cluster member, and in which order they are served. Whoever drives it, a process with sockets or
 * the simulator, hands over what arrives and calls `turn` when it is time; nothing here knows where bytes come from.
 */
export class ClusterNode {
  readonly director: Director;
  readonly elections: Elections;
  readonly replication: Replication;
  /** The kernel's sync daemons, as far as this node is one. */
  readonly daemons: IpvsDaemons;
  readonly #ports: NodePorts;
  #config: NodeConfig;
  #sync: SyncMachine | undefined;
  #link: SessionLink;
  #stop: PlannedStop | undefined;
  #isStarted = false;
  #isInTurn = false;
  #nextTurn: Instant = Never;
  #nextTick: Instant = Never;
  #earliestTick: Instant = Never;
  #lateAt: Instant = Never;
  #awaitsFirstPacket = false;
  #carriedPackets = 0;
  /** Lives of peers that are master, as session sync hears. */
  readonly #otherMasters = new Set<string>();

  /** `life` is the name and epoch that peers know this node by. Throws an `IoError` for interfaces that are not there. */
  constructor(config: NodeConfig, director: Director, life: Life, ports: NodePorts) {
    const { environment } = ports;
    this.#config = config;
    this.director = director;
    this.#ports = ports;
    this.replication = new Replication(director, () => environment.now(), life);
    this.daemons = new IpvsDaemons(director);
    this.#link = this.#linkTo(undefined);
    director.sync.onRemove = (index) => this.#link.tellRemoval(index, environment.now());
    this.elections = new Elections(config, {
      director,
      environment,
      notify: ports.notify,
      changed: () => this.turn(),
      heard: () => ports.heard?.(environment.now()),
      becameMaster: () => this.#becameMaster(),
      resigned: () => this.#handOver(environment.now()),
      stale: () => this.#resync(environment.now()),
    });
  }

  /** The configuration that is in effect. */
  get config(): NodeConfig {
    return this.#config;
  }

  /** True from the beginning of a planned stop on. */
  get isStopping(): boolean {
    return this.#stop !== undefined;
  }

  /** Absent when the configuration has no sync daemon. */
  get sync(): SyncMachine | undefined {
    return this.#sync;
  }

  get link(): SessionLink {
    return this.#link;
  }

  get state(): VrrpState {
    return this.elections.state;
  }

  /** True when nothing is waited for: the table of a peer has been fetched, or there is none to fetch. */
  get isTableComplete(): boolean {
    return this.#sync?.tableComplete ?? true;
  }

  /** True when a planned stop is over: nothing is done any more. */
  get isStopped(): boolean {
    return this.#stop?.isEnded ?? false;
  }

  /** Speaks session sync from `start` on. */
  openSync(config: SyncConfig, { address, mtu }: SyncPlace): void {
    const { environment } = this.#ports;
    const sync = createSync(config, {
      address,
      mtu,
      keys: keyRingOf(config, environment.hmac),
      replication: this.replication,
      timeouts: this.director.timeouts,
      advertInterval: this.elections.advertInterval,
      isMasterHeard: () => this.elections.isMasterHeard,
      log: environment.log,
    });
    this.#sync = sync;
    if (sync instanceof IpvsSync) this.daemons.adopt(sync, { ...config, address });
  }

  start(at: Instant): void {
    const { timeline } = this.#ports.environment;
    this.#nextTick = at;
    this.#earliestTick = at;
    this.#isStarted = true;
    this.elections.start(at, { mayPreempt: this.#sync === undefined });
    this.#sync?.start(at);
    this.#link = this.#linkTo(this.#sync);
    if (this.#sync !== undefined) timeline.add('bulk-started', 'asking peers for their table');
    this.turn();
  }

  /** Begins a planned stop, which is over when `isStopped` says so. */
  stop(at: Instant): void {
    if (this.#stop !== undefined) return;
    this.#ports.environment.timeline.add('stopping', 'clean stop');
    const wasMaster = this.state === 'master';
    this.#stop = new PlannedStop(at, {
      elections: this.elections,
      link: this.#link,
      wasMaster,
      hasWaiting: () => this.#ports.hasWaiting?.() === true,
    });
    this.turn();
  }

  /**
   * Another configuration is in effect from now on: the director's services and addresses are those of it already, and
   * `prepared` are the elections of it.
   */
  exchange(config: NodeConfig, prepared: PreparedElections): void {
    const at = this.#ports.environment.now();
    prepared.commit({ at, mayPreempt: this.isTableComplete });
    this.#config = config;
    this.turn();
  }

  /** Opens the preemption gate by hand: who asks prefers this master without the whole table to the one there is. */
  preempt(): void {
    const { environment } = this.#ports;
    environment.timeline.add(
      'preempt-allowed',
      this.isTableComplete ? '' : 'without the whole table',
    );
    this.elections.allowPreemption(environment.now());
    this.turn();
  }

  /** Gives way to every other node from now on, or not any more. */
  standDown(isDown: boolean): void {
    const { timeline } = this.#ports.environment;
    timeline.add('stand-down', isDown ? 'gives way to every other node' : 'takes part again');
    this.elections.standDown(isDown);
    this.turn();
  }

  /** Something that may be tracked has changed. */
  track(...report: Parameters<TrackerReport>): void {
    this.elections.track(...report);
    this.turn();
  }

  /** A frame has arrived on an interface of the data plane; its packet is the caller's again afterwards. */
  receiveFrame(packet: Packet, arrival: Interface): void {
    if (this.isStopped) return;
    const { environment } = this.#ports;
    let at = environment.now();
    if (at > this.#lateAt) {
      // After a pause the addresses may be another's, so the elections look first.
      this.turn();
      at = environment.now();
    }
    this.#ports.heard?.(at);
    const verdict = processFrame(this.director, packet, arrival, at);
    if (this.#awaitsFirstPacket && verdict === Verdict.forward) {
      this.#awaitsFirstPacket = false;
      environment.timeline.add('first-packet', `from ${arrival.name}`);
    }
    if (at >= this.#nextTurn) this.turn();
    // A frame about which peers are to be told waits for those that have arrived with it, but no longer.
    else if (this.#tellsPeers && this.director.sync.length > 0) this.#ports.queueTurn();
  }

  /** A datagram has arrived on the port of session sync. */
  receiveDatagram(bytes: Uint8Array, source: IpAddress): void {
    const at = this.#ports.environment.now();
    this.#ports.heard?.(at);
    this.#sync?.handleDatagram(at, bytes, source);
    this.turn();
  }

  /** A datagram of the kernel's sync protocol has arrived for the backup daemon. */
  receiveDaemonDatagram(bytes: Uint8Array, source: IpAddress): void {
    const at = this.#ports.environment.now();
    this.#ports.heard?.(at);
    this.daemons.handleDatagram(at, bytes, source);
    this.turn();
  }

  /** A peer's process is proven dead; `survivors` are known to live. */
  handlePeerDeath(peer: Introduction, survivors: readonly Introduction[]): void {
    const { environment } = this.#ports;
    environment.timeline.add('peer-died', peer.node);
    this.#sync?.handlePeerDeath(environment.now(), peer.node);
    this.elections.handlePeerDeath(peer, survivors);
    this.turn();
  }

  /**
   * Serves every machine whose time has come, carries out all effects and says when the next turn is wanted. `hasPolled`
   * says that everything that had arrived has just been read. What an election hears in its turn needs no turn of its own.
   */
  turn(hasPolled = false): void {
    if (!this.#isStarted || this.isStopped || this.#isInTurn) return;
    const { environment } = this.#ports;
    this.#isInTurn = true;
    this.#tick(environment.now());
    this.#stop?.advance(environment.now());
    // Each step reads the clock: the one before it has moved machines on, and time does not go back.
    this.elections.serve(hasPolled);
    this.#link.turn(environment.now());
    // What peers are told goes out before addresses are given up, and what giving them up adds goes out after.
    this.elections.applyEffects();
    // The very next frame may open a connection that goes on at the successor.
    const { isGivingUp } = this.elections;
    this.director.commits.isHandingOver = this.#stop !== undefined || isGivingUp;
    this.#link.applyEffects(environment.now());
    if (this.isStopped) this.#endSync(environment.now());
    this.#isInTurn = false;
    this.#nextTurn = after(environment.now(), TurnInterval);
    this.#rearm();
  }

  get #tellsPeers(): boolean {
    return this.#sync !== undefined || this.daemons.isTelling;
  }

  #rearm(): void {
    this.#lateAt = this.elections.lateAt;
    const machines = earliest(this.elections.deadline, this.#link.deadline);
    const next = earliest(machines, this.#stop?.deadline ?? Never);
    this.#ports.rearm(this.isStopped ? Never : earliest(this.#nextTick, next));
  }

  /** What time does to connections and neighbours. */
  #tick(at: Instant): void {
    if (this.#earliestTick > at) return;
    this.#earliestTick = after(at, TickInterval);
    this.#nextTick = after(this.#earliestTick, TickDelay);
    this.director.tick(at);
    this.#hearCarried(at);
    keepNextHopsKnown(this.director, at);
    for (const peer of this.#sync?.peersHeard ?? []) this.#ports.watchPeer(at, peer);
  }

  /** What the kernel carries has been heard, too. */
  #hearCarried(at: Instant): void {
    const packets = this.director.offload?.counters.packets ?? 0;
    if (packets > this.#carriedPackets) this.#ports.heard?.(at);
    this.#carriedPackets = packets;
  }

  #linkTo(sync: SyncMachine | undefined): SessionLink {
    const ports = {
      send: (bytes: Uint8Array, to?: IpAddress) => this.#ports.sendSync(bytes, to),
      sendDaemon: (bytes: Uint8Array) => this.#ports.sendDaemon?.(bytes),
      other: (effect: SyncEffect) => this.#applySync(effect),
    };
    return new SessionLink(this.director, this.replication, sync, ports, this.daemons);
  }

  /** The last words to peers; packets that still come are forwarded without telling. */
  #endSync(at: Instant): void {
    this.#sync?.stop(at);
    for (const { role } of this.daemons.running) this.daemons.stop(at, role);
    this.#link.applyEffects(at);
    this.#sync = undefined;
    this.#link = this.#linkTo(undefined);
  }

  #becameMaster(): void {
    const at = this.#ports.environment.now();
    this.#awaitsFirstPacket = true;
    beginDoubt(this.director, at);
    this.#sync?.setMaster(at, true);
  }

  /** Makes sure of the table; the elections may preempt again when it is complete. */
  #resync(at: Instant): void {
    if (this.#sync === undefined) {
      this.elections.allowPreemption(at);
      return;
    }
    if (this.state !== 'master') this.#sync.setMaster(at, false);
    this.#sync.resync(at);
    // The table may have been found complete since this node was held up.
    this.elections.forbidPreemption(at);
    const text = 'asking peers for what was missed';
    this.#ports.environment.timeline.add('bulk-started', text);
  }

  /** Another node serves the addresses from now on. */
  #handOver(at: Instant): void {
    this.#link.handOver(at);
    if (this.state !== 'master') this.#sync?.setMaster(at, false);
  }

  #applySync(effect: SyncEffect): void {
    const { environment } = this.#ports;
    if (effect.kind === 'standing') this.#noteStanding(effect);
    if (effect.kind !== 'table-complete') return;
    environment.timeline.add('bulk-complete', `${effect.reason}, ${effect.entries} entries`);
    // In the same turn the table may have become doubtful again: then it is fetched anew, and this was the time before.
    if (this.isTableComplete) this.elections.allowPreemption(environment.now());
  }

  /**
   * Session sync hears who is master where advertisements do not get through. When such a node is master no more, or dead,
   * hosts may still know the way to it.
   */
  #noteStanding({ from, epoch, standing }: Extract<SyncEffect, { kind: 'standing' }>): void {
    const life = `${from} ${epoch}`;
    if (standing === 'master') this.#otherMasters.add(life);
    else if (this.#otherMasters.delete(life)) {
      this.elections.announceAgain(this.#ports.environment.now());
    }
  }
}
