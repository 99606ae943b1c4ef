import { Never, type Instant } from '../../director/base/time.js';

/**
 * Whether this node is cut off, so that a check without an answer says nothing about the server.
 *
 * A director that loses its network hears nothing from any server. If it believed that, it would empty its pools, and come
 * back with empty ones. It cannot ask anybody; but a network that it is connected to is hardly ever silent, because peers
 * advertise and synchronise, and clients send. So a check that got no answer is void when
 *
 * - the interface that it went out by had no carrier at some time since it began, or
 * - since it began nothing at all was received from anybody, on any interface.
 *
 * A server that refuses, resets or answers wrongly has been reached: that is never void. In the second case there is nobody
 * to serve either: the first client or peer that is heard of ends it, and the next check counts.
 */
export class Isolation {
  readonly #down = new Set<string>();
  /** When the interface was last without carrier; absent when it never was. */
  readonly #lastDown = new Map<string, Instant>();
  #lastHeard: Instant = Never;

  /** Something was received from another machine. Called for every frame. */
  hear(now: Instant): void {
    this.#lastHeard = now;
  }

  /** True when this ends a cut: what is in doubt can be asked at once. */
  setLink(now: Instant, device: string, isUp: boolean): boolean {
    if (!isUp) {
      this.#down.add(device);
      return false;
    }
    if (!this.#down.delete(device)) return false;
    this.#lastDown.set(device, now);
    return true;
  }

  /** True when a check by this interface that began then and has had no answer is void. Unknown interfaces are up. */
  voids(device: string | undefined, beganAt: Instant): boolean {
    if (device !== undefined) {
      if (this.#down.has(device)) return true;
      const lastDown = this.#lastDown.get(device);
      if (lastDown !== undefined && lastDown >= beganAt) return true;
    }
    return this.#lastHeard === Never || this.#lastHeard < beganAt;
  }
}
