import type { IpAddress } from '../../director/base/address.js';
import type { Instant } from '../../director/base/time.js';
import type { Acknowledgements } from './acknowledgements.js';
import type { BulkDonor } from './bulk-donor.js';
import type { BulkJoiner } from './bulk-joiner.js';
import type { BulkCounters } from './bulk-transfer.js';
import type { Inbox } from './inbox.js';
import type { TouchJournal } from './journal.js';
import type { Outbox } from './outbox.js';
import type { SyncReceiver } from './receiver.js';
import type { SyncSender } from './sender.js';

/** What passed in one direction. */
export interface SyncTraffic {
  readonly datagrams: number;
  readonly records: number;
  readonly removals: number;
  /** Sent: Updates sent again. Received: Updates that arrived to fill a hole after a Nack. */
  readonly retransmissions: number;
}

/** One peer as this node hears it, in the present life of its process. */
export interface PeerSnapshot {
  readonly node: string;
  /** Undefined when only others have spoken of it. */
  readonly address: IpAddress | undefined;
  /** Which run of its process this is: greater is later. */
  readonly epoch: number;
  readonly lastHeard: Instant;
  /** Its last Updates that are applied here, and the last that exist: the difference is the lag. */
  readonly applied: number;
  readonly announced: number;
  /** Updates known to exist that have not arrived. */
  readonly missing: number;
  /** What it has acknowledged of this node's own Updates. */
  readonly acknowledged: number;
  /** Updates that came only when they were asked for. */
  readonly retransmitted: number;
  /** Holes given up, each repaired by a transfer from the peer if it lives. */
  readonly gaps: number;
  /** Times that the copies of its entries were found to differ from its own. */
  readonly divergences: number;
  /** Messages from its address that had no effect. */
  readonly rejected: number;
}

/** The state of session sync for people and metrics. */
export interface SessionSyncSnapshot {
  readonly tableComplete: boolean;
  readonly sent: SyncTraffic;
  readonly received: SyncTraffic;
  /** By name. */
  readonly peers: readonly PeerSnapshot[];
  readonly acknowledgement: {
    /** This node's last Updates, those that peers were asked about last, and those that at least one peer has. */
    readonly lastSequence: number;
    readonly asked: number;
    readonly acknowledged: number;
    /** Questions asked again, and those given up without an answer. */
    readonly repeats: number;
    readonly unanswered: number;
  };
  /** With keys: Challenges sent, and lives of peers that have proven to run. */
  readonly admission: { readonly challenges: number; readonly proofs: number };
  /** Datagrams that had no effect, by reason. */
  readonly rejected: Readonly<Record<string, number>>;
  /** What peers were not told because the format cannot say it, by reason; our own can say everything. */
  readonly unsaid?: Readonly<Record<string, number>>;
  readonly reliability: {
    readonly duplicates: number;
    /** Holes given up, each repaired by a transfer from the peer if it lives. */
    readonly gaps: number;
    /** Times that copies of a peer's entries were found to differ from the peer's; each is repaired by a transfer. */
    readonly divergences: number;
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
    /** Fetches answered in part only. */
    readonly overflows: number;
  };
}

/** Of a peer of which a format without numbers and answers tells nothing more than that it is there. */
export const silentPeer: Omit<PeerSnapshot, 'node' | 'address' | 'lastHeard'> = {
  epoch: 0,
  applied: 0,
  announced: 0,
  missing: 0,
  acknowledged: 0,
  retransmitted: 0,
  gaps: 0,
  divergences: 0,
  rejected: 0,
};

const noTraffic: SyncTraffic = { datagrams: 0, records: 0, removals: 0, retransmissions: 0 };

/** Of a machine that has done nothing yet, or of the parts that one does not have. */
export const idleSnapshot: SessionSyncSnapshot = {
  tableComplete: false,
  sent: noTraffic,
  received: noTraffic,
  peers: [],
  acknowledgement: { lastSequence: 0, asked: 0, acknowledged: 0, repeats: 0, unanswered: 0 },
  admission: { challenges: 0, proofs: 0 },
  rejected: {},
  reliability: {
    duplicates: 0,
    gaps: 0,
    divergences: 0,
    nacksSent: 0,
    nackOverflows: 0,
    lostNotices: 0,
  },
  bulk: {
    entries: 0,
    superseded: 0,
    stale: 0,
    lagging: 0,
    swept: 0,
    transfers: 0,
    failures: 0,
    owed: 0,
    journalEvictions: 0,
    chunksSent: 0,
    recordsSent: 0,
    overflows: 0,
  },
};

/** The parts of a session-sync machine that have something to say about themselves. */
export interface SnapshotSources {
  readonly outbox: Outbox;
  readonly inbox: Inbox;
  readonly sender: SyncSender;
  readonly receiver: SyncReceiver;
  readonly acks: Acknowledgements;
  readonly joiner: BulkJoiner;
  readonly donor: BulkDonor;
  readonly journal: TouchJournal;
  readonly bulk: BulkCounters;
}

export function snapshotOf(sources: SnapshotSources): SessionSyncSnapshot {
  const { outbox, inbox, sender, receiver, acks, joiner, donor, journal, bulk } = sources;
  const heard = receiver.peers.filter((peer) => peer.address !== undefined);
  return {
    tableComplete: joiner.tableComplete,
    sent: {
      datagrams: outbox.counter,
      records: sender.records,
      removals: sender.removals,
      retransmissions: sender.retransmissions,
    },
    received: {
      datagrams: inbox.datagrams,
      records: receiver.records,
      removals: receiver.removals,
      retransmissions: receiver.repaired,
    },
    peers: heard.map((peer) => ({
      node: peer.node,
      address: peer.address,
      epoch: peer.epoch,
      lastHeard: peer.lastHeard,
      applied: peer.applied,
      announced: peer.announced,
      missing: peer.missing,
      acknowledged: peer.acknowledged,
      retransmitted: peer.repaired,
      gaps: peer.gaps,
      divergences: peer.digests.divergences,
      rejected: peer.rejected,
    })),
    acknowledgement: {
      lastSequence: sender.lastSequence,
      asked: acks.asked,
      acknowledged: acks.acknowledged,
      repeats: acks.repeats,
      unanswered: acks.unanswered,
    },
    admission: {
      challenges: inbox.admission?.challenges ?? 0,
      proofs: inbox.admission?.proofs ?? 0,
    },
    rejected: Object.fromEntries(inbox.rejected),
    reliability: {
      duplicates: receiver.duplicates,
      gaps: receiver.gaps,
      divergences: receiver.divergences,
      nacksSent: receiver.nacks,
      nackOverflows: sender.nackOverflows,
      lostNotices: sender.lostNotices,
    },
    bulk: {
      ...bulk,
      transfers: joiner.transfers,
      failures: joiner.failures,
      owed: joiner.owed,
      journalEvictions: journal.evictions,
      chunksSent: donor.chunks,
      recordsSent: donor.records,
      overflows: donor.overflows,
    },
  };
}
