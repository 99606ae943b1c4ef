import { createHmac } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

import { Replication } from '../../cluster/member/replication.js';
import { SessionLink } from '../../cluster/member/session-link.js';
import { now } from '../../cluster/node/clock.js';
import { KeyRing } from '../../cluster/sync/key-ring.js';
import { SessionSync } from '../../cluster/sync/session-sync.js';
import type { IpAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import { literalAddress, literalPrefix } from '../../director/base/literal-address.js';
import { seconds, toMilliseconds, type Duration } from '../../director/base/time.js';
import { Director } from '../../director/core/director.js';
import { openConnection } from '../../director/core/open.js';
import { RoundRobin } from '../../director/core/schedulers/rr.js';
import { addressKey } from '../../director/core/service-table.js';
import { Method, type VirtualService } from '../../director/core/services.js';
import { State } from '../../director/core/states.js';
import { toWords } from '../../director/wire/address-words.js';

const Vip = '10.1.0.100';
const Tcp = 6;
const ServerCount = 16;
/** One client has at most so many connections, so that none is refused. */
const ConnectionsOfClient = 64;
const Timeout = 900;
/** How often a node looks whether it is still on time: as often as it would advertise at the fastest. */
const BeatMs = 10;

/** The other end: its port, and the address that stands for it. */
export interface Way {
  readonly port: number;
  readonly address: IpAddress;
}

/** How far a node kept time while it worked. */
export interface Punctuality {
  /**
   * The longest that one turn took, in processor time: the event loop served nothing else meanwhile, and what else ran on
   * the machine is not counted.
   */
  readonly longestTurnMs: number;
  /** The longest that a timer of 10 ms was late. */
  readonly latestBeatMs: number;
}

/**
 * A director with its session sync, wired as a member wires them, and nothing else: no packets, no election. Sync messages
 * go over loopback UDP.
 */
export class SyncPeer {
  readonly director: Director;
  readonly sync: SessionSync;
  readonly link: SessionLink;
  readonly replication: Replication;
  bytesSent = 0;
  readonly #service: VirtualService;
  readonly #vip = toWords(literalAddress(Vip)).words;
  readonly #client = new Uint32Array(4);
  readonly #socket: Socket;
  #way: Way | undefined;
  #opened = 0;
  #timer: NodeJS.Timeout | undefined;
  #isTurnQueued = false;
  #longestTurn = 0;
  #latestBeat = 0;
  #beatAt = 0;

  private constructor(name: string, capacity: number, isSigned: boolean, socket: Socket) {
    this.#socket = socket;
    const link = interfaceOf();
    this.director = new Director({
      interfaces: [link],
      capacity,
      seed: 1,
      output: { send: () => {} },
    });
    this.director.addFloating(literalAddress(Vip), link);
    const service = this.director.addService(
      addressKey(literalAddress(Vip), 80, Tcp),
      literalAddress(Vip),
      new RoundRobin(),
    );
    assert(service !== undefined, 'the service is added once');
    this.#service = service;
    for (let server = 1; server <= ServerCount; server += 1) {
      const real = { address: literalAddress(`10.2.0.${server}`), port: 80 };
      this.director.services.addServer(service, { ...real, method: Method.masq, weight: 1 });
    }
    const life = { node: name, epoch: Date.now() * 1_000 };
    this.replication = new Replication(this.director, now, life);
    const keys = isSigned ? keyRing() : undefined;
    const bulkTimeout = seconds(600);
    this.sync = new SessionSync({ ...life, syncId: 1, bulkTimeout, keys }, this.replication);
    this.link = new SessionLink(this.director, this.replication, this.sync, {
      send: (bytes) => {
        this.bytesSent += bytes.length;
        if (this.#way !== undefined) socket.send(bytes, this.#way.port, '127.0.0.1');
      },
      other: () => {},
    });
    this.director.sync.onRemove = (index) => this.link.tellRemoval(index, now());
  }

  static async open(name: string, capacity: number, isSigned: boolean): Promise<SyncPeer> {
    const socket = createSocket({
      type: 'udp4',
      lookup: (host, _options, answer) => answer(null, host, 4),
    });
    const isListening = once(socket, 'listening');
    socket.bind(0, '127.0.0.1');
    await isListening;
    return new SyncPeer(name, capacity, isSigned, socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  get entries(): number {
    return this.director.connections.size;
  }

  /** Begins to talk to the other end. */
  start(way: Way): void {
    this.#way = way;
    this.#socket.on('message', (bytes) => {
      const before = process.cpuUsage();
      this.sync.handleDatagram(now(), bytes, way.address);
      this.#turn(before);
    });
    this.sync.start(now());
    this.#turn();
  }

  setMaster(): void {
    this.director.setLive(literalAddress(Vip), true);
    this.sync.setMaster(now(), true);
    this.#turn();
  }

  /** Opens so many established connections, which peers are to be told of. */
  openConnections(count: number): void {
    const before = process.cpuUsage();
    const at = now();
    const { director } = this;
    const { connections, flow, sync } = director;
    flow.family = 4;
    flow.protocol = Tcp;
    flow.destination.set(this.#vip);
    flow.destinationPort = 80;
    for (let number = 0; number < count; number += 1) {
      this.#client[3] = 0x0a09_0000 + Math.floor(this.#opened / ConnectionsOfClient);
      flow.source.set(this.#client);
      flow.sourcePort = 1_024 + (this.#opened % ConnectionsOfClient);
      const server = this.#service.servers[this.#opened % ServerCount];
      assert(server !== undefined, 'the service has its servers');
      const index = openConnection(director, flow, server, 80, at);
      assert(index >= 0, 'there is room');
      connections.state[index] = State.established;
      connections.packets[index] = 3;
      connections.expireAfter(index, Timeout, at);
      sync.add(connections, index);
      this.#opened += 1;
    }
    this.#turn(before);
  }

  /** Forgets what was measured so far. */
  resetPunctuality(): void {
    this.#longestTurn = 0;
    this.#latestBeat = 0;
    this.#beatAt = now();
    this.#beat();
  }

  get punctuality(): Punctuality {
    return {
      longestTurnMs: this.#longestTurn / 1_000,
      latestBeatMs: this.#latestBeat / 1_000,
    };
  }

  #beat(): void {
    setTimeout(() => {
      const at = now();
      this.#latestBeat = Math.max(this.#latestBeat, at - this.#beatAt - BeatMs * 1_000);
      this.#beatAt = at;
      this.#beat();
    }, BeatMs).unref();
  }

  #turn(before = process.cpuUsage()): void {
    this.link.turn(now());
    const { user, system } = process.cpuUsage(before);
    this.#longestTurn = Math.max(this.#longestTurn, user + system);
    clearTimeout(this.#timer);
    const wait: Duration = seconds(Math.max(0, this.link.deadline - now()) / 1_000_000);
    this.#timer = setTimeout(() => this.#queueTurn(), toMilliseconds(wait));
  }

  #queueTurn(): void {
    if (this.#isTurnQueued) return;
    this.#isTurnQueued = true;
    setImmediate(() => {
      this.#isTurnQueued = false;
      this.#turn();
    });
  }
}

const interfaceOf = (): Director['interfaces'][number] => ({
  index: 0,
  name: 'bench',
  mac: { high: 0x0200, low: 0x010b },
  mtu: 1_500,
  addresses: [literalPrefix('10.1.0.11/24')],
});

const keyRing = (): KeyRing =>
  new KeyRing([{ id: 1, key: Buffer.alloc(32, 7) }], 1, (key, message) =>
    createHmac('sha256', key).update(message).digest(),
  );
