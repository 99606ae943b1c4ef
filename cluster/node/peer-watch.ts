import { randomBytes } from 'node:crypto';
import { createServer, connect, type Server, type Socket } from 'node:net';

import type { IpAddress } from '../../director/base/address.js';
import { IoError } from '../../director/base/errors.js';
import type { Log } from '../../director/base/log.js';
import type { KeyRing } from '../sync/key-ring.js';
import {
  encodePresence,
  PresenceReader,
  type Introduction,
  type PeerRouter,
} from '../sync/presence-codec.js';
import { PresenceSeal } from '../sync/presence-seal.js';

/** The most peers that are watched, and that may watch. */
const MostPeers = 64;
/** Of a watcher's nonce. */
const NonceBytes = 32;
/** How long to leave a peer alone that could not be reached. */
const RetryMs = 1_000;

export interface PeerWatchOptions {
  /** Our own address on the sync interface, and the port: TCP beside the UDP port of session sync. */
  readonly address: IpAddress;
  readonly port: number;
  readonly node: string;
  /** What this node's virtual routers are now. */
  routers(): readonly PeerRouter[];
  readonly log: Log;
  /** With keys, only who signs with one of them is believed to be a peer, and to leave. */
  readonly keys?: KeyRing | undefined;
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
 *
 * With keys a watcher begins with a Challenge, and both introduction and goodbye are signed over its nonce: nobody else can
 * pose as a peer in order to die, nor let a death pass for a goodbye.
 */
export class PeerWatch {
  /** Streams that were cut because of what they said. */
  malformed = 0;
  readonly #options: PeerWatchOptions;
  readonly #server: Server;
  /** Who watches this node, and how it wants to be answered, once it has said so. */
  readonly #watchers = new Map<Socket, PresenceSeal | undefined>();
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
    const nonce = randomBytes(NonceBytes);
    const { keys } = this.#options;
    const reader = new PresenceReader(keys && new PresenceSeal(keys, nonce));
    let saidGoodbye = false;
    let hasFailed = false;
    this.#watched.set(address, socket);
    socket.setNoDelay(true);
    if (keys !== undefined) socket.write(encodePresence({ kind: 'challenge', nonce }));
    socket.on('data', (piece: Uint8Array) => {
      for (const message of reader.read(piece)) {
        if (message.kind === 'goodbye') saidGoodbye = true;
        if (message.kind === 'introduction') this.#known.set(address, message);
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
    for (const [socket, seal] of this.#watchers) {
      socket.end(encodePresence({ kind: 'goodbye' }, seal));
    }
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      // A watcher that does not end its side must not keep this node.
      setTimeout(() => {
        for (const socket of this.#watchers.keys()) socket.destroy();
      }, 100).unref();
    });
  }

  #accept(socket: Socket): void {
    if (this.#isClosed || this.#watchers.size >= MostPeers) {
      socket.destroy();
      return;
    }
    this.#watchers.set(socket, undefined);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#watchers.delete(socket));
    if (this.#options.keys === undefined) {
      // What a watcher with keys says is of no interest here.
      socket.resume();
      this.#introduce(socket);
    } else this.#awaitChallenge(socket, this.#options.keys);
  }

  #awaitChallenge(socket: Socket, keys: KeyRing): void {
    const reader = new PresenceReader();
    socket.on('data', (piece: Uint8Array) => {
      for (const message of reader.read(piece)) {
        const isFirst = this.#watchers.get(socket) === undefined;
        if (message.kind !== 'challenge' || !isFirst) continue;
        this.#watchers.set(socket, new PresenceSeal(keys, message.nonce));
        this.#introduce(socket);
      }
      if (!reader.isMalformed) return;
      this.malformed += 1;
      socket.destroy();
    });
  }

  #introduce(socket: Socket): void {
    const { node } = this.#options;
    const routers = this.#options.routers();
    const seal = this.#watchers.get(socket);
    socket.write(encodePresence({ kind: 'introduction', node, routers }, seal));
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
