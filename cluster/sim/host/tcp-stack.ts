import type { Prng } from '../../../director/base/prng.js';
import * as ethernet from '../../../director/wire/ethernet.js';
import type { Family, Flow } from '../../../director/wire/flow.js';
import { Protocol } from '../../../director/wire/ipv4.js';
import type { Packet } from '../../../director/wire/packet.js';
import * as tcp from '../../../director/wire/tcp.js';
import type { EventQueue } from '../event-queue.js';
import { isSameAddress } from './network-card.js';
import type { NextStep } from './routes.js';
import { TcpConnection, type Segment, type TcpEndpoints, type TcpHost } from './tcp-connection.js';
import * as segments from './tcp-segment.js';

/** The host under TCP: what brings packets away. */
export interface PacketSender {
  readonly queue: EventQueue;
  route(family: Family, source: Uint32Array, destination: Uint32Array): NextStep | undefined;
  /** A frame with a written IP header and room for `length` bytes behind it. */
  compose(family: Family, ends: PacketEnds, protocol: number, length: number): Packet;
  /** Where what follows the IP header stands in such a frame. */
  transportOf(family: Family): number;
  /** The pseudo-header's share of the checksum of what stands there. */
  pseudoHeader(frame: Packet, family: Family, protocol: number, length: number): number;
  dispatch(frame: Packet, step: NextStep, destination: Uint32Array, family: Family): void;
  /** The next hop has proved that it works. */
  confirm(step: NextStep, family: Family, destination: Uint32Array): void;
}

export interface PacketEnds {
  readonly source: Uint32Array;
  readonly destination: Uint32Array;
}

/** Says whether a connection is wanted, by setting its user. */
export type AcceptConnection = (connection: TcpConnection) => boolean;

/** The TCP of one host: its connections and the ports where it listens. */
export class TcpStack implements TcpHost {
  /** Segments for connections that are not there, each answered by a reset. */
  resetsSent = 0;
  readonly #sender: PacketSender;
  readonly #prng: Prng;
  readonly #listeners = new Map<number, AcceptConnection>();
  /** By remote endpoint; several where it talks to more than one local one. */
  readonly #connections = new Map<number, TcpConnection[]>();
  readonly #steps = new Map<TcpConnection, NextStep>();

  constructor(sender: PacketSender, prng: Prng) {
    this.#sender = sender;
    this.#prng = prng;
  }

  get queue(): EventQueue {
    return this.#sender.queue;
  }

  /** Connections that are not over, of clients and of servers. */
  get size(): number {
    return this.#steps.size;
  }

  *connections(): Generator<TcpConnection> {
    yield* this.#steps.keys();
  }

  listen(port: number, accept: AcceptConnection): void {
    this.#listeners.set(port, accept);
  }

  unlisten(port: number): void {
    this.#listeners.delete(port);
  }

  /** A new connection that has sent its SYN; undefined without a way to the peer. One in TIME_WAIT makes way. */
  connect(endpoints: TcpEndpoints): TcpConnection | undefined {
    const { family, local, remote } = endpoints;
    const step = this.#sender.route(family, local, remote);
    if (step === undefined) return undefined;
    const former = this.find(endpoints);
    if (former?.state === 'time-wait') this.#end(former);
    const connection = new TcpConnection(this, endpoints, this.#prng.uint32(), 'syn-sent');
    this.#keep(connection, step);
    return connection;
  }

  find(endpoints: TcpEndpoints): TcpConnection | undefined {
    return this.#connections
      .get(keyOf(endpoints))
      ?.find(
        ({ endpoints: own }) =>
          own.localPort === endpoints.localPort &&
          isSameAddress(own.local, endpoints.local) &&
          own.remotePort === endpoints.remotePort &&
          isSameAddress(own.remote, endpoints.remote),
      );
  }

  /** Takes the segment that a flow describes; its checksum is right. */
  receive(frame: Packet, flow: Flow): void {
    const { view } = frame;
    const { transport, end } = flow;
    const flags = tcp.flags(view, transport);
    const sequence = segments.sequence(view, transport);
    const acknowledgement = segments.acknowledgement(view, transport);
    const start = transport + tcp.headerLength(view, transport);
    const connection = this.#owner(flow, flags);
    if (connection !== undefined) {
      const payload = frame.bytes.subarray(start, end);
      connection.receive(sequence, acknowledgement, flags, payload);
    } else if (tcp.opens(flags) && (flags & tcp.Flag.ack) === 0) {
      this.#accept(flow, sequence);
    } else if ((flags & tcp.Flag.rst) === 0) {
      this.#reset(flow, acknowledgement);
    }
  }

  /** Power is gone: all is forgotten. */
  vanish(): void {
    for (const connection of this.#steps.keys()) connection.vanish();
    this.#steps.clear();
    this.#connections.clear();
    this.#listeners.clear();
  }

  // For connections

  transmit(connection: TcpConnection, { sequence, flags, payload }: Segment): void {
    const step = this.#steps.get(connection);
    if (step === undefined) return;
    const { endpoints, receiveNext: acknowledgement } = connection;
    this.#send(endpoints, step, { sequence, acknowledgement, flags, payload });
  }

  progressed(connection: TcpConnection): void {
    const step = this.#steps.get(connection);
    const { family, remote } = connection.endpoints;
    if (step !== undefined) this.#sender.confirm(step, family, remote);
  }

  forget(connection: TcpConnection): void {
    const key = keyOf(connection.endpoints);
    const others = this.#connections.get(key)?.filter((other) => other !== connection) ?? [];
    if (others.length === 0) this.#connections.delete(key);
    else this.#connections.set(key, others);
    this.#steps.delete(connection);
  }

  /** The connection of a segment. A SYN on one that waits out its end makes way for a new one (RFC 9293 §3.6.1). */
  #owner(flow: Flow, flags: number): TcpConnection | undefined {
    const bucket = this.#connections.get(keyOfRemote(flow.source, flow.sourcePort));
    if (bucket === undefined) return undefined;
    for (const connection of bucket) {
      const { local, localPort, remote } = connection.endpoints;
      if (localPort !== flow.destinationPort) continue;
      if (!isSameAddress(local, flow.destination) || !isSameAddress(remote, flow.source)) continue;
      if (connection.state !== 'time-wait' || !tcp.opens(flags)) return connection;
      this.#end(connection);
      return undefined;
    }
    return undefined;
  }

  #end(connection: TcpConnection): void {
    connection.vanish();
    this.forget(connection);
  }

