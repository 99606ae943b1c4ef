import { milliseconds, type Instant } from '../../../director/base/time.js';
import { LocalOrigin } from '../../../director/core/connections.js';
import { Flag } from '../../../director/core/connections.js';
import { timeoutOf } from '../../../director/core/protocol-states.js';
import type { DirectorMachine } from '../director/director-machine.js';
import type { World, WorldObserver } from '../world.js';
import type { Violations } from './invariants.js';
import { downTime } from './succession-check.js';

/** From the end of a pause to the end of the first turn. */
const FirstTurn = milliseconds(1);

/** Entries expire at ticks of 10 ms. */
const Tick = 0.011;

/**
 * A master that was held up may be master no more. It has to find that out before it touches what has waited in its sockets:
 * after a pause in which all others have lost their patience it gives up, and when it does, no connection has just been
 * carried.
 */
export class HeldUpCheck implements WorldObserver {
  readonly #world: World;
  readonly #violations: Violations;
  readonly #gaveUpAt = new Map<DirectorMachine, Instant>();

  constructor(world: World, violations: Violations) {
    this.#world = world;
    this.#violations = violations;
  }

  resumed(director: DirectorMachine, pausedAt: Instant): void {
    const { process, state } = director;
    const { now, directors } = this.#world;
    const patience = Math.max(...directors.map(downTime));
    const isOther = (other: DirectorMachine): boolean =>
      other !== director && other.state === 'master' && other.isRunning;
    if (process === undefined || state !== 'master' || !directors.some(isOther)) return;
    if (now - pausedAt < 2 * patience) return;
    const at = now + FirstTurn + process.starvation;
    this.#world.at(at / 1_000_000, () => {
      if (director.process !== process || !director.isRunning) return;
      this.#world.occurrences.count('master held up for long');
      // It may already have come back as it should.
      const hasGivenUp = (this.#gaveUpAt.get(director) ?? pausedAt) > pausedAt;
      if (director.state !== 'master' || hasGivenUp) return;
      const detail = `${director.name} goes on as master after ${(now - pausedAt) / 1_000} ms`;
      this.#violations.report({ invariant: 'V1 held-up', at: this.#world.now, detail });
    });
  }

  stateChanged(director: DirectorMachine, state: string): void {
    const { process, lastEvent, name } = director;
    if (state !== 'backup' || !lastEvent.endsWith('paused') || process === undefined) return;
    this.#gaveUpAt.set(director, this.#world.now);
    const { connections, timeouts } = process.node.director;
    for (let index = 0; index < connections.end; index += 1) {
      if (!connections.isInUse(index) || connections.hasFlag(index, Flag.template)) continue;
      if (connections.origin[index] !== LocalOrigin) continue;
      const full = timeoutOf(
        timeouts,
        connections.protocol[index] ?? 0,
        connections.state[index] ?? 0,
      );
      if (Math.abs(connections.remaining(index, process.now) - full) > Tick) continue;
      const detail = `${name} has carried a packet of port ${connections.clientPort(index)}`;
      this.#violations.report({ invariant: 'V1 held-up', at: this.#world.now, detail });
      return;
    }
  }
}
