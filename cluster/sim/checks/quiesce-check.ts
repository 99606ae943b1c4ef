import { seconds } from '../../../director/base/time.js';
import type { Flow } from '../../../director/wire/flow.js';
import type { DirectorMachine } from '../director/director-machine.js';
import type { World, WorldObserver } from '../world.js';
import type { Violations } from './invariants.js';
import type { TableView } from './table-view.js';

/** From the first director that is told to the last, and for what is under way. */
const Grace = seconds(2);

/** Whether real servers that everybody has quiesced or removed are left alone by new flows. */
export class QuiesceCheck implements WorldObserver {
  readonly #world: World;
  readonly #violations: Violations;
  readonly #since = new Map<number, number>();
  readonly #tables: TableView;

  constructor(world: World, violations: Violations, tables: TableView) {
    this.#world = world;
    this.#violations = violations;
    this.#tables = tables;
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

  /** A packet that comes again belongs to the entry that was made before. */
  entryMade({ name, process }: DirectorMachine, flow: Flow): void {
    if (this.#since.size === 0 || process === undefined) return;
    const server = this.#tables.findOpened(process, flow)?.server ?? 0;
    const since = this.#since.get(server);
    if (since === undefined || this.#world.now < since + Grace) return;
    const detail = `${name} gives s${server} a new flow`;
    this.#violations.report({ invariant: 'F4 quiesced', at: this.#world.now, detail });
  }
}
