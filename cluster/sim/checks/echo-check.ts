import { DropReason, type Counters } from '../../../director/core/counters.js';
import type { DirectorMachine } from '../director/director-machine.js';
import type { DirectorProcess } from '../director/director-process.js';
import type { World, WorldObserver } from '../world.js';
import type { Violations } from './invariants.js';

/** Whether backups only listen: what they learn of connections they neither tell again nor count. */
export class EchoCheck implements WorldObserver {
  readonly #world: World;
  readonly #violations: Violations;
  readonly #masters = new Set<DirectorProcess>();

  constructor(world: World, violations: Violations) {
    this.#world = world;
    this.#violations = violations;
  }

  stateChanged({ process }: DirectorMachine, state: string): void {
    if (state === 'master' && process !== undefined) this.#masters.add(process);
  }

  lifeEnded({ name }: DirectorMachine, process: DirectorProcess): void {
    this.#check(name, process);
  }

  finish(): void {
    for (const { name, process } of this.#world.directors) {
      if (process?.isDead === false) this.#check(name, process);
    }
  }

  #check(name: string, process: DirectorProcess): void {
    if (this.#masters.has(process)) return;
    const { director, sync } = process.node;
    const told = sync?.snapshot().sent;
    let opened = 0;
    for (const { stats } of director.services.services()) opened += stats.connections;
    // Who is taken for the master carries what it knows, and is the one to tell of it.
    const isSilent = told === undefined || told.records + told.removals === 0;
    if (opened === 0 && (isSilent || hasCarried(director.counters))) return;
    const detail = `${name}, never master, has opened ${opened}, told ${told?.records ?? 0}, removed ${told?.removals ?? 0}`;
    this.#violations.report({ invariant: 'S6 no-echo', at: this.#world.now, detail });
  }
}

/** A packet may have reached its connection, and no further: its next hop does not answer. */
const hasCarried = ({ forwarded, held, dropped }: Counters): boolean =>
  forwarded + held + (dropped[DropReason.unresolved] ?? 0) > 0;
