import { Buffer } from 'node:buffer';
import { readSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

import { IoError } from '../base/errors.js';
import { Failed, systemError } from '../io/libc.js';
import { MappedMemory } from '../io/mapped-memory.js';
import { readHeader } from '../io/offload-header.js';
import { onLoop, type Ring, type RingHub } from '../io/ring-hub.js';
import type { Packet } from '../wire/packet.js';
import type { CarrierPort } from './carrier-port.js';
import type { Answer, LastWords, Order, ThreadStart } from './carrier-thread.js';
import { MailboxLength, MailboxReader } from './mailbox.js';

/** EFD_NONBLOCK | EFD_CLOEXEC. */
const BellFlags = 0o4000 | 0o2000000;
/** Frames of a mailbox that are dealt with together. */
const BatchFrames = 64;
const Readable = { readable: true } as const;

/** What becomes of what a thread has to say. */
export interface CarrierPorts {
  /** A frame that it does not carry, and the index of the interface that it came by. */
  readonly receive: (packet: Packet, arrival: number) => void;
  /** The thread has ended by itself. */
  readonly lost: (reason: string) => void;
}

/** The main thread's end of a carrier thread. */
export class Carrier implements Ring {
  readonly number: number;
  /** Fulfilled when the thread has ended. */
  readonly ended: Promise<void>;
  readonly #hub: RingHub;
  readonly #ports: CarrierPorts;
  readonly #worker: Worker;
  readonly #memory: MappedMemory;
  readonly #mailbox: MailboxReader;
  readonly #bell: number;
  readonly #watcher: { close(): void };
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #cleared = Buffer.alloc(8);
  #isOver: () => void = () => {};

  /** Starts the thread. Throws an `IoError` when the kernel refuses something. */
  constructor(hub: RingHub, start: Omit<ThreadStart, 'bell' | 'mailbox'>, ports: CarrierPorts) {
    const { libc } = hub;
    this.#hub = hub;
    this.#ports = ports;
    this.number = start.number;
    this.#memory = new MappedMemory(libc, MailboxLength);
    this.#mailbox = new MailboxReader(this.#memory.buffer);
    this.#bell = libc.eventfd(0, BellFlags);
    if (this.#bell === Failed) throw systemError(libc, 'making an eventfd');
    this.#watcher = libc.koffi.node.poll(this.#bell, Readable, () => onLoop(() => this.#wake()));
    const mailbox = { address: this.#memory.address, length: MailboxLength };
    const workerData: ThreadStart = { ...start, mailbox, bell: this.#bell };
    const program = new URL('carrier-thread.js', import.meta.url);
    this.#worker = new Worker(program, { workerData, name: `carrier ${start.number}` });
    this.#worker.unref();
    this.#worker.on('message', (message: Answer | LastWords) => this.#hear(message));
    this.#worker.on('error', (error) => this.#lose(String(error)));
    this.#worker.on('exit', () => this.#isOver());
    this.ended = new Promise((resolve) => {
      this.#isOver = resolve;
    });
    hub.add(this);
  }

  /** Lets the thread have a ring of its own beside a port's. Throws an `IoError` when the kernel refuses. */
  async open({ number, owner, ownMacs, groups }: CarrierPort): Promise<void> {
    const answer = new Promise<Answer>((resolve) => this.#waiting.set(number, resolve));
    this.#order({ kind: 'open', port: number, owner, ownMacs, groups });
    const { trouble } = await answer;
    this.#waiting.delete(number);
    if (trouble !== undefined) throw new IoError({ code: 'carrier-thread' }, trouble);
  }

  close({ number }: CarrierPort): void {
    this.#order({ kind: 'close', port: number });
  }

  /** The thread closes everything and ends. */
  end(): void {
    this.#watcher.close();
    this.#hub.remove(this);
    this.#order({ kind: 'end' });
    void this.ended.then(() => {
      this.#hub.libc.close(this.#bell);
      this.#memory.unmap();
    });
  }

  /** Deals with all frames that wait at this moment. */
  drain(): void {
    for (let batches = 0; batches < MostBatches && this.takeBatch() > 0;) batches += 1;
  }

  takeBatch(): number {
    const mailbox = this.#mailbox;
    let taken = 0;
    while (taken < BatchFrames && !mailbox.isEmpty) {
      const arrival = mailbox.take();
      const { packet } = mailbox;
      this.#hub.take(packet, this.#memory.address);
      if (readHeader(packet)) this.#ports.receive(packet, arrival);
      taken += 1;
    }
    if (taken === 0) return 0;
    this.#hub.end();
    mailbox.release();
    return taken;
  }

  flush(): void {}

  #order(order: Order): void {
    this.#worker.postMessage(order);
  }

  #hear(message: Answer | LastWords): void {
    if ('failure' in message) this.#lose(message.failure);
    else this.#waiting.get(message.port)?.(message);
  }

  #lose(reason: string): void {
    for (const [port, answer] of this.#waiting) answer({ port, trouble: reason });
    this.#ports.lost(reason);
  }

  /** The bell rings only when everything had been read: whoever leaves something rings it himself. */
  #wake(): void {
    readSync(this.#bell, this.#cleared);
    this.#hub.serve();
    if (!this.#mailbox.isEmpty) writeSync(this.#bell, One);
  }
}

/** A whole mailbox of the shortest frames. */
const MostBatches = 512;
/** What is written to a bell. */
const One = Buffer.of(1, 0, 0, 0, 0, 0, 0, 0);
