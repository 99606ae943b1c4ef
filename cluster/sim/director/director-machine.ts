import type { IpAddress } from '../../../director/base/address.js';
import type { HmacSha256 } from '../../../director/base/hmac.js';
import type { Prng } from '../../../director/base/prng.js';
import { after, milliseconds, type Duration, type Instant } from '../../../director/base/time.js';
import {
  methodFromName,
  type RealServerSettings,
  type VirtualService,
} from '../../../director/core/services.js';
import { toWords } from '../../../director/wire/address-words.js';
import type { Flow } from '../../../director/wire/flow.js';
import { Protocol } from '../../../director/wire/ipv4.js';
import type { NodeConfig } from '../../config/node-config.js';
import type { EventKind } from '../../member/events.js';
import type { VrrpState } from '../../vrrp/state.js';
import type { Host } from '../host/host.js';
import type { Trace } from '../trace.js';
import { DirectorProcess } from './director-process.js';
import { NodeClock } from './node-clock.js';

/** What a director is told of a real server: by its health checks, or by its configuration. */
export type Availability = 'available' | 'quiesced' | 'removed';

/** How long a director's program takes from its start to its first packet. */
const StartUp = milliseconds(300);

export interface MachineOptions {
  readonly config: NodeConfig;
  readonly host: Host;
  readonly prng: Prng;
  readonly hmac: HmacSha256;
  readonly trace: Trace;
  readonly observer: MachineObserver;
}

/** Who is told of a director's lives. */
export interface MachineObserver {
  /** An instance of it has changed its state. */
  stateChanged(director: DirectorMachine, state: VrrpState): void;
  lifeBegan(director: DirectorMachine, process: DirectorProcess): void;
  /** Its machines have noted something. */
  noted(director: DirectorMachine, kind: EventKind, text: string): void;
  /** Its program goes on after a pause. */
  resumed(director: DirectorMachine, pausedAt: Instant): void;
  /** A packet of `flow`, which is valid during the call only, has made an entry. */
  entryMade(director: DirectorMachine, flow: Flow): void;
  /** Killed, or stopped as planned. */
  lifeEnded(director: DirectorMachine, process: DirectorProcess): void;
}

/** A machine that a director runs on, with the lives that the director has there. */
export class DirectorMachine {
  readonly name: string;
  readonly host: Host;
  readonly config: NodeConfig;
  readonly clock: NodeClock;
  /** Its program, from the moment when it has opened its sockets. */
  process: DirectorProcess | undefined;
  /** What its machines have noted last. */
  lastEvent = '';
  /** How often the program was started. */
  lives = 0;
  readonly #options: MachineOptions;
  /** Real servers that are not simply available, by the address of their host's cards. */
  readonly #unavailable = new Map<IpAddress, Exclude<Availability, 'available'>>();

  constructor(options: MachineOptions) {
    this.#options = options;
    this.name = options.config.routerId;
    this.host = options.host;
    this.config = options.config;
    this.clock = new NodeClock(options.host.queue);
  }

  /** True while its program runs, or is paused. */
  get isAlive(): boolean {
    return this.process !== undefined && !this.process.isDead;
  }

  /** True while its program runs. */
  get isRunning(): boolean {
    return this.isAlive && this.process?.isPaused === false;
  }

  get state(): VrrpState | 'dead' {
    return this.isAlive && this.process !== undefined ? this.process.node.state : 'dead';
  }

  /** Starts the program, which takes a moment. */
  start(): void {
    if (this.isAlive || !this.host.isUp) return;
    this.lives += 1;
    const life = this.lives;
    const { config, host, prng, hmac, trace, observer } = this.#options;
    const own = prng.split();
    host.queue.at(after(host.queue.now, StartUp), () => {
      if (this.lives !== life || !host.isUp) return;
      this.process = new DirectorProcess({
        config,
        host,
        clock: this.clock,
        prng: own,
        hmac,
        log: trace.log(this.name),
        timeline: {
          add: (kind, text) => {
            this.lastEvent = text === '' ? kind : `${kind}: ${text}`;
            trace.note(this.name, this.lastEvent);
            observer.noted(this, kind, text);
          },
        },
        stateChanged: (state) => observer.stateChanged(this, state),
        resumed: (pausedAt) => observer.resumed(this, pausedAt),
        entryMade: (flow) => observer.entryMade(this, flow),
        ended: () => {
          if (this.process !== undefined) observer.lifeEnded(this, this.process);
        },
      });
      observer.lifeBegan(this, this.process);
      for (const address of this.#unavailable.keys()) this.#apply(address);
      this.process.start();
    });
  }

  /** How a real server is to be treated, also by later lives; the running one learns of it after a while. */
  setAvailability(addresses: readonly IpAddress[], how: Availability, late: Duration): void {
    const { queue } = this.host;
    for (const address of addresses) {
      if (how === 'available') this.#unavailable.delete(address);
      else this.#unavailable.set(address, how);
      queue.at(after(queue.now, late), () => this.#apply(address));
    }
  }

  #apply(address: IpAddress): void {
    const how = this.#unavailable.get(address) ?? 'available';
    const services = this.process?.node.director.services;
    if (services === undefined || !this.isAlive) return;
    for (const service of services.services()) {
      const known = service.servers.find((server) => server.address === address);
      const configured = this.#configured(service, address);
      if (configured === undefined) continue;
      if (how === 'removed') {
        if (known !== undefined) services.removeServer(known);
        continue;
      }
      const weight = how === 'available' ? configured.weight : 0;
      if (known === undefined) services.addServer(service, { ...configured, weight });
      else services.editServer(known, { ...configured, weight });
    }
  }

  /** A real server of a service, as the configuration has it. */
  #configured(service: VirtualService, address: IpAddress): RealServerSettings | undefined {
    const virtual = this.config.virtualServers.find(
      (candidate) =>
        candidate.firewallMark === undefined &&
        candidate.port === service.port &&
        toWords(candidate.address).words.every((word, index) => word === service.words[index]) &&
        (candidate.protocol === 'tcp') === (service.protocol === Protocol.tcp),
    );
    const server = virtual?.realServers.find((candidate) => candidate.address === address);
    return server === undefined ? undefined : { ...server, method: methodFromName(server.method) };
  }

  /** SIGKILL: its kernel closes what the program had open. */
  kill(): void {
    this.lives += 1;
    if (this.isAlive) this.process?.end();
  }

  /** The machine loses its power: nobody closes anything. */
  powerOff(): void {
    this.host.isUp = false;
    this.kill();
    this.host.powerOff();
  }
}
