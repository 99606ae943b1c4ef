import type { IpAddress } from '../../director/base/address.js';
import type { SessionKey, SyncRecord } from './record.js';

/**
 * Why the table counts as complete: a peer's was fetched, there is no peer that has one, it took too long, or the format
 * knows no fetching.
 */
export type CompleteReason = 'bulk' | 'alone' | 'timeout' | 'no-bulk';

/**
 * What session sync wants done, in this order.
 *
 * - `send`: a UDP datagram to one node, or to the group when `to` is absent.
 * - `apply`: create or replace the entry; its origin is `from`. With `bulk` the record is a copy of unknown age: it
 *   creates an entry or replaces one that came from a peer, but not one of this node's own.
 * - `remove`: `from` has removed its entry.
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
      readonly bulk: boolean;
    }
  | { readonly kind: 'remove'; readonly key: SessionKey; readonly from: string }
  | {
      readonly kind: 'table-complete';
      readonly reason: CompleteReason;
      readonly entries: number;
    }
  | { readonly kind: 'acknowledged'; readonly sequence: number }
  | { readonly kind: 'peer-restarted'; readonly node: string };
