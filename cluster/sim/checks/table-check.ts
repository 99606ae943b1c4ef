import { Row } from '../../../director/core/connection-row.js';
import { Flag, LocalOrigin, NoConnection } from '../../../director/core/connections.js';
import { countOf, serverOf } from '../../../director/core/lifecycle.js';
import { Rank } from '../../../director/core/precedence.js';
import type { RealServer } from '../../../director/core/services.js';
import { fromWords } from '../../../director/wire/address-words.js';
import type { DirectorMachine } from '../director/director-machine.js';
import type { DirectorProcess } from '../director/director-process.js';
import type { World, WorldObserver } from '../world.js';
import type { InvariantName, Violations } from './invariants.js';
import type { SyncPaths } from './sync-paths.js';
import type { TableView } from './table-view.js';

/** How much of what a master has told just now a node that preempts it may not know yet. */
export interface TableRules {
  readonly tables: TableView;
  readonly paths: SyncPaths;
  /** Microseconds from telling to knowing. */
  readonly window: number;
  /** Microseconds from a lost datagram to its repair. */
  readonly repair: number;
}

/** Compares connection tables: with one another, and with their own counters. */
export class TableCheck implements WorldObserver {
  readonly #world: World;
  readonly #violations: Violations;
  readonly #rules: TableRules;
  readonly #tables: TableView;
  readonly #paths: SyncPaths;

  constructor(world: World, violations: Violations, rules: TableRules) {
    this.#world = world;
    this.#violations = violations;
    this.#rules = rules;
    this.#tables = rules.tables;
    this.#paths = rules.paths;
  }

