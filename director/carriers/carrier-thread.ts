import { Buffer } from 'node:buffer';
import { writeSync } from 'node:fs';
import os from 'node:os';
import process from 'node:process';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';

import { IoError } from '../base/errors.js';
import { unreachable } from '../base/invariant.js';
import { FlowCarrier, Up } from '../core/flow-carrier.js';
import { FlowPrefetch } from '../core/flow-prefetch.js';
import type { Interface } from '../core/interfaces.js';
import { loadLibc, type Libc } from '../io/libc.js';
import { RingHub } from '../io/ring-hub.js';
import { RingPort, wholeSight, type RingGroups } from '../io/ring-port.js';
import type { MacAddress } from '../wire/ethernet.js';
import type { Packet } from '../wire/packet.js';
import { Board } from './board.js';
import { clockOrigin, tickAt } from './clock.js';
import { MailboxWriter } from './mailbox.js';

/*
 * A carrier thread: it has its share of the frames of every interface, sends on what belongs to the flows of the table, and puts
 * everything else into its mailbox.
 */

/** Memory of this process, by its address. */
export interface Region {
  readonly address: number;
  readonly length: number;
}

/** What a thread begins with. */
export interface ThreadStart {
  readonly number: number;
  readonly board: SharedArrayBuffer;
  readonly table: Region & { readonly records: number; readonly seed: number };
  readonly mailbox: Region;
  /** An eventfd: whoever reads the mailbox sleeps on it. */
  readonly bell: number;
}

/** What a thread is told. */
export type Order =
  | {
      readonly kind: 'open';
      readonly port: number;
      readonly owner: Interface;
      readonly ownMacs: readonly MacAddress[];
      readonly groups: RingGroups;
    }
  | { readonly kind: 'close'; readonly port: number }
  /** Everything is to be closed, and the thread ends. */
  | { readonly kind: 'end' };

/** What it answers to `open`. */
export interface Answer {
  readonly port: number;
  /** Why it could not be opened; absent when it is open. */
  readonly trouble?: string;
}

/** What it says when something is wrong with it: it has closed everything, and ends. */
export interface LastWords {
  readonly failure: string;
}

/** The longest that a thread waits at a closed gate. */
const LongestWaitMs = 50;
const CountIntervalMs = 100;
/** Elections are timed, and the main thread has them: this one is as important as any other program. */
const Niceness = 0;

class CarrierThread {
  readonly #start: ThreadStart;
  readonly #hub: RingHub;
  readonly #board: Board;
  readonly #carrier: FlowCarrier;
  readonly #mailbox: MailboxWriter;
  readonly #ports = new Map<number, RingPort>();
  /** By index of an interface. */
  readonly #senders: (RingPort | undefined)[] = [];
  /** Frames that found no room in the mailbox, and such that could not leave, by port. */
  readonly #lost: { shed: number; refused: number }[] = [];
  readonly #origin = clockOrigin();
  #epoch = 0;
  #tick = 0;
  #mayCarry = false;

  constructor(libc: Libc, start: ThreadStart) {
    const { table, mailbox } = start;
    this.#start = start;
    this.#hub = new RingHub(libc);
    this.#board = new Board(start.board);
    const place = { ...table, memory: regionOf(libc, table) };
    this.#carrier = new FlowCarrier(place, { isAlone: false });
    const prefetch = new FlowPrefetch(place);
    this.#mailbox = new MailboxWriter(regionOf(libc, mailbox));
    // What is handed up is not to overtake what was carried before it.
    this.#hub.onSent = () => this.#publish();
    this.#hub.onLook = (now) => this.#look(now);
    this.#hub.onBatch = (batch) => {
      if (this.#mayCarry) prefetch.touch(batch);
    };
    this.#hub.onRest = () => this.#rest();
    setInterval(() => this.#count(), CountIntervalMs).unref();
  }

  follow(order: Order, parent: MessagePort): void {
    switch (order.kind) {
      case 'open':
        parent.postMessage(this.#open(order));
        return;
      case 'close':
        this.#close(order.port);
        return;
      case 'end':
        this.end(parent);
        return;
      default:
        unreachable(order);
    }
  }

  /**
   * Closes everything, after which the thread ends by itself. A thread must not be ended in any other way: what still watches its
   * sockets then ends the process (koffi's `node.poll`).
   */
  end(parent: MessagePort): void {
    for (const port of this.#ports.keys()) this.#close(port);
    parent.close();
  }

  #open({ port, owner, ownMacs, groups }: Order & { readonly kind: 'open' }): Answer {
    const lost = { shed: 0, refused: 0 };
    try {
      const take = (packet: Packet): void => this.#take(packet, owner, lost);
      const options = { isSender: false, groups };
      const ring = new RingPort(this.#hub, owner, take, wholeSight(ownMacs), options);
      this.#ports.set(port, ring);
      this.#senders[owner.index] = ring;
      this.#lost[port] = lost;
      return { port };
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      return { port, trouble: error.message };
    }
  }

  #close(port: number): void {
    const ring = this.#ports.get(port);
    if (ring === undefined) return;
    this.#ports.delete(port);
    const index = this.#senders.indexOf(ring);
    if (index >= 0) this.#senders[index] = undefined;
    ring.close();
  }

  #take(packet: Packet, arrival: Interface, lost: { shed: number; refused: number }): void {
    const device = this.#mayCarry ? this.#carrier.carry(packet, arrival, this.#tick) : Up;
    if (device !== Up) {
      const sender = this.#senders[device - 1];
      if (sender === undefined) lost.refused += 1;
      else sender.send(packet);
    } else if (!this.#mailbox.put(packet, arrival.index)) {
      lost.shed += 1;
    }
  }

  #publish(): void {
    if (this.#mailbox.publish()) writeSync(this.#start.bell, Ring);
  }

  #look(now: number): void {
    this.#epoch = (this.#epoch + 2) | 1;
    this.#board.setEpoch(this.#start.number, this.#epoch);
    this.#board.pass(LongestWaitMs);
    this.#tick = tickAt(this.#origin, now);
    this.#mayCarry = this.#carrier.isAttended(this.#tick);
  }

  #rest(): void {
    this.#epoch = (this.#epoch + 1) & ~1;
    this.#board.setEpoch(this.#start.number, this.#epoch);
  }

  #count(): void {
    for (const [port, { counters, taken }] of this.#ports) {
      const { shed, refused } = this.#lost[port] ?? { shed: 0, refused: 0 };
      this.#board.setCounters(this.#start.number, port, {
        taken,
        sent: counters.sent,
        shed: counters.shed + shed,
        refused: counters.refused + refused,
      });
    }
  }
}

/** What is written to the bell: a number that is not 0. */
const Ring = Buffer.of(1, 0, 0, 0, 0, 0, 0, 0);

const regionOf = ({ koffi }: Libc, { address, length }: Region): ArrayBuffer =>
  koffi.view(BigInt(address), length);

async function run(parent: MessagePort): Promise<void> {
  const thread = new CarrierThread(await loadLibc(), workerData);
  try {
    // In Linux that is a matter of a thread.
    os.setPriority(Niceness);
  } catch {
    // Then it is as important as the main thread.
  }
  parent.on('message', (order: Order) => thread.follow(order, parent));
  process.on('uncaughtException', (error) => {
    const lastWords: LastWords = { failure: String(error) };
    parent.postMessage(lastWords);
    thread.end(parent);
  });
}

if (parentPort !== null) await run(parentPort);
