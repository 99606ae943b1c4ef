import { createServer, connect, type Server, type Socket } from 'node:net';

import type { IpAddress } from '../../director/base/address.js';
import { IoError } from '../../director/base/errors.js';
import type { Log } from '../../director/base/log.js';
import {
  encodePresence,
  PresenceReader,
  type Introduction,
  type PeerRouter,
} from '../sync/presence-codec.js';

/** The most peers that are watched, and that may watch. */
const MostPeers = 64;
/** How long to leave a peer alone that could not be reached. */
const RetryMs = 1_000;

export interface PeerWatchOptions {
  /** Our own address on the sync interface, and the port: TCP beside the UDP port of session sync. */
  readonly address: IpAddress;
  readonly port: number;
  readonly node: string;
  readonly routers: readonly PeerRouter[];
  readonly log: Log;
  /** A peer's process is dead, proven by its kernel. `survivors` are those still watched. */
  onDeath(peer: Introduction, survivors: readonly Introduction[]): void;
}

/**
 * Death notices. Every director holds a TCP stream to every other one. When a process ends, its kernel closes its
 * streams: within a round trip the peers see the end of the stream without a goodbye, and know that the process is not
 * slow or cut off but gone. Because a director owns its addresses in user space, a dead one is silent already, so the next
 * in line may take over at once, without waiting for the master-down timer.
 *
 * Only an orderly end or a reset by the peer's kernel is a proof. A stream that times out, or that cannot be opened, says
 * nothing: the path may be broken and the peer alive. Then the election decides by its timers.
 */
export class PeerWatch {
  /** Streams that were cut because of what they said. */
  malformed = 0;
  readonly #options: PeerWatchOptions;
  readonly #server: Server;
  readonly #watchers = new Set<Socket>();
  readonly #watched = new Map<IpAddress, Socket>();
  readonly #known = new Map<IpAddress, Introduction>();
  readonly #retryAt = new Map<IpAddress, number>();
  #isClosed = false;

  private constructor(server: Server, options: PeerWatchOptions) {
    this.#server = server;
    this.#options = options;
    server.on('connection', (socket) => this.#accept(socket));
  }

  static async open(options: PeerWatchOptions): Promise<PeerWatch> {
    const server = createServer();
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(options.port, options.address, resolve);
      });
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause);
      throw new IoError(
        { code: 'peer-watch' },
        `cannot listen on ${options.address}, TCP port ${options.port}: ${text}`,
        { cause },
      );
    }
    return new PeerWatch(server, options);
  }

  /** Watches the peer at this address, if it is not watched yet. `nowMs` is any monotonic clock. */
  watch(address: IpAddress, nowMs: number): void {
    if (this.#isClosed || this.#watched.has(address) || this.#watched.size >= MostPeers) return;
    if ((this.#retryAt.get(address) ?? 0) > nowMs) return;
    this.#retryAt.set(address, nowMs + RetryMs);
    const socket = connect({ host: address, port: this.#options.port });
    const reader = new PresenceReader();
    let saidGoodbye = false;
    let hasFailed = false;
    this.#watched.set(address, socket);
    socket.setNoDelay(true);
    socket.on('data', (piece: Uint8Array) => {
      for (const message of reader.read(piece)) {
        if (message.kind === 'goodbye') saidGoodbye = true;
        else this.#known.set(address, message);
      }
      if (!reader.isMalformed) return;
      this.malformed += 1;
      hasFailed = true;
      socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET') hasFailed = true;
    });
    socket.on('close', () => this.#ended(address, !saidGoodbye && !hasFailed));
  }

  /** Tells every watcher that this node leaves on purpose. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const socket of this.#watched.values()) socket.destroy();
    const goodbye = encodePresence({ kind: 'goodbye' });
    for (const socket of this.#watchers) socket.end(goodbye);
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      // A watcher that does not end its side must not keep this node.
      setTimeout(() => {
        for (const socket of this.#watchers) socket.destroy();
      }, 100).unref();
    });
  }

  #accept(socket: Socket): void {
    if (this.#isClosed || this.#watchers.size >= MostPeers) {
      socket.destroy();
      return;
    }
    this.#watchers.add(socket);
    const { node, routers } = this.#options;
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#watchers.delete(socket));
    socket.resume();
    socket.write(encodePresence({ kind: 'introduction', node, routers }));
  }

  #ended(address: IpAddress, isProof: boolean): void {
    const peer = this.#known.get(address);
    this.#watched.delete(address);
    this.#known.delete(address);
    if (this.#isClosed || !isProof || peer === undefined) return;
    this.#options.log.warn('peer died', { peer: peer.node, address });
    this.#options.onDeath(peer, [...this.#known.values()]);
  }
}
