import { randomBytes } from 'node:crypto';

import type { Director } from '../../director/core/director.js';
import type { Gateway, Interface } from '../../director/core/interfaces.js';
import { Offload } from '../../director/core/offload.js';
import { Prefetch } from '../../director/core/prefetch.js';
import type { Driver } from '../../director/io/driver.js';
import { sumOf, type FramePort, type PortCounters } from '../../director/io/frame-port.js';
import type { MacAddress } from '../../director/wire/ethernet.js';
import type { Packet } from '../../director/wire/packet.js';
import { isSame } from '../config/equality.js';
import type { NodeConfig } from '../config/node-config.js';
import {
  buildDirector,
  exchangeSettings,
  usedInterfaces,
  virtualMacsOn,
} from '../member/build-director.js';
import type { Prepared } from './prepared.js';

/** What is called with each frame. The packet is the port's again when the call returns. */
export type FrameReceiver = (packet: Packet, arrival: Interface) => void;

/** What a data plane is made of, besides its configuration. */
export interface DataPlaneParts {
  readonly driver: Driver;
  readonly interfaces: readonly Interface[];
  readonly gateways: readonly Gateway[];
}

/** A director with the ports that carry its frames. */
export class DataPlane {
  readonly director: Director;
  readonly driver: Driver;
  readonly #ports = new Map<number, OpenPort>();
  readonly #receive: FrameReceiver;
  #config: NodeConfig;
  /** Ports are opened one after the other, or two might be the same. */
  #opening: Promise<void> = Promise.resolve();

  private constructor(config: NodeConfig, parts: DataPlaneParts, receive: FrameReceiver) {
    const { driver, interfaces, gateways } = parts;
    this.driver = driver;
    this.#config = config;
    this.#receive = receive;
    this.director = buildDirector(config, {
      interfaces,
      gateways,
      seed: randomBytes(4).readUInt32LE(),
      output: { send: (index, packet) => this.#ports.get(index)?.port.send(packet) },
    });
    const prefetch = new Prefetch(this.director.connections);
    driver.foresee?.((batch) => prefetch.touch(batch));
    if (driver.offload !== undefined) {
      this.director.offload = new Offload(this.director, driver.offload.place);
      driver.offload.serve(this.director.offload);
    }
  }

  /**
   * Builds the director of a configuration, with its services and all their real servers, and opens a port on every interface that
   * it uses. `receive` is called with each frame, from the moment when its port is open: that may be before the promise is
   * fulfilled. Throws an `IoError` when the environment refuses a port.
   */
  static async open(
    config: NodeConfig,
    parts: DataPlaneParts,
    receive: FrameReceiver,
  ): Promise<DataPlane> {
    const plane = new DataPlane(config, parts, receive);
    try {
      await plane.openPorts();
    } catch (error) {
      plane.close();
      throw error;
    }
    return plane;
  }

  /**
   * Opens a port on every interface that has come into use since, by a real server that was added. Throws an IoError
   * when the environment refuses one.
   */
  async openPorts(): Promise<void> {
    return this.#openFor(this.#config);
  }

  /**
   * Prepares another configuration of everything but virtual servers and instances. Opens the ports that it needs besides
   * those that are open; throws an IoError when the environment refuses one. Ports that are not needed any more stay.
   */
  async prepare(config: NodeConfig): Promise<Prepared<void>> {
    await this.#openFor(config);
    return { commit: () => this.#adopt(config), abort: () => {} };
  }

  /** The interfaces that have a port. */
  get devices(): readonly string[] {
    return this.director.interfaces
      .filter(({ index }) => this.#ports.has(index))
      .map(({ name }) => name);
  }

  /** An interface is up again. */
  reopenPort(device: string): void {
    const owner = this.director.interfaces.find(({ name }) => name === device);
    if (owner !== undefined) this.#ports.get(owner.index)?.port.reopen();
  }

  /** What all ports have counted. */
  get portCounters(): PortCounters {
    return sumOf([...this.#ports.values()].map(({ port }) => port.counters));
  }

  /** True when frames have arrived that have not been dealt with. */
  get hasWaiting(): boolean {
    return [...this.#ports.values()].some(({ port }) => port.waiting > 0);
  }

  close(): void {
    for (const { port } of this.#ports.values()) port.close();
  }

  async #openFor(config: NodeConfig): Promise<void> {
    this.#opening = this.#opening.catch(() => {}).then(async () => this.#open(config));
    return this.#opening;
  }

  async #open(config: NodeConfig): Promise<void> {
    for (const used of usedInterfaces(this.director, config)) {
      const macs = virtualMacsOn(used, config);
      const open = this.#ports.get(used.index);
      // What a port leaves out as this node's own is settled when it is opened.
      if (open !== undefined && isSame(open.macs, macs)) continue;
      const take = (packet: Packet): void => this.#receive(packet, used);
      const port = await this.driver.open(used, take, macs);
      open?.port.close();
      this.#ports.set(used.index, { port, macs });
    }
  }

  #adopt(config: NodeConfig): void {
    exchangeSettings(this.director, this.#config, config);
    this.#config = config;
  }
}

/** A port, and the MAC addresses that it knows as this node's own. */
interface OpenPort {
  readonly port: FramePort;
  readonly macs: readonly MacAddress[];
}
