import type { IpvsadmAnswer } from '../ipvsadm/command.js';
import type { EventKind } from '../member/events.js';
import type { CheckSnapshot } from '../member/health/check.js';
import type { VrrpState } from '../vrrp/state.js';
import type { NotifyDrops } from './notify-fifo.js';

/** Protocols that have connections. */
export type ProtocolName = 'TCP' | 'UDP' | 'SCTP' | 'IP';

/** Forwarding methods in the words of ipvsadm. */
export type MethodName = 'Masq' | 'Local' | 'Tunnel' | 'Route' | 'FullNat';

/**
 * What a director answers on its control socket: HTTP over a Unix socket, one JSON document a path. Times are wall
 * clock milliseconds since the epoch, with fractions. The CLI's `--json` prints these shapes unchanged.
 */
export interface Api {
  readonly '/status': NodeStatus;
  readonly '/sessions': { readonly sessions: readonly SessionView[] };
  readonly '/services': { readonly services: readonly ServiceView[] };
  readonly '/health': { readonly pools: readonly PoolView[] };
  readonly '/vrrp': { readonly instances: readonly VrrpView[] };
  readonly '/sync': SyncView;
  readonly '/events': { readonly events: readonly NodeEvent[] };
}

/**
 * What a director does when it is asked to by POST, with a JSON document. A request of another form is answered with
 * status 400, one that is too long with 413; both say why as `{ error }`.
 */
export interface Commands {
  /** One ipvsadm command line, without the program's name. */
  readonly '/ipvsadm': {
    readonly request: { readonly argv: readonly string[] };
    readonly answer: IpvsadmAnswer;
  };
  /** The node may take over from a living master from now on, though its table may not be complete. */
  readonly '/preempt': {
    readonly request: Readonly<Record<string, never>>;
    /** Whether the table was complete: if not, connections that it lacks may break. */
    readonly answer: { readonly tableComplete: boolean };
  };
  /** The node reads its configuration file again, as by SIGHUP. */
  readonly '/reload': {
    readonly request: Readonly<Record<string, never>>;
    readonly answer: ReloadAnswer;
  };
  /**
   * A real server gets another weight, until its pool has something else to say about it. 0 drains it: its connections go
   * on, and it gets no new ones.
   */
  readonly '/weight': {
    readonly request: ServerName & { readonly weight: number };
    readonly answer: {
      /** What it was before. */
      readonly before: number;
      /** Connections that it carries now. */
      readonly connections: number;
    };
  };
  /**
   * The node stands down: from now on every other node outranks it, and a master hands over to the best of them that may
   * preempt. `false` ends that.
   */
  readonly '/stand-down': {
    readonly request: { readonly isDown: boolean };
    readonly answer: { readonly state: VrrpState };
  };
}

/** A real server of a service, as `/services` names both. */
export interface ServerName {
  readonly protocol: ProtocolName | 'FWM';
  /** `address:port`, or the mark. */
  readonly virtual: string;
  /** `address:port`. */
  readonly server: string;
}

/** What has become of a reload. */
export interface ReloadAnswer {
  /** What differed and is in effect now; empty when nothing did. */
  readonly differences: readonly string[];
  /** Why nothing has changed; absent when the file is in effect. */
  readonly refusal: string | undefined;
}

