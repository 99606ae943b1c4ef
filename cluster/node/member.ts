import { setTimeout as delay } from 'node:timers/promises';

import { IoError } from '../../director/base/errors.js';
import type { Log } from '../../director/base/log.js';
import { toMilliseconds, type Instant } from '../../director/base/time.js';
import { ownAddress, type Interface } from '../../director/core/interfaces.js';
import { SyncSocket } from '../../director/io/sync-socket.js';
import type { NodeConfig, SyncConfig } from '../config/node-config.js';
import { requireInterface } from '../member/build-director.js';
import { ClusterNode, TrackerWait, type SyncPlace } from '../member/cluster-node.js';
import { keyRingOf } from '../member/create-sync.js';
import type { Environment } from '../member/environment.js';
import type { Replication } from '../member/replication.js';
import type { VirtualRouter } from '../member/virtual-router.js';
import type { SyncMachine } from '../sync/sync-machine.js';
import type { VrrpState } from '../vrrp/state.js';
import { now } from './clock.js';
import { DaemonSockets } from './daemon-sockets.js';
import { DataPlane, type DataPlaneParts } from './data-plane.js';
import { DeadlineTimer } from './deadline-timer.js';
import { exchangeConfiguration } from './exchange.js';
import { HealthPlane } from './health/health-plane.js';
import type { NotifyDrops } from './notify-fifo.js';
import { PeerStreams } from './peer-streams.js';
import { newLife, platform } from './platform.js';
import { Timeline } from './timeline.js';
import { VrrpPlane } from './vrrp-plane.js';

/** How often it looks whether what it waits for has happened. */
const PollMs = 2;

/**
 * One cluster member as a process: its machines, a `ClusterNode`, wired to sockets and to time. It holds no policy: it
 * hands over what arrives, and gives the machines their turn when they want one.
 */
export class Member {
  readonly startedAt: Instant;
  readonly timeline: Timeline;
  readonly #config: NodeConfig;
  readonly #environment: Environment;
  #plane: DataPlane | undefined;
  #node: ClusterNode | undefined;
  #health: HealthPlane | undefined;
  #vrrp: VrrpPlane | undefined;
  #syncSocket: SyncSocket | undefined;
  readonly #daemonSockets = new DaemonSockets();
  #peerStreams: PeerStreams | undefined;
  /** Timers run before sockets are read: by the queued turn no advertisement that has arrived is overlooked. */
  readonly #timer = new DeadlineTimer(() => this.#queueTurn());
  #isTurnQueued = false;
  #isClosed = false;
  #reloading: Promise<readonly string[]> = Promise.resolve([]);

  constructor(config: NodeConfig, log: Log) {
    this.#config = config;
    this.startedAt = now();
    this.timeline = new Timeline(config.routerId);
    this.#environment = platform(log, this.timeline);
  }

  /** The configuration that is in effect. */
  get config(): NodeConfig {
    return this.#node?.config ?? this.#config;
  }

