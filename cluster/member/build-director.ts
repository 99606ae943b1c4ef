import { isIpv6 } from '../../director/base/address.js';
import { IoError } from '../../director/base/errors.js';
import { Director, type FrameSink } from '../../director/core/director.js';
import type { Gateway, Interface } from '../../director/core/interfaces.js';
import type { MarkRule } from '../../director/core/marks.js';
import { createScheduler } from '../../director/core/schedulers/create.js';
import { addressKey, markKey } from '../../director/core/service-table.js';
import { methodFromName, type ServiceKey } from '../../director/core/services.js';
import { DefaultTimeouts, State } from '../../director/core/states.js';
import { virtualMac } from '../../director/core/virtual-macs.js';
import { toWords } from '../../director/wire/address-words.js';
import type { MacAddress } from '../../director/wire/ethernet.js';
import { Family } from '../../director/wire/flow.js';
import { Protocol } from '../../director/wire/ipv4.js';
import type { NodeConfig, ServiceProtocol, VirtualServerConfig } from '../config/node-config.js';
import type { VrrpInstanceConfig } from '../config/vrrp-config.js';

/** The machine that a director runs on, as its data plane sees it. */
export interface Machine {
  readonly interfaces: readonly Interface[];
  readonly gateways: readonly Gateway[];
  /** Seed of everything random in the data plane. */
  readonly seed: number;
  readonly output: FrameSink;
}

/**
 * The director of a configuration, with its addresses and services; it holds no address yet. Throws an `IoError` when the
 * configuration uses an interface that is not there.
 */
export function buildDirector(config: NodeConfig, machine: Machine): Director {
  const director = new Director({
    ...machine,
    timeouts: timeoutsOf(config),
    capacity: config.dataPlane.connectionCapacity,
    isActiveActive: config.dataPlane.activeActive,
    settings: {
      ...config.dataPlane.settings,
      sync_threshold: [config.sync?.threshold ?? 0, config.sync?.period ?? 0],
    },
  });
  director.marks = markRules(config);
  director.localEndpoints.setPool(config.dataPlane.localAddresses);
  addFloatingAddresses(director, config);
  addServices(director, config);
  return director;
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
export const virtualMacsOn = (owner: Interface, { vrrpInstances }: NodeConfig): MacAddress[] =>
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

function addServices(director: Director, { virtualServers, dataPlane }: NodeConfig): void {
  for (const virtual of virtualServers) {
    const { settings, prng } = director;
    const options = { settings, prng };
    const flags = virtual.schedulerFlags;
    const scheduler = createScheduler(virtual.scheduler, { ...options, flags });
    const address = virtual.firewallMark === undefined ? virtual.address : undefined;
    const { persistence, isOnePacket, commit } = virtual;
    const key = keyOf(virtual);
    const service = director.addService(key, address, scheduler, {
      persistence,
      isOnePacket,
      commit,
    });
    // The configuration has been checked: no service is in it twice.
    if (service === undefined) continue;
    if (dataPlane.unknownTcp === 'hash') {
      // As the service's own scheduler hashes, so that a connection is found again that it has opened.
      const hashFlags = virtual.scheduler === 'mh' ? flags : (['mh-port'] as const);
      service.consistent = createScheduler('mh', { ...options, flags: hashFlags });
    }
    for (const { method, ...server } of virtual.realServers) {
      director.services.addServer(service, { ...server, method: methodFromName(method) });
    }
  }
}

const keyOf = (virtual: VirtualServerConfig): ServiceKey =>
  virtual.firewallMark === undefined
    ? addressKey(virtual.address, virtual.port, ProtocolNumbers[virtual.protocol])
    : markKey(virtual.firewallMark, Family[virtual.family]);

const ProtocolNumbers: Readonly<Record<ServiceProtocol, number>> = {
  tcp: Protocol.tcp,
  udp: Protocol.udp,
  sctp: Protocol.sctp,
};

const markRules = ({ dataPlane }: NodeConfig): MarkRule[] =>
  dataPlane.firewallMarks.map(({ address, protocol, ...rule }) => ({
    ...toWords(address),
    ...rule,
    protocol: ProtocolNumbers[protocol],
  }));

/** The interfaces that hold floating addresses, lead to real servers or speak from virtual MAC addresses. */
export function usedInterfaces(director: Director, { vrrpInstances }: NodeConfig): Set<Interface> {
  const used = new Set<Interface>();
  // Advertisements from a virtual MAC address leave as frames.
  for (const { virtualMac: isVirtual, device } of vrrpInstances) {
    if (isVirtual) used.add(requireInterface(director.interfaces, device));
  }
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
