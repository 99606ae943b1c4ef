import { milliseconds } from '../../../director/base/time.js';
import type { EventKind } from '../../member/events.js';
import { serviceKey } from '../../member/service-configuration.js';
import type { DirectorMachine } from '../director/director-machine.js';
import type { Fault } from '../faults/fault.js';
import { isHindrance, Spread, type Inflictor } from '../faults/inflict.js';
import type { ServerProgram } from '../traffic/server-program.js';
import type { World, WorldObserver } from '../world.js';
import { healthTimes, type HealthTimes } from './health-times.js';
import type { Violations } from './invariants.js';

/** How often servers that do not answer are looked for at the directors. */
const LookInterval = milliseconds(250);

/** How soon a director that runs freely has noticed what happens to its interfaces. */
const Moment = milliseconds(300);

/** How a real server does not answer checks, and since when, in microseconds. */
interface Trouble {
  readonly since: number;
  /** It was silent for a time. */
  isSilent: boolean;
}

/** Whether directors find out by themselves which real servers are there: within a time that their checkers' rules give. */
export class HealthCheck implements WorldObserver {
  readonly #world: World;
  readonly #violations: Violations;
  readonly #inflictor: Inflictor;
  readonly #times: HealthTimes | undefined;
  readonly #troubles = new Map<ServerProgram, Trouble>();
  /** When each real server answered again last. */
  readonly #wellSince = new Map<ServerProgram, number>();
  readonly #begins = new Map<DirectorMachine, number>();

  constructor(world: World, violations: Violations, inflictor: Inflictor) {
    this.#world = world;
    this.#violations = violations;
    this.#inflictor = inflictor;
    const { health } = world.lab;
    this.#times = health === undefined ? undefined : healthTimes(health);
  }

  lifeBegan(director: DirectorMachine): void {
    this.#begins.set(director, this.#world.now);
  }

  serverHealth(server: ServerProgram): void {
    const isSilent = !server.host.isUp;
    if (server.isWell && !isSilent) {
      this.#troubles.delete(server);
      this.#wellSince.set(server, this.#world.now);
      return;
    }
    const known = this.#troubles.get(server);
    if (known !== undefined) known.isSilent ||= isSilent;
    else {
      const trouble = { since: this.#world.now, isSilent };
      this.#troubles.set(server, trouble);
      this.#lookLater(server, trouble);
    }
  }

  /** A director takes a real server for down. */
  noted(director: DirectorMachine, kind: EventKind, text: string): void {
    if (kind !== 'server-down' || this.#times === undefined) return;
    const [address = ''] = text.split(' ');
    for (const server of this.#world.servers) {
      const card = server.host.cards.find(({ addresses }) =>
        addresses.some((own) => own.address === address),
      );
      if (card === undefined) continue;
      if (this.#isFounded(director, server) && !this.#isKnownCut(director, card.name)) continue;
      const detail = `${director.name} takes ${text}`;
      this.#violations.report({ invariant: 'H1 for-cause', at: this.#world.now, detail });
    }
  }

  /** True when a director has had the time to find out that a real server does not answer. */
  isKnownDown(director: DirectorMachine, server: ServerProgram): boolean {
    const trouble = this.#troubles.get(server);
    if (trouble === undefined || this.#times === undefined) return false;
    const { refusal, silence, start, recovery } = this.#times;
    const isReload = (fault: Fault): boolean =>
      fault.kind === 'reload' && fault.server === server.host.name;
    const anew = Math.max(
      this.#begins.get(director) ?? Number.POSITIVE_INFINITY,
      this.#inflictor.lastUnder(isReload) + Spread,
    );
    const from = Math.max(trouble.since, anew + start, this.#spoiltUntil(director) + recovery);
    return this.#world.now >= from + (trouble.isSilent ? silence : refusal);
  }

  /** Until when a director has been held up last, or its clock bent, in microseconds. */
  heldUpUntil({ name }: DirectorMachine): number {
    return this.#inflictor.lastUnder((fault) => isHindrance(fault) && fault.director === name);
  }

  /** Everything is well, and has been for long enough. */
  converged(): void {
    for (const director of this.#world.directors) {
      const { process } = director;
      if (process === undefined) continue;
      const { services } = process.node.director;
      const missing = director.config.virtualServers.flatMap((virtual) =>
        virtual.realServers
          .filter(({ address, weight }) => {
            const placed = services.find(serviceKey(virtual))?.servers;
            return placed?.find((one) => one.address === address)?.weight !== weight;
          })
          .map(({ address }) => `${address} of ${virtual.pool}`),
      );
      if (missing.length === 0) continue;
      const detail = `${director.name} has not got back ${missing.join(', ')}`;
      this.#violations.report({ invariant: 'H1 taken-in', at: this.#world.now, detail });
    }
  }

  /** Until when something may have spoilt a director's checks. */
  #spoiltUntil(director: DirectorMachine): number {
    const { name } = director;
    const isSpoiling = (fault: Fault): boolean => isNear(fault, name);
    return Math.max(this.heldUpUntil(director), this.#inflictor.lastUnder(isSpoiling));
  }

  /** A real server does not answer, or something may have spoilt the checks. */
  #isFounded(director: DirectorMachine, server: ServerProgram): boolean {
    if (this.#troubles.has(server) || this.#times === undefined) return true;
    const wellSince = this.#wellSince.get(server) ?? Number.NEGATIVE_INFINITY;
    const from = Math.max(wellSince, this.#spoiltUntil(director));
    return this.#world.now < from + this.#times.recovery;
  }

  /** A director has seen for a moment that it has no carrier there: what it hears says nothing. */
  #isKnownCut(director: DirectorMachine, network: string): boolean {
    const { now } = this.#world;
    const card = director.host.cards.find(({ name }) => name === network);
    if (card?.hasCarrier !== false || now < this.heldUpUntil(director) + Moment) return false;
    return this.#inflictor.current.some(
      (fault) =>
        fault.kind === 'unplug' &&
        fault.node === director.name &&
        fault.network === network &&
        fault.at * 1_000_000 + Moment < now,
    );
  }

  #lookLater(server: ServerProgram, trouble: Trouble): void {
    const { now } = this.#world;
    this.#world.at((now + LookInterval) / 1_000_000, () => {
      if (this.#troubles.get(server) !== trouble) return;
      this.#look(server);
      this.#lookLater(server, trouble);
    });
  }

  #look(server: ServerProgram): void {
    for (const director of this.#world.directors) {
      const { process } = director;
      if (process === undefined || !director.isRunning) continue;
      if (!this.isKnownDown(director, server)) continue;
      this.#world.occurrences.count('health: server known to be down');
      const own = new Set(
        server.host.cards.flatMap((card) => card.addresses.map(({ address }) => address)),
      );
      const services = [...process.node.director.services.services()];
      const isUp = services.some(({ servers }) =>
        servers.some(({ address, weight }) => weight > 0 && own.has(address)),
      );
      if (!isUp) continue;
      const detail = `s${server.number} is still up at ${director.name}`;
      this.#violations.report({ invariant: 'H1 taken-out', at: this.#world.now, detail });
    }
  }
}

/** Faults of the network on the way of a director's checks; session sync has a network of its own. */
function isNear(fault: Fault, director: string): boolean {
  if (!('network' in fault) || fault.network === 'sync') return false;
  return fault.kind === 'partition' || ('node' in fault && fault.node === director);
}
