import { LocalOrigin } from '../../../director/core/connections.js';
import { Flag } from '../../../director/core/connections.js';
import { timeoutOf } from '../../../director/core/protocol-states.js';
import type { DirectorMachine } from '../director/director-machine.js';
import type { World, WorldObserver } from '../world.js';
import type { Violations } from './invariants.js';

/** Entries expire at ticks of 10 ms. */
const Tick = 0.011;

/**
 * A master that was held up may be master no more. It has to find that out before it touches what has waited in its sockets:
 * when it gives up, no connection has just been carried.
 */
export class HeldUpCheck implements WorldObserver {
  readonly #world: World;
  readonly #violations: Violations;

  constructor(world: World, violations: Violations) {
    this.#world = world;
    this.#violations = violations;
  }

  stateChanged(director: DirectorMachine, state: string): void {
    const { process, lastEvent, name } = director;
    if (state !== 'backup' || !lastEvent.endsWith('paused') || process === undefined) return;
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
