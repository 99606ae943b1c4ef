import { assert } from '../../director/base/invariant.js';
import type { Prng } from '../../director/base/prng.js';
import {
  after,
  earliest,
  longest,
  microseconds,
  Never,
  type Duration,
  type Instant,
} from '../../director/base/time.js';
import { BfdState, Diagnostic, type BfdPacket } from './bfd-packet.js';

/** A `bfd_instance`, as the session takes part in it. */
export interface BfdRules {
  readonly minimumTransmit: Duration;
  readonly minimumReceive: Duration;
  /** Between packets while the session is not up: RFC 5880 §6.8.3 asks for at least a second. */
  readonly idleTransmit: Duration;
  readonly multiplier: number;
  /** Says nothing before the neighbour has spoken. */
  readonly passive: boolean;
}

/** What a session wants done, or has found. */
export type BfdEffect =
  | { readonly kind: 'send'; readonly packet: BfdPacket }
  | { readonly kind: 'state'; readonly isUp: boolean; readonly reason: string };

/**
 * One BFD session in asynchronous mode, without echo, demand and authentication (RFC 5880 §6.2, §6.8), as keepalived speaks
 * it.
 *
 *              neighbour Down           neighbour Init, Up
 *     down ─────────────────▶ init ─────────────────────▶ up
 *       ▲  ──────────────────neighbour Init───────────────▶│
 *       └────── expired, neighbour Down or AdminDown ──────┘
 *
 * Both ends say how often they would like to send and how often they can receive; each sends as the slower of the two, with
 * up to a quarter taken off by chance. A change while the session is up is announced with the Poll bit and holds when it has
 * been answered (§6.8.3).
 */
export class BfdSession {
  readonly effects: BfdEffect[] = [];
  readonly #rules: BfdRules;
  readonly #prng: Prng;
  readonly #mine: number;
  #state: BfdState = BfdState.down;
  #diagnostic: number = Diagnostic.none;
  #remote: BfdPacket | undefined;
  #sendAt: Instant = Never;
  #expiresAt: Instant = Never;
  #isPolling = false;

  /** The prng chooses the session's number and its jitter. */
  constructor(rules: BfdRules, prng: Prng) {
    assert(rules.multiplier >= 1, 'a session expires by at least one missing packet');
    this.#rules = rules;
    this.#prng = prng;
    this.#mine = prng.below(0xffff_ffff) + 1;
  }

  get isUp(): boolean {
    return this.#state === BfdState.up;
  }

  get deadline(): Instant {
    return earliest(this.#sendAt, this.#expiresAt);
  }

  start(now: Instant): void {
    if (!this.#rules.passive) this.#sendAt = now;
  }

  /** Says that the session ends on purpose, so that the neighbour need not wait. */
  stop(): void {
    this.#state = BfdState.adminDown;
    this.#diagnostic = Diagnostic.administrative;
    if (this.#remote !== undefined) this.#send(false);
    this.#sendAt = Never;
    this.#expiresAt = Never;
  }

  /** A packet of the neighbour. Those for another session, or none, are ignored (RFC 5880 §6.8.6). */
  handlePacket(now: Instant, packet: BfdPacket): void {
    if (this.#state === BfdState.adminDown) return;
    if (packet.yours !== 0 && packet.yours !== this.#mine) return;
    const isFirst = this.#remote === undefined;
    this.#remote = packet;
    if (packet.final) this.#isPolling = false;
    this.#follow(packet.state);
    const interval = Math.max(this.#rules.minimumReceive, packet.desiredTransmit);
    const detection = microseconds(interval * packet.multiplier);
    this.#expiresAt = this.#state === BfdState.down ? Never : after(now, detection);
    if (packet.poll) this.#send(true);
    // A passive end has waited for this; any other may now send more often.
    if (isFirst && this.#sendAt === Never) this.#sendAt = now;
    this.#sendAt = earliest(this.#sendAt, after(now, this.#interval));
  }

  handleDeadline(now: Instant): void {
    if (this.#expiresAt <= now) {
      this.#expiresAt = Never;
      this.#remote = undefined;
      this.#fall(Diagnostic.expired, 'the neighbour is silent');
    }
    if (this.#sendAt > now) return;
    this.#send(false);
    this.#sendAt = after(now, this.#jittered(this.#interval));
  }

  #follow(remote: BfdState): void {
    const { down, init, up, adminDown } = BfdState;
    if (remote === adminDown) {
      if (this.#state !== down) this.#fall(Diagnostic.neighbourDown, 'the neighbour is shut down');
    } else if (this.#state === down) {
      if (remote === down) this.#state = init;
      else if (remote === init) this.#rise();
    } else if (this.#state === init) {
      if (remote !== down) this.#rise();
    } else if (remote === down) {
      assert(this.#state === up, 'there is no other state');
      this.#fall(Diagnostic.neighbourDown, 'the neighbour has lost the session');
    }
  }

  #rise(): void {
    this.#state = BfdState.up;
    this.#diagnostic = Diagnostic.none;
    // From the idle interval to the configured one: the neighbour is asked to agree.
    this.#isPolling = true;
    this.effects.push({ kind: 'state', isUp: true, reason: '' });
  }

  #fall(diagnostic: number, reason: string): void {
    const wasUp = this.#state === BfdState.up;
    this.#state = BfdState.down;
    this.#diagnostic = diagnostic;
    this.#isPolling = false;
    if (wasUp) this.effects.push({ kind: 'state', isUp: false, reason });
  }

  /** What this end would like to send: slowly, as long as nobody may be there (§6.8.3). */
  get #desired(): Duration {
    const { minimumTransmit, idleTransmit } = this.#rules;
    return this.isUp ? minimumTransmit : longest(minimumTransmit, idleTransmit);
  }

  get #interval(): Duration {
    return longest(this.#desired, microseconds(this.#remote?.requiredReceive ?? 0));
  }

  /** 75 to 100 per cent; with a multiplier of 1 at most 90, so that a packet is never just too late (§6.8.7). */
  #jittered(interval: Duration): Duration {
    const most = this.#rules.multiplier === 1 ? 0.9 : 1;
    const part = 0.75 + (most - 0.75) * (this.#prng.uint32() / 0x1_0000_0000);
    return microseconds(interval * part);
  }

  #send(final: boolean): void {
    const packet: BfdPacket = {
      state: this.#state,
      diagnostic: this.#diagnostic,
      poll: this.#isPolling && !final,
      final,
      multiplier: this.#rules.multiplier,
      mine: this.#mine,
      yours: this.#remote?.mine ?? 0,
      desiredTransmit: this.#desired,
      requiredReceive: this.#rules.minimumReceive,
    };
    this.effects.push({ kind: 'send', packet });
  }
}
