import { Buffer } from 'node:buffer';

import type { RawSocketModule, Socket } from 'raw-socket';

import type { IpAddress } from '../base/address.js';
import { readIpv4Message, wrapMessage, type VrrpMessage } from '../wire/vrrp-packet.js';
import type { VrrpPort, VrrpPortCounters, VrrpPortOptions } from './vrrp-port.js';
import { LargestMessage, openRaw } from './vrrp-raw.js';

/** The most messages that one reading takes: who floods the socket must not keep the node from its work. */
const MostPerReading = 64;

/** VRRP over IPv4: a raw socket, which delivers whole packets and can be read at any moment. */
export class VrrpSocketIpv4 implements VrrpPort {
  readonly counters: VrrpPortCounters = { refused: 0, malformed: 0 };
  readonly #options: VrrpPortOptions;
  readonly #receive: (message: VrrpMessage) => void;
  readonly #socket: Socket;
  readonly #buffer = Buffer.alloc(LargestMessage);
  #isClosed = false;

  constructor(
    raw: RawSocketModule,
    options: VrrpPortOptions,
    receive: (message: VrrpMessage) => void,
  ) {
    this.#options = options;
    this.#receive = receive;
    this.#socket = openRaw(raw, options);
    this.#socket.on('error', () => {
      this.counters.malformed += 1;
    });
    this.#socket.on('message', (packet: Buffer) => {
      this.#take(packet);
      this.listen();
    });
  }

  /** Past the package's own queue, which waits for the event loop: an advert must not wait behind data. */
  send(message: Uint8Array, destination: IpAddress): void {
    const { source, ttl } = this.#options;
    const packet = Buffer.from(wrapMessage(message, { source, destination, ttl }).buffer);
    try {
      this.#socket.wrap.send(packet, 0, packet.length, destination, () => {});
    } catch {
      this.counters.refused += 1;
    }
  }

  listen(): boolean {
    for (let count = 0; count < MostPerReading && !this.#isClosed; count += 1) {
      const length = this.#read();
      if (length === undefined) return true;
      this.#take(this.#buffer.subarray(0, length));
    }
    return true;
  }

  /** A raw socket outlives that its device is down. */
  reopen(): void {}

  close(): void {
    this.#isClosed = true;
    this.#socket.close();
  }

  /**
   * Reads a message into the buffer; undefined when none waits. The package says that by an exception, whose stack trace
   * would cost more than all else. An error of the device shows by the silence that it causes.
   */
  #read(): number | undefined {
    let read: number | undefined;
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      this.#socket.wrap.recv(this.#buffer, (_, length) => {
        read = length;
      });
    } catch {
      return undefined;
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
    return read;
  }

  #take(packet: Uint8Array): void {
    const message = readIpv4Message(packet);
    if (message === undefined) this.counters.malformed += 1;
    else this.#receive(message);
  }
}
