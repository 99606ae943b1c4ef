import type { Instant } from '../../director/base/time.js';
import type { Standing, SyncEffect } from './effects.js';
import type { PeerStream } from './peer-stream.js';
import type { SyncReceiver } from './receiver.js';

/** Tells the driver what the words of peers weigh, whenever that changes. */
export class PeerStandings {
  readonly #receiver: SyncReceiver;
  readonly #effects: SyncEffect[];

  constructor(receiver: SyncReceiver, effects: SyncEffect[]) {
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
    this.#note(peer, 'gone');
  }

  /** Counts peers that have fallen silent as gone. */
  update(now: Instant): void {
    for (const peer of this.#receiver.streams()) {
      if (this.#receiver.isUnheard(now, peer)) this.#note(peer, 'gone');
    }
  }

  #note(peer: PeerStream, standing: Standing): void {
    if (peer.standing === standing) return;
    peer.standing = standing;
    const { node: from, epoch } = peer;
    this.#effects.push({ kind: 'standing', from, epoch, standing });
  }
}
