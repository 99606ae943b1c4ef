import { milliseconds, seconds } from '../../../director/base/time.js';
import * as ethernet from '../../../director/wire/ethernet.js';
import * as ipv4 from '../../../director/wire/ipv4.js';
import type { Packet } from '../../../director/wire/packet.js';
import * as udp from '../../../director/wire/udp.js';
import { decodeDatagram } from '../../sync/codec.js';
import type { Datagram, Updates } from '../../sync/message.js';
import { PackedRecord } from '../../sync/packed-record.js';
import { defaultTuning } from '../../sync/tuning.js';
import type { DirectorMachine } from '../director/director-machine.js';
import type { DirectorProcess } from '../director/director-process.js';
import { isSync } from '../faults/frame-class.js';
import type { Inflictor } from '../faults/inflict.js';
import type { Channel } from '../network/channel.js';
import type { World, WorldObserver } from '../world.js';
import type { Violations } from './invariants.js';
import type { KnownFlow, TableView } from './table-view.js';

/** Updates remembered of one path until they are looked for; beyond, later ones are not. */
const MostLost = 32;
/** Besides the timers of session sync: for ways and turns. */
const Slop = milliseconds(50);
/** Directors that have not been held up for so many seconds, and have been master and backup for as long. */
const CalmTime = 2;

export interface RepairRules {
  readonly tables: TableView;
  /** How late a datagram may be in this run, in microseconds. */
  readonly window: number;
}

/** What was lost on its way from one director to another, and when it has to be there all the same. */
interface Path {
  readonly from: DirectorMachine;
  readonly to: DirectorMachine;
  readonly lost: { readonly process: DirectorProcess; readonly updates: Updates }[];
  dueAt: number;
  isPlanned: boolean;
}

/**
 * Session sync repairs what the network loses long before digests are compared: a hole is noticed with the next Updates or
 * Hello, asked for, and asked for again. So when nothing more is lost on a path between a master and a backup, what was lost
 * is in the backup's table after the longest pause between Hellos, if one was lost, and the longest between Nacks.
 */
export class RepairCheck implements WorldObserver {
  readonly #world: World;
  readonly #violations: Violations;
  readonly #rules: RepairRules;
  readonly #inflictor: Inflictor;
  readonly #owners = new Map<number, DirectorMachine>();
  readonly #ends = new Map<Channel, DirectorMachine>();
  readonly #paths = new Map<string, Path>();
  /** Since when each director is what it is. */
  readonly #since = new Map<DirectorMachine, number>();
  readonly #waits: { readonly hello: number; readonly other: number };