  get plane(): DataPlane {
    return required(this.#plane);
  }

  get node(): ClusterNode {
    return required(this.#node);
  }

  get health(): HealthPlane {
    return required(this.#health);
  }

  get routers(): readonly VirtualRouter[] {
    return this.node.elections.routers;
  }

  get replication(): Replication {
    return this.node.replication;
  }

  /** Absent when the configuration has no sync daemon. */
  get sync(): SyncMachine | undefined {
    return this.node.sync;
  }

  get isTableComplete(): boolean {
    return this.node.isTableComplete;
  }

  get state(): VrrpState {
    return this.node.state;
  }

  /** What people's programs have not been told, of elections and of servers. */
  get notifyDrops(): NotifyDrops {
    const [states, servers] = [required(this.#vrrp).notifyDrops, this.health.notifyDrops];
    return { scripts: states.scripts + servers.scripts, lines: states.lines + servers.lines };
  }

  /** Opens every socket and starts the machines. Throws an IoError when the environment refuses one. */
  async start(parts: DataPlaneParts): Promise<void> {
    this.#plane = await DataPlane.open(this.config, parts, (packet, arrival) => {
      // A port may be open before the others are.
      if (!this.#isClosed) this.#node?.receiveFrame(packet, arrival);
    });
    const node = new ClusterNode(this.config, this.plane.director, newLife(this.config.routerId), {
      environment: this.#environment,
      sendSync: (bytes, to) => this.#syncSocket?.send(bytes, to),
      sendDaemon: (bytes) => this.#daemonSockets.send(bytes),
      queueTurn: () => this.#queueTurn(),
      rearm: (next) => this.#timer.set(next),
      watchPeer: (at, peer) => this.#peerStreams?.watch.watch(at, peer),
      notify: (...change) => this.#vrrp?.notify(...change),
      heard: (at) => this.#health?.hear(at),
      hasWaiting: () => this.plane.hasWaiting,
    });
    this.#node = node;
    const { timeline } = this;
    const { log } = this.#environment;
    const { director } = this.plane;
    this.#health = await HealthPlane.open(this.config, { director, timeline, log });
    this.#vrrp = await VrrpPlane.open(this.config, {
      data: this.plane,
      node,
      log,
      sessions: this.#health.sessions,
      followLink: (device, isUp) => this.#health?.followLink(device, isUp),
    });
    if (this.config.sync !== undefined) await this.#openSync(this.config.sync, parts.interfaces);
    this.#vrrp.watch();
    await until(() => !node.elections.isUncertain, toMilliseconds(TrackerWait));
    this.timeline.add('started', `pid ${process.pid}`);
    node.start(now());
    this.#health.start(now());
  }

  /** Takes another configuration while everything goes on: see `exchangeConfiguration`. One after the other. */
  async reload(config: NodeConfig): Promise<readonly string[]> {
    const reloading = this.#reloading
      .catch(() => [])
      .then(async () => {
        const { plane, health, node } = this;
        const parts = { plane, health, node, vrrp: required(this.#vrrp) };
        const differences = await exchangeConfiguration(this.config, config, parts);
        this.timeline.add('reloaded', `${differences.length} differences`);
        return differences;
      });
    this.#reloading = reloading;
    return reloading;
  }

  /** Opens and closes sockets, so that the sync daemons that have been started by command can speak, and no others. */
  async followDaemons(): Promise<void> {
    // What a daemon that has ended still has to say goes out first.
    this.node.turn();
    await this.#daemonSockets.follow(this.node.daemons, (bytes, source) => {
      if (!this.#isClosed) this.node.receiveDaemonDatagram(bytes, source);
    });
  }

  /** A planned end without a gap: see `PlannedStop`. */
  async stop(): Promise<void> {
    if (this.#isClosed) return;
    this.node.stop(now());
    await until(() => this.node.isStopped);
    await this.#peerStreams?.close();
    await this.#health?.close();
    await this.close();
  }

  /** Closes every socket at once, without a word to anyone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer.close();
    this.#plane?.close();
    await this.#health?.close();
    await this.#syncSocket?.close();
    await this.#daemonSockets.close();
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
    const place: SyncPlace = { address, mtu: owner.mtu };
    this.node.openSync(config, place);
    this.#syncSocket = await SyncSocket.open({ ...config, address }, (bytes, source) => {
      this.node.receiveDatagram(bytes, source);
    });
    if (config.deathNotice) await this.#openPeerStreams(config, place);
  }

  async #openPeerStreams(config: SyncConfig, { address }: SyncPlace): Promise<void> {
    this.#peerStreams = await PeerStreams.open({
      address,
      port: config.port,
      node: this.config.routerId,
      routers: () => this.routers.map((router) => router.presence),
      environment: this.#environment,
      keys: keyRingOf(config, this.#environment.hmac),
      onDeath: (peer, survivors) => this.node.handlePeerDeath(peer, survivors),
    });
  }

  /** One turn after the event loop has read what waits in the sockets. */
  #queueTurn(): void {
    if (this.#isTurnQueued) return;
    this.#isTurnQueued = true;
    setImmediate(() => {
      this.#isTurnQueued = false;
      if (!this.#isClosed) this.#node?.turn(true);
    });
  }
}

/** Waits until something has happened, or for so long. */
async function until(hasHappened: () => boolean, longestMs = Infinity): Promise<void> {
  const end = performance.now() + longestMs;
  while (!hasHappened() && performance.now() < end) await delay(PollMs);
}

function required<T>(part: T | undefined): T {
  if (part === undefined) throw new IoError({ code: 'not-started' }, 'the member has not started');
  return part;
}
