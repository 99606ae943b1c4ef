import { IoError } from '../base/errors.js';
import * as ethernet from '../wire/ethernet.js';
import type { Packet } from '../wire/packet.js';
import type { Libc } from './libc.js';
import { HeaderLength, writeHeader } from './offload-header.js';
import { SendQueue } from './send-queue.js';
import { XdpSendQueue } from './xdp-send-queue.js';

/** After what time the faster way is tried again. */
const RetryMs = 1_000;

/** The interface that frames leave by, and the packet socket that is bound to it for sending. */
export interface SendingPlace {
  readonly interfaceIndex: number;
  readonly mtu: number;
  readonly fd: number;
}

/**
 * Sends the frames of a port in their order, by two ways. An AF_XDP socket, where there is one, is the faster, and takes ordinary
 * frames. The packet socket takes any frame.
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
  #retry: NodeJS.Timeout | undefined;
  /** What earlier queues of the faster way have counted, and frames that could not even be queued. */
  #sentBefore = 0;
  #refusedBefore = 0;

  constructor(libc: Libc, place: SendingPlace) {
    this.#libc = libc;
    this.#place = place;
    this.#queue = new SendQueue(libc, place.fd);
    this.#longestFast = ethernet.HeaderLength + place.mtu;
  }

  /** Frames that the kernel took. */
  get sent(): number {
    return this.#queue.sent + this.sentFast;
  }

  /** How many of those went the faster way. */
  get sentFast(): number {
    return this.#sentBefore + (this.#fast?.sent ?? 0);
  }

  /** Frames that the kernel refused. */
  get refused(): number {
    return this.#queue.refused + this.#refusedBefore + (this.#fast?.refused ?? 0);
  }

  /** True when ordinary frames go the faster way. */
  get isFast(): boolean {
    return this.#fast !== undefined;
  }

  /**
   * Looks for the faster way, unless there is one. When there is none everything goes by the packet socket. It is for one socket alone,
   * and the kernel takes it from one that has been closed only a moment later: so there is a second try.
   */
  quicken(): void {
    if (!this.#tryFast()) this.#quickenLater();
  }

  /** Queues a frame. When it stays as it is until the next flush `memory` is the address of its memory; else it is copied. */
  add(packet: Packet, memory: number | undefined): void {
    const fast = this.#fast;
    if (fast !== undefined && this.#mayGoFast(packet) && fast.suits(packet) && fast.add(packet)) {
      return;
    }
    writeHeader(packet);
    const start = packet.start - HeaderLength;
    const length = packet.end - start;
    // The queue must not make room for itself: what waits for the faster way goes first.
    if (!this.#queue.hasRoom(memory === undefined ? length : 0)) this.flush();
    if (memory === undefined) this.#queue.addCopy(packet.bytes, start, packet.end);
    else this.#queue.add(memory + start, length);
  }

  /** Sends what waits. */
  flush(): void {
    this.#fast?.flush();
    if (this.#fast?.isBroken === true) {
      this.#closeFast();
      this.#quickenLater();
    }
    this.#queue.flush();
  }

  /** A frame that cannot even be queued. */
  refuse(): void {
    this.#refusedBefore += 1;
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#closeFast();
    this.#queue.close();
  }

  #quickenLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#tryFast(), RetryMs).unref();
  }

  #tryFast(): boolean {
    try {
      this.#fast ??= new XdpSendQueue(this.#libc, this.#place.interfaceIndex);
      return true;
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      return false;
    }
  }

  #closeFast(): void {
    if (this.#fast === undefined) return;
    this.#sentBefore += this.#fast.sent;
    this.#refusedBefore += this.#fast.refused;
    this.#fast.close();
    this.#fast = undefined;
  }

  #mayGoFast(packet: Packet): boolean {
    const length = packet.end - packet.start;
    return length >= ethernet.HeaderLength && length <= this.#longestFast && this.#queue.isEmpty;
  }
}
