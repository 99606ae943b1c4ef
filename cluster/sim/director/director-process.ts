import type { IpAddress } from '../../../director/base/address.js';
import type { HmacSha256 } from '../../../director/base/hmac.js';
import { assert } from '../../../director/base/invariant.js';
import type { Log } from '../../../director/base/log.js';
import type { Prng } from '../../../director/base/prng.js';
import {
  after,
  instant,
  microseconds,
  Never,
  type Duration,
  type Instant,
} from '../../../director/base/time.js';
import { ownAddress, type Interface } from '../../../director/core/interfaces.js';
import * as ethernet from '../../../director/wire/ethernet.js';
import { Family, type Flow } from '../../../director/wire/flow.js';
import { Packet } from '../../../director/wire/packet.js';
import { changesBetween } from '../../config/changes.js';
import type { NodeConfig, SyncConfig } from '../../config/node-config.js';
import { buildDirector } from '../../member/build-director.js';
import { ClusterNode } from '../../member/cluster-node.js';
import { keyRingOf } from '../../member/create-sync.js';
import type { Environment } from '../../member/environment.js';
import type { EventSink } from '../../member/events.js';
import { PeerWatch } from '../../member/peer-watch.js';
import { exchangeServices } from '../../member/service-configuration.js';
import type { VrrpState } from '../../vrrp/state.js';
import type { Host } from '../host/host.js';
import { frameOf } from '../network/frame.js';
import { AddressBook } from './address-book.js';
import { AdvertSocket } from './advert-socket.js';
import { Inbox } from './inbox.js';
import type { NodeClock } from './node-clock.js';
import { connectPeer, listenForPeers } from './peer-streams.js';
import { ProcessHealth } from './process-health.js';

/** From the arrival of something to the process that reads it, on an idle machine. */
const WakeLatency = microseconds(15);

/** What a process is made of. */
export interface ProcessOptions {
  readonly config: NodeConfig;
  readonly host: Host;
  readonly clock: NodeClock;
  readonly prng: Prng;
  readonly hmac: HmacSha256;
  readonly log: Log;
  readonly timeline: EventSink;
  /** An instance has changed its state. */
  stateChanged(state: VrrpState): void;
  /** It goes on after a pause that began then, by the true clock. */
  resumed(pausedAt: Instant): void;
  /** A packet of `flow` has made an entry. */
  entryMade(flow: Flow): void;
  /** It has ended, by itself or not. */
  ended(): void;
}

/**
 * The process of a director: the production machines, `ClusterNode`, on a simulated kernel, as `cluster/node` wires them to
 * a real one. It sleeps until something arrives or a timer is due, then reads all that waits, then takes its turn.
 */
export class DirectorProcess {
  readonly node: ClusterNode;
  readonly interfaces: readonly Interface[];
  readonly inbox = new Inbox();
  readonly health: ProcessHealth;
  /** Every wake-up comes up to so much later: others have the processor. */
  starvation: Duration = microseconds(0);
  /** What each piece that is read costs. */
  costOfPiece: Duration = microseconds(0);
  readonly #options: ProcessOptions;
  readonly #book = new AddressBook();
  readonly #packet = new Packet();
  readonly #advertSockets: readonly AdvertSocket[];
  #peerWatch: PeerWatch | undefined;
  #config: NodeConfig;
  /** Since when it is paused, or `Never`. */
  #pausedAt: Instant = Never;
  #isDead = false;
  #endedAt: Instant = Never;
  #isTurnQueued = false;
  #busyUntil: Instant = instant(0);
  #wakeAt: Instant = Never;
  #timerAt: Instant = Never;
  #timerPlanned: Instant = Never;

