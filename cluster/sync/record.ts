import type { IpAddress } from '../../director/base/address.js';
import type { Duration } from '../../director/base/time.js';

/** What names a connection entry on every node: who talks to which virtual service. */
export interface SessionKey {
  readonly protocol: 'TCP' | 'UDP';
  readonly client: IpAddress;
  readonly clientPort: number;
  readonly virtual: IpAddress;
  readonly virtualPort: number;
}

/** Forwarding methods that can be synced, in the words of ipvsadm. */
export type SyncMethod = 'Masq' | 'Route';

/** Connection states in the kernel's words (`/proc/net/ip_vs_conn`); `UDP` is the one state of UDP. */
export type SyncState =
  | 'NONE'
  | 'ESTABLISHED'
  | 'SYN_SENT'
  | 'SYN_RECV'
  | 'FIN_WAIT'
  | 'TIME_WAIT'
  | 'CLOSE'
  | 'CLOSE_WAIT'
  | 'LAST_ACK'
  | 'LISTEN'
  | 'SYNACK'
  | 'UDP';

/** A connection entry as peers need it to carry the connection on. All three addresses are of one family. */
export interface SyncRecord extends SessionKey {
  readonly real: IpAddress;
  readonly realPort: number;
  readonly method: SyncMethod;
  readonly state: SyncState;
  /** 32 bits that this layer only carries. */
  readonly flags: number;
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
  `${key.protocol} ${key.client} ${key.clientPort} ${key.virtual} ${key.virtualPort}`;

/** Only the key of a record. */
export const keyOf = (record: SessionKey): SessionKey => ({
  protocol: record.protocol,
  client: record.client,
  clientPort: record.clientPort,
  virtual: record.virtual,
  virtualPort: record.virtualPort,
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
