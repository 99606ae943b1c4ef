import {
  after,
  microseconds,
  milliseconds,
  seconds,
  Never,
  type Duration,
  type Instant,
} from '../../../director/base/time.js';
import type { Family } from '../../../director/wire/flow.js';
import { Flag } from '../../../director/wire/tcp.js';
import type { EventQueue } from '../event-queue.js';
import { distance } from './tcp-segment.js';

/**
 * RFC 6298 with Linux's bounds: the first time-out and the least. The most is set as with net.ipv4.tcp_rto_max_ms, so that
 * what a simulation waits for after the last fault has a bound.
 */
const InitialTimeout = seconds(1);
const LeastTimeout = milliseconds(200);
export const MostTimeout = seconds(4);
/** Linux's tcp_syn_retries and tcp_synack_retries; of data, as many as fit into some minutes (tcp_retries2). */
const SynRetries = 6;
const SynAckRetries = 5;
const DataRetries = 40;
/** Twice the longest life of a segment, as Linux has it. */
const TimeWait = seconds(60);
/** The largest payload on Ethernet, and how much may be under way. */
const LargestPayload = 1_460;
const Window = 65_535;

export type TcpState =
  | 'syn-sent'
  | 'syn-received'
  | 'established'
  | 'fin-wait'
  | 'close-wait'
  | 'last-ack'
  | 'time-wait'
  | 'closed';

/** How a connection ended: both sides closed it, the peer reset it or refused it, or nobody answered. */
export type TcpEnd = 'closed' | 'reset' | 'refused' | 'timeout' | 'aborted';

/** Who uses a connection. */
export interface TcpUser {
  connected(): void;
  data(bytes: Uint8Array): void;
  /** The peer sends no more. */
  ended(): void;
  closed(how: TcpEnd): void;
}

/** The two ends of a connection; addresses are four words. */
export interface TcpEndpoints {
  readonly family: Family;
  readonly local: Uint32Array;
  readonly localPort: number;
  readonly remote: Uint32Array;
  readonly remotePort: number;
}

/** What a connection needs of its host. */
export interface TcpHost {
  readonly queue: EventQueue;
  transmit(connection: TcpConnection, segment: Segment): void;
  /** The peer has acknowledged something new: the way to it works. */
  progressed(connection: TcpConnection): void;
  forget(connection: TcpConnection): void;
}

/** A segment that was sent and is not acknowledged. */
export interface Segment {
  readonly sequence: number;
  readonly flags: number;
  readonly payload: Uint8Array;
}

interface Unacknowledged extends Segment {
  sentAt: Instant;
  isRepeated: boolean;
}

const nothing = new Uint8Array(0);

/**
 * One end of a TCP connection (RFC 9293), small but honest: handshake, data in order, retransmission with back-off, close
 * and reset. There is no congestion control beyond a fixed window, no delayed acknowledgement and no option.
 */
export class TcpConnection {
  readonly endpoints: TcpEndpoints;
  user: TcpUser | undefined;
  #state: TcpState;
  readonly #host: TcpHost;
  #sendUnacknowledged: number;
  #sendNext: number;
  #receiveNext = 0;
  readonly #unacknowledged: Unacknowledged[] = [];
  #waiting: Uint8Array[] = [];
  #wantsToClose = false;
  #hasPeerEnded = false;
  /** Data that came before its time, by sequence number. */
  readonly #early = new Map<number, { payload: Uint8Array; isLast: boolean }>();
  #largestPayload = LargestPayload;
  #smoothed = 0;
  #variation = 0;
  #timeout: Duration = InitialTimeout;
  #retries = 0;
  #timerAt: Instant = Never;
  #plannedAt: Instant = Never;

  /** `initialSequence` is the number of this side's SYN. */
  constructor(host: TcpHost, endpoints: TcpEndpoints, initialSequence: number, state: TcpState) {
    this.endpoints = endpoints;
    this.#host = host;
    this.#state = state;
    this.#sendUnacknowledged = initialSequence;
    this.#sendNext = initialSequence;
  }

  get state(): TcpState {
    return this.#state;
  }

