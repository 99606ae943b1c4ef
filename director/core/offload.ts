import { instant, seconds, type Instant } from '../base/time.js';
import { copyAddress } from '../wire/address-words.js';
import { isCarriable, isLasting, mayBeCarriable, ownsReplies, seesReplies } from './carriable.js';
import { CarriedRecords, Direction } from './carried-records.js';
import { creditConnection, creditTraffic, type Tally } from './carried-traffic.js';
import { CarriedWays } from './carried-ways.js';
import { NoConnection } from './connections.js';
import type { Director } from './director.js';
import { emptyPath, FlowTable, type FlowPath } from './flow-table.js';
import { serverOf } from './lifecycle.js';
import { OffloadSlots } from './offload-slots.js';
import { timeoutOf } from './protocol-states.js';
import { NoServer } from './services.js';
import { ShownMacs } from './shown-macs.js';
import { isBrief, isWorth, LastingOnes, type Worth } from './worth.js';

/** The most connections that wait to be carried; others come again with their next packet. */
const MostWaiting = 4_096;
/** The most slots that one sweep looks at, so that it takes a millisecond or two, and that are looked at for those who ask. */
const MostPerSweep = 32_768;
const MostPerQuestion = 131_072;
/** Slots that are looked at between two batches of packets while everything is in doubt. */
const SlotsPerBatch = 2_048;
/** The same with every packet, when there is no end of them. */
const SlotsPerPacket = 16;
/** How long the program goes on when nobody looks after it: some sweeps. */
const Lease = seconds(2);
/** There is room while at least this share of the places is free. */
const RoomyShare = 1 / 8;
/** With less than this it is full: what is idle makes room, of so many connections in a sweep that are asked. */
const FullShare = 1 / 32;
const MostAsked = 4_096;
/** Seconds without a packet after which a flow that may have been brief was, and after which others count as idle. */
const Quiet = { brief: 2, idle: 10 } as const;

/** What the machine shares with the kernel. */
export interface OffloadPlace {
  /** The table's memory, all zero, of so many records: a power of two, two for each connection. */
  readonly memory: ArrayBuffer;
  readonly records: number;
  /** Start of the hash. */
  readonly seed: number;
  /** Microseconds of a tick of the program's clock, and how many such there were before the origin of `Instant`. */
  readonly tickLength: number;
  readonly clockOrigin: number;
  /**
   * The kernel's number of an interface, perhaps with `ToFarEnd`, by its index in the director's list; 0 or absent where
   * nothing may leave.
   */
  readonly devices: readonly number[];
  /** What is worth to be carried while there is room, when that is more than else. */
  readonly whileRoomy?: Worth;
  /**
   * Since when nobody has anything in hand that was hidden before, where whoever carries can be held up for long; absent where
   * nobody can.
   */
  readonly quietSince?: (now: Instant) => Instant;
}

/** Whoever carries connections in a director's stead. */
export interface FlowOffload {
  readonly place: OffloadPlace;
  /** Says who decides what is in the table. */
  serve(machine: Offload): void;
}

/** How many connections are carried, and what has become of others. */
export interface OffloadCounters {
  carried: number;
  installed: number;
  withdrawn: number;
  /** Packets that have been added up. */
  packets: number;
  /** Not carried because the table, or their place in it, was full. */
  refused: number;
}

/**
 * Which connections the kernel carries, and what that means to them. A connection is carried from the moment on when its
 * packets need nothing but rewriting (`isCarriable`) until its state changes, it ends, or anything changes that its way depends on;
 * then its packets come up again, and with the next one it may be carried again. What the kernel has counted is added up in
 * sweeps, as if the packets had come past here at the time of the last one: counters, statistics, expiry, sync.
 */
