import type { HmacSha256 } from '../../director/base/hmac.js';
import { Prng } from '../../director/base/prng.js';
import { instant, type Instant } from '../../director/base/time.js';
import type { Packet } from '../../director/wire/packet.js';
import { writeKeepalived } from '../config/keepalived-writer.js';
import { loadKeepalived } from '../config/keepalived.js';
import { directorsOf, type LabConfig } from '../config/lab-config.js';
import type { NodeConfig } from '../config/node-config.js';
import { DirectorMachine, type MachineObserver } from './director/director-machine.js';
import { EventQueue } from './event-queue.js';
import type { Host } from './host/host.js';
import type { Alteration, Channel, LossReason, NetworkObserver } from './network/channel.js';
import { Network } from './network/network.js';
import { Occurrences } from './occurrences.js';
import { wire } from './topology.js';
import { Trace } from './trace.js';
import type { ClientFlow } from './traffic/client-flow.js';
import { Load, type LoadOptions } from './traffic/load.js';
import { ServerProgram, type ServerObserver } from './traffic/server-program.js';

/** What a world is made from. */
export interface WorldOptions {
  readonly seed: number;
  readonly lab: LabConfig;
  readonly load: LoadOptions;
  /** Until when flows that end are replaced by new ones. */
  readonly loadUntil: Instant;
  readonly timeouts?: NodeConfig['timeouts'];
  /** The longest sync message, if not the configured one. */
  readonly syncLength?: number | undefined;
  readonly hmac: HmacSha256;
  readonly isVerbose: boolean;
}

/** Who looks at a world from outside. */
export interface WorldObserver
  extends Partial<NetworkObserver>, Partial<ServerObserver>, Partial<MachineObserver> {
  flowBroken?(flow: ClientFlow): void;
  /** A real server has lost its power, and with it all its connections. */
  serverFailed?(server: number): void;
  /** A real server refuses health checks, is silent to them, or answers them; `serverFailed` comes before. */
  serverHealth?(server: ServerProgram): void;
  /** All directors are being told of a configuration without a real server, or with it again. */
  serverRemoved?(server: ServerProgram, isRemoved: boolean): void;
}

/**
 * A cluster with its network, clients and real servers, and the clock that they live by. Everything that is drawn comes
 * from the seed, so a world is a function of its options and of what is done to it.
 */
export class World {
  readonly lab: LabConfig;
  readonly queue = new EventQueue();
  readonly trace: Trace;
  readonly occurrences = new Occurrences();
  readonly network: Network;
  readonly hosts: readonly Host[];
  readonly directors: readonly DirectorMachine[];
  readonly servers: readonly ServerProgram[];
  readonly load: Load;
  /** For those who do something to the world. */
  readonly prng: Prng;
  readonly #observers: WorldObserver[] = [];
  /** Those who look at every frame that goes in, or comes out. */
  readonly #senders: WorldObserver[] = [];
  readonly #receivers: WorldObserver[] = [];