  #accept(flow: Flow, sequence: number): void {
    const endpoints = endpointsOf(flow);
    const accept = this.#listeners.get(flow.destinationPort);
    const step = this.#sender.route(flow.family, endpoints.local, endpoints.remote);
    if (step === undefined) return;
    const connection = new TcpConnection(this, endpoints, this.#prng.uint32(), 'syn-received');
    if (accept?.(connection) !== true) {
      this.resetsSent += 1;
      const flags = tcp.Flag.rst | tcp.Flag.ack;
      const fields = { sequence: 0, acknowledgement: (sequence + 1) >>> 0, flags };
      this.#send(endpoints, step, { ...fields, payload: new Uint8Array(0) });
      return;
    }
    this.#keep(connection, step);
    connection.open(sequence);
  }

  /** RFC 9293 §3.10.7.1: nobody here knows this connection. */
  #reset(flow: Flow, acknowledgement: number): void {
    const step = this.#sender.route(flow.family, flow.destination, flow.source);
    if (step === undefined) return;
    this.resetsSent += 1;
    const endpoints = endpointsOf(flow);
    const segment = { sequence: acknowledgement, flags: tcp.Flag.rst, payload: new Uint8Array(0) };
    this.#send(endpoints, step, { ...segment, acknowledgement: 0 });
  }

  #keep(connection: TcpConnection, step: NextStep): void {
    const key = keyOf(connection.endpoints);
    const bucket = this.#connections.get(key);
    if (bucket === undefined) this.#connections.set(key, [connection]);
    else bucket.push(connection);
    this.#steps.set(connection, step);
  }

  #send(
    { family, local, localPort, remote, remotePort }: TcpEndpoints,
    step: NextStep,
    segment: Segment & { readonly acknowledgement: number },
  ): void {
    const { payload } = segment;
    const length = segments.HeaderLength + payload.length;
    const ends = { source: local, destination: remote };
    const frame = this.#sender.compose(family, ends, Protocol.tcp, length);
    const transport = frame.start + this.#sender.transportOf(family);
    segments.write(frame.view, transport, {
      sourcePort: localPort,
      destinationPort: remotePort,
      sequence: segment.sequence,
      acknowledgement: segment.acknowledgement,
      flags: segment.flags,
    });
    frame.bytes.set(payload, transport + segments.HeaderLength);
    const sum = this.#sender.pseudoHeader(frame, family, Protocol.tcp, length);
    segments.setChecksum(frame.view, transport, frame.end, sum);
    ethernet.setSource(frame.view, frame.start, step.card.mac.high, step.card.mac.low);
    this.#sender.dispatch(frame, step, remote, family);
  }
}

const keyOf = ({ remote, remotePort }: TcpEndpoints): number => keyOfRemote(remote, remotePort);

/** IPv4 addresses have a key of their own; those of IPv6 may share one. */
const keyOfRemote = (address: Uint32Array, port: number): number =>
  (((address[3] ?? 0) ^ (address[2] ?? 0) ^ (address[1] ?? 0) ^ (address[0] ?? 0)) >>> 0) * 65_536 +
  port;

/** The ends of the connection that a segment to this host belongs to. */
const endpointsOf = (flow: Flow): TcpEndpoints => ({
  family: flow.family,
  local: flow.destination.slice(),
  localPort: flow.destinationPort,
  remote: flow.source.slice(),
  remotePort: flow.sourcePort,
});
