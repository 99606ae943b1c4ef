import type { IpAddress } from '../../director/base/address.js';
import { earliest, Never, type Instant } from '../../director/base/time.js';
import { releaseAcknowledged, releaseOverdue, releaseSent } from '../../director/core/commit.js';
import { Flag } from '../../director/core/connections.js';
import type { Director } from '../../director/core/director.js';
import { isServed } from '../../director/core/lifecycle.js';
import type { SyncEffect } from '../sync/effects.js';
import type { SyncMachine } from '../sync/sync-machine.js';
import { Inheritance } from './inheritance.js';
import { IpvsDaemons } from './ipvs-daemons.js';
import type { Replication } from './replication.js';

/** The rest of the node, as the link needs it. */
export interface SessionLinkPorts {
  /** Sends a sync message; it has left when the call returns. */
  send(bytes: Uint8Array, to?: IpAddress): void;
  /** Sends a message of the kernel's protocol, for its master daemon. */
  sendDaemon?(bytes: Uint8Array): void;
  /** An effect that is not about the table alone. */
  other(effect: SyncEffect, at: Instant): void;
}

/**
 * What lies between the packet path and session sync. Peers are told of the entries that the packet path has queued, once a
 * turn, so that packets which arrived together share messages; what peers tell goes into the table; and first packets that
 * wait for one or the other are let go. A turn that has told of connections to be committed sends at once.
 *
 * The kernel's sync daemons, where they run, are told and heard beside session sync. Without either it tells nobody, and
 * nothing can be committed.
 */
export class SessionLink {
  readonly #director: Director;
  readonly #replication: Replication;
  readonly #sync: SyncMachine | undefined;
  readonly #daemons: IpvsDaemons;
  readonly #ports: SessionLinkPorts;
  readonly #inheritance: Inheritance;
  /** The sequence of the last entry told, and the last one that a peer has acknowledged. */
  #told = 0;
  #acknowledged = 0;

  constructor(
    director: Director,
    replication: Replication,
    sync: SyncMachine | undefined,
    ports: SessionLinkPorts,
    daemons = new IpvsDaemons(director),
  ) {
    this.#director = director;
    this.#replication = replication;
    this.#sync = sync;
    this.#daemons = daemons;
    this.#ports = ports;
    this.#inheritance = new Inheritance(director, replication.lives);
    this.#noteOwners();
  }

  /** When the next turn has to be at the latest. */
  get deadline(): Instant {
    const { commits } = this.#director;
    const told = earliest(this.#sync?.deadline ?? Never, this.#daemons.deadline);
    return earliest(told, earliest(commits.deadline, this.#inheritance.deadline));
  }

  /** True when a peer has acknowledged what was told up to this sequence. */
  isAcknowledged(sequence: number): boolean {
    return this.#acknowledged >= sequence;
  }

  /** Peers that could acknowledge something. */
  get peersAlive(): number {
    return this.#sync?.peersAlive ?? 0;
  }

  /** Tells peers what the packet path has queued, carries out what session sync wants, and lets go whoever may go. */
  turn(at: Instant): void {
    this.#noteOwners();
    this.#tellQueued(at);
    this.#daemons.handleDeadline(at);
    if (this.#sync !== undefined && this.#sync.deadline <= at) this.#sync.handleDeadline(at);
    this.applyEffects(at);
    this.#inheritance.turn(at);
    const { commits } = this.#director;
    if (this.#sync === undefined) commits.reach = this.#daemons.isTelling ? 'sent' : 'none';
    else commits.reach = this.#sync.peersAlive > 0 ? 'acked' : 'sent';
    releaseSent(this.#director, this.#told, at);
    releaseOverdue(this.#director, at);
  }

  /** Carries out what session sync wants. */
  applyEffects(at: Instant): void {
    for (const effect of this.#sync?.effects.splice(0) ?? []) this.#apply(effect, at);
    for (const effect of this.#daemons.takeEffects()) {
      if (effect.kind === 'send') this.#ports.sendDaemon?.(effect.bytes);
      else if (effect.kind === 'apply') this.#replication.apply(effect, at);
    }
  }

  /**
   * Tells peers all that they do not know yet, also what is below the sync threshold, and asks them to acknowledge it, up to
   * the sequence that this returns.
   */
  handOver(at: Instant): number {
    const { connections } = this.#director;
    for (let index = 0; index < connections.end; index += 1) {
      if (!connections.isInUse(index) || connections.isRetired(index)) continue;
      const isKnown =
        connections.hasFlag(index, Flag.synced) &&
        connections.syncedState[index] === connections.state[index];
      if (!isKnown) this.#tell(index, at);
    }
    this.#sync?.flush(at, { acknowledge: true });
    this.#daemons.flush(at);
    return this.#told;
  }

  /** The node has ended an entry that peers know. */
  tellRemoval(index: number, at: Instant): void {
    const key = this.#replication.key(index);
    this.#sync?.remove(at, key, isServed(this.#director, index));
    this.#daemons.remove(at);
  }

  #tellQueued(at: Instant): void {
    const { commits, connections, sync } = this.#director;
    let isUrgent = false;
    let acknowledge = false;
    sync.drain(connections, (index) => {
      this.#tell(index, at);
      if (!connections.hasFlag(index, Flag.uncommitted)) return;
      isUrgent = true;
      if (commits.told(index, this.#told) === 'acked') acknowledge = true;
    });
    if (!isUrgent) return;
    this.#sync?.flush(at, { acknowledge });
    this.#daemons.flush(at);
  }

  /** A kernel's daemons note nobody's word. */
  #noteOwners(): void {
    this.#director.sync.hasOwners = this.#sync?.hasOwners ?? !this.#daemons.isTelling;
  }

  /** Who tells of an entry answers for it from then on. */
  #tell(index: number, at: Instant): void {
    if (this.#sync === undefined && !this.#daemons.isTelling) return;
    this.#director.connections.markSynced(index, at);
    const entry = this.#replication.entry(index);
    const byDaemon = this.#daemons.update(at, entry);
    this.#told = this.#sync?.update(at, entry) ?? byDaemon;
  }

  #apply(effect: SyncEffect, at: Instant): void {
    switch (effect.kind) {
      case 'send':
        this.#ports.send(effect.bytes, effect.to);
        break;
      case 'apply':
        this.#replication.apply(effect, at);
        break;
      case 'remove':
        this.#replication.remove(effect);
        break;
      case 'standing':
        this.#replication.lives.setStanding(effect.from, effect.epoch, effect.standing);
        this.#ports.other(effect, at);
        break;
      case 'acknowledged':
        this.#acknowledged = effect.sequence;
        releaseAcknowledged(this.#director, effect.sequence, at);
        break;
      default:
        this.#ports.other(effect, at);
    }
  }
}