export class Offload {
  readonly counters: OffloadCounters = {
    carried: 0,
    installed: 0,
    withdrawn: 0,
    packets: 0,
    refused: 0,
  };
  readonly #director: Director;
  readonly #place: OffloadPlace;
  readonly #table: FlowTable;
  readonly #worth: Worth;
  readonly #worthWhileRoomy: Worth;
  /** The slot of a connection, or 0. */
  readonly #slotOf: Int32Array;
  /** The connection of a slot, as index + 1; 0 for one that is free or rests. */
  readonly #owner: Int32Array;
  /** The number of its real server. */
  readonly #server: Int32Array;
  /** 1 while nobody knows whether it will have been worth it. */
  readonly #isBrief: Uint8Array;
  readonly #records: CarriedRecords;
  readonly #slots: OffloadSlots;
  readonly #macs: ShownMacs;
  readonly #waiting = new Int32Array(MostWaiting);
  #waitingCount = 0;
  #sweptUpTo = 1;
  /** In a sweep of a full table: how many more connections are asked whether they are idle. */
  #leftToAsk = 0;
  /** While everything is in doubt: the first slot that nobody has looked at since; else 0. */
  #doubtfulFrom = 0;
  #now: Instant = instant(0);
  #neighbourChanges = 0;
  #serverChanges = 0;
  #pathDiscovery: number;
  readonly #ways: CarriedWays;
  readonly #answers: FlowPath = emptyPath();
  readonly #requests: Tally = { packets: 0, bytes: 0 };
  readonly #replies: Tally = { packets: 0, bytes: 0 };

  /** `worth` says what is carried while there is any room. */
  constructor(director: Director, place: OffloadPlace, worth = LastingOnes) {
    const slots = place.records / 2;
    this.#director = director;
    this.#place = place;
    this.#worth = worth;
    this.#worthWhileRoomy = place.whileRoomy ?? worth;
    this.#table = new FlowTable(place.memory, place.records, place.seed);
    this.#slotOf = new Int32Array(director.connections.capacity);
    this.#owner = new Int32Array(slots);
    this.#server = new Int32Array(slots);
    this.#isBrief = new Uint8Array(slots);
    this.#records = new CarriedRecords(this.#table);
    this.#ways = new CarriedWays(director, this.#records, place.devices);
    this.#slots = new OffloadSlots(slots);
    this.#pathDiscovery = director.settings.pmtu_disc;
    this.#macs = new ShownMacs(director, this.#table);
    this.#macs.follow();
  }

  isCarried(index: number): boolean {
    return this.#slotOf[index] !== 0;
  }

