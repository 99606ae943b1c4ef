import { assert } from '../base/invariant.js';
import { instant, type Instant } from '../base/time.js';
import { Family, type Flow } from '../wire/flow.js';
import { ClientIndex, MostOfClient, NoConnection } from './client-index.js';
import { kindOf, Row, type ConnectionKey, type EntryKey } from './connection-row.js';
import { Method, methodOfNumber, NoServer } from './services.js';
import { SyncDigests } from './sync-digests.js';
import { TimingWheel } from './timing-wheel.js';

export { NoConnection } from './client-index.js';

/** Properties of an entry, as bits. */
export const Flag = {
  /** Only the client's half passes this director: direct routing. */
  noOutput: 0x01,
  /** Counted as an inactive connection of its real server. */
  inactive: 0x02,
  /** Peers have been told of the entry. */
  synced: 0x04,
  /** The entry waits in the queue of those to be synced. */
  queued: 0x08,
  /** A persistence template: it binds a client to a real server and carries no packets itself. */
  template: 0x10,
  /** FullNat: the client's address has been told to the real server (TOA). */
  clientTold: 0x20,
  /** One-packet scheduling: the entry ends with its packet, and peers are not told of it. */
  onePacket: 0x40,
  /** Packets from the client wait until peers know the entry. */
  uncommitted: 0x80,
} as const;

/** The bit of the methods Route and Tunnel, and only of them. */
const AnswersAsVirtual = Method.route & Method.tunnel;

/** Origin of an entry that this node scheduled itself. */
export const LocalOrigin = 0;

/** Expiry is counted in ticks of 10 ms: 32 bits last 497 days of one process. */
const MicrosecondsPerTick = 10_000;
/** The wheel turns in steps of 250 ms and spans 1,024 s: more than the longest usual timeout. */
const TicksPerStep = 25;
const WheelSlots = 4_096;

export const DefaultCapacity = 1_048_576;

/** The virtual port of templates that are out of use. */
const RetiredPort = 0xffff;

export interface ConnectionTableOptions {
  /** The most entries held. */
  readonly capacity?: number;
  /** Random start of the hash, so that nobody outside can aim at one bucket. */
  readonly seed: number;
  /** The most entries of one client address and port, `MostOfClient` when absent. */
  readonly mostOfClient?: number;
}

/**
 * The connection table: a struct of arrays with a fixed capacity and one index, over protocol and client endpoint.
 *
 * An entry is its index; it stays where it is for its whole life. Columns that hold links store index + 1, so that the
 * zeroes of fresh memory mean "none" and an empty table costs no memory but address space. At its limits nothing is
 * evicted: `insert` answers `NoConnection` and the caller counts.
 */
export class ConnectionTable {
  readonly capacity: number;
  readonly family: Uint8Array;
  readonly protocol: Uint8Array;
  /**
   * What a packet's entry is found by, sixteen words an entry, so that a look-up touches one line of the cache and not one
   * for each column: see `Row`.
   */
  readonly rows: Uint32Array;
  /** A `Method`. */
  readonly method: Uint8Array;
  /** A `State`. */
  readonly state: Uint8Array;
  readonly flags: Uint8Array;
  /** Number of the real server, or `NoServer`. */
  readonly server: Int32Array;
  /** Packets from the client. */
  readonly packets: Uint32Array;
  /** The template that a connection follows, as index + 1; 0 for none. */
  readonly #template: Int32Array;
  /** Connections that follow a template. */
  readonly #children: Uint32Array;
  /** What the entries that peers know come to, by origin. */
  readonly digests = new SyncDigests();
  /** Who told us of the entry: `LocalOrigin`, or a number that the node gives to a peer. */
  readonly origin: Uint8Array;
  /** The state that peers were told last. */
  readonly syncedState: Uint8Array;
  /** When peers were told last, in ticks. */
  readonly syncedAt: Uint32Array;
  /** Repeats of the last sync message, up to `sync_retries`. */
  readonly syncRepeats: Uint8Array;
  readonly #inUse: Uint8Array;
  readonly #index: ClientIndex;
  readonly #wheel: TimingWheel;
  #now: Instant = instant(0);
  #ticks = 0;
  #columnBytes = 0;
  #size = 0;
  /** Entries from here on have never been used. */
  #highest = 0;
  #free = 0;

