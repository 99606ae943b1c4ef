import type { Packet } from '../wire/packet.js';
import type { Libc } from './libc.js';
import { HeaderLength, writeHeader } from './offload-header.js';
import type { SendQueue } from './send-queue.js';

/**
 * What the ring ports of one data plane share: the frame in hand, which lies in the ring of one port and leaves by another, and
 * the end of a batch, when everything that was queued is sent before the slots go back to the kernel.
 */
export class RingHub {
  readonly libc: Libc;
  readonly #queues = new Set<SendQueue>();
  #hand: Packet | undefined;
  #address = 0;

  constructor(libc: Libc) {
    this.libc = libc;
  }

  add(queue: SendQueue): void {
    this.#queues.add(queue);
  }

  remove(queue: SendQueue): void {
    this.#queues.delete(queue);
  }

  /** A frame of a batch is in `packet`, whose memory begins at `address`, and stays where it is until the batch ends. */
  take(packet: Packet, address: number): void {
    this.#hand = packet;
    this.#address = address;
  }

  /** The batch ends. */
  end(): void {
    this.#hand = undefined;
    for (const queue of this.#queues) queue.flush();
  }

  /** Queues a frame. It leaves at the end of the batch, or at once when there is none. */
  send(packet: Packet, queue: SendQueue): void {
    writeHeader(packet);
    const start = packet.start - HeaderLength;
    if (packet === this.#hand) queue.add(this.#address + start, packet.end - start);
    else queue.addCopy(packet.bytes, start, packet.end);
    if (this.#hand === undefined) queue.flush();
  }
}
