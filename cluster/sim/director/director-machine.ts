import type { HmacSha256 } from '../../../director/base/hmac.js';
import type { Prng } from '../../../director/base/prng.js';
import { after, milliseconds } from '../../../director/base/time.js';
import type { NodeConfig } from '../../config/node-config.js';
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
}

/** A machine that a director runs on, with the lives that the director has there. */
export class DirectorMachine {
  readonly name: string;
  readonly host: Host;
  readonly config: NodeConfig;
  readonly clock: NodeClock;
  /** Its program, from the moment when it has opened its sockets. */
  process: DirectorProcess | undefined;
  /** How often the program was started. */
  lives = 0;
  readonly #options: MachineOptions;

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
    const { config, host, prng, hmac, trace } = this.#options;
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
        timeline: trace.timeline(this.name),
      });
      this.process.start();
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
