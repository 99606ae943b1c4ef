import { milliseconds, seconds } from '../../../director/base/time.js';
import { toWords, type AddressWords } from '../../../director/wire/address-words.js';
import * as ethernet from '../../../director/wire/ethernet.js';
import { Family } from '../../../director/wire/flow.js';
import type { Packet } from '../../../director/wire/packet.js';
import type { DirectorMachine } from '../director/director-machine.js';
import { filterOf, readAnnouncement } from '../faults/frame-class.js';
import { isSameAddress } from '../host/network-card.js';
import type { Channel } from '../network/channel.js';
import type { World, WorldObserver } from '../world.js';
import type { InvariantName, Violations } from './invariants.js';
import { priorityOf } from './succession-check.js';

/** How long after a new master its first burst of announcements is over, on a node that nobody holds up. */
const BurstTime = seconds(1);
/** From the end of a mastership until its last advertisement has arrived, or has not. */
const LastWord = milliseconds(100);
/** How long after an advertisement was lost its sender may be master without the other one's knowledge. */
const Unheard = seconds(10);

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
  /** When an announcement was lost on its way to each host last. */
  readonly #lostTo = new Map<string, number>();
  readonly #ends = new Map<Channel, string>();
  readonly #senders = new Map<Channel, DirectorMachine>();
  #convergedFrom = Number.POSITIVE_INFINITY;
  #lastMasterEnd = 0;
  /** When an advertisement was lost on its way to each director last. */
  readonly #advertLostTo = new Map<string, number>();
  /** A master has ceded, and the other one has not heard its last word: it does not know that it has to announce. */
  #hasUnheardRival = false;
  #masterSince = 0;

  constructor(world: World, violations: Violations) {
    this.#world = world;
    this.#violations = violations;
    const [director] = world.directors;
    const instances = director?.config.vrrpInstances ?? [];
    this.#virtual = instances.flatMap(({ virtualAddresses }) =>
      virtualAddresses.map(({ address }) => toWords(address)),
    );
    for (const { node, up, down } of world.network.cables) {
      this.#ends.set(down, node);
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
    else if (this.#mastersSeen.delete(director)) this.#mastershipEnded();
    if (this.#world.now >= this.#convergedFrom) this.#checkMasters();
  }

  lifeEnded(director: DirectorMachine): void {
    if (!this.#mastersSeen.delete(director)) return;
    this.#mastershipEnded();
    // Who was not heard while it lived has no last word either.
    const since = this.#world.now - Unheard;
    this.#hasUnheardRival ||= this.#masters.some(
      ({ name }) => (this.#advertLostTo.get(name) ?? since) > since,
    );
  }

  sent(channel: Channel, frame: Packet): void {
    // Announcements are for all.
    if (!channel.isUpward || !ethernet.isMulticast(frame.view, frame.start)) return;
    const director = this.#senders.get(channel);
    const announcement = director === undefined ? undefined : readAnnouncement(frame);
    if (director === undefined || announcement === undefined) return;
    if (director.state === 'master') this.#hasUnheardRival = false;
    const place = this.#placeOf(announcement.words);
    const { now } = this.#world;
    const recent = this.#announced.get(director)?.filter(({ at }) => at >= now - BurstTime) ?? [];
    this.#announced.set(director, [...recent, { place, at: now }]);
  }

  lost(channel: Channel, frame: Packet): void {
    if (filterOf.vrrp(frame)) this.#noteLoss(this.#advertLostTo, channel);
    if (readAnnouncement(frame) === undefined) return;
    this.#world.occurrences.count('announcement lost');
    this.#noteLoss(this.#lostTo, channel);
  }

  /** A frame for all is lost to one host, or to all when it was lost before the switch. */
  #noteLoss(losses: Map<string, number>, channel: Channel): void {
    const end = this.#ends.get(channel);
    if (end !== undefined) losses.set(end, this.#world.now);
    else for (const { name } of this.#world.hosts) losses.set(name, this.#world.now);
  }

  /** The last word of a master that cedes has to reach the other one, or that will not announce the addresses again. */
  #mastershipEnded(): void {
    const { now } = this.#world;
    this.#lastMasterEnd = now;
    this.#world.at((now + LastWord) / 1_000_000, () => {
      const isUnheard = this.#masters.some(
        ({ name }) => (this.#advertLostTo.get(name) ?? Number.NEGATIVE_INFINITY) >= now,
      );
      if (!isUnheard || this.#lastMasterEnd !== now) return;
      this.#hasUnheardRival = true;
      this.#world.occurrences.count('last word of a master lost');
    });
  }

  /** The state of things at the end of a run. */
  finish(hasPreemption: boolean): void {
    this.#checkMasters();
    const [master] = this.#masters;
    if (master === undefined) return;
    if (hasPreemption) this.#checkBest(master);
    for (const { name } of this.#world.hosts) this.#checkNeighbours(name, master);
  }

  /** True when a host may well not know where the master is. */
  mayBeMistaken(host: string): boolean {
    if (this.#hasUnheardRival) return true;
    const lost = this.#lostTo.get(host) ?? Number.NEGATIVE_INFINITY;
    return lost >= Math.max(this.#masterSince, this.#lastMasterEnd);
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
      if (this.mayBeMistaken(name)) {
        this.#world.occurrences.count('stale neighbour after a lost announcement');
        continue;
      }
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