export interface NodeStatus {
  readonly node: string;
  readonly pid: number;
  readonly startedAt: number;
  readonly state: VrrpState;
  readonly sessions: number;
  /** False while the table is still being fetched from a peer: the node does not preempt before it is true. */
  readonly tableComplete: boolean;
  /** Frames by what became of them: received = forwarded + answered + held + everything dropped. */
  readonly packets: {
    readonly received: number;
    readonly forwarded: number;
    readonly answered: number;
    /** Frames that wait now: for the MAC address of their next hop, a first fragment, or a commitment. */
    readonly held: number;
    readonly dropped: Readonly<Record<string, number>>;
  };
  /** How frames come in and go out: `offload`, `ring` or `pcap`. */
  readonly driver: string;
  /** The connections that the kernel carries, or the driver `ring` by its table of flows; absent with `pcap`. */
  readonly offload?: {
    /** Now. */
    readonly carried: number;
    /** How often one was handed to it, and taken back. */
    readonly installed: number;
    readonly withdrawn: number;
    /** Packets that it has carried; they are in `packets` too. */
    readonly packets: number;
    /** Connections that its table had no room for. */
    readonly refused: number;
  };
  /** Threads that carry besides the main one at this moment; only with the driver `ring`. */
  readonly carrierThreads?: number;
  /** What the packet driver did. */
  readonly ports: {
    readonly sent: number;
    /** Of the frames sent, those that left by AF_XDP. */
    readonly fast: number;
    /** Frames that the kernel refused. */
    readonly refused: number;
    /** Frames given up unread under overload. */
    readonly shed: number;
  };
  /** New connections of services with a commit mode, by what became of their first packets. */
  readonly commits: {
    /** The most that they can get now: `acked` while there is a peer that could acknowledge, `sent` with session sync. */
    readonly reach: 'none' | 'sent' | 'acked';
    readonly waiting: number;
    readonly committed: number;
    /** How long the committed ones have waited, on average. */
    readonly meanWaitMs: number;
    /** Forwarded though peers did not know them: none was there, or none answered in time, or too many waited. */
    readonly uncommitted: number;
  };
  /** What notify scripts and the pipes of `notify_fifo` have not been told. */
  readonly notifyDropped: NotifyDrops;
}

export interface SessionView {
  /** `IP` for the persistence template of a firewall mark. */
  readonly protocol: ProtocolName;
  /** Seconds until the entry expires when no packet comes. */
  readonly expires: number;
  readonly state: string;
  /** `address:port`, IPv6 in brackets. */
  readonly client: string;
  readonly virtual: string;
  readonly real: string;
  readonly method: MethodName;
  /** `local` when this node carries the connection, else the node whose sync message brought the entry. */
  readonly origin: string;
  /** The name of the node that carries the connection: who told of it last. */
  readonly owner: string;
  /** True when peers have been told of the entry. */
  readonly synced: boolean;
  /** How long ago they were told, or told this node; absent when they were not. */
  readonly syncedAgeMs: number | undefined;
  readonly packets: number;
}

export interface ServiceView {
  /** `FWM` for a firewall mark. */
  readonly protocol: ProtocolName | 'FWM';
  /** `address:port`, or the mark. */
  readonly virtual: string;
  readonly scheduler: string;
  /** Absent when no checker belongs to the service. */
  readonly quorum: QuorumView | undefined;
  /** Those of the service, and after them those that their checkers have taken out of it. */
  readonly realServers: readonly RealServerView[];
}

export interface RealServerView {
  readonly address: string;
  readonly method: MethodName;
  /** False for one that has been taken out: it is down. */
  readonly isPlaced: boolean;
  readonly weight: number;
  readonly active: number;
  readonly inactive: number;
  /** What its checkers say; absent when it has none. */
  readonly health: ServerHealth | undefined;
}

export interface ServerHealth {
  readonly isUp: boolean;
  /** Why the first of its checkers that says down does so. */
  readonly reason: string | undefined;
}

export interface QuorumView {
  readonly isUp: boolean;
  /** The sum of the weights of the servers that are up, and what it has to be. */
  readonly weight: number;
  readonly quorum: number;
  readonly hysteresis: number;
  /** True while the sorry server stands in. */
  readonly isSorry: boolean;
}

/** The real servers of one `virtual_server` block, as health checks see them. */
export interface PoolView {
  /** The block, as messages name it. */
  readonly name: string;
  readonly quorum: QuorumView;
  readonly servers: readonly {
    readonly address: string;
    readonly isUp: boolean;
    /** What its configured weight has become by its checkers. */
    readonly weight: number;
    readonly checkers: readonly CheckerView[];
  }[];
}

export interface CheckerView extends CheckSnapshot {
  /** `TCP_CHECK` and so on. */
  readonly kind: string;
}

