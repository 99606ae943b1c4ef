import { innerOffset, Protocol, readIpHeader } from './frame.js';

/** A packet that came to the recorded director, or that a director sent. */
export interface PassingPacket {
  /** The side of the director: 0 for the clients' and 1 for the servers'. */
  readonly side: number;
  /** When, in microseconds since 1970. */
  readonly at: number;
  /** The IP packet. */
  readonly bytes: Uint8Array;
}

/**
 * What the captures of a director's sides missed because they ended at different times. One is known to have ended too
 * early when the other side shows, later than its last frame, a packet that the director cannot have sent: nothing that
 * came in was its cause.
 */
export class CaptureEnds {
  readonly #causes: ReadonlySet<string>;
  readonly #ends: number[] = [];
  readonly #early = new Set<number>();

  constructor(arrivals: readonly PassingPacket[], sent: readonly PassingPacket[]) {
    this.#causes = new Set(arrivals.map(({ bytes }) => substanceOf(bytes)));
    for (const { side, at } of [...arrivals, ...sent]) {
      this.#ends[side] = Math.max(this.#ends[side] ?? 0, at);
    }
    for (const packet of sent) {
      if (this.hidesCauseOf(packet)) this.#early.add(1 - packet.side);
    }
  }

  /** True when the cause of a recorded packet was not recorded, because the capture of the other side had ended. */
  hidesCauseOf({ side, at, bytes }: PassingPacket): boolean {
    const other = this.#ends[1 - side];
    return other !== undefined && at > other && !this.#causes.has(substanceOf(bytes));
  }

  /** True when a packet of ours would not have been recorded, because the capture of its side had ended. */
  hides({ side, at }: PassingPacket): boolean {
    return this.#early.has(side) && at >= (this.#ends[side] ?? 0);
  }
}

/** What no forwarding changes: of the innermost packet, everything behind the ports but the checksum. */
function substanceOf(bytes: Uint8Array): string {
  let header = readIpHeader(bytes, 0);
  let inner = header && innerOffset(bytes, header);
  while (inner !== undefined) {
    const next = readIpHeader(bytes, inner);
    if (next === undefined) break;
    header = next;
    inner = innerOffset(bytes, next);
  }
  if (header === undefined) return '';
  const { protocol, payload, end } = header;
  const hex = (from: number, to: number): string =>
    Buffer.from(bytes.subarray(payload + from, Math.min(payload + to, end))).toString('hex');
  switch (protocol) {
    case Protocol.tcp:
      return `${protocol} ${hex(4, 16)} ${hex(18, Infinity)}`;
    case Protocol.udp:
      return `${protocol} ${hex(4, 6)} ${hex(8, Infinity)}`;
    case Protocol.sctp:
      return `${protocol} ${hex(4, 8)} ${hex(12, Infinity)}`;
    default:
      // Errors quote a packet that is rewritten too.
      return `${protocol} ${hex(0, 2)} ${end - payload}`;
  }
}