  constructor(world: World, violations: Violations, inflictor: Inflictor, rules: RepairRules) {
    this.#world = world;
    this.#violations = violations;
    this.#inflictor = inflictor;
    this.#rules = rules;
    const { helloAfterUpdates, helloAgain, helloInterval, nackRetryMax } = defaultTuning;
    const answer = nackRetryMax + 4 * rules.window + Slop;
    this.#waits = {
      hello: helloInterval + answer,
      other: helloAfterUpdates + helloAgain + answer,
    };
    for (const director of world.directors) {
      for (const { card, down } of world.network.cablesOf(director.name)) {
        this.#owners.set(card.mac.low, director);
        this.#ends.set(down, director);
      }
    }
  }

  stateChanged(director: DirectorMachine): void {
    this.#since.set(director, this.#world.now);
  }

  lifeBegan(director: DirectorMachine): void {
    this.#since.set(director, this.#world.now);
  }

  lost(channel: Channel, frame: Packet): void {
    if (isSync(frame)) this.#note(channel, frame);
  }

  altered(channel: Channel, frame: Packet, how: string): void {
    if (how !== 'duplicated' && how !== 'reordered' && isSync(frame)) this.#note(channel, frame);
  }

  #note(channel: Channel, frame: Packet): void {
    const from = this.#owners.get(ethernet.sourceLow(frame.view, frame.start));
    if (from === undefined) return;
    const body = bodyOf(frame);
    const end = this.#ends.get(channel);
    const ends = channel.isUpward ? this.#world.directors : end === undefined ? [] : [end];
    for (const to of ends) {
      if (to === from) continue;
      this.#noteOn(this.#path(from, to), body);
      // The other way what was lost may be a question.
      this.#noteOn(this.#path(to, from), undefined);
    }
  }

  #noteOn(path: Path, body: Datagram['body'] | undefined): void {
    const { now } = this.#world;
    const { process } = path.from;
    const isNew = body?.kind === 'updates' && process !== undefined && path.lost.length < MostLost;
    if (isNew) path.lost.push({ process, updates: body });
    if (path.lost.length === 0) return;
    const wait = body?.kind === 'hello' ? this.#waits.hello : this.#waits.other;
    path.dueAt = Math.max(path.dueAt, now + wait);
    this.#plan(path);
  }

  #plan(path: Path): void {
    if (path.isPlanned) return;
    path.isPlanned = true;
    this.#world.at(path.dueAt / 1_000_000, () => {
      path.isPlanned = false;
      if (path.dueAt > this.#world.now) return this.#plan(path);
      if (this.#isCalm(path)) this.#compare(path);
      path.lost.length = 0;
    });
  }

  #path(from: DirectorMachine, to: DirectorMachine): Path {
    const name = `${from.name} ${to.name}`;
    const known = this.#paths.get(name);
    if (known !== undefined) return known;
    const path = { from, to, lost: [], dueAt: 0, isPlanned: false };
    this.#paths.set(name, path);
    return path;
  }

  /** A master and a backup for a while, which nobody holds up. */
  #isCalm({ from, to }: Path): boolean {
    const since = Math.max(this.#since.get(from) ?? 0, this.#since.get(to) ?? 0);
    const isLong = since < this.#world.now - seconds(CalmTime) - this.#waits.hello;
    const isRight = from.state === 'master' && to.state === 'backup';
    const isComplete = to.process?.node.isTableComplete === true;
    return isLong && isRight && isComplete && this.#inflictor.isRunningFreely([from, to], CalmTime);
  }

  #compare({ from, to, lost }: Path): void {
    const source = from.process;
    const target = to.process;
    if (source === undefined || target === undefined) return;
    const { tables } = this.#rules;
    for (const { process, updates } of lost) {
      if (process !== source) continue;
      for (const change of updates.changes.items) {
        if (!(change instanceof PackedRecord)) continue;
        const ours = tables.findRecord(source, change);
        if (ours?.isSynced !== true || !ours.isOwn) continue;
        this.#world.occurrences.count('lost sync record repaired');
        const theirs = tables.findRecord(target, change);
        if (theirs?.server === ours.server) continue;
        if (theirs !== undefined && this.#isOfAnotherMaster(source, change, theirs)) continue;
        this.#violations.report({
          invariant: 'S2 repaired',
          at: this.#world.now,
          detail: `${to.name} lacks what was lost in Updates ${updates.sequence} of ${from.name}`,
        });
      }
    }
  }

  /** While there are two masters each opens connections, and the word of either is good. */
  #isOfAnotherMaster(source: DirectorProcess, record: PackedRecord, known: KnownFlow): boolean {
    return this.#world.directors.some(({ process, state }) => {
      if (process === undefined || process === source || state !== 'master') return false;
      const other = this.#rules.tables.findRecord(process, record);
      return other?.isOwn === true && other.server === known.server;
    });
  }
}

/** What a datagram of session sync says, if it can be read. */
function bodyOf({ bytes, view, start, end }: Packet): Datagram['body'] | undefined {
  const network = start + ethernet.HeaderLength;
  const content = network + ipv4.headerLength(view, network) + udp.HeaderLength;
  const datagram = decodeDatagram(bytes.subarray(content, end));
  return datagram.kind === 'datagram' ? datagram.body : undefined;
}
