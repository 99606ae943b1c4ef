import { Buffer } from 'node:buffer';

import { Head, Holdings, Record, shapeOf } from '../../director/core/flow-layout.js';
import { FlowTable, NoRecord } from '../../director/core/flow-table.js';
import { Offload, type OffloadPlace } from '../../director/core/offload.js';
import { LastingOnes, type Worth } from '../../director/core/worth.js';
import { BenchDirector, type BenchOptions } from '../packets/bench-director.js';
import { pathOf } from './flows.js';

const Records = 64;
const TickLength = 4_000;
/** Segments of TCP from the first on that may be carried. */
const AtOnce: Worth = { ...LastingOnes, segments: 0 };
const ClockOrigin = 2 ** 32 * TickLength - 1_000_000_000;

interface CarrierOptions {
  readonly records?: number;
  readonly worth?: Worth;
  /** What is worth it while there is room, if that is more. */
  readonly whileRoomy?: Worth;
}

/** The part of the kernel, for a bench: carries packets by the same table, and counts them. */
export class Carrier {
  readonly machine: Offload;
  readonly #bench: BenchDirector;
  readonly #records: number;
  /** The kernel's numbers of the bench's links; 0 where packets may not leave. */
  readonly #devices: number[];
  readonly #memory: ArrayBuffer;
  /** The program's own look at the memory. */
  readonly #table: FlowTable;

  /**
   * `devices` are the kernel's numbers of the bench's links. Unless it is said what is worth it, connections of TCP are carried as
   * soon as they can be.
   */
  constructor(
    bench: BenchDirector,
    devices: readonly number[] = [3, 4],
    { records = Records, worth = AtOnce, whileRoomy }: CarrierOptions = {},
  ) {
    const seed = 5;
    this.#records = records;
    this.#devices = [...devices];
    this.#memory = new ArrayBuffer(shapeOf(records).byteLength);
    const place: OffloadPlace = {
      memory: this.#memory,
      records,
      seed,
      tickLength: TickLength,
      clockOrigin: ClockOrigin,
      devices: this.#devices,
      ...(whileRoomy && { whileRoomy }),
    };
    this.#bench = bench;
    this.#table = new FlowTable(this.#memory, records, seed);
    this.machine = new Offload(bench.director, place, worth);
    bench.director.offload = this.machine;
  }

  /** Packets leave by the bench's links by these devices from now on; 0 for not at all. */
  useDevices(devices: readonly number[]): void {
    this.#devices.splice(0, Infinity, ...devices);
    this.machine.revalidate();
  }

  /** The MAC address that a carried packet would leave from, in hexadecimal. */
  sourceOf(from: string, to: string): string {
    this.machine.install();
    const at = this.#at(this.#find(from, to, 6)) + Record.macs + 6;
    return Buffer.from(this.#memory, at, 6).toString('hex');
  }

  /** The virtual MAC addresses at which the kernel would carry what comes in there: their last two numbers. */
  holdings(arrival: number): string[] {
    const bits = new Uint8Array(
      this.#memory,
      Head.holdings + arrival * Holdings.byteLength,
      Holdings.byteLength,
    );
    return Array.from({ length: 512 }, (_, number) => number)
      .filter((number) => (((bits[number >> 3] ?? 0) >> (number & 7)) & 1) !== 0)
      .map((number) => `${1 + (number >> 8)}.${number & 255}`);
  }

  /** True when the kernel would carry such a packet. Every packet that waited has been dealt with. */
  carries(from: string, to: string, protocol = 6): boolean {
    this.machine.install();
    return this.#find(from, to, protocol) !== NoRecord;
  }

  /** Carries packets of so many bytes; false when it cannot. */
  carry(from: string, to: string, packets = 1, bytes = 100, protocol = 6): boolean {
    this.machine.install();
    const record = this.#find(from, to, protocol);
    if (record === NoRecord) return false;
    const view = new DataView(this.#memory);
    const at = this.#at(record);
    const add = (field: number, count: number): void =>
      view.setBigUint64(at + field, view.getBigUint64(at + field, true) + BigInt(count), true);
    add(Record.packets, packets);
    add(Record.bytes, packets * bytes);
    view.setUint32(at + Record.lastUsed, this.#ticks, true);
    return true;
  }

  /** Whether the kernel would carry anything at all now. */
  get isAttended(): boolean {
    const lease = new DataView(this.#memory).getUint32(Head.lease, true);
    return ((lease - this.#ticks) | 0) >= 0;
  }

  #at(record: number): number {
    return shapeOf(this.#records).recordsAt + record * Record.byteLength;
  }

  get #ticks(): number {
    return Math.floor((ClockOrigin + this.#bench.now) / TickLength) % 2 ** 32;
  }

  #find(from: string, to: string, protocol: number): number {
    this.#table.write(NoRecord, pathOf({ from, to, protocol }));
    return this.#table.findLike(NoRecord);
  }
}

/** A bench whose connections are carried as soon as they can be: peers need not know them first, unless it is said. */
export function carriedScene(options: BenchOptions = {}): {
  readonly bench: BenchDirector;
  readonly carrier: Carrier;
} {
  const settings = { sync_threshold: [0, 0], ...options.settings } as const;
  const bench = new BenchDirector({ ...options, settings });
  return { bench, carrier: new Carrier(bench) };
}
