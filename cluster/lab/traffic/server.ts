import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';

import { IoError } from '../../../director/base/errors.js';
import {
  encodeFault,
  encodePatternFrame,
  FrameParser,
  parseDatagram,
  type Frame,
} from './frame.js';
import { findMismatch, type PatternKey } from './pattern.js';

/** What a traffic server listens on. */
export interface ServerOptions {
  /** Goes into every answer: see `isServerName`. */
  readonly name: string;
  /** Ports; 0 lets the system choose. */
  readonly tcp: readonly number[];
  readonly udp: readonly number[];
  /** The addresses to listen on; none means all that the machine has now. */
  readonly addresses: readonly string[];
}

/** Connections beyond this many are refused by closing them. */
const MaxConnections = 20_000;

/** A connection on which nothing arrives for this long is dropped: its client is gone. */
const IdleLimitMs = 300_000;

/**
 * The real server of the lab: answers every request after checking every byte of it, and says what is wrong before it
 * hangs up. Over TCP the sequence numbers must have no gap; over UDP each datagram stands alone.
 */
export class TrafficServer {
  readonly #name: string;
  readonly #listeners: Server[] = [];
  readonly #udpSockets: UdpSocket[] = [];
  readonly #connections = new Set<Socket>();
  /** Requests that were not what they should be, over both protocols. */
  faults = 0;

  private constructor(name: string) {
    this.#name = name;
  }

  /** Resolves when every port listens. Throws an `IoError` naming the first port that cannot be bound. */
  static async listen(options: ServerOptions): Promise<TrafficServer> {
    const server = new TrafficServer(options.name);
    const tcpAddresses = options.addresses.length > 0 ? options.addresses : [undefined];
    // A UDP answer must leave from the address that was asked (a VIP, with direct routing). A socket bound to the
    // wildcard would let the routing table choose, so there is one socket for each address.
    const udpAddresses = options.addresses.length > 0 ? options.addresses : localAddresses();
    try {
      for (const port of options.tcp) {
        for (const address of tcpAddresses) await server.#listenTcp(address, port);
      }
      for (const port of options.udp) {
        for (const address of udpAddresses) await server.#listenUdp(address, port);
      }
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  /** The port of each TCP listener, in the order asked for. */
  get tcpPorts(): readonly number[] {
    return this.#listeners.map((listener) => portOf(listener.address()));
  }

  /** The port of each UDP socket, in the order asked for. */
  get udpPorts(): readonly number[] {
    return this.#udpSockets.map((socket) => socket.address().port);
  }

  /** Stops listening and hangs up on everybody. */
  async close(): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    const closing = this.#listeners.map(
      (listener) => new Promise<void>((resolve) => void listener.close(() => resolve())),
    );
    for (const socket of this.#udpSockets) socket.close();
    this.#udpSockets.length = 0;
    await Promise.all(closing);
  }

  /** Without an address the listener takes IPv4 and, where the machine has it, IPv6. */
  async #listenTcp(address: string | undefined, port: number): Promise<void> {
    const listener = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    listener.maxConnections = MaxConnections;
    await new Promise<void>((resolve, reject) => {
      listener.once('error', (cause) => reject(bindError('TCP', address, port, cause)));
      listener.listen({ ...(address && { host: address }), port, backlog: 4096 }, resolve);
    });
    this.#listeners.push(listener);
  }

  async #listenUdp(address: string, port: number): Promise<void> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (cause) => reject(bindError('UDP', address, port, cause)));
      socket.bind({ address, port, exclusive: true }, resolve);
    });
    // An ICMP error for an answer of ours: the client is gone.
    socket.on('error', () => {});
    socket.on('message', (bytes, remote) => {
      const reply = this.#answerDatagram(bytes);
      socket.send(reply, remote.port, remote.address, () => {});
    });
    this.#udpSockets.push(socket);
  }

  #answerDatagram(bytes: Uint8Array): Uint8Array {
    const frame = parseDatagram(bytes);
    if (typeof frame === 'string') return this.#fault(undefined, frame);
    const fault = requestFault(frame);
    return fault === undefined ? this.#answer(frame) : this.#fault(frame, fault);
  }

  #accept(socket: Socket): void {
    const parser = new FrameParser();
    let previous: Frame | undefined;
    this.#connections.add(socket);
    socket.setTimeout(IdleLimitMs, () => socket.destroy());
    socket.on('close', () => this.#connections.delete(socket));
    // A reset by the client: 'close' follows.
    socket.on('error', () => {});
    socket.on('drain', () => socket.resume());
    socket.on('data', (chunk: Buffer) => {
      for (const frame of parser.push(chunk)) {
        const fault = orderFault(frame, previous) ?? requestFault(frame);
        if (fault !== undefined) return this.#hangUp(socket, frame, fault);
        previous = frame;
        if (!socket.write(this.#answer(frame))) socket.pause();
      }
      if (parser.fault !== undefined) this.#hangUp(socket, previous, parser.fault);
    });
  }

  #hangUp(socket: Socket, key: PatternKey | undefined, fault: string): void {
    socket.removeAllListeners('data');
    socket.resume();
    socket.end(this.#fault(key, fault));
  }

  #answer(request: Frame): Uint8Array {
    const key = { ...request, sender: this.#name };
    return encodePatternFrame('answer', key, request.payload.length);
  }

  #fault(key: PatternKey | undefined, text: string): Uint8Array {
    this.faults += 1;
    const { seed, flow, sequence } = key ?? { seed: 0, flow: 0, sequence: 0 };
    return encodeFault({ seed, flow, sequence, sender: this.#name }, text);
  }
}

/** What is wrong with a request on its own. */
function requestFault(frame: Frame): string | undefined {
  if (frame.kind !== 'request') return `a frame of kind ${frame.kind}, not a request`;
  const mismatch = findMismatch(frame.payload, frame);
  if (mismatch === undefined) return undefined;
  const { offset, found, expected } = mismatch;
  return `request ${frame.sequence}: byte ${offset} is ${hex(found)}, not ${hex(expected)}`;
}

/** What is wrong with a request after the one before it on the same connection. */
function orderFault(frame: Frame, previous: Frame | undefined): string | undefined {
  const expected = previous === undefined ? 0 : previous.sequence + 1;
  if (frame.sequence !== expected) return `request ${frame.sequence} came, not ${expected}`;
  if (previous === undefined || frame.flow === previous.flow) return undefined;
  return `request of flow ${frame.flow} on the connection of flow ${previous.flow}`;
}

const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, '0')}`;

/** Every address of this machine that a socket can be bound to without naming an interface. */
const localAddresses = (): readonly string[] => [
  ...new Set(
    Object.values(networkInterfaces())
      .flatMap((entries) => entries ?? [])
      .map((entry) => entry.address)
      .filter((address) => !address.toLowerCase().startsWith('fe80:')),
  ),
];

const portOf = (address: ReturnType<Server['address']>): number =>
  address === null || typeof address === 'string' ? 0 : address.port;

function bindError(
  protocol: 'TCP' | 'UDP',
  address: string | undefined,
  port: number,
  cause: Error,
): IoError {
  const where = `${protocol} port ${port} of ${address ?? 'any address'}`;
  return new IoError({ code: 'cannot-listen' }, `cannot listen on ${where}: ${cause.message}`, {
    cause,
  });
}
