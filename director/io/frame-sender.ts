import { IoError } from '../base/errors.js';
import * as ethernet from '../wire/ethernet.js';
import type { Packet } from '../wire/packet.js';
import type { Libc } from './libc.js';
import { HeaderLength, writeHeader } from './offload-header.js';
import { SendQueue } from './send-queue.js';
import { XdpSendQueue } from './xdp-send-queue.js';
import { ChunkLength } from './xdp-socket.js';

/** The interface that frames leave by, and the packet socket that is bound to it for sending. */
export interface SendingPlace {
  readonly interfaceIndex: number;
  readonly mtu: number;
  readonly fd: number;
}

/**
 * Sends the frames of a port in their order, by two ways. An AF_XDP socket, where there is one, is the faster, and takes ordinary
 * frames to which nothing is left to be done. The packet socket takes any frame.
 *
 * At a flush what waits for the first goes before what waits for the second. So the order holds when a frame goes the first way
 * only while none waits for the second.
 */
export class FrameSender {
  readonly #libc: Libc;
  readonly #place: SendingPlace;
  readonly #queue: SendQueue;
  /** Longer frames are for the packet socket, which knows whether the interface takes them. */
  readonly #longestFast: number;
  #fast: XdpSendQueue | undefined;
  #refused = 0;

  constructor(libc: Libc, place: SendingPlace) {
    this.#libc = libc;
    this.#place = place;
    this.#queue = new SendQueue(libc, place.fd);
    this.#longestFast = Math.min(ChunkLength, ethernet.HeaderLength + place.mtu);
  }

  /** Frames that the kernel took. */
  get sent(): number {
    return this.#queue.sent + this.sentFast;
  }

  /** How many of those went by AF_XDP. */
  get sentFast(): number {
    return this.#fast?.sent ?? 0;
  }

  get refused(): number {
    return this.#queue.refused + this.#refused + (this.#fast?.refused ?? 0);
  }

  /** Looks for the faster way, unless there is one. Without AF_XDP, or when it is taken, everything goes by the packet socket. */
  quicken(): void {
    try {
      this.#fast ??= new XdpSendQueue(this.#libc, this.#place.interfaceIndex);
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
    }
  }

  /** Queues a frame. When it stays as it is until the next flush `memory` is the address of its memory; else it is copied. */
  add(packet: Packet, memory: number | undefined): void {
    if (this.#mayGoFast(packet) && this.#fast?.add(packet) === true) return;
    writeHeader(packet);
    const start = packet.start - HeaderLength;
    if (memory === undefined) this.#queue.addCopy(packet.bytes, start, packet.end);
    else this.#queue.add(memory + start, packet.end - start);
  }

  /** Sends what waits. */
  flush(): void {
    this.#fast?.flush();
    this.#queue.flush();
  }

  /** A frame that cannot even be queued. */
  refuse(): void {
    this.#refused += 1;
  }

  close(): void {
    this.#fast?.close();
    this.#queue.close();
  }

  #mayGoFast(packet: Packet): boolean {
    const length = packet.end - packet.start;
    const isOrdinary = length >= ethernet.HeaderLength && length <= this.#longestFast;
    return isOrdinary && packet.checksumFrom === 0 && this.#queue.isEmpty;
  }
}
