import type { IpAddress } from '../../director/base/address.js';
import type { AddressServiceConfig, MarkServiceConfig } from './node-config.js';

/**
 * The 1-based line of everything in a keepalived.conf that must be unique or that a later check points at. A key is also
 * the way a message names the thing; the functions below make them, so that a writer and a reader cannot disagree.
 */
export type Positions = ReadonlyMap<string, number>;

/** The keyword line of an instance. */
export const instanceKey = (name: string): string => `vrrp_instance ${name}`;

/** The keyword line of a sync group. */
export const syncGroupKey = (name: string): string => `vrrp_sync_group ${name}`;

/** The `interface` line of an instance. */
export const interfaceKey = (name: string): string => `interface of ${instanceKey(name)}`;

/** The `mcast_src_ip` or `unicast_src_ip` line of an instance. */
export const sourceKey = (name: string): string => `the source of ${instanceKey(name)}`;

/** The line of one peer of an instance. */
export const unicastPeerKey = (address: IpAddress, name: string): string =>
  `unicast_peer ${address} of ${instanceKey(name)}`;

/** An address belongs to one instance of the whole file: two would answer for it differently. */
export const virtualAddressKey = (address: IpAddress): string => `virtual_ipaddress ${address}`;

/** A service is one of its address, port and protocol, or of its mark and family. */
export function virtualServerKey(server: VirtualServerIdentity): string {
  if (server.firewallMark === undefined) {
    const { address, port, protocol } = server;
    return `virtual_server ${address} ${port} ${protocol}`;
  }
  const family = server.family === 'ipv6' ? ' inet6' : '';
  return `virtual_server fwmark ${server.firewallMark}${family}`;
}

/** What makes a virtual server the one that it is. */
export type VirtualServerIdentity =
  | Pick<AddressServiceConfig, 'firewallMark' | 'address' | 'port' | 'protocol'>
  | Pick<MarkServiceConfig, 'firewallMark' | 'family'>;

/** The line of `firewall_mark` that is number `index`, from 0. */
export const firewallMarkKey = (index: number): string => `firewall_mark #${index}`;

/** The `local_addresses` line. */
export const LocalAddressesKey = 'local_addresses';

/** A `sync_peer` line. */
export const syncPeerKey = (address: IpAddress): string => `sync_peer ${address}`;

/** The `lvs_sync_daemon` line. */
export const SyncDaemonKey = 'lvs_sync_daemon';

/** The line of `key`; a file without it is reported at its first line. */
export const lineOf = (positions: Positions, key: string): number => positions.get(key) ?? 1;
