import { Buffer } from 'node:buffer';

import type { RawSocketModule, Socket } from 'raw-socket';

import { addressBytes, addressFromBytes, type IpAddress } from '../base/address.js';
import { IoError } from '../base/errors.js';
import * as ipv4 from '../wire/ipv4.js';
import { loadRawSocket } from './native.js';

/** Socket options by their Linux numbers, which raw-socket passes through. */
const SolSocket = 1;
const SoBindToDevice = 25;
const IpProtocol = 0;
const IpTos = 1;
const IpTtl = 2;
const IpMulticastInterface = 32;
const IpMulticastTtl = 33;
const IpMulticastLoop = 34;
const IpAddMembership = 35;

/** Internetwork control: routers must not queue adverts behind data. */
const TosInternetControl = 0xc0;
const LargestMessage = 2_048;

/** A message of the VRRP protocol with what its IP header says. The bytes are valid until the callback returns. */
export interface VrrpMessage {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly ttl: number;
  /** What follows the IP header. */
  readonly bytes: Uint8Array;
}

export interface VrrpSocketOptions {
  readonly device: string;
  /** The device's own address: the source of what is sent. */
  readonly address: IpAddress;
  readonly group: IpAddress;
}

/** IP protocol 112 on one device (RFC 9568 §5.1): joined to the group, TTL 255, bound to the device. */
export async function openVrrpSocket(
  options: VrrpSocketOptions,
  receive: (message: VrrpMessage) => void,
): Promise<VrrpSocket> {
  const raw = await loadRawSocket();
  try {
    return new VrrpSocket(raw, options, receive);
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new IoError(
      { code: /permitted|permission/i.test(text) ? 'missing-capability' : 'vrrp-socket' },
      /permitted|permission/i.test(text)
        ? `sending VRRP on ${options.device} needs the capability CAP_NET_RAW; run as root`
        : `cannot open a VRRP socket on ${options.device}: ${text}`,
      { cause },
    );
  }
}

export class VrrpSocket {
  /** Adverts that the kernel refused to send. */
  refused = 0;
  /** Messages without a usable IP header. */
  malformed = 0;
  readonly #socket: Socket;
  readonly #group: IpAddress;

  constructor(
    raw: RawSocketModule,
    options: VrrpSocketOptions,
    receive: (message: VrrpMessage) => void,
  ) {
    this.#group = options.group;
    this.#socket = raw.createSocket({
      protocol: ipv4.Protocol.vrrp,
      bufferSize: LargestMessage,
    });
    const own = addressBytes(options.address);
    const membership = Buffer.concat([addressBytes(options.group), own]);
    const device = Buffer.from(`${options.device}\0`);
    this.#socket.setOption(SolSocket, SoBindToDevice, device, device.length);
    this.#socket.setOption(IpProtocol, IpAddMembership, membership, membership.length);
    this.#socket.setOption(IpProtocol, IpMulticastInterface, Buffer.from(own), own.length);
    this.#socket.setOption(IpProtocol, IpMulticastTtl, 255);
    this.#socket.setOption(IpProtocol, IpTtl, 255);
    this.#socket.setOption(IpProtocol, IpMulticastLoop, 0);
    this.#socket.setOption(IpProtocol, IpTos, TosInternetControl);
    this.#socket.on('error', () => {
      this.malformed += 1;
    });
    this.#socket.on('message', (packet: Buffer) => {
      const message = readMessage(packet);
      if (message === undefined) this.malformed += 1;
      else receive(message);
    });
  }

  /**
   * Multicasts a message at once, past the package's own queue: that one waits for the event loop, and an advert must
   * not wait behind data.
   */
  send(message: Uint8Array): void {
    try {
      this.#socket.wrap.send(Buffer.from(message), 0, message.length, this.#group, () => {});
    } catch {
      this.refused += 1;
    }
  }

  close(): void {
    this.#socket.close();
  }
}

function readMessage(packet: Buffer): VrrpMessage | undefined {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  if (!ipv4.isValid(view, 0, packet.length)) return undefined;
  const source = addressFromBytes(packet.subarray(12, 16));
  const destination = addressFromBytes(packet.subarray(16, 20));
  if (source === undefined || destination === undefined) return undefined;
  return {
    source,
    destination,
    ttl: ipv4.ttl(view, 0),
    bytes: packet.subarray(ipv4.headerLength(view, 0), ipv4.totalLength(view, 0)),
  };
}
