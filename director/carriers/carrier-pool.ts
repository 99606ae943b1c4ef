import { randomBytes } from 'node:crypto';

import { IoError } from '../base/errors.js';
import type { Log } from '../base/log.js';
import type { Instant } from '../base/time.js';
import { FlowCarrier, Up } from '../core/flow-carrier.js';
import { shapeOf } from '../core/flow-layout.js';
import { FlowPrefetch } from '../core/flow-prefetch.js';
import type { FlowOffload, Offload, OffloadPlace } from '../core/offload.js';
import { sumOf, type PortCounters } from '../io/frame-port.js';
import { mapTable, type MappedMemory } from '../io/mapped-memory.js';
import { divisionAmong, toFirst } from '../io/packet-filter.js';
import type { RingHub } from '../io/ring-hub.js';
import type { FrameBatch, Packet } from '../wire/packet.js';
import { Board, BoardPorts } from './board.js';
import type { CarrierPort } from './carrier-port.js';
import { Carrier } from './carrier.js';
import { clockOrigin, tickAt, TickLength } from './clock.js';
import { Grace } from './grace.js';
import { Need } from './need.js';

/** How often it is looked whether threads are needed. */
const LookMs = 250;

/** What a pool of carriers is to have. */
export interface PoolOptions {
  /** Places for carried connections, a power of two. */
  readonly places: number;
  /** The most threads besides the main one. */
  readonly most: number;
  /** They carry all the time. */
  readonly isAlways: boolean;
  readonly log: Log;
}

/**
 * Carries established flows in this process, as the kernel does it with the driver `offload`: in the main thread, and, while that
 * has more frames than it can serve, in other threads besides, each with its share of all flows. The table of flows is
 * memory that all of them see; the main thread alone writes flows into it.
 */
export class CarrierPool implements FlowOffload {
  readonly hub: RingHub;
  readonly place: OffloadPlace;
  /** Fulfilled when all threads that were no longer needed have ended: the process must not end before. */
  ended: Promise<unknown> = Promise.resolve();
  readonly #log: Log;
  readonly #table: MappedMemory;
  readonly #carrier: FlowCarrier;
  readonly #prefetch: FlowPrefetch;
  readonly #board = new Board();
  readonly #mostThreads: number;
  readonly #isAlways: boolean;
  readonly #devices: number[] = [];
  readonly #ports = new Map<number, CarrierPort>();
  /** Those of which all threads have a share, should there be any. */
  readonly #shared = new Set<CarrierPort>();
  /** By index of an interface. */
  readonly #senders: (CarrierPort | undefined)[] = [];
  readonly #origin = clockOrigin();
  #need = new Need();
  readonly #grace = new Grace(this.#board);
  #nextNumber = 0;
  #carriers: readonly Carrier[] = [];
  #machine: Offload | undefined;
  #tick = 0;
  #mayCarry = false;
  #timer: NodeJS.Timeout | undefined;
  #isEngaged = false;
  /** When a thread has ended there are none any more. */
  #isBroken = false;
  /** How many frames each port has to have taken before threads may begin. */
  #backlog: ReadonlyMap<CarrierPort, number> | undefined;

  constructor(hub: RingHub, { places, most, isAlways, log }: PoolOptions) {
    this.hub = hub;
    this.#log = log;
    this.#mostThreads = most;
    this.#isAlways = isAlways;
    const records = 2 * places;
    this.#table = mapTable(hub.libc, shapeOf(records).byteLength);
    this.place = {
      memory: this.#table.buffer,
      records,
      seed: randomBytes(4).readUInt32LE(),
      tickLength: TickLength,
      clockOrigin: this.#origin,
      devices: this.#devices,
      quietSince: (now: Instant) => this.#grace.since(now),
    };
    this.#carrier = new FlowCarrier(this.place, { isAlone: most === 0 });
    this.#prefetch = new FlowPrefetch(this.place);
    hub.onQuiet = () => this.#handleQuiet();
    hub.onLook = (now) => this.#look(now);
  }

  /** Threads that carry at this moment besides the main one. */
  get threads(): number {
    return this.#isEngaged ? this.#carriers.length : 0;
  }

  /** Frames that threads have taken since their ports were opened. */
  get takenByThreads(): number {
    let taken = 0;
    for (const number of this.#ports.keys()) {
      for (const carrier of this.#carriers) {
        taken += this.#board.counters(carrier.number, number).taken;
      }
    }
    return taken;
  }

  serve(machine: Offload): void {
    this.#machine = machine;
  }

