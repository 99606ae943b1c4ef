import { randomBytes } from 'node:crypto';

import { IoError } from '../../director/base/errors.js';
import { Director } from '../../director/core/director.js';
import type { Gateway, Interface } from '../../director/core/interfaces.js';
import { createScheduler } from '../../director/core/schedulers/create.js';
import { addressKey } from '../../director/core/service-table.js';
import { methodFromName } from '../../director/core/services.js';
import { DefaultTimeouts, State } from '../../director/core/states.js';
import type { FramePort } from '../../director/io/frame-port.js';
import { openPcapPort } from '../../director/io/pcap-port.js';
import { Protocol } from '../../director/wire/ipv4.js';
import type { Packet } from '../../director/wire/packet.js';
import type { NodeConfig } from '../config/node-config.js';

/** A director with the ports that carry its frames. */
export interface DataPlane {
  readonly director: Director;
  /**
   * Opens a port on every interface that has come into use since, by a real server that was added. Throws an IoError
   * when the environment refuses one.
   */
  openPorts(): Promise<void>;
  close(): void;
}

/**
 * Builds the director of a configuration and opens a port on every interface that it uses. `receive` is called with
 * each frame; nothing is received before this function has returned its promise.
 */
export async function openDataPlane(
  config: NodeConfig,
  interfaces: readonly Interface[],
  gateways: readonly Gateway[],
  receive: (packet: Packet, arrival: Interface) => void,
): Promise<DataPlane> {
  const ports = new Map<number, FramePort>();
  const director = new Director({
    interfaces,
    gateways,
    seed: randomBytes(4).readUInt32LE(),
    timeouts: timeoutsOf(config),
    settings: { sync_threshold: [config.sync?.threshold ?? 0, config.sync?.period ?? 0] },
    output: { send: (index, packet) => ports.get(index)?.send(packet) },
  });
  addFloatingAddresses(director, config);
  addServices(director, config);
  const open = async (): Promise<void> => {
    for (const used of usedInterfaces(director)) {
      if (ports.has(used.index)) continue;
      ports.set(used.index, await openPcapPort(used, (packet) => receive(packet, used)));
    }
  };
  // One after the other, or two would open the same port.
  let opening = Promise.resolve();
  const openPorts = async (): Promise<void> => {
    opening = opening.catch(() => {}).then(open);
    return opening;
  };
  const close = (): void => {
    for (const port of ports.values()) port.close();
  };
  try {
    await openPorts();
  } catch (error) {
    close();
    throw error;
  }
  return { director, openPorts, close };
}

/** The kernel's timeouts with those of `lvs_timeouts` in their place; 0 leaves one as it is. */
function timeoutsOf({ timeouts }: NodeConfig): readonly number[] {
  const changed = [...DefaultTimeouts];
  if (timeouts.tcp !== undefined && timeouts.tcp > 0) changed[State.established] = timeouts.tcp;
  if (timeouts.tcpFin !== undefined && timeouts.tcpFin > 0) {
    changed[State.finWait] = timeouts.tcpFin;
  }
  if (timeouts.udp !== undefined && timeouts.udp > 0) changed[State.udp] = timeouts.udp;
  return changed;
}

function addFloatingAddresses(director: Director, config: NodeConfig): void {
  for (const { address, device } of config.vrrpInstances.flatMap((vrrp) => vrrp.virtualAddresses)) {
    director.addFloating(address, requireInterface(director.interfaces, device));
  }
}

function addServices(director: Director, config: NodeConfig): void {
  for (const virtual of config.virtualServers) {
    const protocol = virtual.protocol === 'tcp' ? Protocol.tcp : Protocol.udp;
    const { address, port } = virtual;
    const { settings, prng } = director;
    const scheduler = createScheduler(virtual.scheduler, { settings, prng });
    const service = director.addService(addressKey(address, port, protocol), address, scheduler);
    if (service === undefined) continue;
    for (const { address, port, weight } of virtual.realServers) {
      const method = methodFromName(virtual.method);
      director.services.addServer(service, { address, port, weight, method });
    }
  }
}

/** The interfaces that hold floating addresses or lead to real servers. */
function usedInterfaces(director: Director): Set<Interface> {
  const used = new Set<Interface>();
  for (const floating of director.floating.values()) used.add(floating.interface);
  for (const { servers } of director.services.services()) {
    for (const { family, words } of servers) {
      const route = director.routes.find(family, words);
      if (route !== undefined) used.add(route.interface);
    }
  }
  return used;
}

/** The interface of a name that the configuration uses. */
export function requireInterface(interfaces: readonly Interface[], name: string): Interface {
  const found = interfaces.find((candidate) => candidate.name === name);
  if (found === undefined) throw new IoError({ code: 'interface' }, `no interface ${name}`);
  return found;
}
