import { after, seconds, type Instant } from '../../../director/base/time.js';
import * as ethernet from '../../../director/wire/ethernet.js';
import type { Packet } from '../../../director/wire/packet.js';
import type { EventQueue } from '../event-queue.js';
import type { Channel, NetworkObserver, NetworkParts } from './channel.js';

/** How long a switch remembers where a MAC address was seen: the default of IEEE 802.1D. */
const Ageing = seconds(300);

interface Place {
  port: number;
  until: Instant;
}

/**
 * A switch that learns: a frame goes where its destination was last seen as a source, or everywhere. Partitions are made
 * here, because a switch, or the one behind it, is where real networks fall apart: of a pair of ports one direction, or
 * both, may be blocked.
 */
export class EthernetSwitch {
  readonly name: string;
  readonly #queue: EventQueue;
  readonly #observer: NetworkObserver;
  readonly #outputs: Channel[] = [];
  readonly #places = new Map<number, Place>();
  readonly #blocked = new Set<number>();

  constructor(name: string, { queue, observer }: NetworkParts) {
    this.name = name;
    this.#queue = queue;
    this.#observer = observer;
  }

  /** Connects a port; what comes in there is to be handed to `receive` with the number that this returns. */
  connect(output: Channel): number {
    return this.#outputs.push(output) - 1;
  }

  get ports(): number {
    return this.#outputs.length;
  }

  receive(port: number, frame: Packet): void {
    const { view, start, end } = frame;
    if (!ethernet.isValid(start, end)) return;
    this.#learn(macKey(ethernet.sourceHigh(view, start), ethernet.sourceLow(view, start)), port);
    const isForOne = !ethernet.isMulticast(view, start);
    const place = isForOne ? this.#find(view, start) : undefined;
    if (place === undefined) this.#flood(port, frame);
    else if (place !== port) this.#forward(port, place, frame);
  }

  /** Forgets where everybody is. */
  flush(): void {
    this.#places.clear();
  }

  /** Blocks frames from one port to another, or lets them pass again. */
  block(from: number, to: number, isBlocked: boolean): void {
    if (isBlocked) this.#blocked.add(pairKey(from, to));
    else this.#blocked.delete(pairKey(from, to));
  }

  isBlocked(from: number, to: number): boolean {
    return this.#blocked.has(pairKey(from, to));
  }

  /** What was learnt at a port is forgotten: its link has gone down. */
  forget(port: number): void {
    for (const [mac, place] of this.#places) if (place.port === port) this.#places.delete(mac);
  }

  #learn(mac: number, port: number): void {
    const until = after(this.#queue.now, Ageing);
    const place = this.#places.get(mac);
    if (place === undefined) this.#places.set(mac, { port, until });
    else {
      place.port = port;
      place.until = until;
    }
  }

  #find(view: DataView, start: number): number | undefined {
    const mac = macKey(ethernet.destinationHigh(view, start), ethernet.destinationLow(view, start));
    const place = this.#places.get(mac);
    return place === undefined || place.until <= this.#queue.now ? undefined : place.port;
  }

  #flood(from: number, frame: Packet): void {
    for (let port = 0; port < this.#outputs.length; port += 1) {
      if (port !== from) this.#forward(from, port, frame);
    }
  }

  #forward(from: number, to: number, frame: Packet): void {
    const output = this.#outputs[to];
    if (output === undefined) return;
    if (this.#blocked.size > 0 && this.#blocked.has(pairKey(from, to))) {
      this.#observer.lost(output, frame, 'blocked');
    } else output.send(frame);
  }
}

/** 48 bits are exact in a number. */
const macKey = (high: number, low: number): number => high * 0x1_0000_0000 + low;

const pairKey = (from: number, to: number): number => from * 65_536 + to;
