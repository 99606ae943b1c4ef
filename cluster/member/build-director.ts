import { isIpv6, type IpAddress } from '../../director/base/address.js';
import { IoError } from '../../director/base/errors.js';
import { Director, type FrameSink } from '../../director/core/director.js';
import type { Gateway, Interface } from '../../director/core/interfaces.js';
import type { MarkRule } from '../../director/core/marks.js';
import { defaultSettings, type Settings } from '../../director/core/settings.js';
import { DefaultTimeouts, State } from '../../director/core/states.js';
import { virtualMac } from '../../director/core/virtual-macs.js';
import { toWords } from '../../director/wire/address-words.js';
import type { MacAddress } from '../../director/wire/ethernet.js';
import { Family } from '../../director/wire/flow.js';
import { isSame } from '../config/equality.js';
import type { NodeConfig } from '../config/node-config.js';
import type { VrrpInstanceConfig } from '../config/vrrp-config.js';
import { addService, ProtocolNumbers } from './service-configuration.js';

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
    settings: settingsOf(config),
  });
  director.marks = markRules(config);
  director.localEndpoints.setPool(config.dataPlane.localAddresses);
  setFloatingAddresses(director, config);
  for (const virtual of config.virtualServers) addService(director, virtual, config.dataPlane);
  return director;
}

/**
 * Gives a director the addresses, firewall marks, settings and timeouts of another configuration. Addresses that are the
 * same stay as they are, and so does what was set at run time, unless the configuration has something else to say about it.
 */
export function exchangeSettings(director: Director, before: NodeConfig, after: NodeConfig): void {
  director.marks = markRules(after);
  director.localEndpoints.setPool(after.dataPlane.localAddresses);
  setFloatingAddresses(director, after);
  if (!isSame(settingsOf(before), settingsOf(after))) {
    Object.assign(director.settings, defaultSettings(), settingsOf(after));
  }
  if (isSame(before.timeouts, after.timeouts)) return;
  for (const [state, timeout] of timeoutsOf(after).entries()) director.timeouts[state] = timeout;
}

const settingsOf = ({ dataPlane, sync }: NodeConfig): Partial<Settings> => ({
  ...dataPlane.settings,
  sync_threshold: [sync?.threshold ?? 0, sync?.period ?? 0],
});

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

/** Makes the addresses known that the node may come to hold; those that it knows as they are stay, others go. */
function setFloatingAddresses(director: Director, config: NodeConfig): void {
  const wanted = new Set<IpAddress>();
  for (const vrrp of config.vrrpInstances) {
    for (const { address, device } of [...vrrp.virtualAddresses, ...vrrp.excludedAddresses]) {
      const owner = requireInterface(director.interfaces, device);
      const mac = macOf(vrrp) ?? owner.mac;
      const known = director.findFloating(address);
      wanted.add(address);
      if (known?.interface === owner && isSame(known.mac, mac)) continue;
      if (known !== undefined) director.removeFloating(address);
      director.addFloating(address, owner, mac);
    }
  }
  const gone = [...director.floating.values()].filter(({ address }) => !wanted.has(address));
  for (const { address } of gone) director.removeFloating(address);
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
export function usedInterfaces(director: Director, config: NodeConfig): Set<Interface> {
  const used = new Set<Interface>();
  for (const vrrp of config.vrrpInstances) {
    // Advertisements from a virtual MAC address leave as frames.
    const own = vrrp.virtualMac ? [vrrp.device] : [];
    const addresses = [...vrrp.virtualAddresses, ...vrrp.excludedAddresses];
    for (const device of [...own, ...addresses.map((address) => address.device)]) {
      used.add(requireInterface(director.interfaces, device));
    }
  }
  const added = [...director.services.services()].flatMap(({ servers }) => servers);
  const configured = config.virtualServers
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
