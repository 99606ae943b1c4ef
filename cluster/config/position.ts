import type { IpAddress } from '../../director/base/address.js';

/**
 * The 1-based line of everything in a keepalived.conf that must be unique or that a later check points at. A key is also
 * the way a message names the thing; the functions below make them, so that a writer and a reader cannot disagree.
 */
export type Positions = ReadonlyMap<string, number>;

/** The keyword line of an instance. */
export const instanceKey = (name: string): string => `vrrp_instance ${name}`;

/** The `interface` line of an instance. */
export const interfaceKey = (name: string): string => `interface of ${instanceKey(name)}`;

/** An address belongs to one instance of the whole file: two would answer for it differently. */
export const virtualAddressKey = (address: IpAddress): string => `virtual_ipaddress ${address}`;

/** The `lvs_sync_daemon` line. */
export const SyncDaemonKey = 'lvs_sync_daemon';

/** The line of `key`; a file without it is reported at its first line. */
export const lineOf = (positions: Positions, key: string): number => positions.get(key) ?? 1;
