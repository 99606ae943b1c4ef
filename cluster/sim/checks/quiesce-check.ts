import { milliseconds } from '../../../director/base/time.js';
import type { Flow } from '../../../director/wire/flow.js';
import type { DirectorMachine } from '../director/director-machine.js';
import { Spread } from '../faults/inflict.js';
import type { ServerProgram } from '../traffic/server-program.js';
import type { World, WorldObserver } from '../world.js';
import type { HealthCheck } from './health-check.js';
import type { Violations } from './invariants.js';
import type { TableView } from './table-view.js';

/** From the moment in which a director is told to reload until it has. */
const Grace = milliseconds(300);

/** Whether real servers that directors know to be down, or have in no configuration, are left alone by new flows. */
export class QuiesceCheck implements WorldObserver {
  readonly #world: World;
  readonly #violations: Violations;
  readonly #health: HealthCheck;
  readonly #tables: TableView;
  readonly #removedSince = new Map<ServerProgram, number>();
  readonly #isPersistent: boolean;

  constructor(world: World, violations: Violations, health: HealthCheck, tables: TableView) {
    this.#world = world;
    this.#violations = violations;
    this.#health = health;
    this.#tables = tables;
    // Templates go on sending their clients to a quiesced server (expire_quiescent_template 0).
    this.#isPersistent = world.lab.services.some(
      ({ persistenceTimeout }) => persistenceTimeout !== undefined,
    );
  }

  serverRemoved(server: ServerProgram, isRemoved: boolean): void {
    if (!isRemoved) this.#removedSince.delete(server);
    else if (!this.#removedSince.has(server)) this.#removedSince.set(server, this.#world.now);
  }

  /** A packet that comes again belongs to the entry that was made before. */
  entryMade(director: DirectorMachine, flow: Flow): void {
    const { process, name } = director;
    if (this.#isPersistent || process === undefined) return;
    const number = this.#tables.findOpened(process, flow)?.server;
    const server = this.#world.servers.find((candidate) => candidate.number === number);
    if (server === undefined) return;
    const isDown = this.#health.isKnownDown(director, server);
    if (!isDown && !this.#isRemoved(director, server)) return;
    const detail = `${name} gives s${server.number} a new flow`;
    this.#violations.report({ invariant: 'F4 quiesced', at: this.#world.now, detail });
  }

  #isRemoved(director: DirectorMachine, server: ServerProgram): boolean {
    const since = this.#removedSince.get(server);
    if (since === undefined) return false;
    const from = Math.max(since + Spread, this.#health.heldUpUntil(director));
    return this.#world.now >= from + Grace;
  }
}