  constructor(options: ConnectionTableOptions) {
    const capacity = options.capacity ?? DefaultCapacity;
    assert(capacity > 0 && capacity <= 0x800_0000, 'the capacity fits the link columns');
    this.capacity = capacity;
    this.family = this.#column(new Uint8Array(capacity));
    this.protocol = this.#column(new Uint8Array(capacity));
    this.rows = this.#column(new Uint32Array(capacity * Row.words));
    this.method = this.#column(new Uint8Array(capacity));
    this.state = this.#column(new Uint8Array(capacity));
    this.flags = this.#column(new Uint8Array(capacity));
    this.server = this.#column(new Int32Array(capacity));
    this.packets = this.#column(new Uint32Array(capacity));
    this.#template = this.#column(new Int32Array(capacity));
    this.#children = this.#column(new Uint32Array(capacity));
    this.origin = this.#column(new Uint8Array(capacity));
    this.syncedState = this.#column(new Uint8Array(capacity));
    this.syncedAt = this.#column(new Uint32Array(capacity));
    this.syncRepeats = this.#column(new Uint8Array(capacity));
    this.#inUse = this.#column(new Uint8Array(capacity));
    const { seed, mostOfClient = MostOfClient } = options;
    this.#index = new ClientIndex(this.rows, { capacity, seed, mostOfClient });
    this.#wheel = new TimingWheel(capacity, WheelSlots, 0);
  }

  /** Bytes of all columns and indexes. */
  get byteLength(): number {
    return this.#columnBytes + this.#index.byteLength + this.#wheel.byteLength;
  }

  /** Entries in use. */
  get size(): number {
    return this.#size;
  }

  /** One more than the highest index in use so far: the end for whoever walks the table. */
  get end(): number {
    return this.#highest;
  }

  /** The address family of an entry. */
  familyOf(index: number): Family {
    return this.family[index] === Family.ipv6 ? Family.ipv6 : Family.ipv4;
  }

  /** The forwarding method of an entry. */
  methodOf(index: number): Method {
    return methodOfNumber(this.method[index] ?? Method.masq);
  }

  isInUse(index: number): boolean {
    return this.#inUse[index] === 1;
  }

  /** Where a search for a client's endpoint begins, as index + 1, or 0 where it ends at once; see `ClientIndex`. */
  first(protocol: number, words: Uint32Array, port: number): number {
    return this.#index.first(protocol, words, port);
  }

  /** The entry that a packet from a client belongs to. */
  find(flow: Flow): number {
    return this.#index.find(flow);
  }

  /** The entry with the family, protocol, client and virtual endpoint of a key: a connection, or a template. */
  findEntry(key: EntryKey): number {
    return this.#index.findEntry(key);
  }

  /**
   * The entry that a packet from a real server to a client belongs to. Entries whose replies take another way do not
   * count: with the same real server they may have the same endpoints.
   */
  findReply(flow: Flow): number {
    return this.#index.findReply(flow, this.method, AnswersAsVirtual);
  }

  /** True for Route and Tunnel: the real server itself answers as the virtual service. */
  answersAsVirtual(index: number): boolean {
    return ((this.method[index] ?? Method.masq) & AnswersAsVirtual) !== 0;
  }

  /** True when the key's client has as many entries as one may have. */
  isCrowded(key: ConnectionKey): boolean {
    return this.#index.isCrowded(key);
  }

  clientPort(index: number): number {
    return (this.rows[index * Row.words + Row.ports] ?? 0) >>> 16;
  }

  virtualPort(index: number): number {
    return (this.rows[index * Row.words + Row.ports] ?? 0) & 0xffff;
  }

  realPort(index: number): number {
    return (this.rows[index * Row.words + Row.kind] ?? 0) >>> 16;
  }

