import type { IpAddress } from '../../director/base/address.js';
import type { SessionKey, SyncRecord } from './record.js';

/**
 * Why the table counts as complete: a peer's was fetched, there is no peer that has one, it took too long, or the format
 * knows no fetching.
 */
export type CompleteReason = 'bulk' | 'alone' | 'timeout' | 'no-bulk';

/**
 * What a node makes of a peer's word when it contradicts another's: a master's weighs more than a backup's, and that of a
 * life that has ended, or is not heard, least.
 */
export type Standing = 'master' | 'backup' | 'gone';

/**
 * What session sync wants done, in this order. Peers are named with the epoch of the life that is meant.
 *
 * - `send`: a UDP datagram to one node, or to the group when `to` is absent.
 * - `apply`: create or replace the entry; its origin is `from`. With `bulk` the record is a copy of unknown age: it
 *   creates an entry or replaces one that came from a peer, but not one of this node's own; and with `createsOnly` it
 *   replaces none, because this node has heard more of `from` than the one who sent the copy.
 * - `remove`: `from` has removed the entry: for everybody when it serves the connection, else only as its own.
 * - `standing`: what the word of that peer weighs from now on; `gone` until something else is said.
 * - `table-complete`: once, some time after the start; `entries` came by bulk transfer.
 * - `acknowledged`: at least one peer has all that `update` has given a sequence up to this one; grows only.
 * - `peer-restarted`: `node` runs with a new epoch, so what it knew is only what it fetches now.
 */
export type SyncEffect =
  | { readonly kind: 'send'; readonly bytes: Uint8Array; readonly to?: IpAddress }
  | {
      readonly kind: 'apply';
      readonly record: SyncRecord;
      readonly from: string;
      readonly epoch: number;
      readonly bulk: boolean;
      readonly createsOnly?: boolean;
    }
  | {
      readonly kind: 'remove';
      readonly key: SessionKey;
      readonly from: string;
      readonly epoch: number;
      readonly isServed: boolean;
    }
  | {
      readonly kind: 'standing';
      readonly from: string;
      readonly epoch: number;
      readonly standing: Standing;
    }
  | {
      readonly kind: 'table-complete';
      readonly reason: CompleteReason;
      readonly entries: number;
    }
  | { readonly kind: 'acknowledged'; readonly sequence: number }
  | { readonly kind: 'peer-restarted'; readonly node: string };