  /** A packet of the connection has come past here: from now on the kernel may be able to carry it. */
  consider(index: number, isFromClient: boolean, now: Instant): void {
    const { connections } = this.#director;
    if (this.#waitingCount === MostWaiting) return;
    const slot = this.#slotOf[index] ?? 0;
    if (slot !== 0) {
      if (isFromClient || !this.#ways.areHalf(index, slot)) return;
      // The client may be known now, since something has been sent to it.
      if (!this.#ways.areAnswersKnown(index)) return;
      this.withdraw(index);
    }
    const worth = this.#slots.shareFree > RoomyShare ? this.#worthWhileRoomy : this.#worth;
    if (!isWorth(connections, index, worth, isFromClient)) return;
    if (!mayBeCarriable(this.#director, index)) return;
    this.#now = now;
    this.#waiting[this.#waitingCount] = index;
    this.#waitingCount += 1;
  }

  /**
   * Lets the kernel carry the connections that wait for it. Called when no packet of theirs waits here any more, so that none is
   * overtaken by a later one.
   */
  install(): void {
    if (this.#doubtfulFrom !== 0) this.#recheck(SlotsPerBatch);
    const { connections } = this.#director;
    const count = this.#waitingCount;
    this.#waitingCount = 0;
    for (let position = 0; position < count; position += 1) {
      const index = this.#waiting[position] ?? NoConnection;
      if (this.#slotOf[index] !== 0 || !connections.isInUse(index)) continue;
      if (isCarriable(this.#director, index) && ownsReplies(this.#director, index)) {
        this.#install(index);
      }
    }
  }

  /** Takes a connection back, if it is carried: its entry has everything that has been counted. */
  withdraw(index: number): void {
    const slot = this.#slotOf[index] ?? 0;
    if (slot === 0) return;
    this.#records.hide(slot);
    this.#addUp(slot);
    this.#slotOf[index] = 0;
    this.#owner[slot] = 0;
    this.counters.carried -= 1;
    this.counters.withdrawn += 1;
    this.#slots.rest(slot, this.#now);
  }

  /** A connection is about to get another state: what was carried belongs to the one before. */
  changeState(index: number, state: number): void {
    const slot = this.#slotOf[index] ?? 0;
    if (slot === 0) return;
    if (isLasting(this.#director.connections.protocol[index] ?? 0, state)) this.#addUp(slot);
    else this.withdraw(index);
  }

  /** What the kernel has counted of a connection until now is in its entry, if it is carried. */
  catchUp(index: number): void {
    const slot = this.#slotOf[index] ?? 0;
    if (slot !== 0) this.#addUp(slot);
  }

  /** A connection whose time seems to be up is taken back; true when the kernel knows of later packets. */
  isInUse(index: number, now: Instant): boolean {
    if (this.#slotOf[index] === 0) return false;
    this.#now = now;
    this.withdraw(index);
    return this.#director.connections.remaining(index, now) > 0;
  }

  /** A new entry has come: if answers to it look like those to a carried one, nobody but `findReply` can tell them apart. */
  giveWay(index: number): void {
    if (this.counters.carried === 0 || !seesReplies(this.#director, index)) return;
    const { connections } = this.#director;
    const { rows } = connections;
    const path = this.#answers;
    path.family = connections.familyOf(index);
    path.protocol = connections.protocol[index] ?? 0;
    copyAddress(path.source, rows, connections.realAt(index));
    path.sourcePort = connections.realPort(index);
    copyAddress(path.destination, rows, connections.clientAt(index));
    path.destinationPort = connections.clientPort(index);
    const owner = this.#ownerOf(path);
    if (owner !== NoConnection) this.withdraw(owner);
  }

  /** Takes back what neighbours that have moved, real servers that have been removed, or other tunnels concern. */
  follow(now: Instant): void {
    this.#now = now;
    if (this.#doubtfulFrom !== 0) this.#recheck(SlotsPerPacket);
    const { neighbours, services, settings } = this.#director;
    const isSame =
      this.#neighbourChanges === neighbours.changes &&
      this.#serverChanges === services.wayChanges &&
      this.#pathDiscovery === settings.pmtu_disc;
    if (isSame) return;
    this.#neighbourChanges = neighbours.changes;
    this.#serverChanges = services.wayChanges;
    this.#pathDiscovery = settings.pmtu_disc;
    this.revalidate();
  }

  /**
   * Takes back what may not be carried any more as it is. When these are too many for one go, the kernel carries nothing until all
   * have been looked at: between batches of packets, and in sweeps.
   */
  revalidate(): void {
    this.#macs.follow();
    if (this.counters.carried === 0) return;
    this.#doubtfulFrom = 1;
    this.#recheck(MostPerSweep);
  }

  /** The work of time: adds up what the kernel has counted. Called about four times a second, before anything expires. */
  sweep(now: Instant): void {
    this.follow(now);
    this.#attend();
    // What the program had in hand is counted now.
    const quietSince = this.#place.quietSince?.(now) ?? now;
    this.#slots.wake(now, quietSince, MostPerSweep, (slot) => {
      this.#addUp(slot);
      this.#records.forget(slot);
    });
    if (this.#doubtfulFrom !== 0) this.#recheck(MostPerSweep);
    this.#leftToAsk = this.#slots.shareFree < FullShare ? MostAsked : 0;
    this.#lookOn(MostPerSweep);
    this.#leftToAsk = 0;
  }

  /** Adds up what has been counted until now, for those who ask: everything, or of very many connections a part. */
  settle(now: Instant): void {
    this.#now = now;
    this.#attend();
    this.#lookOn(MostPerQuestion);
  }

  /** Goes on with the next slots, in a circle. */
  #lookOn(most: number): void {
    const count = Math.min(this.#slots.end - 1, most);
    for (let done = 0; done < count; done += 1) {
      if (this.#sweptUpTo >= this.#slots.end) this.#sweptUpTo = 1;
      this.#look(this.#sweptUpTo);
      this.#sweptUpTo += 1;
    }
  }

  /** Lets the program go on for a while; it stands still while everything is in doubt. */
  #attend(): void {
    const leaseTicks = Math.ceil(Lease / this.#place.tickLength);
    // The program's clock may be late.
    this.#table.lease = this.#ticks() + (this.#doubtfulFrom === 0 ? leaseTicks : -leaseTicks);
  }

  #recheck(most: number): void {
    const end = Math.min(this.#slots.end, this.#doubtfulFrom + most);
    for (let slot = this.#doubtfulFrom; slot < end; slot += 1) {
      const index = (this.#owner[slot] ?? 0) - 1;
      if (index !== NoConnection && !this.#ways.areStillRight(index, slot)) this.withdraw(index);
    }
    this.#doubtfulFrom = end === this.#slots.end ? 0 : end;
    this.#attend();
  }

  #install(index: number): void {
    const slot = this.#slots.take();
    if (slot === 0) {
      this.counters.refused += 1;
      return;
    }
    if (!this.#ways.write(index, slot)) {
      this.#records.forget(slot);
      this.#slots.release(slot);
      return;
    }
    if (!this.#records.show(slot)) {
      this.counters.refused += 1;
      this.#slots.rest(slot, this.#now);
      return;
    }
    this.#owner[slot] = index + 1;
    this.#server[slot] = serverOf(this.#director, index)?.id ?? NoServer;
    this.#isBrief[slot] = isBrief(this.#director.connections, index) ? 1 : 0;
    this.#slotOf[index] = slot;
    this.counters.carried += 1;
    this.counters.installed += 1;
  }

  /** The connection with a carried way for such packets. */
  #ownerOf(path: FlowPath): number {
    const slot = this.#records.slotOf(path);
    return slot === 0 ? NoConnection : (this.#owner[slot] ?? 0) - 1;
  }

  /** Adds up what a slot has counted. If that is nothing, its place may be of more use to another. */
  #look(slot: number): void {
    if (!this.#records.isQuiet(slot)) {
      this.#addUp(slot);
      return;
    }
    const index = (this.#owner[slot] ?? 0) - 1;
    if (index === NoConnection) return;
    if (this.#isBrief[slot] !== 0) {
      this.#isBrief[slot] = isBrief(this.#director.connections, index) ? 1 : 0;
      if (this.#isBrief[slot] !== 0) this.#takeBack(index, Quiet.brief);
    } else if (this.#leftToAsk > 0) {
      this.#leftToAsk -= 1;
      this.#takeBack(index, Quiet.idle);
    }
  }

  /** Takes a connection back that has been quiet for so many seconds. */
  #takeBack(index: number, quiet: number): void {
    const { connections, timeouts } = this.#director;
    const [protocol, state] = [connections.protocol[index] ?? 0, connections.state[index] ?? 0];
    const idle = timeoutOf(timeouts, protocol, state) - connections.remaining(index, this.#now);
    if (idle >= quiet) this.withdraw(index);
  }

  /** Adds up what a slot has counted. Without a connection only the counters are left to be moved. */
  #addUp(slot: number): void {
    const director = this.#director;
    const [requests, replies] = [this.#requests, this.#replies];
    this.#records.take(slot, Direction.requests, requests);
    this.#records.take(slot, Direction.replies, replies);
    const count = requests.packets + replies.packets;
    // Bytes alone are the rest of a packet that was being counted the last time.
    if (count + requests.bytes + replies.bytes === 0) return;
    this.counters.packets += count;
    creditTraffic(director, this.#server[slot] ?? NoServer, requests, replies);
    const index = (this.#owner[slot] ?? 0) - 1;
    if (index === NoConnection || count === 0) return;
    const at = this.#lastUse(slot, requests.packets > 0, replies.packets > 0);
    creditConnection(director, index, requests, replies, at);
  }

  #lastUse(slot: number, hasRequests: boolean, hasReplies: boolean): Instant {
    const ticks = this.#ticks();
    const age = Math.min(
      hasRequests ? (ticks - this.#records.lastUsed(slot, Direction.requests)) | 0 : Infinity,
      hasReplies ? (ticks - this.#records.lastUsed(slot, Direction.replies)) | 0 : Infinity,
    );
    return instant(this.#now - Math.max(0, age) * this.#place.tickLength);
  }

  /** The kernel's clock now, 32 bits of it. */
  #ticks(): number {
    const { clockOrigin, tickLength } = this.#place;
    return Math.floor((clockOrigin + this.#now) / tickLength) >>> 0;
  }
}
