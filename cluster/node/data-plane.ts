import { randomBytes } from 'node:crypto';

import { IoError } from '../../director/base/errors.js';
import { Director } from '../../director/core/director.js';
import type { Gateway, Interface } from '../../director/core/interfaces.js';
import { createScheduler } from '../../director/core/schedulers/create.js';
import { methodFromName } from '../../director/core/services.js';
import { DefaultTimeouts, State } from '../../director/core/states.js';
import type { FramePort } from '../../director/io/frame-port.js';
import { openPcapPort } from '../../director/io/pcap-port.js';
import { toWords } from '../../director/wire/address-words.js';
import { Protocol } from '../../director/wire/ipv4.js';
import type { Packet } from '../../director/wire/packet.js';
import type { NodeConfig } from '../config/node-config.js';

/** A director with the ports that carry its frames. */
export interface DataPlane {
  readonly director: Director;
  close(): void;
}

/**
 * Builds the director of a configuration and opens a port on every interface that it uses. `receive` is called with
 * each frame; nothing is received before this function has returned its promise.
 */
export async function openDataPlane(
  config: NodeConfig,
  interfaces: readonly Interface[],
  gateway: Gateway | undefined,
  receive: (packet: Packet, arrival: Interface) => void,
): Promise<DataPlane> {
  const ports = new Map<number, FramePort>();
  const director = new Director({
    interfaces,
    gateway,
    seed: randomBytes(4).readUInt32LE(),
    timeouts: timeoutsOf(config),
    sync: { threshold: config.sync?.threshold ?? 0, period: config.sync?.period ?? 0 },
    output: { send: (index, packet) => ports.get(index)?.send(packet) },
  });
  addFloatingAddresses(director, config);
  addServices(director, config);
  const close = (): void => {
    for (const port of ports.values()) port.close();
  };
  try {
    for (const used of usedInterfaces(director, config)) {
      ports.set(used.index, await openPcapPort(used, (packet) => receive(packet, used)));
    }
  } catch (error) {
    close();
    throw error;
  }
  return { director, close };
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
  const addresses = config.vrrpInstances.flatMap((vrrp) => [
    ...vrrp.virtualAddresses,
    ...vrrp.excludedAddresses,
  ]);
  for (const { address, device } of addresses) {
    director.addFloating(address, requireInterface(director.interfaces, device));
  }
}

function addServices(director: Director, config: NodeConfig): void {
  for (const virtual of config.virtualServers) {
    const { firewallMark, scheduler: name, realServers } = virtual;
    if (firewallMark !== undefined) throw unsupported(`virtual_server fwmark ${firewallMark}`);
    if (name !== 'rr' && name !== 'wlc') throw unsupported(`the scheduler ${name}`);
    if (virtual.protocol === 'sctp') throw unsupported('sctp');
    if (virtual.persistence !== undefined) throw unsupported('persistence');
    if (virtual.isOnePacket) throw unsupported('one-packet scheduling');
    const { address, port } = virtual;
    const protocol = virtual.protocol === 'tcp' ? Protocol.tcp : Protocol.udp;
    const service = director.services.addService(
      { address, port, protocol },
      createScheduler(name),
    );
    for (const { address, port, weight, method } of realServers) {
      if (method !== 'Masq' && method !== 'Route') throw unsupported(`the method ${method}`);
      const settings = { address, port, weight, method: methodFromName(method) };
      director.services.addServer(service, settings);
    }
  }
}

const unsupported = (what: string): IoError =>
  new IoError({ code: 'not-supported' }, `the data plane does not do ${what}`);

/** The interfaces that hold floating addresses or lead to real servers. */
function usedInterfaces(director: Director, config: NodeConfig): Set<Interface> {
  const used = new Set<Interface>();
  for (const floating of director.floating.values()) used.add(floating.interface);
  for (const { address } of config.virtualServers.flatMap(({ realServers }) => realServers)) {
    const route = director.routes.find(toWords(address).words[3] ?? 0);
    if (route !== undefined) used.add(route.interface);
  }
  return used;
}

/** The interface of a name that the configuration uses. */
export function requireInterface(interfaces: readonly Interface[], name: string): Interface {
  const found = interfaces.find((candidate) => candidate.name === name);
  if (found === undefined) throw new IoError({ code: 'interface' }, `no interface ${name}`);
  return found;
}