  /** Where the four words of an entry's addresses begin in `rows`. */
  clientAt(index: number): number {
    return index * Row.words + Row.client;
  }

  virtualAt(index: number): number {
    return index * Row.words + Row.virtual;
  }

  realAt(index: number): number {
    return index * Row.words + Row.real;
  }

  /**
   * Makes an entry with state NONE, bound to no server and without an expiry: the caller sets them before it returns.
   * `NoConnection` when the table is full, or the client has as many entries as one may have.
   */
  insert(key: ConnectionKey, now: Instant): number {
    const index = this.isCrowded(key) ? NoConnection : this.#allocate();
    if (index === NoConnection) return NoConnection;
    this.family[index] = key.family;
    this.protocol[index] = key.protocol;
    this.#writeRow(index, key);
    this.method[index] = 0;
    this.state[index] = 0;
    this.flags[index] = key.isTemplate === true ? Flag.template : 0;
    this.server[index] = NoServer;
    this.packets[index] = 0;
    this.#template[index] = 0;
    this.#children[index] = 0;
    this.origin[index] = LocalOrigin;
    this.syncedState[index] = 0;
    this.syncedAt[index] = 0;
    this.syncRepeats[index] = 0;
    this.#index.add(index);
    this.rows[index * Row.words + Row.expiresAt] = this.#toTicks(now);
    this.#wheel.schedule(index, Math.ceil(this.#toTicks(now) / TicksPerStep));
    return index;
  }

