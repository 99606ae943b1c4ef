import type { Prng } from '../base/prng.js';
import { after, instant, seconds, type Instant } from '../base/time.js';
import { Protocol } from '../wire/ipv4.js';
import { SctpState } from './sctp-states.js';
import { State } from './states.js';

/**
 * A defence's mode (Documentation/networking/ipvs-sysctl.rst): 0 off, 3 on. 1 and 2 mean "when needed": while entries
 * run short the defence is on and says 2, else it is off and says 1. Any other number is as good as 0.
 */
export interface DefenceSettings {
  /** Mode 3 of drop_packet drops one in this many. */
  am_droprate: number;
  /** Free entries of the connection table below which modes 1 and 2 are on. */
  amemthresh: number;
  drop_entry: number;
  drop_packet: number;
  secure_tcp: number;
}

/** What the drop_entry defence asks about an entry of the connection table. */
export interface EntryFacts {
  /** IP protocol number. */
  readonly protocol: number;
  /** A `State` or `SctpState`, or a template's. */
  readonly state: number;
  /** Packets from the client so far. */
  readonly packets: number;
  /** Seconds since its last packet: its timeout less what remains of it. */
  readonly idle: number;
  readonly isTemplate: boolean;
  /** Of a template: a connection made from it has been established once. */
  readonly isAssured: boolean;
  /** Of a template: its service is scheduled packet by packet, so that its packets are counted in the template. */
  readonly isOnePacket: boolean;
  /** Entries that depend on this one: connections of a template. */
  readonly children: number;
}

const UpdatePeriod = seconds(1);
/** The share of the table that drop_entry looks at each second. */
const ShareLookedAt = 32;
/** An entry with a packet this recently has time to become a normal connection. */
const ShortestIdle = 60;
/** Entries with more packets than this are in real use. */
const MostPackets = 8;

/**
 * The three defences of IPVS against floods (ip_vs_ctl.c, ip_vs_core.c, ip_vs_conn.c), all off by default:
 *
 * - drop_packet: one in so many packets that would open a connection is dropped before it is scheduled.
 * - drop_entry: each second 1/32 of the table, chosen at random, is looked at, and entries that look like a flood go.
 * - secure_tcp: TCP follows tables in which only a real server's answer makes a connection ESTABLISHED.
 *
 * The kernel turns on the modes "when needed" when free memory falls below `amemthresh` pages. This table's memory is
 * set aside from the start, and what runs short is its entries: here `amemthresh` counts those that are free. (With a
 * table of 1,024 entries or fewer, the default keeps these modes on all the time.)
 *
 * What happens to established connections in a SYN flood:
 *
 * - A full table makes room by itself, whatever the modes. A clock hand looks at up to 64 entries for one that is
 *   SYN_RECV, SYNACK, NONE, CLOSE or TIME_WAIT, or UDP with one packet, and its place is taken. When there is none
 *   among them, the new connection is refused and counted. An established connection is never evicted.
 * - drop_entry removes entries in SYN_RECV, SYNACK and NONE before that. Of the established ones it removes only those
 *   that have been silent for 60 seconds and had at most 8 packets, fewer of them the more packets they had: a flood
 *   that completes handshakes looks like this, and so does an honest connection that is hardly used. Who cannot spare
 *   those leaves drop_entry at 0. Every other state stays until its timer ends, and so does a template with children.
 * - drop_packet and secure_tcp touch no packet and no entry of an established connection.
 */
export class Defence {
  readonly #settings: DefenceSettings;
  readonly #random: Prng;
  #nextUpdate: Instant = instant(0);
  #isDroppingEntries = false;
  #isSecureTcp = false;
  /** One packet in this many is dropped; 0 for none. */
  #dropRate = 0;
  #untilDrop = 0;
  /** By the number of packets an entry had: how many such entries are spared before the next one goes. */
  readonly #untilDroppable = new Int8Array(MostPackets + 1);

  /** The settings are read at each update, and modes 1 and 2 written back to them. */
  constructor(settings: DefenceSettings, random: Prng) {
    this.#settings = settings;
    this.#random = random;
  }

