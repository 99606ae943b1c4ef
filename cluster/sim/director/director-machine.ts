import type { IpAddress } from '../../../director/base/address.js';
import type { HmacSha256 } from '../../../director/base/hmac.js';
import type { Prng } from '../../../director/base/prng.js';
import { after, milliseconds, type Duration, type Instant } from '../../../director/base/time.js';
import type { Flow } from '../../../director/wire/flow.js';
import type { NodeConfig } from '../../config/node-config.js';
import type { EventKind } from '../../member/events.js';
import type { VrrpState } from '../../vrrp/state.js';
import type { Host } from '../host/host.js';
import type { Trace } from '../trace.js';
import { DirectorProcess } from './director-process.js';
import { NodeClock } from './node-clock.js';

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
  /** With all its real servers. */
  readonly config: NodeConfig;
  readonly clock: NodeClock;
  /** Its program, from the moment when it has opened its sockets. */
  process: DirectorProcess | undefined;
  /** What its machines have noted last. */
  lastEvent = '';
  /** How often the program was started. */
  lives = 0;
  readonly #options: MachineOptions;
  /** What stands in its file now. */
  #written: NodeConfig;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.name = options.config.routerId;
    this.host = options.host;
    this.config = options.config;
    this.#written = options.config;
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
    const { host, prng, hmac, trace, observer } = this.#options;
    const own = prng.split();
    host.queue.at(after(host.queue.now, StartUp), () => {
      if (this.lives !== life || !host.isUp) return;
      this.process = new DirectorProcess({
        config: this.#written,
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
      this.process.start();
    });
  }

  /**
   * Somebody writes a configuration without these addresses' real servers, and tells the director after a while. A life that
   * begins then has it from the start.
   */
  writeWithout(addresses: ReadonlySet<IpAddress>, late: Duration): void {
    const { queue } = this.host;
    this.#written = withoutServers(this.config, addresses);
    queue.at(after(queue.now, late), () => {
      if (this.isAlive) this.process?.reload(() => this.#written);
    });
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

const withoutServers = (config: NodeConfig, gone: ReadonlySet<IpAddress>): NodeConfig => ({
  ...config,
  virtualServers: config.virtualServers.map((virtual) => ({
    ...virtual,
    realServers: virtual.realServers.filter(({ address }) => !gone.has(address)),
  })),
});
