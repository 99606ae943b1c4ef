import { assert } from '../base/invariant.js';
import { instant, type Instant } from '../base/time.js';
import { Family, type Flow } from '../wire/flow.js';
import { Method, NoServer } from './services.js';
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

/** The addresses and the real server of an entry to be made; words as in `Flow`. */
export interface ConnectionKey {
  readonly family: Family;
  /** IP protocol number; 0 for the template of a firewall mark. */
  readonly protocol: number;
  readonly isTemplate?: boolean;
  readonly clientWords: Uint32Array;
  readonly clientPort: number;
  readonly virtualWords: Uint32Array;
  readonly virtualPort: number;
  readonly realWords: Uint32Array;
  readonly realPort: number;
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
  /** Four words an entry. */
  readonly clientAddress: Uint32Array;
  readonly virtualAddress: Uint32Array;
  readonly realAddress: Uint32Array;
  readonly clientPort: Uint16Array;
  readonly virtualPort: Uint16Array;
  readonly realPort: Uint16Array;
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
  readonly #expiresAt: Uint32Array;
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
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
    this.clientAddress = this.#column(new Uint32Array(capacity * 4));
    this.virtualAddress = this.#column(new Uint32Array(capacity * 4));
    this.realAddress = this.#column(new Uint32Array(capacity * 4));
    this.clientPort = this.#column(new Uint16Array(capacity));
    this.virtualPort = this.#column(new Uint16Array(capacity));
    this.realPort = this.#column(new Uint16Array(capacity));
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
    this.#expiresAt = this.#column(new Uint32Array(capacity));
    this.#heads = this.#column(new Int32Array(2 ** Math.ceil(Math.log2(capacity))));
    this.#next = this.#column(new Int32Array(capacity));
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
    switch (this.method[index]) {
      case Method.local:
        return Method.local;
      case Method.tunnel:
        return Method.tunnel;
      case Method.route:
        return Method.route;
      case Method.fullNat:
        return Method.fullNat;
      default:
        return Method.masq;
    }
  }

  get isFull(): boolean {
    return this.#size >= this.capacity;
  }

  isInUse(index: number): boolean {
    return this.#inUse[index] === 1;
  }

  /** The entry that a packet from a client belongs to. */
  find(flow: Flow): number {
    let link = this.#heads[this.#bucket(flow.protocol, flow.source, 0, flow.sourcePort)] ?? 0;
    while (link !== 0) {
      const index = link - 1;
      const matches =
        this.clientPort[index] === flow.sourcePort &&
        this.virtualPort[index] === flow.destinationPort &&
        this.protocol[index] === flow.protocol &&
        this.family[index] === flow.family &&
        sameAddress(this.clientAddress, index, flow.source) &&
        sameAddress(this.virtualAddress, index, flow.destination) &&
        !this.hasFlag(index, Flag.template);
      if (matches) return index;
      link = this.#next[index] ?? 0;
    }
    return NoConnection;
  }

  /** The persistence template with the family, protocol, client and virtual endpoint of a key. */
  findTemplate(key: Omit<ConnectionKey, 'realWords' | 'realPort'>): number {
    let link = this.#heads[this.#bucket(key.protocol, key.clientWords, 0, key.clientPort)] ?? 0;
    while (link !== 0) {
      const index = link - 1;
      const matches =
        this.hasFlag(index, Flag.template) &&
        this.virtualPort[index] === key.virtualPort &&
        this.protocol[index] === key.protocol &&
        this.family[index] === key.family &&
        sameAddress(this.clientAddress, index, key.clientWords) &&
        sameAddress(this.virtualAddress, index, key.virtualWords);
      if (matches) return index;
      link = this.#next[index] ?? 0;
    }
    return NoConnection;
  }

  /**
   * The entry that a packet from a real server to a client belongs to. Entries whose replies take another way do not
   * count: with the same real server they may have the same endpoints.
   */
  findReply(flow: Flow): number {
    const bucket = this.#bucket(flow.protocol, flow.destination, 0, flow.destinationPort);
    let link = this.#heads[bucket] ?? 0;
    while (link !== 0) {
      const index = link - 1;
      const matches =
        this.clientPort[index] === flow.destinationPort &&
        this.realPort[index] === flow.sourcePort &&
        this.protocol[index] === flow.protocol &&
        this.family[index] === flow.family &&
        !this.hasFlag(index, Flag.noOutput) &&
        sameAddress(this.clientAddress, index, flow.destination) &&
        sameAddress(this.realAddress, index, flow.source);
      if (matches) return index;
      link = this.#next[index] ?? 0;
    }
    return NoConnection;
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
    this.clientAddress.set(key.clientWords, index * 4);
    this.virtualAddress.set(key.virtualWords, index * 4);
    this.realAddress.set(key.realWords, index * 4);
    this.clientPort[index] = key.clientPort;
    this.virtualPort[index] = key.virtualPort;
    this.realPort[index] = key.realPort;
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
    this.#next[index] = this.#heads[bucket] ?? 0;
    this.#heads[bucket] = index + 1;
    this.#expiresAt[index] = this.#toTicks(now);
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

  /**
   * Takes a template that cannot be used any more out of sight: it stays for the connections that follow it, but no new one
   * finds it, because no service has this port together with client port 0.
   */
  retireTemplate(index: number): void {
    this.virtualPort[index] = RetiredPort;
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
    this.#expiresAt[index] = expiresAt;
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
    const timeout = (this.#expiresAt[index] ?? 0) - ticks;
    return ticks - (this.syncedAt[index] ?? 0) >= timeout / 2;
  }

  /** Seconds until the entry expires; never negative. */
  remaining(index: number, now: Instant): number {
    return Math.max(0, (this.#expiresAt[index] ?? 0) - this.#toTicks(now)) / 100;
  }

  /** Calls `visit` with every entry whose time is up; `visit` releases it or gives it more time. */
  expire(now: Instant, visit: (index: number) => void): void {
    const ticks = this.#toTicks(now);
    this.#wheel.advance(Math.floor(ticks / TicksPerStep), (index) => {
      const expiresAt = this.#expiresAt[index] ?? 0;
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

  #allocate(): number {
    let index = NoConnection;
    if (this.#free !== 0) {
      index = this.#free - 1;
      this.#free = this.#next[index] ?? 0;
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
    this.#next[index] = this.#free;
    this.#free = index + 1;
    this.#size -= 1;
  }

  #unlink(index: number): void {
    const bucket = this.#bucket(
      this.protocol[index] ?? 0,
      this.clientAddress,
      index * 4,
      this.clientPort[index] ?? 0,
    );
    let link = this.#heads[bucket] ?? 0;
    if (link === index + 1) {
      this.#heads[bucket] = this.#next[index] ?? 0;
      return;
    }
    while (link !== 0) {
      const following = this.#next[link - 1] ?? 0;
      if (following === index + 1) {
        this.#next[link - 1] = this.#next[index] ?? 0;
        return;
      }
      link = following;
    }
    assert(false, 'an entry in use is in its bucket');
  }

  #bucket(protocol: number, words: Uint32Array, offset: number, port: number): number {
    return this.hash(protocol, words, offset, port) & (this.#heads.length - 1);
  }

  /** A seeded hash of an endpoint whose address stands at `offset` of a column, as MurmurHash3 mixes words. */
  hash(protocol: number, words: Uint32Array, offset: number, port: number): number {
    // On its own, or ports and addresses that count up together would meet in one bucket.
    let hash = mix(this.#seed ^ ((protocol << 16) | port));
    const first = words[offset] ?? 0;
    // Only IPv6 addresses have something there.
    if (first !== 0) {
      hash = mix(hash ^ first);
      hash = mix(hash ^ (words[offset + 1] ?? 0));
      hash = mix(hash ^ (words[offset + 2] ?? 0));
    }
    hash = mix(hash ^ (words[offset + 3] ?? 0));
    hash = Math.imul(hash, 0x85ebca6b);
    return (hash ^ (hash >>> 13)) >>> 0;
  }
}

function mix(hash: number): number {
  const mixed = Math.imul(hash, 0xcc9e2d51);
  return mixed ^ (mixed >>> 15);
}


const sameAddress = (column: Uint32Array, index: number, words: Uint32Array): boolean =>
  column[index * 4 + 3] === words[3] &&
  column[index * 4 + 2] === words[2] &&
  column[index * 4 + 1] === words[1] &&
  column[index * 4] === words[0];
