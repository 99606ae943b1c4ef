import { seconds } from '../../../director/base/time.js';
import type { World, WorldObserver } from '../world.js';
import type { Violations } from './invariants.js';

/** From the first director that is told to the last, and for what is under way. */
const Grace = seconds(2);

/** Whether real servers that everybody has quiesced or removed are left alone by new flows. */
export class QuiesceCheck implements WorldObserver {
  readonly #world: World;
  readonly #violations: Violations;
  readonly #since = new Map<number, number>();
  readonly #failed = new Set<number>();

  constructor(world: World, violations: Violations) {
    this.#world = world;
    this.#violations = violations;
  }

  serverQuiesced(server: number, isQuiesced: boolean): void {
    // Templates go on sending their clients to a quiesced server (expire_quiescent_template 0).
    const isPersistent = this.#world.lab.services.some(
      ({ persistenceTimeout }) => persistenceTimeout !== undefined,
    );
    if (isPersistent) return;
    if (isQuiesced) this.#since.set(server, this.#world.now);
    else this.#since.delete(server);
  }

  /** Who opened a connection before it failed may have to open it again. */
  serverFailed(server: number): void {
    this.#failed.add(server);
  }

  opened(server: number): void {
    const since = this.#since.get(server);
    if (since === undefined || this.#failed.has(server)) return;
    if (this.#world.now < since + Grace) return;
    const detail = `s${server} gets a new flow`;
    this.#violations.report({ invariant: 'F4 quiesced', at: this.#world.now, detail });
  }
}