export interface VrrpView {
  readonly instance: string;
  /** The sync group that it belongs to. */
  readonly group: string | undefined;
  readonly virtualRouterId: number;
  readonly version: 2 | 3;
  readonly device: string;
  /** The address that this node's advertisements come from. */
  readonly source: string;
  readonly state: VrrpState;
  /** What is faulty, in words. */
  readonly fault: string | undefined;
  /** The configured one, and the one that counts: what is tracked moves it. */
  readonly priority: number;
  readonly effectivePriority: number;
  readonly tracked: readonly TrackedView[];
  /** True when a living master of lower priority would be replaced. */
  readonly mayPreempt: boolean;
  readonly advertMs: number;
  /** The master as this node knows it: its primary address, undefined when none has been heard. */
  readonly master: string | undefined;
  readonly masterPriority: number | undefined;
  readonly addresses: readonly string[];
  readonly since: number;
  readonly transitions: number;
  readonly advertisementsSent: number;
  readonly advertisementsReceived: number;
  /** Of these, those with other virtual addresses than ours, and those of rivals while this node was master. */
  readonly addressMismatches: number;
  readonly rivalAdvertisements: number;
  /** How often this node ran so late that a timer proved nothing about the others. */
  readonly lateTimers: number;
  /** Advertisements not accepted, by reason: those whose authentication was wrong begin with `auth`. */
  readonly rejected: Readonly<Record<string, number>>;
  /** Advertisements that the kernel refused to send. */
  readonly refused: number;
}

/** Something that a VRRP instance tracks. */
export interface TrackedView {
  readonly kind: 'interface' | 'script' | 'file' | 'process' | 'bfd';
  readonly name: string;
  /** 0: a fault while it is down. */
  readonly weight: number;
  readonly reverse: boolean;
  /** Up or down, or the number in a file; undefined while nothing is known of it. */
  readonly value: boolean | number | undefined;
}

export interface SyncView {
  readonly device: string | undefined;
  readonly syncId: number;
  readonly tableComplete: boolean;
  /** The last of this node's own numbered messages. */
  readonly sequence: number;
  readonly sent: SyncCounters;
  readonly received: SyncCounters;
  readonly peers: readonly SyncPeer[];
  /** Messages that had no effect, by reason. */
  readonly rejected: Readonly<Record<string, number>>;
  /** Entries that the format cannot say, by reason. */
  readonly unsaid: Readonly<Record<string, number>>;
  /** What became of the entries that peers have told of. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** What was repaired, and what met a limit, by name. */
  readonly counters: Readonly<Record<string, number>>;
  /** The kernel's sync daemons that were started by ipvsadm. */
  readonly daemons: readonly SyncDaemonView[];
}

/** A sync daemon: a master has sent, a backup received. */
export interface SyncDaemonView {
  readonly role: 'master' | 'backup';
  readonly device: string;
  readonly syncId: number;
  readonly datagrams: number;
  readonly records: number;
  /** A master's entries that the format cannot say, a backup's messages without effect, by reason. */
  readonly rejected: Readonly<Record<string, number>>;
}

/** A peer in the present life of its process, as this node hears it. */
export interface SyncPeer {
  readonly node: string;
  readonly address: string;
  /** Which run of its process: greater is later. */
  readonly epoch: number;
  readonly lastHeardMs: number;
  /** Its last message applied here. */
  readonly sequence: number;
  /** How many that exist are not applied yet, and how many of those have not even arrived. */
  readonly lag: number;
  readonly missing: number;
  /** The last of this node's messages that it has acknowledged. */
  readonly acknowledged: number;
  readonly retransmitted: number;
  /** Holes that were given up and repaired by fetching its entries. */
  readonly lost: number;
  /** Times that the copies of its entries differed from its own; repaired in the same way. */
  readonly divergences: number;
  /** Messages from its address that had no effect. */
  readonly rejected: number;
}

export interface SyncCounters {
  readonly datagrams: number;
  readonly records: number;
  readonly removals: number;
  readonly retransmissions: number;
}

/** Something that happened on a node and belongs on a timeline. */
export interface NodeEvent {
  readonly at: number;
  readonly node: string;
  readonly kind: EventKind;
  readonly text: string;
}
