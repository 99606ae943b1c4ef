import { seconds } from '../../../director/base/time.js';
import { toWords, type AddressWords } from '../../../director/wire/address-words.js';
import * as ethernet from '../../../director/wire/ethernet.js';
import { Family } from '../../../director/wire/flow.js';
import type { Packet } from '../../../director/wire/packet.js';
import type { DirectorMachine } from '../director/director-machine.js';
import { readAnnouncement } from '../faults/frame-class.js';
import type { Inflictor } from '../faults/inflict.js';
import { isSameAddress } from '../host/network-card.js';
import type { Channel } from '../network/channel.js';
import type { World, WorldObserver } from '../world.js';
import type { InvariantName, Violations } from './invariants.js';
import { priorityOf } from './succession-check.js';

/** How long after a new master its first burst of announcements is over, on a node that nobody holds up. */
const BurstTime = seconds(1);

/** Whether somebody is master, whether everybody knows, and whether too many ever were. */
export class ElectionCheck implements WorldObserver {
  readonly #world: World;
  readonly #violations: Violations;
  readonly #virtual: readonly AddressWords[];
  readonly #mastersSeen = new Set<DirectorMachine>();
  /** What each director has announced lately: the place of the address, and when. */
  readonly #announced = new Map<
    DirectorMachine,
    { readonly place: number; readonly at: number }[]
  >();
  /** When each director has announced each address last, by its place. */
  readonly #lastAnnounced = new Map<DirectorMachine, number[]>();
  readonly #inflictor: Inflictor;
  readonly #senders = new Map<Channel, DirectorMachine>();
  #convergedFrom = Number.POSITIVE_INFINITY;
  #masterSince = 0;

  constructor(world: World, violations: Violations, inflictor: Inflictor) {
    this.#world = world;
    this.#inflictor = inflictor;
    this.#violations = violations;
    const [director] = world.directors;
    const instances = director?.config.vrrpInstances ?? [];
    this.#virtual = instances.flatMap(({ virtualAddresses }) =>
      virtualAddresses.map(({ address }) => toWords(address)),
    );
    for (const { node, up } of world.network.cables) {
      const sender = world.director(node);
      if (sender !== undefined) this.#senders.set(up, sender);
    }
  }

  /** From now on there is one master, and it stays. */
  converged(): void {
    this.#convergedFrom = this.#world.now;
    this.#checkMasters();
  }

  stateChanged(director: DirectorMachine, state: string): void {
    if (state === 'master') this.#becameMaster(director);
    else {
      this.#mastersSeen.delete(director);
      if (director.lastEvent.endsWith('outranked')) this.#ceded(director);
    }
    if (this.#world.now >= this.#convergedFrom) this.#checkMasters();
  }

  lifeEnded(director: DirectorMachine): void {
    this.#mastersSeen.delete(director);
  }

  sent(channel: Channel, frame: Packet): void {
    // Announcements are for all.
    if (!channel.isUpward || !ethernet.isMulticast(frame.view, frame.start)) return;
    const director = this.#senders.get(channel);
    const announcement = director === undefined ? undefined : readAnnouncement(frame);
    if (director === undefined || announcement === undefined) return;
    const place = this.#placeOf(announcement.words);
    const { now } = this.#world;
    const times = this.#lastAnnounced.get(director) ?? [];
    times[place] = now;
    this.#lastAnnounced.set(director, times);
    const recent = this.#announced.get(director)?.filter(({ at }) => at >= now - BurstTime) ?? [];
    this.#announced.set(director, [...recent, { place, at: now }]);
  }

  lost(_: Channel, frame: Packet): void {
    if (readAnnouncement(frame) !== undefined) this.#world.occurrences.count('announcement lost');
  }

  /** The state of things at the end of a run. */
  finish(hasPreemption: boolean): void {
    this.#checkMasters();
    const [master] = this.#masters;
    if (master === undefined) return;
    if (hasPreemption) this.#checkBest(master);
    for (const { name } of this.#world.hosts) this.#checkNeighbours(name, master);
  }

  get #masters(): readonly DirectorMachine[] {
    return this.#world.directors.filter(({ state }) => state === 'master');
  }

  #becameMaster(director: DirectorMachine): void {
    const { now, occurrences } = this.#world;
    this.#mastersSeen.add(director);
    this.#masterSince = now;
    if (this.#masters.length > 1) occurrences.count('two masters');
    const { process } = director;
    const repeat = director.config.vrrpInstances[0]?.announce.repeat ?? 0;
    this.#world.at((now + BurstTime) / 1_000_000, () => {
      const isUndisturbed = process?.isPaused === false && process.costOfPiece === 0;
      const isStill = director.process === process && this.#mastersSeen.has(director);
      if (!isStill || !isUndisturbed || this.#masterSince !== now) return;
      const sent = this.#announced.get(director)?.filter(({ at }) => at >= now) ?? [];
      const counts = this.#virtual.map(
        (_, place) => sent.filter((one) => one.place === place).length,
      );
      if (counts.every((count) => count >= repeat)) return;
      this.#report('V6 announced', `${director.name}: ${counts.join(', ')} of ${repeat}`);
    });
  }

  /** Hosts know the way to the one who has ceded: the other one has to tell them better. */
  #ceded(director: DirectorMachine): void {
    const { now } = this.#world;
    const [survivor] = this.#masters;
    const process = survivor?.process;
    if (survivor === undefined || this.#masters.length > 1) return;
    const interval = director.config.vrrpInstances[0]?.advertInterval ?? 0;
    const wait = (interval + BurstTime) / 1_000_000;
    this.#world.at(now / 1_000_000 + wait, () => {
      const isStill = survivor.state === 'master' && survivor.process === process;
      if (!isStill || !this.#inflictor.isCalm(wait)) return;
      const times = this.#lastAnnounced.get(survivor) ?? [];
      this.#world.occurrences.count('announced after a rival');
      if (this.#virtual.every((_, place) => (times[place] ?? 0) >= now)) return;
      const detail = `${survivor.name} does not announce although ${director.name} was master, too`;
      this.#report('V6 announced', detail);
    });
  }

  #checkMasters(): void {
    const masters = this.#masters.map(({ name }) => name);
    if (masters.length === 1) return;
    const states = this.#world.directors.map(({ name, state }) => `${name} ${state}`);
    this.#report('V1 one-master', states.join(', '));
  }

  #checkBest(master: DirectorMachine): void {
    const best = this.#world.directors.reduce((one, other) =>
      priorityOf(other) > priorityOf(one) ? other : one,
    );
    // Who has the same priority as the master leaves it alone, whatever its address.
    if (priorityOf(best) <= priorityOf(master)) return;
    this.#report('V2 best-master', `${master.name} instead of ${best.name}`);
  }

  #checkNeighbours(name: string, master: DirectorMachine): void {
    const host = this.#world.host(name);
    if (this.#world.director(name) !== undefined) return;
    for (const { family, words } of this.#virtual) {
      const known = host.neighbours.macOf(family, words);
      if (known === undefined) continue;
      const isRight = master.host.cards.some(
        ({ mac }) => mac.low === known.low && mac.high === known.high,
      );
      if (isRight) continue;
      const what = family === Family.ipv4 ? 'an IPv4' : 'an IPv6';
      this.#report('V6 neighbours', `${name} does not know the master at ${what} address`);
    }
  }

  #placeOf(words: Uint32Array): number {
    return this.#virtual.findIndex((own) => isSameAddress(own.words, words));
  }

  #report(invariant: InvariantName, detail: string): void {
    this.#violations.report({ invariant, at: this.#world.now, detail });
  }
}
