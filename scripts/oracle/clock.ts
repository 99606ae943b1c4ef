import { connectionName, type ListedConnection } from './connection-listing.js';
import { endpointText } from './endpoint.js';
import { Protocol, type RecordedPacket } from './frame.js';
import type { Mark } from './scenario-text.js';

/** The kernel's timeouts in seconds by state, as far as an entry in them shows how long ago its last packet was. */
const Timeouts = new Map([
  ['ESTABLISHED', 900],
  ['SYN_SENT', 120],
  ['SYN_RECV', 60],
  ['FIN_WAIT', 120],
  ['TIME_WAIT', 120],
  ['CLOSE', 10],
  ['CLOSE_WAIT', 60],
  ['LAST_ACK', 30],
  ['UDP', 300],
]);

/** Seconds that an entry in a state lives after a packet; for templates and unknown states more than any scenario lasts. */
export const timeoutOf = (state: string): number => Timeouts.get(state) ?? Infinity;

const ProtocolNames = new Map<number, string>([
  [Protocol.tcp, 'TCP'],
  [Protocol.udp, 'UDP'],
  [Protocol.sctp, 'SCTP'],
]);

/** Where a scenario's marks lie on the clock of its captures. */
export interface MarkClock {
  /** Microseconds to add to a mark's time; undefined when no entry tells. */
  readonly offset: number | undefined;
  /** Entries of all marks that agree with it, of those whose timeout is known. */
  readonly agreeing: number;
  readonly known: number;
}

/** An entry whose age a mark shows: the last packet before the mark was `age` to `age + 1` seconds before it. */
interface Witness {
  /** The mark's time in microseconds. */
  readonly mark: number;
  readonly packets: readonly number[];
  readonly expires: number;
  readonly timeout: number;
}

const Second = 1_000_000;

/**
 * Finds the marks' place in time from the recording itself: a mark's text says how many seconds each entry had left, and
 * the captures say when each entry's packets went by. Each packet of an entry proposes an offset; the one that most
 * entries agree with is taken, in the middle of what these leave open: a second at most, because entries' seconds are
 * rounded down. Half a second more is allowed to each, because reading the tables took the recorded machine time.
 */
export function placeMarks(packets: readonly RecordedPacket[], marks: readonly Mark[]): MarkClock {
  const witnesses = witnessesOf(packetTimes(packets), marks);
  let best: readonly Witness[] = [];
  let proposal: number | undefined;
  for (const candidate of proposals(witnesses)) {
    const agreeing = witnesses.filter((one) => rangeOf(one, candidate) !== undefined);
    if (agreeing.length <= best.length) continue;
    best = agreeing;
    proposal = candidate;
  }
  if (proposal === undefined) return { offset: undefined, agreeing: 0, known: witnesses.length };
  return { offset: middle(best, proposal), agreeing: best.length, known: witnesses.length };
}

/** Entries that make proposals; all are asked whether they agree. */
const MostProposers = 64;
const ProposalStep = Second / 10;

/** The offsets at which one packet or another of some entry was the entry's last before its mark. */
function proposals(witnesses: readonly Witness[]): Set<number> {
  const step = Math.ceil(witnesses.length / MostProposers);
  const candidates = new Set<number>();
  for (const [index, { mark, packets, expires, timeout }] of witnesses.entries()) {
    if (index % step !== 0) continue;
    for (const time of packets) {
      for (const age of [0, 0.5, 1]) {
        const exact = time + (timeout - expires - age) * Second - mark;
        candidates.add(Math.round(exact / ProposalStep) * ProposalStep);
      }
    }
  }
  return candidates;
}

/** The middle between the last offset that an agreeing witness begins with and the first that one ends with. */
function middle(agreeing: readonly Witness[], proposal: number): number {
  let first = -Infinity;
  let last = Infinity;
  for (const witness of agreeing) {
    const range = rangeOf(witness, proposal);
    if (range === undefined) continue;
    first = Math.max(first, range.first);
    last = Math.min(last, range.last);
  }
  return Math.round((first + last) / 2);
}

/** The offsets around a proposed one at which a witness's entry had as long to live as its mark says. */
function rangeOf(
  { mark, packets, expires, timeout }: Witness,
  proposal: number,
): { readonly first: number; readonly last: number } | undefined {
  const at = mark + proposal;
  const before = packets.findLast((time) => time <= at);
  if (before === undefined) return undefined;
  const last = before + (timeout - expires) * Second - mark;
  const first = last - Second;
  const isNear = proposal >= first - Second / 2 && proposal <= last + Second / 2;
  return isNear ? { first, last } : undefined;
}

function witnessesOf(
  times: ReadonlyMap<string, readonly number[]>,
  marks: readonly Mark[],
): Witness[] {
  return marks.flatMap((mark) =>
    (mark.master.connections ?? []).flatMap((entry: ListedConnection) => {
      const timeout = Timeouts.get(entry.state);
      const packets = times.get(connectionName(entry));
      if (timeout === undefined || packets === undefined) return [];
      return [{ mark: mark.time * Second, packets, expires: entry.expires, timeout }];
    }),
  );
}

/** When packets of each connection went by on the client side, either way, in order. */
function packetTimes(packets: readonly RecordedPacket[]): Map<string, number[]> {
  const times = new Map<string, number[]>();
  for (const { at, header } of packets) {
    const protocol = ProtocolNames.get(header.protocol);
    if (protocol === undefined) continue;
    const source = endpointText({ address: header.source, port: header.sourcePort });
    const target = endpointText({ address: header.destination, port: header.destinationPort });
    for (const name of [
      `${protocol} ${source} -> ${target}`,
      `${protocol} ${target} -> ${source}`,
    ]) {
      const known = times.get(name);
      if (known === undefined) times.set(name, [at]);
      else known.push(at);
    }
  }
  return times;
}
