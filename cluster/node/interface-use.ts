import { isIpv6 } from '../../director/base/address.js';
import { IoError } from '../../director/base/errors.js';
import type { Director } from '../../director/core/director.js';
import type { Interface } from '../../director/core/interfaces.js';
import { virtualMac } from '../../director/core/virtual-macs.js';
import { toWords } from '../../director/wire/address-words.js';
import type { MacAddress } from '../../director/wire/ethernet.js';
import { Family } from '../../director/wire/flow.js';
import type { NodeConfig } from '../config/node-config.js';
import type { VrrpInstanceConfig } from '../config/vrrp-config.js';

/** The MAC address that an instance answers from and speaks from, when it has one of its own. */
export function macOf(vrrp: VrrpInstanceConfig): MacAddress | undefined {
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

/**
 * The interfaces that hold floating addresses, lead to real servers or speak from virtual MAC addresses: also to servers that
 * are down now, and to those that ipvsadm has added.
 */
export function usedInterfaces(director: Director, config: NodeConfig): Set<Interface> {
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