  /** The template that a connection follows, or `NoConnection`. */
  template(index: number): number {
    return (this.#template[index] ?? 0) - 1;
  }

  /** How many connections follow a template. */
  children(index: number): number {
    return this.#children[index] ?? 0;
  }

  /** Takes a template out of sight, which stays for the connections that follow it: no service has this port. */
  retireTemplate(index: number): void {
    this.forgetSync(index);
    this.rows[index * Row.words + Row.ports] = RetiredPort;
  }

  /** True for a template that only stays for those who follow it: it is nobody else's business. */
  isRetired(index: number): boolean {
    const isHidden = this.rows[index * Row.words + Row.ports] === RetiredPort;
    return isHidden && this.hasFlag(index, Flag.template);
  }

  /** Lets a connection follow a template until one of them is released. */
  follow(index: number, template: number): void {
    assert(this.hasFlag(template, Flag.template), 'a connection follows a template');
    this.#template[index] = template + 1;
    this.#children[template] = this.children(template) + 1;
  }

  /** Takes an entry out and frees its index. A template in use must not be released: give it more time. */
  release(index: number): void {
    assert(this.isInUse(index), 'only an entry in use is released');
    this.forgetSync(index);
    assert(this.children(index) === 0, 'a template outlives the connections that follow it');
    const template = this.template(index);
    if (template !== NoConnection) this.#children[template] = this.children(template) - 1;
    this.#index.remove(index);
    this.#wheel.cancel(index);
    this.#recycle(index);
  }

  hasFlag(index: number, flag: number): boolean {
    return ((this.flags[index] ?? 0) & flag) !== 0;
  }

  setFlag(index: number, flag: number): void {
    this.flags[index] = (this.flags[index] ?? 0) | flag;
  }

  clearFlag(index: number, flag: number): void {
    this.flags[index] = (this.flags[index] ?? 0) & ~flag;
  }

  /** Lets the entry live for `timeout` seconds from now, whatever was said before. */
  expireAfter(index: number, timeout: number, now: Instant): void {
    const expiresAt = this.#toTicks(now) + Math.round(timeout * 100);
    const before = this.#expiresAt(index);
    this.rows[index * Row.words + Row.expiresAt] = expiresAt;
    // The wheel is never later than the entry: only one that ends earlier may have to move.
    if (expiresAt >= before) return;
    if (expiresAt <= (this.#wheel.due(index) - 1) * TicksPerStep) {
      this.#wheel.cancel(index);
      this.#wheel.schedule(index, Math.ceil(expiresAt / TicksPerStep));
    }
  }

  /** Notes that peers know the entry as it is now, by the word of `origin`. */
  markSynced(index: number, now: Instant, origin: number = LocalOrigin): void {
    if (!this.hasFlag(index, Flag.synced) || this.origin[index] !== origin) {
      this.forgetSync(index);
      this.digests.add(origin, this.rows, index * Row.words);
      this.origin[index] = origin;
      this.setFlag(index, Flag.synced);
    }
    this.syncedState[index] = this.state[index] ?? 0;
    this.syncedAt[index] = this.#toTicks(now);
  }

  /** Notes that the entry is nobody's word any more: peers do not know it, or will have it from another. */
  forgetSync(index: number): void {
    if (!this.hasFlag(index, Flag.synced)) return;
    this.digests.subtract(this.origin[index] ?? LocalOrigin, this.rows, index * Row.words);
    this.clearFlag(index, Flag.synced);
  }

  /** Seconds since peers were told last. */
  sinceSync(index: number, now: Instant): number {
    return (this.#toTicks(now) - (this.syncedAt[index] ?? 0)) / 100;
  }

  /** True when peers were told last before a moment, as far as ticks can tell. */
  wasSyncedBefore(index: number, moment: Instant): boolean {
    return (this.syncedAt[index] ?? 0) < Math.floor(moment / MicrosecondsPerTick);
  }

  /**
   * True when half of the entry's timeout has passed since peers were told last, so that their copy is ageing. Asked
   * right after a packet has given the entry its full timeout.
   */
  isSyncStale(index: number, now: Instant): boolean {
    const ticks = this.#toTicks(now);
    const timeout = this.#expiresAt(index) - ticks;
    return ticks - (this.syncedAt[index] ?? 0) >= timeout / 2;
  }

  /** Seconds until the entry expires; never negative. */
  remaining(index: number, now: Instant): number {
    return Math.max(0, this.#expiresAt(index) - this.#toTicks(now)) / 100;
  }

  /** Calls `visit` with every entry whose time is up; `visit` releases it or gives it more time. */
  expire(now: Instant, visit: (index: number) => void): void {
    const ticks = this.#toTicks(now);
    this.#wheel.advance(Math.floor(ticks / TicksPerStep), (index) => {
      const expiresAt = this.#expiresAt(index);
      this.#wheel.schedule(index, Math.ceil(expiresAt / TicksPerStep));
      if (expiresAt <= ticks) visit(index);
    });
  }

  /** One division for each moment, not for each question about it. */
  #toTicks(now: Instant): number {
    if (now !== this.#now) {
      this.#now = now;
      this.#ticks = Math.floor(now / MicrosecondsPerTick);
    }
    return this.#ticks;
  }

  #column<T extends ArrayBufferView>(column: T): T {
    this.#columnBytes += column.byteLength;
    return column;
  }

  #writeRow(index: number, key: ConnectionKey): void {
    const row = index * Row.words;
    this.rows.set(key.clientWords, row + Row.client);
    this.rows.set(key.virtualWords, row + Row.virtual);
    this.rows.set(key.realWords, row + Row.real);
    this.rows[row + Row.ports] = key.clientPort * 0x1_0000 + key.virtualPort;
    const kind = kindOf(key.protocol, key.family, key.isTemplate === true);
    this.rows[row + Row.kind] = key.realPort * 0x1_0000 + kind;
  }

  #expiresAt(index: number): number {
    return this.rows[index * Row.words + Row.expiresAt] ?? 0;
  }

  #allocate(): number {
    let index = NoConnection;
    if (this.#free !== 0) {
      index = this.#free - 1;
      this.#free = this.rows[index * Row.words + Row.next] ?? 0;
    } else if (this.#highest < this.capacity) {
      index = this.#highest;
      this.#highest += 1;
    } else {
      return NoConnection;
    }
    this.#inUse[index] = 1;
    this.#size += 1;
    return index;
  }

  #recycle(index: number): void {
    this.#inUse[index] = 0;
    this.rows[index * Row.words + Row.next] = this.#free;
    this.#free = index + 1;
    this.#size -= 1;
  }
}