  /**
   * Decides which defences are on, once a second however often it is called. True when it did: `lookAt` is then due.
   */
  update(now: Instant, freeEntries: number): boolean {
    if (now < this.#nextUpdate) return false;
    this.#nextUpdate = after(now, UpdatePeriod);
    const settings = this.#settings;
    const missing = Math.max(0, settings.amemthresh) - freeEntries;
    const isShort = missing > 0;
    settings.drop_entry = modeFor(settings.drop_entry, isShort);
    settings.drop_packet = modeFor(settings.drop_packet, isShort);
    settings.secure_tcp = modeFor(settings.secure_tcp, isShort);
    this.#isDroppingEntries = isOn(settings.drop_entry);
    this.#isSecureTcp = isOn(settings.secure_tcp);
    this.#setDropRate(missing);
    return true;
  }

  /** True while TCP follows the secure tables. */
  get isSecureTcp(): boolean {
    return this.#isSecureTcp;
  }

  /** True when the packet in hand, which would open a connection, is to be dropped. Counts every call. */
  shouldDropPacket(): boolean {
    if (this.#dropRate === 0) return false;
    this.#untilDrop -= 1;
    if (this.#untilDrop > 0) return false;
    this.#untilDrop = this.#dropRate;
    return true;
  }

  /**
   * Calls `visit` with 1/32 of the indices below `end`, chosen at random, while drop_entry is on. `visit` finds out
   * whether the index is in use and asks `isDroppable`.
   */
  lookAt(end: number, visit: (index: number) => void): void {
    if (!this.#isDroppingEntries || end === 0) return;
    for (let left = Math.ceil(end / ShareLookedAt); left > 0; left -= 1) {
      visit(this.#random.below(end));
    }
  }

  /** True when drop_entry takes this entry out. The answers depend on those before: not every such entry goes. */
  isDroppable(entry: EntryFacts): boolean {
    if (entry.children > 0) return false;
    if (entry.isTemplate) return entry.isOnePacket ? this.#isTurn(entry) : !entry.isAssured;
    switch (entry.protocol) {
      case Protocol.tcp:
        if (entry.state === State.established) return this.#isTurn(entry);
        return isEmbryonicTcp(entry.state);
      case Protocol.sctp:
        if (entry.state === SctpState.established) return this.#isTurn(entry);
        return entry.state === SctpState.init1 || entry.state === SctpState.init;
      default:
        return this.#isTurn(entry);
    }
  }

  /** Of idle entries with few packets: every first with one packet, every second with two, up to every eighth. */
  #isTurn({ idle, packets }: EntryFacts): boolean {
    if (idle < ShortestIdle || packets < 1 || packets > MostPackets) return false;
    const left = (this.#untilDroppable[packets] ?? 0) - 1;
    this.#untilDroppable[packets] = left > 0 ? left : packets;
    return left <= 0;
  }

  /** In mode 2 the rate follows the shortage: from one in `amemthresh` down to every packet. */
  #setDropRate(missing: number): void {
    const { drop_packet: mode, amemthresh, am_droprate: always } = this.#settings;
    if (mode === Mode.always) {
      this.#dropRate = Math.max(0, always);
    } else if (mode === Mode.autoOn) {
      this.#dropRate = Math.floor(amemthresh / missing);
      this.#untilDrop = this.#dropRate;
    } else {
      this.#dropRate = 0;
    }
  }
}

const Mode = { autoOff: 1, autoOn: 2, always: 3 } as const;

const isOn = (mode: number): boolean => mode === Mode.autoOn || mode === Mode.always;

function modeFor(mode: number, isShort: boolean): number {
  if (mode !== Mode.autoOff && mode !== Mode.autoOn) return mode;
  return isShort ? Mode.autoOn : Mode.autoOff;
}

/**
 * True for what a SYN flood leaves behind: a handshake not completed, or not even begun. (The kernel's drop_entry leaves
 * NONE, which lasts 2 seconds; here it goes with the others.)
 */
export const isEmbryonicTcp = (state: number): boolean =>
  state === State.synRecv || state === State.synAck || state === State.none;