  /** Has `look` called with frames that wait together and are not carried, before they are received one by one. */
  foresee(look: (batch: FrameBatch) => void): void {
    this.hub.onBatch = (batch) => look(this.#mayCarry ? this.#prefetch.touch(batch) : batch);
  }

  /** A port is open: its number. What threads have to do with it they get to know when they are needed. */
  add(port: CarrierPort): number {
    const number = this.#freeNumber();
    this.#ports.set(number, port);
    this.#senders[port.owner.index] = port;
    this.#devices[port.owner.index] = port.owner.index + 1;
    if (this.#mostThreads > 0) {
      this.#timer ??= setInterval(() => this.#lookAround(), LookMs).unref();
    }
    return number;
  }

  /** Lets threads that are there have their share of a port that has been added. */
  share(port: CarrierPort): void {
    if (this.#carriers.length === 0) return;
    void this.#open(port).then(() => {
      if (this.#isEngaged && this.#shared.has(port)) this.#divide([port]);
    });
  }

  remove(port: CarrierPort): void {
    const { index } = port.owner;
    this.#ports.delete(port.number);
    this.#shared.delete(port);
    for (const carrier of this.#carriers) carrier.close(port);
    if (this.#senders[index] === port) {
      this.#senders[index] = undefined;
      this.#devices[index] = 0;
      this.#machine?.revalidate();
    }
    if (this.#ports.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#isEngaged = false;
    this.#need = new Need();
    for (const carrier of this.#carriers) carrier.end();
    this.ended = Promise.all([this.ended, ...this.#carriers.map(async (carrier) => carrier.ended)]);
    this.#carriers = [];
    this.#grace.threads = [];
  }

  /** What threads have counted at a port. */
  countersOf({ number }: CarrierPort): PortCounters {
    return sumOf(this.#carriers.map((carrier) => this.#board.counters(carrier.number, number)));
  }

  /** A frame has come by a port of the main thread. */
  take(packet: Packet, port: CarrierPort): void {
    if (this.#mayCarry) {
      const device = this.#carrier.carry(packet, port.owner, this.#tick);
      if (device !== Up) {
        this.#senders[device - 1]?.send(packet);
        return;
      }
    }
    port.receive(packet);
  }

  /** Lets threads carry besides the main one, which are started the first time. */
  async engage(): Promise<void> {
    if (this.#isEngaged || this.#isBroken || this.#mostThreads === 0) return;
    this.#isEngaged = true;
    try {
      if (this.#carriers.length === 0) {
        this.#start();
        await Promise.all([...this.#ports.values()].map(async (port) => this.#open(port)));
      }
      // Meanwhile all ports may have been closed.
      if (!this.#isEngaged) return;
      this.#board.isGateOpen = false;
      const ports = [...this.#shared];
      this.#divide(ports);
      this.#backlog = new Map(ports.map((port) => [port, port.ring.taken + port.ring.waiting]));
      this.#checkBacklog();
      this.#log.info('carrier threads join', { threads: this.threads });
    } catch (error) {
      this.#giveUp(error);
    }
  }

  /** The main thread is enough again. */
  disengage(): void {
    if (!this.#isEngaged) return;
    this.#isEngaged = false;
    for (const port of this.#shared) port.ring.divide(toFirst);
    this.#log.info('carrier threads leave', {});
  }

  #start(): void {
    const { records, seed } = this.place;
    const { address, buffer } = this.#table;
    const table = { address, length: buffer.byteLength, records, seed };
    const ports = {
      receive: (packet: Packet, arrival: number) => this.#senders[arrival]?.receive(packet),
      lost: (reason: string) => this.#giveUp(new IoError({ code: 'carrier-thread' }, reason)),
    };
    this.#carriers = Array.from(
      { length: this.#mostThreads },
      (_, number) => new Carrier(this.hub, { number, board: this.#board.memory, table }, ports),
    );
    this.#grace.threads = this.#carriers.map(({ number }) => number);
  }

  /** Lets all threads have a share of a port. One that they cannot have a share of is the main thread's alone. */
  async #open(port: CarrierPort): Promise<void> {
    try {
      // One after the other: so they are numbered alike in all groups.
      for (const carrier of this.#carriers) await carrier.open(port);
      if (this.#ports.get(port.number) === port) this.#shared.add(port);
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      const { name } = port.owner;
      this.#log.warn('an interface without carrier threads', { name, reason: error.message });
    }
  }

  #divide(ports: readonly CarrierPort[]): void {
    const program = divisionAmong(1 + this.#carriers.length);
    for (const port of ports) port.ring.divide(program);
  }

  /** Goes on without threads, for ever. */
  #giveUp(error: unknown): void {
    if (!(error instanceof IoError)) throw error;
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.disengage();
    this.#openGate();
    // It would never say that it has nothing in hand.
    this.#grace.threads = [];
    this.#log.warn('no carrier threads', { reason: error.message });
  }

  #openGate(): void {
    this.#backlog = undefined;
    this.#board.isGateOpen = true;
  }

  #look(now: number): void {
    this.#tick = tickAt(this.#origin, now);
    this.#mayCarry =
      (this.#machine?.counters.carried ?? 0) > 0 && this.#carrier.isAttended(this.#tick);
    if (this.#backlog !== undefined) this.#checkBacklog();
  }

  /** When all frames that came before they were divided have been dealt with, threads may deal with those behind them. */
  #checkBacklog(): void {
    for (const [port, taken] of this.#backlog ?? []) {
      if (port.ring.taken < taken && this.#ports.get(port.number) === port) return;
    }
    this.#openGate();
  }

  #handleQuiet(): void {
    // What waits of a flow goes before what is carried of it.
    for (const carrier of this.#carriers) carrier.drain();
    this.#machine?.install();
  }

  #lookAround(): void {
    if (this.#isAlways) {
      void this.engage();
      return;
    }
    const all = [...this.#ports.values()];
    const shed = sumOf(all.map(({ counters }) => counters)).shed;
    const before = this.#need.isNeeded;
    this.#need.look(shed, this.takenByThreads);
    if (this.#need.isNeeded === before) return;
    if (before) this.disengage();
    else void this.engage();
  }

  #freeNumber(): number {
    for (let step = 0; step < BoardPorts; step += 1) {
      const number = (this.#nextNumber + step) % BoardPorts;
      if (this.#ports.has(number)) continue;
      this.#nextNumber = number + 1;
      this.#board.clear(number);
      return number;
    }
    throw new IoError({ code: 'carrier-thread' }, `there can be ${BoardPorts} ports`);
  }
}
