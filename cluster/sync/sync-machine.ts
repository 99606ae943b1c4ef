import type { IpAddress } from '../../director/base/address.js';
import type { Instant } from '../../director/base/time.js';
import type { SyncEffect } from './effects.js';
import type { SessionKey, SyncRecord } from './record.js';
import type { SessionSyncSnapshot } from './snapshot.js';

/** Where a peer was heard, and in which of its lives. The kernel's format does not tell them apart: there it is always 0. */
export interface HeardPeer {
  readonly address: IpAddress;
  readonly epoch: number;
}

/**
 * What a node drives to share its connection table, whichever format the messages have: `SessionSync` is our own,
 * `IpvsSync` the kernel's. The driver brings datagrams and time, and drains `effects` after every input.
 */
export interface SyncMachine {
  readonly effects: SyncEffect[];
  /** True when peers note whose word an entry is, and are to hear of it when it changes hands. */
  readonly hasOwners: boolean;
  /** When `handleDeadline` wants to be called, or `Never`. */
  readonly deadline: Instant;
  /** True from the `table-complete` effect on: the node may preempt. */
  readonly tableComplete: boolean;
  /** Peers that could acknowledge something; a format without acknowledgements has none. */
  readonly peersAlive: number;
  /** Where peers were heard, in an order that is the same in every run. */
  readonly peersHeard: readonly HeardPeer[];
  start(now: Instant): void;
  /** An entry of this node's own is to be told; returns the number of the message that will, from 1. */
  update(now: Instant, record: SyncRecord): number;
  /** An entry that peers know is gone: for everybody when this node serves the connection. */
  remove(now: Instant, key: SessionKey, isServed: boolean): void;
  /** Sends what waits for company at once. */
  flush(now: Instant, options?: { readonly acknowledge?: boolean }): void;
  /** This node's VRRP state. */
  setMaster(now: Instant, isMaster: boolean): void;
  /** The peer's process has ended. */
  handlePeerDeath(now: Instant, node: string): void;
  /** This node may have missed changes: the table is not complete any more, and is fetched anew where that can be. */
  resync(now: Instant): void;
  handleDeadline(now: Instant): void;
  /** A UDP payload from `source`. Whatever it holds, the worst that it does is to be counted. */
  handleDatagram(now: Instant, bytes: Uint8Array, source: IpAddress): void;
  /** Sends what waits. Nothing is due afterwards. */
  stop(now: Instant): void;
  snapshot(): SessionSyncSnapshot;
}
