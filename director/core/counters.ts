/** Why a frame went no further. */
export const DropReason = {
  /** Too short, or a field contradicts the length or the checksum. */
  malformed: 0,
  /** An EtherType that is not IPv4, IPv6 or ARP. */
  otherEtherType: 1,
  /** An IP protocol that no service has. */
  otherProtocol: 2,
  /** Sent to another host, or by us. */
  notForUs: 3,
  /** For a virtual service whose address another node holds now. */
  notMaster: 4,
  /** For one of our addresses, but no service is there. */
  noService: 5,
  /** A TCP segment that opens nothing and belongs to nothing known: never reset, the sender will try again. */
  noConnection: 6,
  /** No real server of the service can take a connection. */
  noServer: 7,
  /** The connection table is full. */
  tableFull: 8,
  /** The time to live is used up. */
  ttl: 9,
  /** A part of a fragmented datagram whose first part has not been seen. */
  fragment: 10,
  /** No route to the next hop. */
  noRoute: 11,
  /** The next hop did not answer, or too many packets already wait for it. */
  unresolved: 12,
  /** Longer than the interface it would leave by can carry. */
  tooBig: 13,
  /** The connection's real server has been removed. */
  serverGone: 14,
  /** Left out on purpose, because the node is under pressure: by `drop_packet`, or because frames come too fast. */
  overloaded: 15,
  /** An ICMP error about nothing known. */
  unrelatedIcmp: 16,
  /** For the node itself, which has no way to take it from here. */
  noLocalDelivery: 17,
  /** One client address and port has as many connections as one may have. */
  clientLimit: 18,
  /** An ICMP error about a packet that we put into a tunnel, of which there is nothing to tell the client. */
  tunnelError: 19,
  /** FullNat has no local address and port free to talk to the real server from. */
  noLocalPort: 20,
  /** Opens a connection again whose first packet still waits until the connection is committed. */
  repeated: 21,
  /** Of a connection that is not committed yet, with too many packets that wait, or that ended while they did. */
  uncommitted: 22,
  /** Of a connection that is over, while another node that is still master may have opened another on its ports. */
  doubtful: 23,
} as const;
export type DropReason = (typeof DropReason)[keyof typeof DropReason];

/** The reasons by number. */
export const DropReasons: readonly DropReason[] = Object.values(DropReason);

/** The words for the reasons, as the CLI and metrics show them. */
export const DropReasonNames = Object.keys(DropReason).map((name) =>
  name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
);

/** What became of a frame. */
export const Verdict = {
  /** Sent on towards a real server or a client. */
  forward: 0,
  /** Answered by the director itself: ARP, ping. */
  answer: 1,
  drop: 2,
  /** Kept until the next hop's MAC address is known, or the connection is committed; ends as forward or drop. */
  hold: 3,
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/**
 * Counts every frame exactly once: received = forwarded + answered + held + the sum of dropped. The packet path writes
 * no log; these are the log.
 */
export class Counters {
  received = 0;
  forwarded = 0;
  answered = 0;
  /** Frames that wait now: for a neighbour, for the first fragment of their datagram, or for a commitment. */
  held = 0;
  /** Connections ended to make room in a full table. */
  evicted = 0;
  /** ICMP errors that the director has sent. */
  icmpErrors = 0;
  readonly dropped = new Float64Array(DropReasonNames.length);

  drop(reason: DropReason): Verdict {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + 1;
    return Verdict.drop;
  }

  /** Drops by name, those that happened. */
  droppedByName(): Record<string, number> {
    const named: Record<string, number> = {};
    for (const [reason, name] of DropReasonNames.entries()) {
      const count = this.dropped[reason] ?? 0;
      if (count > 0) named[name] = count;
    }
    return named;
  }
}
