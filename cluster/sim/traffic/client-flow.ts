import { after, type Duration, type Instant } from '../../../director/base/time.js';
import type { Family } from '../../../director/wire/flow.js';
import type { Host } from '../host/host.js';
import type { TcpConnection, TcpEnd } from '../host/tcp-connection.js';
import { newRecord, type BreakReason, type FlowRecord } from './flow-record.js';
import { MessageReader, readMessage, writeMessage, type MessageHead } from './message.js';

/** Where a flow goes, and what it does there. */
export interface FlowPlan {
  readonly id: number;
  readonly protocol: 'TCP' | 'UDP';
  readonly host: Host;
  readonly family: Family;
  readonly local: Uint32Array;
  readonly localPort: number;
  readonly remote: Uint32Array;
  readonly remotePort: number;
  /** The endpoints as text, for people. */
  readonly client: string;
  readonly target: string;
  /** From an answer to the next request. */
  readonly interval: Duration;
  /** Exchanges after which it closes. */
  readonly exchanges: number;
  /** Lengths of the bodies. */
  readonly requestBytes: number;
  readonly replyBytes: number;
}

/** What a flow tells of itself. */
export interface FlowObserver {
  broken(flow: ClientFlow): void;
  closed(flow: ClientFlow): void;
}

/** One flow of a client: it asks, checks every byte of the answer, and asks again. */
export class ClientFlow {
  readonly plan: FlowPlan;
  readonly record: FlowRecord;
  readonly #observer: FlowObserver;
  readonly #reader = new MessageReader();
  #connection: TcpConnection | undefined;
  /** The request that waits for its answer; of UDP the last that was sent. */
  #sequence = 0;
  #isOver = false;
  #knownAt: Instant;

  constructor(plan: FlowPlan, observer: FlowObserver) {
    const { id, protocol, client, target, host } = plan;
    this.plan = plan;
    this.record = newRecord({ id, protocol, client, target, openedAt: host.queue.now });
    this.#observer = observer;
    this.#knownAt = host.queue.now;
  }

  /** True while it neither has ended nor is broken. */
  get isAlive(): boolean {
    return !this.#isOver;
  }

  /** True for a request that nobody has answered yet. */
  get isWaiting(): boolean {
    const { askedAt, answeredAt } = this.record;
    return askedAt !== undefined && (answeredAt === undefined || answeredAt < askedAt);
  }

  open(): void {
    if (this.plan.protocol === 'TCP') this.#connect();
    else {
      this.plan.host.bindUdp(this.plan.localPort, (bytes) => this.#takeDatagram(bytes));
      this.#ask();
    }
  }

  /** Ends the flow in good order. */
  close(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#connection?.close();
  }

  /** A datagram for this flow's port. */
  #takeDatagram(bytes: Uint8Array): void {
    const message = readMessage(bytes);
    if (message === 'damaged' || message === undefined) this.#break('corrupt');
    else this.#take(message);
  }

  #connect(): void {
    const { host, family, local, localPort, remote, remotePort } = this.plan;
    const endpoints = { family, local, localPort, remote, remotePort };
    const connection = host.tcp.connect(endpoints);
    if (connection === undefined) return this.#break('refused');
    this.#connection = connection;
    connection.user = {
      connected: () => {
        this.record.connectedAt = host.queue.now;
        this.#ask();
      },
      data: (bytes) => {
        for (const message of this.#reader.read(bytes)) {
          if (message === 'damaged') return this.#break('corrupt');
          this.#take(message);
        }
      },
      ended: () => this.#break('closed'),
      closed: (how) => this.#ended(how),
    };
    connection.open();
  }

  #ended(how: TcpEnd): void {
    if (how === 'reset' || how === 'refused' || how === 'timeout') this.#break(how);
    else if (!this.#isOver) this.#break('closed');
  }

  #ask(): void {
    if (this.#isOver) return;
    const { host, id, requestBytes, replyBytes } = this.plan;
    this.#sequence += 1;
    const request = writeMessage({
      flow: id,
      sequence: this.#sequence,
      argument: replyBytes,
      length: requestBytes,
    });
    if (!this.isWaiting) this.#knownAt = host.queue.now;
    this.record.askedAt = host.queue.now;
    if (this.#connection === undefined) this.#askByDatagram(request);
    else this.#connection.write(request);
  }

  /** Datagrams are not repeated: the next question comes when its time has come. */
  #askByDatagram(request: Uint8Array): void {
    const { host, family, local, localPort, remote, remotePort, interval } = this.plan;
    const ends = { source: local, destination: remote };
    host.sendUdp(family, ends, { source: localPort, destination: remotePort }, request);
    host.queue.at(after(host.queue.now, interval), () => this.#ask());
  }

  #take({ flow, sequence, argument: server }: MessageHead): void {
    if (this.#isOver) return;
    const { record, plan } = this;
    if (flow !== plan.id || sequence > this.#sequence) return this.#break('corrupt');
    const { now } = plan.host.queue;
    if (record.server === undefined) record.server = server;
    else if (record.server !== server) return this.#break('server-changed');
    const gap = now - this.#knownAt;
    if (gap > record.longestGap) {
      record.longestGap = gap;
      record.longestGapAt = this.#knownAt;
    }
    this.#knownAt = now;
    record.connectedAt ??= now;
    record.answeredAt = now;
    record.exchanges += 1;
    if (record.exchanges >= plan.exchanges) this.close();
    else if (plan.protocol === 'TCP') {
      plan.host.queue.at(after(now, plan.interval), () => this.#ask());
    }
  }

  #break(reason: BreakReason): void {
    if (this.#isOver) return;
    this.#finish();
    this.record.broken = { at: this.plan.host.queue.now, reason };
    this.#connection?.abort();
    this.#observer.broken(this);
  }

  #finish(): void {
    this.#isOver = true;
    this.record.closedAt = this.plan.host.queue.now;
    if (this.plan.protocol === 'UDP') this.plan.host.unbindUdp(this.plan.localPort);
    this.#observer.closed(this);
  }
}
