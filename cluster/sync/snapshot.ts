import type { IpAddress } from '../../director/base/address.js';
import type { Instant } from '../../director/base/time.js';
import type { BulkCounters } from './bulk-transfer.js';

/** What passed in one direction. */
export interface SyncTraffic {
  readonly datagrams: number;
  readonly records: number;
  readonly removals: number;
  /** Sent: Updates sent again. Received: Updates that arrived to fill a hole after a Nack. */
  readonly retransmissions: number;
}

/** The state of session sync for people and metrics. */
export interface SessionSyncSnapshot {
  readonly tableComplete: boolean;
  readonly sent: SyncTraffic;
  readonly received: SyncTraffic;
  /** By name. `missing` counts Updates known to exist that have not arrived. */
  readonly peers: readonly {
    readonly node: string;
    /** Undefined when only others have spoken of it. */
    readonly address: IpAddress | undefined;
    readonly lastHeard: Instant;
    readonly missing: number;
    /** What it has acknowledged of this node's own Updates. */
    readonly acknowledged: number;
  }[];
  readonly acknowledgement: {
    /** This node's last Updates, those that peers were asked about last, and those that at least one peer has. */
    readonly lastSequence: number;
    readonly asked: number;
    readonly acknowledged: number;
    /** Questions asked again, and those given up without an answer. */
    readonly repeats: number;
    readonly unanswered: number;
  };
  /** Datagrams that had no effect, by reason. */
  readonly rejected: Readonly<Record<string, number>>;
  readonly reliability: {
    readonly duplicates: number;
    /** Holes given up, each repaired by a transfer from the peer if it lives. */
    readonly gaps: number;
    readonly nacksSent: number;
    readonly nackOverflows: number;
    readonly lostNotices: number;
  };
  readonly bulk: Readonly<BulkCounters> & {
    readonly transfers: number;
    readonly failures: number;
    /** Transfers that wait for their donor to be heard again. */
    readonly owed: number;
    readonly journalEvictions: number;
    readonly chunksSent: number;
    readonly recordsSent: number;
  };
}
