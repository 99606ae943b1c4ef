import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';

import type { RawSocketModule, Socket } from 'raw-socket';

import { isIpv6, type IpAddress } from '../base/address.js';
import * as checksums from '../wire/checksum.js';
import * as icmp from '../wire/icmp.js';
import * as icmpv6 from '../wire/icmpv6.js';
import * as ipv4 from '../wire/ipv4.js';
import { loadLibc, type Libc } from './libc.js';
import { openMarked, sendMarked, type SocketMarking } from './marked-socket.js';
import { loadRawSocket } from './native.js';

/** Of a request behind its header, as ping(8) sends. */
const PayloadBytes = 56;
/** Sequence numbers wrap; this many requests may wait for their replies. */
const MostWaiting = 0x1_0000;

/** The socket for requests that are not like all others. */
interface MarkedSender {
  readonly libc: Libc;
  readonly fd: number;
  readonly device: string | undefined;
}

/** The error that the kernel had for a request, or undefined for a reply. */
type Outcome = (error?: NodeJS.ErrnoException) => void;

/**
 * Sends ICMP echo requests of one family from the node's own address and tells when they are answered. One socket serves
 * all: the kernel hands every ICMP message to every raw socket, and the sequence number says whose reply it is. Requests with
 * a mark, a device or a source of their own go out by another socket.
 */
export class EchoSocket {
  readonly #socket: Socket;
  readonly #isIpv6: boolean;
  readonly #identifier = randomBytes(2).readUInt16BE();
  readonly #waiting = new Map<number, { readonly address: IpAddress; readonly done: Outcome }>();
  readonly #marked: MarkedSender | undefined;
  #sequence = 0;

  private constructor(
    raw: RawSocketModule,
    family: 'ipv4' | 'ipv6',
    marked: MarkedSender | undefined,
  ) {
    this.#marked = marked;
    this.#isIpv6 = family === 'ipv6';
    const { IPv4, IPv6 } = raw.AddressFamily;
    this.#socket = raw.createSocket({
      protocol: this.#isIpv6 ? ipv4.Protocol.icmpv6 : ipv4.Protocol.icmp,
      addressFamily: this.#isIpv6 ? IPv6 : IPv4,
    });
    this.#socket.on('message', (packet: Buffer, source: string) => this.#take(packet, source));
    this.#socket.on('error', () => {}); // A request that cannot be sent says so itself.
  }

  /** Throws when the privilege is missing. */
  static async open(family: 'ipv4' | 'ipv6', marking?: SocketMarking): Promise<EchoSocket> {
    const raw = await loadRawSocket();
    if (marking === undefined) return new EchoSocket(raw, family, undefined);
    const libc = await loadLibc();
    const fd = openMarked(libc, family, 'echo', marking);
    return new EchoSocket(raw, family, { libc, fd, device: marking.device });
  }

  /** Sends a request and calls `done` once, with its reply or its error, unless the answer is called before. */
  request(address: IpAddress, done: Outcome): () => void {
    this.#sequence = (this.#sequence + 1) % MostWaiting;
    const sequence = this.#sequence;
    this.#waiting.set(sequence, { address, done });
    const message = this.#message(sequence);
    try {
      this.#send(message, address);
    } catch (error) {
      this.#waiting.delete(sequence);
      done(error instanceof Error ? error : new Error(String(error)));
    }
    return () => this.#waiting.delete(sequence);
  }

  close(): void {
    this.#waiting.clear();
    this.#socket.close();
    if (this.#marked !== undefined) this.#marked.libc.close(this.#marked.fd);
  }

  #send(message: Buffer, address: IpAddress): void {
    if (this.#marked === undefined) {
      this.#socket.wrap.send(message, 0, message.length, address, () => {});
      return;
    }
    const { libc, fd, device } = this.#marked;
    sendMarked(libc, fd, message, { address, device });
  }

  #message(sequence: number): Buffer {
    const message = Buffer.alloc(icmp.HeaderLength + PayloadBytes);
    const type = this.#isIpv6 ? icmpv6.Type.echoRequest : icmp.Type.echoRequest;
    message.writeUInt8(type, 0);
    message.writeUInt16BE(this.#identifier, 4);
    message.writeUInt16BE(sequence, 6);
    // For IPv6 the kernel computes the checksum.
    if (!this.#isIpv6) {
      const view = new DataView(message.buffer, message.byteOffset, message.length);
      view.setUint16(2, checksums.complement(checksums.sum(view, 0, message.length)));
    }
    return message;
  }

  #take(packet: Buffer, source: string): void {
    const offset = this.#isIpv6 ? 0 : ((packet[0] ?? 0) & 0x0f) * 4;
    if (packet.length < offset + icmp.HeaderLength) return;
    const reply = this.#isIpv6 ? icmpv6.Type.echoReply : icmp.Type.echoReply;
    if (packet[offset] !== reply) return;
    if (packet.readUInt16BE(offset + 4) !== this.#identifier) return;
    const sequence = packet.readUInt16BE(offset + 6);
    const waiting = this.#waiting.get(sequence);
    if (waiting === undefined || !isFrom(source, waiting.address)) return;
    this.#waiting.delete(sequence);
    waiting.done();
  }
}

/** The kernel may write a link's name behind an IPv6 address. */
const isFrom = (source: string, address: IpAddress): boolean =>
  isIpv6(address) ? source.split('%')[0] === address : source === address;
