import type { IpAddress } from '../../director/base/address.js';
import type { Duration, Instant } from '../../director/base/time.js';
import type { RecordFields } from './record-fields.js';

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
  readonly local?: LocalEndpoint | undefined;
  /** In the protocol's own numbering, 0 to 255; this layer only carries it. */
  readonly state: number;
  /** `IpvsFlag`s (ipvs/flags.ts) from a peer that speaks IPVS's format; 0 from our own. */
  readonly flags: number;
  /** The firewall mark of the service; absent or 0 for none. */
  readonly firewallMark?: number;
  /** The whole timeout of the state; travels in whole seconds, rounded up. */
  readonly timeout: Duration;
  /** What was left of it when the record was made; travels in milliseconds. */
  readonly remaining: Duration;
  /** Packets from the client so far, for the sync threshold; saturates at 2^32 - 1. */
  readonly packets: number;
}

/** One run of a node's process: its name, and an epoch that no other run of it has. */
export interface Life {
  readonly node: string;
  readonly epoch: number;
}

/**
 * What a set of entries comes to: their number, and the sum of a hash of 64 bits over what names each and its real server.
 * Equal for equal sets in whatever order they came about, and for different ones but once in 2^64. Both words are unsigned.
 */
export interface TableDigest {
  readonly entries: number;
  readonly high: number;
  readonly low: number;
}

/** Where a table writes entries that are read from it. */
export interface EntryPage {
  /** Adds an entry and whose word it is, absent for this life of the node; false when there is no room for it. */
  add(entry: RecordFields, origin: Life | undefined): boolean;
}

/** The connection table as session sync sees it. */
export interface TableSource {
  /** Entries held now. */
  readonly size: number;
  /**
   * Writes entries from slot `cursor` on, all of them or only those that this life of the node has told of, until the page
   * is full or enough slots have been looked at; gives the slot to go on with, or -1 when none is left, also for a cursor
   * beyond the table. Entries do not move while they live. Shows only entries that peers have been told of by `update`: an
   * entry that peers learn of without that would never be removed again.
   */
  readFrom(cursor: number, scope: 'all' | 'own', page: EntryPage): number;
  /** Digest of the entries that a life of a peer has told of last; without `origin` of this node's own ones. */
  digest(origin?: Life): TableDigest;
  /**
   * The keys of some of the entries from slot `cursor` on that `origin` has told of last, and not since `before`; and the
   * slot to go on with, or -1.
   */
  outdated(
    origin: Life,
    before: Instant,
    cursor: number,
  ): { readonly keys: readonly SessionKey[]; readonly next: number };
}
