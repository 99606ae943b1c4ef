import type { Tally } from './carried-traffic.js';
import { NoRecord, type FlowPath, type FlowTable } from './flow-table.js';
import type { Neighbour } from './neighbours.js';

/** The two ways of a connection, and the records of its slot: slot n has the records 2 n and 2 n + 1. */
export const Direction = { requests: 0, replies: 1 } as const;

/** Where packets of carried connections go, and how much of what the kernel has counted is known here. */
export class CarriedRecords {
  readonly #table: FlowTable;
  /** Where packets of a record go. */
  readonly #hops: (Neighbour | undefined)[] = [];
  /** What has been taken of a record. */
  readonly #packets: Uint32Array;
  readonly #bytes: Float64Array;

  constructor(table: FlowTable) {
    this.#table = table;
    this.#packets = new Uint32Array(table.records);
    this.#bytes = new Float64Array(table.records);
  }

  /** Writes down one way of a slot, which the kernel does not see yet. */
  write(slot: number, way: number, path: FlowPath, hop: Neighbour): void {
    const record = slot * 2 + way;
    this.#table.write(record, path);
    this.#hops[record] = hop;
    this.#packets[record] = 0;
    this.#bytes[record] = 0;
  }

  /** True when the way of answers is written down. */
  hasReplies(slot: number): boolean {
    return this.#hops[slot * 2 + Direction.replies] !== undefined;
  }

  /** Shows a slot to the kernel; false when its table has no place for all of it. */
  show(slot: number): boolean {
    const requests = slot * 2 + Direction.requests;
    const isDone =
      this.#table.show(requests) &&
      (!this.hasReplies(slot) || this.#table.show(slot * 2 + Direction.replies));
    if (!isDone) this.#table.hide(requests);
    return isDone;
  }

  hide(slot: number): void {
    this.#table.hide(slot * 2 + Direction.requests);
    if (this.hasReplies(slot)) this.#table.hide(slot * 2 + Direction.replies);
  }

  /** The slot is free: nothing is written down of it any more. */
  forget(slot: number): void {
    this.#hops[slot * 2 + Direction.requests] = undefined;
    this.#hops[slot * 2 + Direction.replies] = undefined;
  }

  /** The slot that such packets are carried by; 0 when there is none. */
  slotOf(path: FlowPath): number {
    // Record 0 is nobody's.
    this.#table.write(NoRecord, path);
    return this.#table.findLike(NoRecord) >> 1;
  }

  /** True while the neighbours of a slot are where its packets go, and are reached by the same devices. */
  leadsThere(slot: number, devices: readonly number[]): boolean {
    return (
      this.#recordLeadsThere(slot * 2 + Direction.requests, devices) &&
      this.#recordLeadsThere(slot * 2 + Direction.replies, devices)
    );
  }

  /** True when the packets of a slot that go this way become what the path says. */
  isAsWritten(slot: number, way: number, path: FlowPath): boolean {
    return this.#table.isAsWritten(slot * 2 + way, path);
  }

  /** True when the kernel has counted nothing since the last time. */
  isQuiet(slot: number): boolean {
    const requests = slot * 2 + Direction.requests;
    const replies = slot * 2 + Direction.replies;
    return (
      this.#table.packets(requests) === this.#packets[requests] &&
      this.#table.packets(replies) === this.#packets[replies]
    );
  }

  /** What the kernel has counted since the last time. Its neighbour is in use, if there was anything. */
  take(slot: number, way: number, tally: Tally): void {
    const record = slot * 2 + way;
    const hop = this.#hops[record];
    if (hop === undefined) {
      tally.packets = 0;
      tally.bytes = 0;
      return;
    }
    const [packets, bytes] = [this.#table.packets(record), this.#table.bytes(record)];
    tally.packets = (packets - (this.#packets[record] ?? 0)) >>> 0;
    tally.bytes = bytes - (this.#bytes[record] ?? 0);
    this.#packets[record] = packets;
    this.#bytes[record] = bytes;
    if (tally.packets > 0) hop.isUsed = true;
  }

  /** The tick of the last packet that went this way; without one it means nothing. */
  lastUsed(slot: number, way: number): number {
    return this.#table.lastUsed(slot * 2 + way);
  }

  #recordLeadsThere(record: number, devices: readonly number[]): boolean {
    const hop = this.#hops[record];
    if (hop === undefined) return true;
    return hop.isResolved && this.#table.goesTo(record, hop, devices[hop.interface.index] ?? 0);
  }
}
