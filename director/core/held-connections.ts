import {
  after,
  between,
  microseconds,
  milliseconds,
  Never,
  type Duration,
  type Instant,
} from '../base/time.js';
import type { KeptFrame } from '../wire/packet.js';
import type { Neighbour } from './neighbours.js';

/**
 * When the first packet of a new connection may leave: at once; once the message that tells peers of its entry has been
 * sent; or once a peer has acknowledged that message, so that even a handshake survives this node.
 */
export type CommitMode = 'none' | 'sent' | 'acked';

/**
 * The longest that a packet waits for its connection to be committed. Peers answer within a millisecond; this leaves room
 * for one that is busy and for repeats, and is far below the second after which clients send again. A peer that is stuck
 * delays new connections by so much until it counts as silent.
 */
export const CommitTimeout: Duration = milliseconds(100);

/** The most connections that wait, and bytes of all their packets together. */
const MostConnections = 4_096;
const MostBytes = 4 * 1_024 * 1_024;
/** The most packets of one connection that wait: the first, and what its client sends without an answer. */
const MostOfOne = 8;

/** A packet made ready for its next hop. */
export interface HeldPacket {
  readonly frame: KeptFrame;
  readonly neighbour: Neighbour;
}

/** A connection that waits, with its packets in the order of their arrival. */
export interface HeldConnection {
  readonly index: number;
  readonly mode: CommitMode;
  readonly since: Instant;
  readonly packets: readonly HeldPacket[];
}

interface Waiting extends HeldConnection {
  readonly packets: HeldPacket[];
  /** Number of the sync message that carries the entry; 0 until there is one. */
  sequence: number;
  /** True when one of its packets is the one that opens the connection. */
  hasOpening: boolean;
}

/**
 * New connections whose packets wait until the connection is committed. It is told what has become of sync messages and
 * hands out who may go on; `commit.ts` does the rest. Connections are told to peers in the order in which they came, so
 * that what waits longest is released first.
 */
export class HeldConnections {
  /** Connections forwarded once they were committed, and how long they have waited together. */
  committed = 0;
  waited: Duration = milliseconds(0);
  /** Connections that should have been committed and were forwarded without. */
  uncommitted = 0;
  /** The strongest commitment that is to be had now: none without session sync, and none but `sent` without peers. */
  reach: CommitMode = 'none';
  /** True while another node is about to take over: every new connection is to be committed, as strongly as can be had. */
  isHandingOver = false;
  /** Oldest first, by entry. */
  readonly #waiting = new Map<number, Waiting>();
  #bytes = 0;

  get size(): number {
    return this.#waiting.size;
  }

  /** When the first of those that wait has waited too long, or `Never`. */
  get deadline(): Instant {
    for (const { since } of this.#waiting.values()) return after(since, CommitTimeout);
    return Never;
  }

  /**
   * How a new connection of a service with this mode is to be committed now. A successor that has come back a moment ago is
   * not known to acknowledge yet, but it hears what it is sent.
   */
  modeFor(serviceMode: CommitMode): CommitMode {
    if (!this.isHandingOver) return serviceMode;
    return this.reach === 'acked' ? 'acked' : 'sent';
  }

  /** Lets an entry's packets wait from now on; false when it cannot be committed: its packets may then leave at once. */
  begin(index: number, mode: CommitMode, now: Instant): boolean {
    const isReached = mode === 'acked' ? this.reach === 'acked' : this.reach !== 'none';
    if (!isReached || this.#waiting.size >= MostConnections) return false;
    this.#waiting.set(index, {
      index,
      mode,
      since: now,
      packets: [],
      sequence: 0,
      hasOpening: false,
    });
    return true;
  }

  /** True when the packet that opens the entry's connection waits already. */
  hasOpening(index: number): boolean {
    return this.#waiting.get(index)?.hasOpening ?? false;
  }

  /** Keeps a packet of an entry that waits; false when there is no room. */
  hold(index: number, packet: HeldPacket, isOpening: boolean): boolean {
    const held = this.#waiting.get(index);
    const size = packet.frame.bytes.length;
    if (held === undefined || held.packets.length >= MostOfOne) return false;
    if (this.#bytes + size > MostBytes) return false;
    this.#bytes += size;
    held.packets.push(packet);
    held.hasOpening ||= isOpening;
    return true;
  }

  /** The sync message of this number carries the entry. Numbers grow. */
  told(index: number, sequence: number): CommitMode {
    const held = this.#waiting.get(index);
    if (held === undefined) return 'none';
    held.sequence = sequence;
    return held.mode;
  }

  /** A connection goes on, committed after this wait. */
  noteCommitted(since: Instant, now: Instant): void {
    this.committed += 1;
    this.waited = microseconds(this.waited + between(since, now));
  }

  /** Hands out those that only had to be sent, up to and with the message of this number. */
  takeSent(sequence: number): HeldConnection[] {
    return this.#takeUpTo(sequence, 'sent');
  }

  /** Hands out those that a peer has acknowledged, which have been sent all the more. */
  takeAcknowledged(sequence: number): HeldConnection[] {
    return this.#takeUpTo(sequence, 'acked');
  }

  /** Hands out those that have waited too long. */
  takeOverdue(now: Instant): HeldConnection[] {
    const taken: Waiting[] = [];
    for (const held of this.#waiting.values()) {
      if (after(held.since, CommitTimeout) > now) break;
      taken.push(held);
    }
    return this.#forget(taken);
  }

  /** Hands out those that wait for something that is out of reach now. */
  takeUnreachable(): HeldConnection[] {
    if (this.#waiting.size === 0 || this.reach === 'acked') return [];
    const all = [...this.#waiting.values()];
    return this.#forget(this.reach === 'none' ? all : all.filter(({ mode }) => mode === 'acked'));
  }

  /** Hands out an entry that ends, if it waits. */
  take(index: number): HeldConnection | undefined {
    const held = this.#waiting.get(index);
    return held === undefined ? undefined : this.#forget([held])[0];
  }

  #takeUpTo(sequence: number, mode: CommitMode): HeldConnection[] {
    const taken: Waiting[] = [];
    for (const held of this.#waiting.values()) {
      // Those behind it have not been told either.
      if (held.sequence === 0 || held.sequence > sequence) break;
      if (mode === 'acked' || held.mode === mode) taken.push(held);
    }
    return this.#forget(taken);
  }

  #forget(taken: readonly Waiting[]): HeldConnection[] {
    for (const { index, packets } of taken) {
      this.#waiting.delete(index);
      for (const { frame } of packets) this.#bytes -= frame.bytes.length;
    }
    return [...taken];
  }
}
