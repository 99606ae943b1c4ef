import { after, Never, seconds, type Instant } from '../../director/base/time.js';

/**
 * How long a link takes to be of use when its carrier is back: neighbours have to be found again, and a question for them may
 * be asked three times, a second apart.
 */
export const SettlingTime = seconds(3);

/** What is known about a check without an answer. */
export type Connection =
  /** This node was cut off from the server: the check says nothing. */
  | 'cut-off'
  /** Others were heard meanwhile: the server is silent. */
  | 'connected'
  /** Nobody was heard since the check began: somebody has to be asked. */
  | 'silent';

/**
 * Whether this node is cut off, so that a check without an answer says nothing about the server.
 *
 * A director that loses its network hears nothing from any server. If it believed that, it would empty its pools, and come
 * back with empty ones. So a check that got no answer is void when
 *
 * - the interface that it went out by had no carrier at some time since it began, or shortly before, or
 * - since it began nothing at all was received from anybody, on any interface, and nobody answers who is asked now: all
 *   real servers and gateways, by ARP or neighbour discovery. A host answers that without any of its programs.
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

  /** Judges a check by this interface that began then and has had no answer. Unknown interfaces are up. */
  judge(device: string | undefined, beganAt: Instant): Connection {
    if (device !== undefined && this.#wasDown(device, beganAt)) return 'cut-off';
    const isHeard = this.#lastHeard !== Never && this.#lastHeard >= beganAt;
    return isHeard ? 'connected' : 'silent';
  }

  #wasDown(device: string, since: Instant): boolean {
    const lastDown = this.#lastDown.get(device);
    if (this.#down.has(device)) return true;
    return lastDown !== undefined && after(lastDown, SettlingTime) >= since;
  }
}
