import type { IpAddress } from '../../director/base/address.js';
import type { Duration } from '../../director/base/time.js';

/**
 * Protocols of entries. `IP` is number 0, which only a template may have: that of a firewall mark, whose virtual
 * address is the mark.
 */
export type SessionProtocol = 'TCP' | 'UDP' | 'SCTP' | 'IP';

/** What names a connection entry on every node: who talks to which virtual service. Ports may be 0. */
export interface SessionKey {
  readonly protocol: SessionProtocol;
  readonly client: IpAddress;
  readonly clientPort: number;
  readonly virtual: IpAddress;
  readonly virtualPort: number;
  /** A persistence template: an entry that binds a client to a real server, beside its connections. */
  readonly isTemplate: boolean;
}

/** Forwarding methods in the words of ipvsadm; `FullNat` is DPVS's. */
export type SyncMethod = 'Masq' | 'Local' | 'Tunnel' | 'Route' | 'FullNat';

/** What the director itself uses towards the real server under FullNat. The port is not 0. */
export interface LocalEndpoint {
  readonly address: IpAddress;
  readonly port: number;
}

/** A connection entry as peers need it to carry the connection on. All its addresses are of one family. */
export interface SyncRecord extends SessionKey {
  readonly real: IpAddress;
  readonly realPort: number;
  readonly method: SyncMethod;
  /** Only under FullNat, and absent while none is chosen, as in a template. */
  readonly local?: LocalEndpoint;
  /** In the protocol's own numbering, 0 to 255; this layer only carries it. */
  readonly state: number;
  /** `IpvsFlag`s (ipvs/flags.ts) from a peer that speaks IPVS's format; 0 from our own. */
  readonly flags: number;
  /** The firewall mark of the service, for IPVS's format only; absent for none, and from our own. */
  readonly firewallMark?: number;
  /** The whole timeout of the state; travels in whole seconds, rounded up. */
  readonly timeout: Duration;
  /** What was left of it when the record was made; travels in milliseconds. */
  readonly remaining: Duration;
  /** Packets from the client so far, for the sync threshold; saturates at 2^32 - 1. */
  readonly packets: number;
}

/** A record as a table holds it. */
export interface TableEntry extends SyncRecord {
  /** The node whose sync message brought the entry (`from` of the effect); absent for an entry of this node's own. */
  readonly origin?: string;
}

/** The key as one string: equal exactly for equal keys. */
export const keyText = (key: SessionKey): string =>
  `${key.protocol}${key.isTemplate ? ' template' : ''} ${key.client} ${key.clientPort} ${key.virtual} ${key.virtualPort}`;

/** Only the key of a record. */
export const keyOf = (record: SessionKey): SessionKey => ({
  protocol: record.protocol,
  client: record.client,
  clientPort: record.clientPort,
  virtual: record.virtual,
  virtualPort: record.virtualPort,
  isTemplate: record.isTemplate,
});

/** The connection table as session sync sees it. */
export interface TableSource {
  /** Entries held now. */
  readonly size: number;
  /**
   * Up to `limit` entries from slot `cursor` on, and the slot to go on with, greater than `cursor`; -1 when no slot is
   * left, also for a cursor beyond the table. Entries do not move while they live. Shows only entries that peers have been told of by `update`: an entry that peers learn
   * of without that would never be removed again.
   */
  readFrom(
    cursor: number,
    limit: number,
  ): { readonly records: readonly TableEntry[]; readonly next: number };
}
