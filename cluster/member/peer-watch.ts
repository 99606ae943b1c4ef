import type { IpAddress } from '../../director/base/address.js';
import { after, instant, milliseconds, type Instant } from '../../director/base/time.js';
import type { KeyRing } from '../sync/key-ring.js';
import {
  encodePresence,
  PresenceReader,
  type Introduction,
  type PeerRouter,
} from '../sync/presence-codec.js';
import { PresenceSeal } from '../sync/presence-seal.js';
import type { HeardPeer } from '../sync/sync-machine.js';
import type { Environment } from './environment.js';

/** The most peers that are watched, and that may watch. */
const MostPeers = 64;
/** Of a watcher's nonce. */
const NonceBytes = 32;
/** How long to leave a peer alone that could not be reached. */
const RetryInterval = milliseconds(250);

/** A TCP connection, as the watch needs it. */
export interface Stream {
  write(bytes: Uint8Array): void;
  /** Closes this side after the last bytes. */
  end(bytes: Uint8Array): void;
  /** Ends the connection at once. */
  destroy(): void;
}

/** How a stream ended: the peer closed it or reset it, which its kernel does for a process that is dead; or the way failed. */
export type StreamEnd = 'closed' | 'reset' | 'failed';

/** Who is told of what happens to a stream. */
export interface StreamListener {
  data(piece: Uint8Array): void;
  closed(how: StreamEnd): void;
}

/** Opens a stream to a peer; what happens to it later is told to the listener, never from within the call. */
export type Connect = (to: IpAddress, listener: StreamListener) => Stream;

/** A stream to a peer, and the life of the peer that it was opened for. */
interface WatchedLife {
  readonly stream: Stream;
  readonly epoch: number;
}

/** The rest of the node, as the watch needs it. */
export interface PeerWatchOptions {
  readonly node: string;
  /** What this node's virtual routers are now. */
  routers(): readonly PeerRouter[];
  readonly environment: Pick<Environment, 'log' | 'nonce'>;
  /** With keys, only who signs with one of them is believed to be a peer, and to leave. */
  readonly keys?: KeyRing | undefined;
  readonly connect: Connect;
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
  /** Who watches this node, and how it wants to be answered, once it has said so. */
  readonly #watchers = new Map<Stream, PresenceSeal | undefined>();
  readonly #watched = new Map<IpAddress, WatchedLife>();
  readonly #known = new Map<IpAddress, Introduction>();
  readonly #retryAt = new Map<IpAddress, Instant>();
  #isClosed = false;

  constructor(options: PeerWatchOptions) {
    this.#options = options;
  }

  /**
   * Watches the life that a peer has now, if it is not watched yet. A stream to an earlier one may be half open, when power
   * was lost for a moment: nothing would ever come of it.
   */
  watch(now: Instant, { address, epoch }: HeardPeer): void {
    if (this.#isClosed || this.#watched.get(address)?.epoch === epoch) return;
    this.#forget(address);
    if (this.#watched.size >= MostPeers || (this.#retryAt.get(address) ?? instant(0)) > now) return;
    this.#retryAt.set(address, after(now, RetryInterval));
    const { keys, environment, connect } = this.#options;
    const nonce = environment.nonce(NonceBytes);
    const reader = new PresenceReader(keys && new PresenceSeal(keys, nonce));
    let saidGoodbye = false;
    const stream = connect(address, {
      data: (piece) => {
        for (const message of reader.read(piece)) {
          if (message.kind === 'goodbye') saidGoodbye = true;
          if (message.kind === 'introduction') this.#known.set(address, message);
        }
        if (reader.isMalformed) this.#cut(stream);
      },
      closed: (how) => {
        const isProof = how !== 'failed' && !saidGoodbye && !reader.isMalformed;
        if (this.#watched.get(address)?.stream === stream) this.#ended(address, isProof);
      },
    });
    this.#watched.set(address, { stream, epoch });
    if (keys !== undefined) stream.write(encodePresence({ kind: 'challenge', nonce }));
  }

  /** Somebody watches this node. Undefined when there are too many already: the stream is to be closed. */
  accept(stream: Stream): StreamListener | undefined {
    if (this.#isClosed || this.#watchers.size >= MostPeers) return undefined;
    this.#watchers.set(stream, undefined);
    const { keys } = this.#options;
    // What a watcher with keys says is of no interest to a node without.
    const data = keys === undefined ? (): void => {} : this.#challenged(stream, keys);
    if (keys === undefined) this.#introduce(stream);
    return { data, closed: () => this.#watchers.delete(stream) };
  }

  /** Tells every watcher that this node leaves on purpose. */
  leave(): void {
    this.#isClosed = true;
    for (const { stream } of this.#watched.values()) stream.destroy();
    for (const [stream, seal] of this.#watchers) {
      stream.end(encodePresence({ kind: 'goodbye' }, seal));
    }
  }

  /** Reads what a watcher says until it has said how it wants to be answered. */
  #challenged(stream: Stream, keys: KeyRing): (piece: Uint8Array) => void {
    const reader = new PresenceReader();
    return (piece) => {
      for (const message of reader.read(piece)) {
        const isFirst = this.#watchers.get(stream) === undefined;
        if (message.kind !== 'challenge' || !isFirst) continue;
        this.#watchers.set(stream, new PresenceSeal(keys, message.nonce));
        this.#introduce(stream);
      }
      if (reader.isMalformed) this.#cut(stream);
    };
  }

  #cut(stream: Stream): void {
    this.malformed += 1;
    stream.destroy();
  }

  #introduce(stream: Stream): void {
    const { node } = this.#options;
    const routers = this.#options.routers();
    const seal = this.#watchers.get(stream);
    stream.write(encodePresence({ kind: 'introduction', node, routers }, seal));
  }

  #forget(address: IpAddress): void {
    const watched = this.#watched.get(address);
    this.#watched.delete(address);
    this.#known.delete(address);
    watched?.stream.destroy();
  }

  #ended(address: IpAddress, isProof: boolean): void {
    const peer = this.#known.get(address);
    this.#watched.delete(address);
    this.#known.delete(address);
    if (this.#isClosed || !isProof || peer === undefined) return;
    this.#options.environment.log.warn('peer died', { peer: peer.node, address });
    this.#options.onDeath(peer, [...this.#known.values()]);
  }
}
