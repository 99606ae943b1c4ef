import { Buffer } from 'node:buffer';

import type { RawSocketModule, Socket } from 'raw-socket';

import type { IpAddress } from '../base/address.js';
import * as ethernet from '../wire/ethernet.js';
import { readIpv6Message, wrapMessage, type VrrpMessage } from '../wire/vrrp-packet.js';
import { Capture } from './capture.js';
import type { CapConstructor } from './native.js';
import type { VrrpPort, VrrpPortCounters, VrrpPortOptions } from './vrrp-port.js';
import { LargestMessage, openRaw } from './vrrp-raw.js';

/** No `inbound`: with it libpcap 1.10 loses the first frame. */
const CaptureFilter = 'ip6 proto 112';
/** Room for some dozens of adverts. */
const CaptureBufferBytes = 128 * 1024;

/**
 * VRRP over IPv6. A raw socket sends, is a member of the group, and keeps the kernel from answering that nobody here
 * knows the protocol. It does not tell a message's hop limit, on which the protection against distant senders rests
 * (RFC 9568 §5.1.2.3); so what is received comes as whole frames by capture.
 */
export class VrrpSocketIpv6 implements VrrpPort {
  readonly counters: VrrpPortCounters = { refused: 0, malformed: 0 };
  readonly #options: VrrpPortOptions;
  readonly #receive: (message: VrrpMessage) => void;
  readonly #socket: Socket;
  readonly #capture: Capture;

  constructor(
    { raw, Cap }: { readonly raw: RawSocketModule; readonly Cap: CapConstructor },
    options: VrrpPortOptions,
    receive: (message: VrrpMessage) => void,
  ) {
    this.#options = options;
    this.#receive = receive;
    this.#socket = openRaw(raw, options);
    this.#socket.pauseRecv();
    const memory = Buffer.alloc(LargestMessage);
    const capture = {
      device: options.device,
      filter: CaptureFilter,
      bufferBytes: CaptureBufferBytes,
      memory,
    };
    try {
      this.#capture = new Capture(Cap, capture, (length) => this.#take(memory.subarray(0, length)));
    } catch (error) {
      this.#socket.close();
      throw error;
    }
  }

  send(message: Uint8Array, destination: IpAddress): void {
    const { source, ttl, device } = this.#options;
    const packet = Buffer.from(wrapMessage(message, { source, destination, ttl }).buffer);
    try {
      // Link-local addresses, the group's too, mean nothing without their link.
      this.#socket.wrap.send(packet, 0, packet.length, `${destination}%${device}`, () => {});
    } catch {
      this.counters.refused += 1;
    }
  }

  /** libpcap is read by the event loop only. */
  listen(): boolean {
    return false;
  }

  reopen(): void {
    this.#capture.reopen();
  }

  close(): void {
    this.#capture.close();
    this.#socket.close();
  }

  #take(frame: Uint8Array): void {
    const message = readIpv6Message(frame.subarray(ethernet.HeaderLength));
    if (message === undefined) this.counters.malformed += 1;
    else if (!this.#isOwn(frame) && this.#isForUs(message.destination)) this.#receive(message);
  }

  /** A capture also sees what this node sends. */
  #isOwn(frame: Uint8Array): boolean {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    const { high, low } = this.#options.mac;
    return ethernet.sourceLow(view, 0) === low && ethernet.sourceHigh(view, 0) === high;
  }

  /** And what is for others. */
  #isForUs(destination: IpAddress): boolean {
    return destination === this.#options.group || destination === this.#options.source;
  }
}
