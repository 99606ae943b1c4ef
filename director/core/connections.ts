import { assert } from '../base/invariant.js';
import { instant, type Instant } from '../base/time.js';
import { Family, type Flow } from '../wire/flow.js';
import { KindMask, kindOf, Row, sameAddress, type ConnectionKey } from './connection-row.js';
import { hashEndpoint } from './endpoint-hash.js';
import { Method, methodOfNumber, NoServer } from './services.js';
import { TimingWheel } from './timing-wheel.js';

/** "No such connection", where an index is expected. */
export const NoConnection = -1;

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
}

/**
 * The connection table: a struct of arrays with a fixed capacity and one chained hash over protocol and client
 * endpoint. As in IPVS that one index finds an entry from both sides: what the client sends is compared with the
 * virtual endpoint, what comes back with the real server's.
 *
 * An entry is its index; it stays where it is for its whole life. Columns that hold links store index + 1, so that the
 * zeroes of fresh memory mean "none" and an empty table costs no memory but address space. At the limit nothing is
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
  /** Who told us of the entry: `LocalOrigin`, or a number that the node gives to a peer. */
  readonly origin: Uint8Array;
  /** The state that peers were told last. */
  readonly syncedState: Uint8Array;
  /** When peers were told last, in ticks. */
  readonly syncedAt: Uint32Array;
  readonly #heads: Int32Array;
  readonly #inUse: Uint8Array;
  readonly #wheel: TimingWheel;
  readonly #seed: number;
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
    this.#heads = this.#column(new Int32Array(2 ** Math.ceil(Math.log2(capacity))));
    this.#inUse = this.#column(new Uint8Array(capacity));
    this.#wheel = new TimingWheel(capacity, WheelSlots, 0);
    this.#seed = options.seed >>> 0;
  }

  /** Bytes of all columns and indexes. */
  get byteLength(): number {
    return this.#columnBytes + this.#wheel.byteLength;
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

  /** The entry that a packet from a client belongs to. */
  find(flow: Flow): number {
    const { rows } = this;
    // As a signed word: V8 puts unsigned ones above 2^31 on the heap.
    const ports = (flow.sourcePort << 16) | flow.destinationPort;
    const kind = kindOf(flow.protocol, flow.family, false);
    let link = this.#heads[this.#bucket(flow.protocol, flow.source, 0, flow.sourcePort)] ?? 0;
    while (link !== 0) {
      const row = (link - 1) * Row.words;
      const matches =
        ((rows[row + Row.ports] ?? 0) | 0) === ports &&
        ((rows[row + Row.kind] ?? 0) & KindMask) === kind &&
        sameAddress(rows, row + Row.client, flow.source) &&
        sameAddress(rows, row + Row.virtual, flow.destination);
      if (matches) return link - 1;
      link = rows[row + Row.next] ?? 0;
    }
    return NoConnection;
  }

  /** The persistence template with the family, protocol, client and virtual endpoint of a key. */
  findTemplate(key: Omit<ConnectionKey, 'realWords' | 'realPort'>): number {
    const { rows } = this;
    const ports = (key.clientPort << 16) | key.virtualPort;
    const kind = kindOf(key.protocol, key.family, true);
    let link = this.#heads[this.#bucket(key.protocol, key.clientWords, 0, key.clientPort)] ?? 0;
    while (link !== 0) {
      const row = (link - 1) * Row.words;
      const matches =
        ((rows[row + Row.ports] ?? 0) | 0) === ports &&
        ((rows[row + Row.kind] ?? 0) & KindMask) === kind &&
        sameAddress(rows, row + Row.client, key.clientWords) &&
        sameAddress(rows, row + Row.virtual, key.virtualWords);
      if (matches) return link - 1;
      link = rows[row + Row.next] ?? 0;
    }
    return NoConnection;
  }

  /**
   * The entry that a packet from a real server to a client belongs to. Entries whose replies take another way do not
   * count: with the same real server they may have the same endpoints.
   */
  findReply(flow: Flow): number {
    const { rows } = this;
    const kind = kindOf(flow.protocol, flow.family, false);
    const bucket = this.#bucket(flow.protocol, flow.destination, 0, flow.destinationPort);
    let link = this.#heads[bucket] ?? 0;
    while (link !== 0) {
      const row = (link - 1) * Row.words;
      const matches =
        (rows[row + Row.ports] ?? 0) >>> 16 === flow.destinationPort &&
        ((rows[row + Row.kind] ?? 0) & KindMask) === kind &&
        sameAddress(rows, row + Row.client, flow.destination) &&
        sameAddress(rows, row + Row.real, flow.source) &&
        (rows[row + Row.kind] ?? 0) >>> 16 === flow.sourcePort &&
        !this.hasFlag(link - 1, Flag.noOutput);
      if (matches) return link - 1;
      link = rows[row + Row.next] ?? 0;
    }
    return NoConnection;
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
   * `NoConnection` when the table is full.
   */
  insert(key: ConnectionKey, now: Instant): number {
    const index = this.#allocate();
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
    const bucket = this.#bucket(key.protocol, key.clientWords, 0, key.clientPort);
    this.#link(index, this.#heads[bucket] ?? 0);
    this.#heads[bucket] = index + 1;
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
    this.rows[index * Row.words + Row.ports] = RetiredPort;
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
    assert(this.children(index) === 0, 'a template outlives the connections that follow it');
    const template = this.template(index);
    if (template !== NoConnection) this.#children[template] = this.children(template) - 1;
    this.#unlink(index);
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

  /** Notes that peers are told of the entry as it is now. */
  markSynced(index: number, now: Instant): void {
    this.setFlag(index, Flag.synced);
    this.syncedState[index] = this.state[index] ?? 0;
    this.syncedAt[index] = this.#toTicks(now);
  }

  /** Seconds since peers were told last. */
  sinceSync(index: number, now: Instant): number {
    return (this.#toTicks(now) - (this.syncedAt[index] ?? 0)) / 100;
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

  /** The entry behind this one in its bucket, or among the free ones, as index + 1. */
  #next(index: number): number {
    return this.rows[index * Row.words + Row.next] ?? 0;
  }

  #link(index: number, next: number): void {
    this.rows[index * Row.words + Row.next] = next;
  }

  #allocate(): number {
    let index = NoConnection;
    if (this.#free !== 0) {
      index = this.#free - 1;
      this.#free = this.#next(index);
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
    this.#link(index, this.#free);
    this.#free = index + 1;
    this.#size -= 1;
  }

  #unlink(index: number): void {
    const bucket = this.#bucket(
      this.protocol[index] ?? 0,
      this.rows,
      this.clientAt(index),
      this.clientPort(index),
    );
    let link = this.#heads[bucket] ?? 0;
    if (link === index + 1) {
      this.#heads[bucket] = this.#next(index);
      return;
    }
    while (link !== 0) {
      const following = this.#next(link - 1);
      if (following === index + 1) {
        this.#link(link - 1, this.#next(index));
        return;
      }
      link = following;
    }
    assert(false, 'an entry in use is in its bucket');
  }

  #bucket(protocol: number, words: Uint32Array, offset: number, port: number): number {
    return hashEndpoint(this.#seed, protocol, words, offset, port) & (this.#heads.length - 1);
  }
}