  constructor(options: WorldOptions) {
    const { seed, lab, hmac } = options;
    const prng = new Prng(seed);
    this.prng = prng.split();
    this.lab = lab;
    this.trace = new Trace(this.queue, options.isVerbose);
    this.network = new Network(this.queue, prng.split(), this.#networkObserver());
    this.hosts = wire(lab, this.network, this.queue, prng.split());
    this.directors = directorsOf(lab).map(({ name }) => {
      const text = writeKeepalived(lab, name, (network) => network);
      const parsed = loadKeepalived(text, `${name}.conf`).config;
      const maxLength = options.syncLength ?? parsed.sync?.maxLength ?? 0;
      const config = {
        ...parsed,
        timeouts: { ...parsed.timeouts, ...options.timeouts },
        sync: parsed.sync && { ...parsed.sync, maxLength },
      };
      const host = this.host(name);
      return new DirectorMachine({
        config,
        host,
        prng: prng.split(),
        hmac,
        trace: this.trace,
        observer: this.#machineObserver(),
      });
    });
    this.servers = this.#startServers();
    this.load = new Load(
      options.load,
      {
        queue: this.queue,
        prng: prng.split(),
        clients: lab.nodes
          .filter(({ kind }) => kind === 'client')
          .map(({ name }) => this.host(name)),
        services: lab.services,
        until: options.loadUntil,
      },
      {
        broken: (flow) => {
          const { record } = flow;
          const what = `${record.client} to ${record.target}`;
          this.trace.note('client', `flow ${what} broke: ${record.broken?.reason ?? ''}`);
          for (const observer of this.#observers) observer.flowBroken?.(flow);
        },
        usedAgain: () => this.occurrences.count('port used again'),
      },
    );
  }

  get now(): Instant {
    return this.queue.now;
  }

  observe(observer: WorldObserver): void {
    this.#observers.push(observer);
    if (observer.sent !== undefined) this.#senders.push(observer);
    if (observer.delivered !== undefined) this.#receivers.push(observer);
  }

  host(name: string): Host {
    const host = this.hosts.find((candidate) => candidate.name === name);
    if (host === undefined) throw new Error(`no node ${name}`);
    return host;
  }

  director(name: string): DirectorMachine | undefined {
    return this.directors.find((director) => director.name === name);
  }

  /** The program of a real server's node; undefined for other nodes. */
  server(name: string): ServerProgram | undefined {
    return this.servers.find(({ host }) => host.name === name);
  }

  /** Tells everybody that a real server answers health checks otherwise than before. */
  tellHealth(name: string): void {
    const server = this.server(name);
    if (server === undefined) return;
    for (const observer of this.#observers) observer.serverHealth?.(server);
  }

  /** Tells everybody that configurations without a real server are being written, or with it again. */
  removeServer(name: string, isRemoved: boolean): void {
    const server = this.server(name);
    if (server === undefined) return;
    for (const observer of this.#observers) observer.serverRemoved?.(server, isRemoved);
  }

  /** Tells everybody that a real server has failed. */
  failServer(host: Host): void {
    const server = this.servers.find((candidate) => candidate.host === host);
    if (server === undefined) return;
    for (const observer of this.#observers) observer.serverFailed?.(server.number);
  }

  /** Lets everything happen that happens before `end`. */
  runUntil(end: Instant): void {
    while (this.queue.step(end));
  }

  /** Plans something at so many seconds. */
  at(seconds: number, action: () => void): void {
    this.queue.at(instant(seconds * 1_000_000), action);
  }

  #startServers(): ServerProgram[] {
    const observer: ServerObserver = {
      opened: (server, from) => this.#observers.forEach((one) => one.opened?.(server, from)),
      served: (server, flow) => this.#observers.forEach((one) => one.served?.(server, flow)),
      damaged: (server) => this.#observers.forEach((one) => one.damaged?.(server)),
    };
    const names = this.lab.nodes.filter(({ kind }) => kind === 'real-server');
    return names.map(({ name }, index) => {
      const program = new ServerProgram(index + 1, this.host(name), observer);
      for (const { protocol, realServers } of this.lab.services) {
        for (const { node, port } of realServers) {
          if (node === name) program.listen(protocol, port);
        }
      }
      if (this.lab.health !== undefined) program.listenForChecks(this.lab.health.port);
      return program;
    });
  }

  #machineObserver(): MachineObserver {
    return {
      stateChanged: (...change) => this.#observers.forEach((one) => one.stateChanged?.(...change)),
      noted: (...event) => this.#observers.forEach((one) => one.noted?.(...event)),
      lifeBegan: (...life) => this.#observers.forEach((one) => one.lifeBegan?.(...life)),
      entryMade: (...entry) => this.#observers.forEach((one) => one.entryMade?.(...entry)),
      resumed: (...pause) => this.#observers.forEach((one) => one.resumed?.(...pause)),
      lifeEnded: (...life) => this.#observers.forEach((one) => one.lifeEnded?.(...life)),
    };
  }

  #networkObserver(): NetworkObserver {
    return {
      sent: (channel: Channel, frame: Packet) => {
        for (const observer of this.#senders) observer.sent?.(channel, frame);
      },
      delivered: (channel: Channel, frame: Packet) => {
        // What comes out at a switch comes out at nodes a moment later.
        if (!channel.isUpward) this.trace.delivered(channel.id, frame);
        for (const observer of this.#receivers) observer.delivered?.(channel, frame);
      },
      lost: (channel: Channel, frame: Packet, reason: LossReason) => {
        this.occurrences.count(`frame ${reason}`);
        for (const observer of this.#observers) observer.lost?.(channel, frame, reason);
      },
      altered: (channel: Channel, frame: Packet, how: Alteration) => {
        this.occurrences.count(`frame ${how}`);
        for (const observer of this.#observers) observer.altered?.(channel, frame, how);
      },
    };
  }
}