  /** What this side expects next. */
  get receiveNext(): number {
    return this.#receiveNext;
  }

  /** Bytes that have been given to `write` and are not acknowledged. */
  get isIdle(): boolean {
    return this.#unacknowledged.length === 0 && this.#waiting.length === 0;
  }

  /** Begins the handshake: as a client, or to answer a SYN with this sequence number. */
  open(peerSequence?: number): void {
    if (peerSequence !== undefined) this.#receiveNext = (peerSequence + 1) >>> 0;
    this.#sendSegment(peerSequence === undefined ? Flag.syn : Flag.syn | Flag.ack, nothing);
  }

  write(bytes: Uint8Array): void {
    if (this.#wantsToClose || this.#state === 'closed') return;
    for (let start = 0; start < bytes.length; start += this.#largestPayload) {
      this.#waiting.push(bytes.subarray(start, start + this.#largestPayload));
    }
    this.#sendWaiting();
  }

  /** Sends what waits, and then no more. */
  close(): void {
    if (this.#wantsToClose) return;
    this.#wantsToClose = true;
    if (this.#state === 'syn-sent') this.#end('aborted');
    else this.#sendWaiting();
  }

  /** Ends the connection at once and tells the peer so. */
  abort(): void {
    if (this.#state === 'closed') return;
    if (this.#state !== 'syn-sent' && this.#state !== 'time-wait') {
      this.#transmit({ sequence: this.#sendNext, flags: Flag.rst | Flag.ack, payload: nothing });
    }
    this.#end('aborted');
  }

  /** The host is gone: nothing is sent, and nobody is told. */
  vanish(): void {
    this.#state = 'closed';
    this.#timerAt = Never;
    this.user = undefined;
  }

  /** The way to the peer carries only packets with so much payload. */
  lowerPayload(largest: number): void {
    if (largest >= this.#largestPayload || largest < 1) return;
    this.#largestPayload = largest;
    const bytes = this.#unacknowledged.map(({ payload }) => payload);
    const isOnlyData = this.#unacknowledged.every(
      ({ flags }) => (flags & (Flag.syn | Flag.fin)) === 0,
    );
    if (!isOnlyData) return;
    this.#unacknowledged.length = 0;
    this.#sendNext = this.#sendUnacknowledged;
    this.#waiting = [...bytes, ...this.#waiting].flatMap((piece) => this.#cut(piece));
    this.#sendWaiting();
  }

  /** A segment for this connection has arrived. */
  receive(sequence: number, acknowledgement: number, flags: number, payload: Uint8Array): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'syn-sent') {
      this.#receiveInHandshake(sequence, acknowledgement, flags);
      return;
    }
    const length = payload.length + ((flags & Flag.fin) === 0 ? 0 : 1);
    if (!this.#isInWindow(sequence, length)) {
      if ((flags & Flag.rst) === 0) this.#acknowledge();
      return;
    }
    if ((flags & Flag.rst) !== 0) {
      // Only what fits exactly ends the connection (RFC 5961 §3.2).
      if (sequence === this.#receiveNext) this.#end('reset');
      return;
    }
    if ((flags & Flag.syn) !== 0 || (flags & Flag.ack) === 0) {
      this.#acknowledge();
      return;
    }
    if (!this.#receiveAcknowledgement(acknowledgement)) return;
    if (length > 0) this.#receiveData(sequence, payload, (flags & Flag.fin) !== 0);
  }

  #receiveInHandshake(sequence: number, acknowledgement: number, flags: number): void {
    if ((flags & Flag.ack) !== 0 && acknowledgement !== this.#sendNext) {
      // The peer is still in an earlier connection (RFC 9293 §3.10.7.3).
      const reset = { sequence: acknowledgement, flags: Flag.rst, payload: nothing };
      if ((flags & Flag.rst) === 0) this.#transmit(reset);
      return;
    }
    if ((flags & Flag.rst) !== 0) {
      if ((flags & Flag.ack) !== 0) this.#end('refused');
      return;
    }
    if ((flags & (Flag.syn | Flag.ack)) !== (Flag.syn | Flag.ack)) return;
    this.#receiveNext = (sequence + 1) >>> 0;
    this.#state = 'established';
    this.#takeAcknowledged(acknowledgement);
    this.#acknowledge();
    this.user?.connected();
    this.#sendWaiting();
  }

  /** The peer has said that nobody listens. */
  refuse(): void {
    if (this.#state === 'syn-sent') this.#end('refused');
  }

  #isInWindow(sequence: number, length: number): boolean {
    const ahead = distance(this.#receiveNext, sequence);
    if (ahead >= 0) return ahead < Window;
    return length > 0 && distance(this.#receiveNext, (sequence + length) >>> 0) > 0;
  }

  /** False when nothing more of the segment is to be looked at. */
  #receiveAcknowledgement(acknowledgement: number): boolean {
    if (distance(this.#sendNext, acknowledgement) > 0) {
      this.#acknowledge();
      return false;
    }
    if (distance(this.#sendUnacknowledged, acknowledgement) > 0) {
      this.#takeAcknowledged(acknowledgement);
      if (this.#state === 'syn-received') {
        this.#state = 'established';
        this.user?.connected();
      }
      if (this.#isFinAcknowledged) this.#finAcknowledged();
    }
    this.#sendWaiting();
    return this.state !== 'closed';
  }

  get #isFinAcknowledged(): boolean {
    const isSent = this.#state === 'fin-wait' || this.#state === 'last-ack';
    return isSent && this.#unacknowledged.length === 0;
  }

  #finAcknowledged(): void {
    if (this.#state === 'last-ack') this.#end('closed');
    else if (this.#hasPeerEnded) this.#waitLongEnough();
    else this.#setTimer(after(this.#host.queue.now, TimeWait));
  }

  /** This side has said all, and the other may never close its own: Linux's tcp_fin_timeout. */
  get #hasOnlyToHear(): boolean {
    return this.#state === 'fin-wait' && this.#unacknowledged.length === 0;
  }

  #takeAcknowledged(acknowledgement: number): void {
    this.#sendUnacknowledged = acknowledgement;
    const [first] = this.#unacknowledged;
    if (first !== undefined && !first.isRepeated) this.#measure(first);
    while (this.#unacknowledged.length > 0) {
      const [segment] = this.#unacknowledged;
      if (segment === undefined || distance(acknowledgement, endOf(segment)) > 0) break;
      this.#unacknowledged.shift();
    }
    this.#retries = 0;
    this.#rearm();
    this.#host.progressed(this);
  }

  /** RFC 6298 §2. */
  #measure({ sentAt }: Unacknowledged): void {
    const sample = this.#host.queue.now - sentAt;
    if (this.#smoothed === 0) {
      this.#smoothed = sample;
      this.#variation = sample / 2;
    } else {
      this.#variation = 0.75 * this.#variation + 0.25 * Math.abs(this.#smoothed - sample);
      this.#smoothed = 0.875 * this.#smoothed + 0.125 * sample;
    }
    const timeout = this.#smoothed + Math.max(LeastTimeout, 4 * this.#variation);
    this.#timeout = microseconds(Math.min(timeout, MostTimeout));
  }

  #receiveData(sequence: number, payload: Uint8Array, isLast: boolean): void {
    const known = -distance(this.#receiveNext, sequence);
    if (known < 0) {
      if (this.#early.size < 64) this.#early.set(sequence, { payload, isLast });
      this.#acknowledge();
      return;
    }
    const sentBefore = this.#sendNext;
    this.#deliver(payload.subarray(known), isLast);
    for (;;) {
      const next = this.#early.get(this.#receiveNext);
      if (next === undefined) break;
      this.#early.delete(this.#receiveNext);
      this.#deliver(next.payload, next.isLast);
    }
    // What the user has answered acknowledges as well.
    if (this.#sendNext === sentBefore && this.state !== 'closed') this.#acknowledge();
  }

  #deliver(payload: Uint8Array, isLast: boolean): void {
    this.#receiveNext = (this.#receiveNext + payload.length + (isLast ? 1 : 0)) >>> 0;
    if (payload.length > 0) this.user?.data(payload);
    if (!isLast || this.#hasPeerEnded) return;
    this.#hasPeerEnded = true;
    if (this.#state === 'established' || this.#state === 'syn-received') this.#state = 'close-wait';
    else if (this.#hasOnlyToHear) this.#waitLongEnough();
    this.user?.ended();
  }

  #sendWaiting(): void {
    const canSend = this.#state === 'established' || this.#state === 'close-wait';
    if (!canSend) return;
    while (
      this.#waiting.length > 0 &&
      distance(this.#sendUnacknowledged, this.#sendNext) < Window
    ) {
      const payload = this.#waiting.shift() ?? nothing;
      this.#sendSegment(Flag.ack | Flag.psh, payload);
    }
    if (!this.#wantsToClose || this.#waiting.length > 0) return;
    this.#state = this.#state === 'close-wait' ? 'last-ack' : 'fin-wait';
    this.#sendSegment(Flag.ack | Flag.fin, nothing);
  }

  #sendSegment(flags: number, payload: Uint8Array): void {
    const segment = {
      sequence: this.#sendNext,
      flags,
      payload,
      sentAt: this.#host.queue.now,
      isRepeated: false,
    };
    this.#sendNext = endOf(segment);
    this.#unacknowledged.push(segment);
    if (this.#unacknowledged.length === 1) this.#rearm();
    this.#transmit(segment);
  }

  #acknowledge(): void {
    this.#transmit({ sequence: this.#sendNext, flags: Flag.ack, payload: nothing });
  }

  #transmit(segment: Segment): void {
    this.#host.transmit(this, segment);
  }

  #cut(piece: Uint8Array): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    for (let start = 0; start < piece.length; start += this.#largestPayload) {
      pieces.push(piece.subarray(start, start + this.#largestPayload));
    }
    return pieces;
  }

  // Time

  #rearm(): void {
    const { queue } = this.#host;
    const isNeeded = this.#unacknowledged.length > 0;
    this.#setTimer(isNeeded ? after(queue.now, this.#timeout) : Never);
  }

  /** One event is planned at a time; one that comes too early plans the next. */
  #setTimer(at: Instant): void {
    this.#timerAt = at;
    if (at === Never || this.#plannedAt <= at) return;
    this.#plannedAt = at;
    this.#host.queue.at(at, () => this.#wake(at));
  }

  #wake(planned: Instant): void {
    if (this.#plannedAt !== planned) return;
    this.#plannedAt = Never;
    if (this.#timerAt > planned) this.#setTimer(this.#timerAt);
    else this.#handleTimer();
  }

  #handleTimer(): void {
    this.#timerAt = Never;
    if (this.#state === 'time-wait' || this.#hasOnlyToHear) {
      this.#end('closed');
      return;
    }
    const [segment] = this.#unacknowledged;
    if (segment === undefined || this.#state === 'closed') return;
    this.#retries += 1;
    if (this.#retries > this.#mostRetries) {
      this.#end('timeout');
      return;
    }
    this.#timeout = microseconds(Math.min(this.#timeout * 2, MostTimeout));
    segment.isRepeated = true;
    this.#transmit(segment);
    this.#rearm();
  }

  get #mostRetries(): number {
    if (this.#state === 'syn-sent') return SynRetries;
    return this.#state === 'syn-received' ? SynAckRetries : DataRetries;
  }

  #waitLongEnough(): void {
    this.#state = 'time-wait';
    this.user?.closed('closed');
    this.user = undefined;
    this.#setTimer(after(this.#host.queue.now, TimeWait));
  }

  #end(how: TcpEnd): void {
    this.#state = 'closed';
    this.#timerAt = Never;
    this.#host.forget(this);
    this.user?.closed(how);
    this.user = undefined;
  }
}

function endOf({ sequence, flags, payload }: Segment): number {
  const control = (flags & (Flag.syn | Flag.fin)) === 0 ? 0 : 1;
  return (sequence + payload.length + control) >>> 0;
}