  stateChanged(director: DirectorMachine, state: string): void {
    const { process, lastEvent } = director;
    if (state !== 'master' || process === undefined) return;
    if (!lastEvent.endsWith('preempted-lower-priority')) return;
    this.#world.occurrences.count('fail-back');
    const old = this.#world.directors.find(
      (other) => other !== director && other.state === 'master' && other.isRunning,
    );
    if (!process.node.isTableComplete) {
      this.#report('V8 table-before-preemption', `${director.name} has no complete table`);
    }
    if (old?.process === undefined) return;
    const { window, repair } = this.#rules;
    // What the master knows may be the word of any other.
    const since = this.#world.now - repair;
    const isCutOff = this.#world.directors.some(
      ({ name }) => name !== director.name && this.#paths.lastLoss(name, director.name) > since,
    );
    if (isCutOff) return;
    const missing = this.#missing(old.process, process, window);
    if (missing.length > 0) {
      const detail = `${director.name} preempts ${old.name} without ${missing.join(', ')}`;
      this.#report('S7 fail-back', detail);
    }
  }

  lifeEnded(director: DirectorMachine, process: DirectorProcess): void {
    this.#checkProcess(director.name, process);
  }

  /** At the end of a run all directors know what the master has told. */
  finish(isUndisturbed: boolean): void {
    if (isUndisturbed) this.#checkDigests();
    for (const { name, process } of this.#world.directors) {
      if (process !== undefined) this.#checkProcess(name, process);
    }
    const master = this.#world.directors.find(({ state }) => state === 'master');
    if (master?.process === undefined) return;
    for (const other of this.#world.directors) {
      if (other === master || other.process === undefined || !other.isRunning) continue;
      const missing = this.#missing(master.process, other.process, this.#rules.window);
      if (missing.length === 0) continue;
      this.#report('S1 equal-tables', `${other.name} lacks ${missing.join(', ')}`);
    }
  }

  /** Some of what one director knows and has told, or heard, and another does not know as it is. */
  #missing(from: DirectorProcess, to: DirectorProcess, window: number): string[] {
    const { connections } = from.node.director;
    const missing: string[] = [];
    for (let index = 0; index < connections.end && missing.length < 3; index += 1) {
      if (!connections.isInUse(index)) continue;
      const known = this.#tables.entry(from, index);
      if (!known.isSynced || known.toldAgo < window || this.#isLeft(from, index)) continue;
      const template = connections.template(index);
      const isFollowed = template !== NoConnection && !connections.isRetired(template);
      if (isFollowed && this.#serverOf(from, template, to) === undefined) {
        missing.push(`${this.#describe(from, template)} (not there)`);
      }
      const server = this.#serverOf(from, index, to);
      if (server === known.server) continue;
      const what = server === undefined ? 'nothing' : `s${server}`;
      missing.push(`${this.#describe(from, index)} (s${known.server}, not ${what})`);
    }
    return missing;
  }

  /** An entry that a dead node has told of: whoever has heard it keeps it, the others need not. */
  #isLeft({ node }: DirectorProcess, index: number): boolean {
    const { connections } = node.director;
    const origin = connections.origin[index] ?? LocalOrigin;
    return origin !== LocalOrigin && node.replication.lives.rank(origin) === Rank.gone;
  }

  /** The number of the real server that another director has for an entry. */
  #serverOf({ node }: DirectorProcess, index: number, to: DirectorProcess): number | undefined {
    const { connections } = node.director;
    const client = connections.clientAt(index);
    const virtual = connections.virtualAt(index);
    const found = to.node.director.connections.findEntry({
      family: connections.familyOf(index),
      protocol: connections.protocol[index] ?? 0,
      isTemplate: connections.hasFlag(index, Flag.template),
      clientWords: connections.rows.subarray(client, client + 4),
      clientPort: connections.clientPort(index),
      virtualWords: connections.rows.subarray(virtual, virtual + 4),
      virtualPort: connections.virtualPort(index),
    });
    return found === NoConnection ? undefined : this.#tables.serverAt(to, found);
  }

  #describe({ node }: DirectorProcess, index: number): string {
    const { connections } = node.director;
    const client = fromWords(
      connections.familyOf(index),
      connections.rows,
      index * Row.words + Row.client,
    );
    const kind = connections.hasFlag(index, Flag.template) ? 'template ' : '';
    return `${kind}${client}:${connections.clientPort(index)}`;
  }

  /** Whatever is told arrives, so copies never differ from what they are copies of. */
  #checkDigests(): void {
    const { counts } = this.#world.occurrences;
    if (counts['two masters'] !== undefined) return;
    for (const { name, process } of this.#world.directors) {
      const snapshot = process?.node.sync?.snapshot();
      if (snapshot === undefined || snapshot.reliability.gaps > 0) continue;
      const count = snapshot.reliability.divergences;
      if (count > 0) this.#report('S2 refreshed', `${name} found ${count} digests to differ`);
    }
  }

  #checkProcess(name: string, process: DirectorProcess): void {
    const { counters } = process.node.director;
    let sum = counters.forwarded + counters.answered + counters.held;
    for (const dropped of counters.dropped) sum += dropped;
    if (sum !== counters.received) {
      this.#report(
        'F7 conservation',
        `${name}: ${counters.received} received, ${sum} accounted for`,
      );
    }
    this.#recount(name, process);
  }

  #recount(name: string, { node: { director } }: DirectorProcess): void {
    const { connections, services } = director;
    const counts = new Map<RealServer, { active: number; inactive: number; persistent: number }>();
    for (let index = 0; index < connections.end; index += 1) {
      const server = connections.isInUse(index) ? serverOf(director, index) : undefined;
      if (server === undefined) continue;
      const count = counts.get(server) ?? { active: 0, inactive: 0, persistent: 0 };
      count[countOf(director, index)] += 1;
      counts.set(server, count);
    }
    for (const service of services.services()) {
      for (const server of service.servers) {
        const { active, inactive, persistent } = counts.get(server) ?? {
          active: 0,
          inactive: 0,
          persistent: 0,
        };
        const isRight =
          server.active === active &&
          server.inactive === inactive &&
          server.persistent === persistent;
        if (isRight) continue;
        const shown = `${server.active}/${server.inactive}/${server.persistent}`;
        const real = `${active}/${inactive}/${persistent}`;
        this.#report('T1 counters', `${name}: ${server.address} shows ${shown}, has ${real}`);
      }
    }
  }

  #report(invariant: InvariantName, detail: string): void {
    this.#violations.report({ invariant, at: this.#world.now, detail });
  }
}
