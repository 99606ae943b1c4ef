import type { Packet } from '../wire/packet.js';

/** What became of the frames that a port was given. */
export interface PortCounters {
  /** Frames that the kernel took. */
  sent: number;
  /** Those among them that left by AF_XDP, the fastest of several ways. */
  fast: number;
  /** Frames that the kernel refused: a full queue, a link that is down. */
  refused: number;
  /** Frames that were received and given up unread, because dealing with all would have kept the node from other work. */
  shed: number;
}

/** What became of the frames of several ports. */
export function sumOf(ports: readonly PortCounters[]): PortCounters {
  const sum = { sent: 0, fast: 0, refused: 0, shed: 0 };
  for (const { sent, fast, refused, shed } of ports) {
    sum.sent += sent;
    sum.fast += fast;
    sum.refused += refused;
    sum.shed += shed;
  }
  return sum;
}

/**
 * One interface of the data plane: the narrow port that every packet driver implements. Received frames are handed to
 * the callback given at opening, in a packet that is valid only until the callback returns.
 */
export interface FramePort {
  readonly counters: PortCounters;
  /** How many frames have arrived and not been dealt with, as far as the driver can see. */
  readonly waiting: number;
  /** Sends the frame; a refusal is counted, never thrown. */
  send(packet: Packet): void;
  /** To be called when the interface is up again. */
  reopen(): void;
  close(): void;
}
