import { compareAddresses } from '../../../director/base/address.js';
import { milliseconds, seconds } from '../../../director/base/time.js';
import { masterDownInterval, skewTime } from '../../vrrp/timers.js';
import type { DirectorMachine } from '../director/director-machine.js';
import type { Inflictor } from '../faults/inflict.js';
import type { World, WorldObserver } from '../world.js';
import type { Violations } from './invariants.js';

/** Seconds without a disturbance after which elections have to go as in the book. */
const CalmTime = 8;
/** How late a timer, and what follows from it, may be on a node that nobody holds up. */
const Slop = milliseconds(150);

/** Who follows a master, and how soon, when nothing disturbs the election. */
export class SuccessionCheck implements WorldObserver {
  readonly #world: World;
  readonly #violations: Violations;
  readonly #inflictor: Inflictor;
  readonly #aliveSince = new Map<DirectorMachine, number>();
  readonly #masters = new Set<DirectorMachine>();
  #lastTakeOver = 0;

  constructor(world: World, violations: Violations, inflictor: Inflictor) {
    this.#world = world;
    this.#violations = violations;
    this.#inflictor = inflictor;
  }

  lifeBegan(director: DirectorMachine): void {
    this.#aliveSince.set(director, this.#world.now);
  }

  lifeEnded(director: DirectorMachine): void {
    this.#aliveSince.delete(director);
    this.#ended(director);
  }

  stateChanged(director: DirectorMachine, state: string): void {
    if (state === 'master') this.#tookOver(director);
    else {
      if (director.lastEvent.endsWith('outranked')) this.#ceded(director);
      this.#ended(director);
    }
  }

  /** A master that hears another one gives way to a better one only. */
  #ceded(director: DirectorMachine): void {
    const masters = this.#world.directors.filter(({ state }) => state === 'master');
    if (masters.length === 0 || masters.some((other) => outranks(other, director))) return;
    const detail = `${director.name} cedes to ${masters.map(({ name }) => name).join(', ')}`;
    this.#violations.report({ invariant: 'V2 best-master', at: this.#world.now, detail });
  }

  #tookOver(director: DirectorMachine): void {
    this.#masters.add(director);
    this.#lastTakeOver = this.#world.now;
    if (!this.#inflictor.isCalm(CalmTime)) return;
    // Among equals the skew time is the same, and chance decides.
    const own = priorityOf(director);
    const better = this.#backups.find((other) => priorityOf(other) > own && isWarm(other));
    if (better === undefined || director.lastEvent.endsWith('preempted-lower-priority')) return;
    const detail = `${director.name} takes over (${director.lastEvent}), ${better.name} is better`;
    this.#violations.report({ invariant: 'V5 order', at: this.#world.now, detail });
  }

  #ended(director: DirectorMachine): void {
    if (!this.#masters.delete(director) || this.#masters.size > 0) return;
    const heirs = this.#backups.filter((other) => other !== director);
    if (heirs.length === 0 || !this.#inflictor.isCalm(CalmTime)) return;
    const isLeft = director.isAlive && director.process?.node.isStopping === true;
    const wait = isLeft ? skew : downTime;
    for (const heir of heirs) {
      this.#expectMaster(director.name, heir, wait(heir) + coldWait(heir) + Slop);
    }
  }

  /** By then the heir has seen to it that there is a master again, unless it is gone, too. */
  #expectMaster(late: string, heir: DirectorMachine, bound: number): void {
    const endedAt = this.#world.now;
    this.#world.at((endedAt + bound) / 1_000_000, () => {
      const isSame = (this.#aliveSince.get(heir) ?? endedAt) < endedAt;
      const isLeaving = heir.process?.node.isStopping === true;
      if (this.#lastTakeOver >= endedAt || !isSame || isLeaving) return;
      if (!this.#inflictor.isCalm(CalmTime)) return;
      const detail = `no master ${bound / 1_000} ms after ${late}, but ${heir.name} is there`;
      this.#violations.report({ invariant: 'V4 succession', at: this.#world.now, detail });
    });
  }

  /** Backups that have listened for long enough to know their place. */
  get #backups(): readonly DirectorMachine[] {
    return this.#world.directors.filter((director) => {
      const since = this.#aliveSince.get(director) ?? Number.POSITIVE_INFINITY;
      const hasListened = since < this.#world.now - 2 * downTime(director);
      return director.state === 'backup' && director.isRunning && hasListened;
    });
  }
}

/** The silence after which a director takes over. */
export function downTime({ config }: DirectorMachine): number {
  const [vrrp] = config.vrrpInstances;
  return vrrp === undefined ? 0 : masterDownInterval(vrrp.priority, vrrp.advertInterval, vrrp);
}

const isWarm = ({ process }: DirectorMachine): boolean => process?.node.isTableComplete === true;

/** How much longer a director waits that has not the whole table. */
const coldWait = (director: DirectorMachine): number =>
  isWarm(director)
    ? 0
    : Math.max(seconds(1), director.config.vrrpInstances[0]?.advertInterval ?? 0);

/** How long a director waits after a master has said that it leaves. */
function skew({ config }: DirectorMachine): number {
  const [vrrp] = config.vrrpInstances;
  if (vrrp === undefined) return 0;
  return skewTime(vrrp.priority, vrrp.advertInterval, vrrp.version);
}

/** Higher priority, then greater address. */
export function outranks(one: DirectorMachine, other: DirectorMachine): boolean {
  const difference = priorityOf(one) - priorityOf(other);
  if (difference !== 0) return difference > 0;
  const [mine] = one.host.cards;
  const [theirs] = other.host.cards;
  const own = mine?.addresses[0]?.address;
  const foreign = theirs?.addresses[0]?.address;
  if (own === undefined || foreign === undefined) return false;
  return compareAddresses(own, foreign) > 0;
}

/** The configured one. */
export const priorityOf = ({ config }: DirectorMachine): number =>
  config.vrrpInstances[0]?.priority ?? 0;
