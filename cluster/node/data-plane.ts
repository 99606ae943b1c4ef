import { randomBytes } from 'node:crypto';

import { isIpv6 } from '../../director/base/address.js';
import { IoError } from '../../director/base/errors.js';
import { Director } from '../../director/core/director.js';
import type { Gateway, Interface } from '../../director/core/interfaces.js';
import type { MarkRule } from '../../director/core/marks.js';
import { DefaultTimeouts, State } from '../../director/core/states.js';
import { virtualMac } from '../../director/core/virtual-macs.js';
import type { FramePort, PortCounters } from '../../director/io/frame-port.js';
import { openPcapPort } from '../../director/io/pcap-port.js';
import { toWords } from '../../director/wire/address-words.js';
import type { MacAddress } from '../../director/wire/ethernet.js';
import { Family } from '../../director/wire/flow.js';
import type { Packet } from '../../director/wire/packet.js';
import type { NodeConfig } from '../config/node-config.js';
import type { VrrpInstanceConfig } from '../config/vrrp-config.js';
import { addService, ProtocolNumbers } from './service-configuration.js';

/** A director with the ports that carry its frames. */
export interface DataPlane {
  readonly director: Director;
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

/**
 * Builds the director of a configuration and opens a port on every interface that it uses. `receive` is called with
 * each frame, from the moment when its port is open: that may be before the promise is fulfilled.
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
    capacity: config.dataPlane.connectionCapacity,
    isActiveActive: config.dataPlane.activeActive,
    settings: {
      ...config.dataPlane.settings,
      sync_threshold: [config.sync?.threshold ?? 0, config.sync?.period ?? 0],
    },
    output: { send: (index, packet) => ports.get(index)?.send(packet) },
  });
  director.marks = markRules(config);
  director.localEndpoints.setPool(config.dataPlane.localAddresses);
  addFloatingAddresses(director, config);
  for (const virtual of config.virtualServers) addService(director, virtual, config.dataPlane);
  const open = async (): Promise<void> => {
    for (const used of usedInterfaces(director, config)) {
      if (ports.has(used.index)) continue;
      const take = (packet: Packet): void => receive(packet, used);
      ports.set(used.index, await openPcapPort(used, take, virtualMacsOn(used, config)));
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
  return {
    director,
    openPorts,
    get devices() {
      return director.interfaces.filter(({ index }) => ports.has(index)).map(({ name }) => name);
    },
    reopenPort: (device) => {
      const owner = director.interfaces.find(({ name }) => name === device);
      if (owner !== undefined) ports.get(owner.index)?.reopen();
    },
    get portCounters() {
      return sumOf([...ports.values()].map(({ counters }) => counters));
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

/** The MAC address that an instance answers from and speaks from, when it has one of its own. */
function macOf(vrrp: VrrpInstanceConfig): MacAddress | undefined {
  if (!vrrp.virtualMac) return undefined;
  const isVersion6 = vrrp.virtualAddresses.some(({ address }) => isIpv6(address));
  return virtualMac(isVersion6 ? Family.ipv6 : Family.ipv4, vrrp.virtualRouterId);
}

/** The virtual MAC addresses that this node may send from on an interface. */
const virtualMacsOn = (owner: Interface, { vrrpInstances }: NodeConfig): MacAddress[] =>
  vrrpInstances
    .filter(({ device, virtualAddresses, excludedAddresses }) =>
      [{ device }, ...virtualAddresses, ...excludedAddresses].some(
        ({ device: name }) => name === owner.name,
      ),
    )
    .map(macOf)
    .filter((mac) => mac !== undefined);

function addFloatingAddresses(director: Director, config: NodeConfig): void {
  for (const vrrp of config.vrrpInstances) {
    const mac = macOf(vrrp);
    for (const { address, device } of [...vrrp.virtualAddresses, ...vrrp.excludedAddresses]) {
      director.addFloating(address, requireInterface(director.interfaces, device), mac);
    }
  }
}

const markRules = ({ dataPlane }: NodeConfig): MarkRule[] =>
  dataPlane.firewallMarks.map(({ address, protocol, ...rule }) => ({
    ...toWords(address),
    ...rule,
    protocol: ProtocolNumbers[protocol],
  }));

/**
 * The interfaces that hold floating addresses, lead to real servers or speak from virtual MAC addresses: also to servers that
 * are down now, and to those that ipvsadm has added.
 */
function usedInterfaces(director: Director, config: NodeConfig): Set<Interface> {
  const { vrrpInstances, virtualServers } = config;
  const used = new Set<Interface>();
  // Advertisements from a virtual MAC address leave as frames.
  for (const { virtualMac: isVirtual, device } of vrrpInstances) {
    if (isVirtual) used.add(requireInterface(director.interfaces, device));
  }
  for (const floating of director.floating.values()) used.add(floating.interface);
  const added = [...director.services.services()].flatMap(({ servers }) => servers);
  const configured = virtualServers
    .flatMap(({ realServers, sorryServer }) => [...realServers, sorryServer])
    .filter((server) => server !== undefined)
    .map(({ address }) => toWords(address));
  for (const { family, words } of [...added, ...configured]) {
    const route = director.routes.find(family, words);
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
