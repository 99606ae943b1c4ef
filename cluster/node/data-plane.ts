import { randomBytes } from 'node:crypto';

import type { Director } from '../../director/core/director.js';
import type { Gateway, Interface } from '../../director/core/interfaces.js';
import type { Driver } from '../../director/io/driver.js';
import type { FramePort, PortCounters } from '../../director/io/frame-port.js';
import type { Packet } from '../../director/wire/packet.js';
import type { NodeConfig } from '../config/node-config.js';
import { buildDirector, usedInterfaces, virtualMacsOn } from '../member/build-director.js';

/** A director with the ports that carry its frames. */
export interface DataPlane {
  readonly director: Director;
  readonly driver: Driver;
  /**
   * Opens a port on every interface that has come into use since, by a real server that was added. Throws an IoError
   * when the environment refuses one.
   */
  openPorts(): Promise<void>;
  /** The interfaces that have a port. */
  readonly devices: readonly string[];
  /** An interface is up again. */
  reopenPort(device: string): void;
  /** What all ports have counted. */
  readonly portCounters: PortCounters;
  close(): void;
}

/** What a data plane is made of, besides its configuration. */
export interface DataPlaneParts {
  readonly driver: Driver;
  readonly interfaces: readonly Interface[];
  readonly gateways: readonly Gateway[];
}

/**
 * Builds the director of a configuration and opens a port on every interface that it uses. `receive` is called with
 * each frame, from the moment when its port is open: that may be before the promise is fulfilled.
 */
export async function openDataPlane(
  config: NodeConfig,
  { driver, interfaces, gateways }: DataPlaneParts,
  receive: (packet: Packet, arrival: Interface) => void,
): Promise<DataPlane> {
  const ports: FramePort[] = [];
  const director = buildDirector(config, {
    interfaces,
    gateways,
    seed: randomBytes(4).readUInt32LE(),
    output: { send: (index, packet) => ports[index]?.send(packet) },
  });
  const open = async (): Promise<void> => {
    for (const used of usedInterfaces(director, config)) {
      if (ports[used.index] !== undefined) continue;
      const take = (packet: Packet): void => receive(packet, used);
      ports[used.index] = await driver.open(used, take, virtualMacsOn(used, config));
    }
  };
  // One after the other, or two would open the same port.
  let opening = Promise.resolve();
  const openPorts = async (): Promise<void> => {
    opening = opening.catch(() => {}).then(open);
    return opening;
  };
  const close = (): void => {
    for (const port of ports) port?.close();
  };
  try {
    await openPorts();
  } catch (error) {
    close();
    throw error;
  }
  return {
    director,
    driver,
    openPorts,
    get devices() {
      return director.interfaces
        .filter(({ index }) => ports[index] !== undefined)
        .map(({ name }) => name);
    },
    reopenPort: (device) => {
      const owner = director.interfaces.find(({ name }) => name === device);
      if (owner !== undefined) ports[owner.index]?.reopen();
    },
    get portCounters() {
      return sumOf(Object.values(ports).map(({ counters }) => counters));
    },
    close,
  };
}

function sumOf(counters: readonly PortCounters[]): PortCounters {
  const sum = { sent: 0, refused: 0, shed: 0 };
  for (const { sent, refused, shed } of counters) {
    sum.sent += sent;
    sum.refused += refused;
    sum.shed += shed;
  }
  return sum;
}
