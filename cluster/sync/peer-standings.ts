import type { Instant } from '../../director/base/time.js';
import type { Standing, SyncEffect } from './effects.js';
import type { PeerStream } from './peer-stream.js';
import type { SyncReceiver } from './receiver.js';

/** Tells the driver what the words of peers weigh, whenever that changes, and peers when one of them has ended. */
export class PeerStandings {
  readonly #receiver: SyncReceiver;
  readonly #effects: SyncEffect[];

  readonly #ended: (now: Instant) => void;

  constructor(receiver: SyncReceiver, effects: SyncEffect[], ended: (now: Instant) => void) {
    this.#ended = ended;
    this.#receiver = receiver;
    this.#effects = effects;
  }

  /** The peer has said what it is. */
  heard(peer: PeerStream, standing: Standing): void {
    // What a peer that is gone has said before may still arrive.
    if (!this.#receiver.isGone(peer)) this.#note(peer, standing);
  }

  /** The peer's process has ended, or is about to. */
  gone(now: Instant, peer: PeerStream): void {
    peer.goneAt = now;
    if (this.#note(peer, 'gone')) this.#ended(now);
  }

  /** Counts peers that have fallen silent as gone. */
  update(now: Instant): void {
    let hasEnded = false;
    for (const peer of this.#receiver.streams()) {
      if (this.#receiver.isUnheard(now, peer) && this.#note(peer, 'gone')) hasEnded = true;
    }
    if (hasEnded) this.#ended(now);
  }

  #note(peer: PeerStream, standing: Standing): boolean {
    if (peer.standing === standing) return false;
    peer.standing = standing;
    const { node: from, epoch } = peer;
    this.#effects.push({ kind: 'standing', from, epoch, standing });
    return true;
  }
}