  constructor(options: ProcessOptions) {
    const { config, host, clock, prng, hmac, log, timeline } = options;
    this.#options = options;
    this.#config = config;
    clock.restart();
    this.interfaces = host.cards.map(({ name, mac, mtu, addresses }, index) => ({
      index,
      name,
      mac,
      mtu,
      addresses,
    }));
    const environment: Environment = {
      now: () => clock.now,
      wallClock: () => clock.wallClock,
      hmac,
      nonce: (length) => Uint8Array.from({ length }, () => prng.below(256)),
      log,
      timeline,
    };
    const director = buildDirector(config, {
      interfaces: this.interfaces,
      gateways: [],
      seed: prng.uint32(),
      output: { send: (index, packet) => host.cards[index]?.send(frameOf(packet)) },
    });
    const life = {
      node: config.routerId,
      epoch: Math.floor(clock.wallClock) + prng.below(1_000),
    };
    this.node = new ClusterNode(config, director, life, {
      environment,
      sendSync: (bytes, to) => this.#sendSync(bytes, to),
      queueTurn: () => this.#queueTurn(),
      rearm: (next) => this.#rearm(next),
      watchPeer: (at, peer) => this.#peerWatch?.watch(at, peer),
      notify: (kind, _name, state) => {
        if (kind === 'INSTANCE') options.stateChanged(state);
      },
      heard: (at) => this.health.pools.hear(at),
      hasWaiting: () => this.inbox.frames > 0,
    });
    this.health = new ProcessHealth(config, {
      director,
      host,
      clock,
      prng: prng.split(),
      log,
      timeline,
      deliver: (take) => this.#arrive('streams', take),
    });
    this.#advertSockets = this.#openAdverts();
    if (config.sync !== undefined) this.#openSync(config.sync, environment);
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** The process's own clock; that of its end when it is dead. */
  get now(): Instant {
    return this.#isDead ? this.#endedAt : this.#options.clock.now;
  }

  get isPaused(): boolean {
    return this.#pausedAt !== Never;
  }

  /** Since when it is paused, or `Never`; of a dead one, what was true when it died. */
  get pausedAt(): Instant {
    return this.#pausedAt;
  }

  /** Opens the ears and starts the machines. */
  start(): void {
    const { host, clock } = this.#options;
    host.capture = (card, frame) => {
      const arrival = this.interfaces[host.cards.indexOf(card)];
      if (arrival === undefined || !isCaptured(frame)) return;
      this.#arrive('frames', () => {
        this.#packet.load(frame.bytes.subarray(frame.start, frame.end));
        this.#receive(arrival);
      });
    };
    host.readVrrp = (card, frame, flow) => {
      for (const socket of this.#advertSockets) {
        if (socket.accept(card, frame, flow)) this.#arrive('adverts', () => socket.read());
      }
    };
    for (const { name, hasCarrier } of host.cards) this.#followCarrier(name, hasCarrier);
    this.#options.timeline.add('started', '');
    this.node.start(clock.now);
    this.health.pools.start(clock.now);
  }

  #receive(arrival: Interface): void {
    const { connections, flow } = this.node.director;
    const before = connections.size;
    this.node.receiveFrame(this.#packet, arrival);
    if (connections.size > before) this.#options.entryMade(flow);
  }

  /** The carrier of an interface has come or gone. */
  trackCarrier(name: string, isUp: boolean): void {
    this.#arrive('streams', () => this.#followCarrier(name, isUp));
  }

  #followCarrier(name: string, isUp: boolean): void {
    this.node.track('interface', name, isUp);
    this.health.pools.followLink(this.#options.clock.now, name, isUp);
  }

  /** SIGHUP: takes the configuration that the file has when it is read. Only real servers may differ. */
  reload(read: () => NodeConfig): void {
    this.#arrive('streams', () => {
      const config = read();
      const changes = changesBetween(this.#config, config);
      exchangeServices(this.node.director, config, changes);
      this.health.reload(config);
      this.#config = config;
      this.#options.timeline.add('reloaded', `${changes.descriptions.length} differences`);
    });
  }

  /** SIGSTOP: the kernel goes on, and keeps what arrives. */
  pause(): void {
    if (!this.isPaused) this.#pausedAt = this.#options.host.queue.now;
  }

  resume(): void {
    if (this.#isDead) return;
    const pausedAt = this.#pausedAt;
    this.#pausedAt = Never;
    if (pausedAt !== Never) this.#options.resumed(pausedAt);
    this.#wakeSoon(this.#options.host.queue.now);
  }

  /** SIGTERM. */
  stop(): void {
    this.#arrive('streams', () => this.node.stop(this.#options.clock.now));
  }

  /** The process ends, by itself or by SIGKILL: its kernel closes what it had open. */
  end(): void {
    const { host, config } = this.#options;
    this.#endedAt = this.#options.clock.now;
    this.#isDead = true;
    this.inbox.clear();
    host.capture = undefined;
    host.readVrrp = undefined;
    this.health.pools.close();
    this.#options.ended();
    if (config.sync !== undefined) {
      host.unbindUdp(config.sync.port);
      host.tcp.unlisten(config.sync.port);
    }
    for (const connection of host.tcp.connections()) {
      connection.user = undefined;
      connection.close();
    }
  }

  // Sockets

  #openAdverts(): AdvertSocket[] {
    const { host } = this.#options;
    return this.node.elections.routers.map(({ adverts, config }) => {
      const card = host.cards.find(({ name }) => name === config.device);
      assert(card !== undefined, 'the director was built for its interfaces');
      const socket = new AdvertSocket(host, card, adverts.portOptions, (message) =>
        adverts.receive(message),
      );
      adverts.attach(socket);
      return socket;
    });
  }

  #openSync(config: SyncConfig, environment: Environment): void {
    const { host } = this.#options;
    const owner = this.interfaces.find(({ name }) => name === config.device);
    const address = owner && ownAddress(owner, config.group);
    assert(
      owner !== undefined && address !== undefined,
      'a director of a lab is on the sync network',
    );
    this.node.openSync(config, { address, mtu: owner.mtu });
    host.bindUdp(config.port, (bytes, { source }) => {
      const from = this.#book.text(Family.ipv4, source);
      this.#arrive('datagrams', () => this.node.receiveDatagram(bytes, from));
    });
    if (!config.deathNotice) return;
    const deliver = (take: () => void): void => this.#arrive('streams', take);
    const watch = new PeerWatch({
      node: this.#options.config.routerId,
      routers: () => this.node.elections.routers.map(({ presence }) => presence),
      environment,
      keys: keyRingOf(config, environment.hmac),
      connect: connectPeer({
        host,
        own: address,
        port: config.port,
        deliver,
        prng: this.#options.prng,
      }),
      onDeath: (peer, survivors) => this.node.handlePeerDeath(peer, survivors),
    });
    listenForPeers(watch, { host, port: config.port, deliver });
    this.#peerWatch = watch;
  }

  #sendSync(bytes: Uint8Array, to: IpAddress | undefined): void {
    const { host, config } = this.#options;
    const { sync } = config;
    const owner = host.cards.find(({ name }) => name === sync?.device);
    const source = owner?.source(Family.ipv4);
    if (sync === undefined || owner === undefined || source === undefined) return;
    const ports = { source: sync.port, destination: sync.port };
    const destinations = to === undefined ? sync.peers : [to];
    if (destinations.length === 0) {
      const ends = { source, destination: this.#book.words(sync.group).words };
      host.multicastUdp(owner, ends, ports, bytes);
    }
    for (const destination of destinations) {
      const ends = { source, destination: this.#book.words(destination).words };
      host.sendUdp(Family.ipv4, ends, ports, bytes);
    }
  }

  // Time

  #arrive(kind: 'frames' | 'datagrams' | 'adverts' | 'streams', take: () => void): void {
    if (this.#isDead) return;
    const isKept = this.inbox.add(kind, take);
    if (isKept && this.#wakeAt === Never) this.#wakeSoon(this.#options.host.queue.now);
  }

  #queueTurn(): void {
    this.#isTurnQueued = true;
    if (this.#wakeAt === Never) this.#wakeSoon(this.#options.host.queue.now);
  }

  #rearm(next: Instant): void {
    this.#timerAt = next;
    if (next === Never) return;
    const at = this.#options.clock.whenReached(next);
    if (this.#timerPlanned <= at) return;
    this.#timerPlanned = at;
    this.#options.host.queue.at(at, () => this.#ring(at));
  }

  /** One timer event is planned at a time; one that comes too early plans the next. */
  #ring(planned: Instant): void {
    if (this.#timerPlanned !== planned || this.#isDead) return;
    this.#timerPlanned = Never;
    if (this.#timerAt > this.#options.clock.now) this.#rearm(this.#timerAt);
    else this.#queueTurn();
  }

  #wakeSoon(from: Instant): void {
    if (this.#isDead || this.isPaused) return;
    const { prng, host } = this.#options;
    const late = this.starvation === 0 ? 0 : prng.below(this.starvation);
    const start = Math.max(from, this.#busyUntil);
    const at = after(instant(start), microseconds(WakeLatency + late));
    this.#wakeAt = at;
    host.queue.at(at, () => this.#wake(at));
  }

  #wake(planned: Instant): void {
    if (this.#wakeAt !== planned) return;
    this.#wakeAt = Never;
    if (this.#isDead || this.isPaused) return;
    const { queue } = this.#options.host;
    const cost = this.inbox.size * this.costOfPiece;
    this.#busyUntil = after(queue.now, microseconds(cost));
    this.inbox.drain();
    if (this.#isTurnQueued) {
      this.#isTurnQueued = false;
      this.node.turn(true);
    }
    if (this.node.isStopped) {
      this.#peerWatch?.leave();
      this.end();
    } else if (!this.inbox.isEmpty || this.#isTurnQueued) this.#wakeSoon(queue.now);
  }
}

/** What the capture filter of cluster/node lets pass: no multicast but that of neighbour discovery. */
function isCaptured({ view, start }: Packet): boolean {
  const type = ethernet.type(view, start);
  if (type === ethernet.EtherType.arp) return true;
  if (type === ethernet.EtherType.ipv4) return !ethernet.isMulticast(view, start);
  return type === ethernet.EtherType.ipv6;
}
