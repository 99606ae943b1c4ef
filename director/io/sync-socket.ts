import { createSocket, type Socket } from 'node:dgram';

import { isIpv6, parseAddress, type IpAddress } from '../base/address.js';
import { IoError } from '../base/errors.js';

export interface SyncSocketOptions {
  readonly device: string;
  /** Our own address on the device. */
  readonly address: IpAddress;
  readonly group: IpAddress;
  readonly port: number;
  /** How many routers multicast may pass, and one more. */
  readonly ttl: number;
  /** Who gets what is for everybody, one by one, where multicast does not pass; empty: the group. */
  readonly peers: readonly IpAddress[];
  /** False for a socket that only sends, from any port. */
  readonly listens?: boolean;
}

/** The UDP socket of session sync: multicast to the group on one device, or unicast to a list; unicast for answers. */
export class SyncSocket {
  /** Datagrams that the kernel refused to send. */
  refused = 0;
  readonly #socket: Socket;
  readonly #options: SyncSocketOptions;

  private constructor(socket: Socket, options: SyncSocketOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** Opens the socket; `receive` gets every datagram of the port, also hostile ones. */
  static async open(
    options: SyncSocketOptions,
    receive: (bytes: Uint8Array, source: IpAddress) => void,
  ): Promise<SyncSocket> {
    const family = isIpv6(options.group) ? 6 : 4;
    // Groups of IPv6 are joined and sent to by interface, those of IPv4 by our address there.
    const place = family === 6 ? `::%${options.device}` : options.address;
    const listens = options.listens ?? true;
    const socket = createSocket({
      type: `udp${family}`,
      reuseAddr: true,
      // Addresses are numeric: answering at once keeps datagrams in the order of the calls.
      lookup: (host, _options, answer) => answer(null, host, family),
    });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind(listens ? options.port : 0, () => {
          socket.off('error', reject);
          resolve();
        });
      });
      if (listens && options.peers.length === 0) socket.addMembership(options.group, place);
      socket.setMulticastInterface(place);
      socket.setMulticastTTL(options.ttl);
      socket.setMulticastLoopback(false);
    } catch (cause) {
      socket.close();
      const text = cause instanceof Error ? cause.message : String(cause);
      throw new IoError(
        { code: 'sync-socket' },
        `cannot open the sync socket on ${options.device}, port ${options.port}: ${text}`,
        { cause },
      );
    }
    const opened = new SyncSocket(socket, options);
    socket.on('error', () => {
      opened.refused += 1;
    });
    socket.on('message', (bytes, remote) => {
      // A link-local address comes with its zone.
      const source = parseAddress(remote.address.split('%', 1)[0] ?? '');
      if (source !== undefined) receive(bytes, source);
    });
    return opened;
  }

  /** Sends to one peer, or to all. */
  send(bytes: Uint8Array, to?: IpAddress): void {
    const { peers, group } = this.#options;
    if (to !== undefined) this.#sendTo(bytes, to);
    else if (peers.length === 0) this.#sendTo(bytes, group);
    else for (const peer of peers) this.#sendTo(bytes, peer);
  }

  #sendTo(bytes: Uint8Array, to: IpAddress): void {
    this.#socket.send(bytes, this.#options.port, to, (error) => {
      if (error !== null) this.refused += 1;
    });
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#socket.close(() => resolve());
    });
  }
}
