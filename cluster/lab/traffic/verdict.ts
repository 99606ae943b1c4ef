import { flowKey, type FlowRecord, type Gap } from './flow-record.js';

/** When things happened in a run with one fail-over and perhaps a fail-back. Milliseconds since the epoch. */
export interface Timeline {
  readonly killedAt: number;
  /** When the survivor became master; undefined when it never did. */
  readonly newMasterAt?: number;
  /** When the killed node was started again. */
  readonly restartedAt?: number;
  /** When the restarted node became master again. */
  readonly failBackAt?: number;
  readonly endAt: number;
}

/** The connection tables of both nodes just before a node stops being master: keys as `flowKey` makes them. */
export interface TableKnowledge {
  /** Entries that the next master has. */
  readonly successor: ReadonlySet<string>;
  /** Packets that the old master has counted for each of its entries. */
  readonly packets: ReadonlyMap<string, number>;
}

/** What decides why a flow could not be saved. */
export interface SyncFacts {
  /** The client packet from which on an entry is synced. */
  readonly threshold: number;
  /** How long a sync message may take from the packet that causes it to the successor's table. */
  readonly windowMs: number;
  /** Undefined: not observed. */
  readonly failOver: TableKnowledge | undefined;
  readonly failBack: TableKnowledge | undefined;
}

export type Verdict =
  | 'survived'
  | 'broken by the fail-over'
  | 'broken by the fail-back'
  | 'broken before'
  | 'never established';

/** Why a flow was broken; `other` is a bug of ours. */
export type BreakCause =
  | 'below the sync threshold'
  | 'inside the sync window'
  | 'sync message lost'
  | 'other';

/** The longest time without an answer around a fault. */
export interface FlowBlackouts {
  readonly failOver?: Gap;
  readonly failBack?: Gap;
}

export interface FlowVerdict extends FlowBlackouts {
  readonly key: string;
  readonly protocol: 'TCP' | 'UDP';
  readonly server: string | undefined;
  readonly verdict: Verdict;
  /** Of flows broken by the fail-over or the fail-back. */
  readonly cause?: BreakCause;
  /** Of every flow that did not survive. */
  readonly reason?: string;
}

/**
 * Says of one flow whether it survived. Surviving takes proof: an answer after the new master took over, and another
 * after the fail-back; a flow that was only not seen to break counts as broken.
 */
export function judgeFlow(record: FlowRecord, timeline: Timeline, sync: SyncFacts): FlowVerdict {
  const key = flowKey(record);
  const base = {
    key,
    protocol: record.protocol,
    server: record.server,
    ...blackoutsOf(record, timeline),
  };
  const end = endOf(record, timeline);
  if (end === undefined) return { ...base, verdict: 'survived' };
  const { verdict, reason } = end;
  if (verdict === 'never established' || verdict === 'broken before') {
    return { ...base, verdict, reason };
  }
  const failOver = verdict === 'broken by the fail-over';
  const faultAt = failOver ? timeline.killedAt : (timeline.restartedAt ?? timeline.killedAt);
  const knowledge = failOver ? sync.failOver : sync.failBack;
  return { ...base, verdict, reason, cause: causeOf(record, faultAt, knowledge, sync) };
}

/** A flow silent for this long before the kill was dead already: every flow asks many times a second. */
const SilentBeforeMs = 1_000;

/** How the flow ended, or undefined when it is proved alive. */
function endOf(
  record: FlowRecord,
  timeline: Timeline,
): { readonly verdict: Exclude<Verdict, 'survived'>; readonly reason: string } | undefined {
  const { broken } = record;
  const text = broken === undefined ? 'no sign of life' : `${broken.reason}: ${broken.text}`;
  if (record.connectedAt === undefined) return { verdict: 'never established', reason: text };
  const lastAnswerAt = record.lastAnswerAt ?? record.connectedAt;
  if (broken !== undefined && broken.reason !== 'timeout') {
    return { verdict: phaseOf(broken.at, timeline), reason: text };
  }
  // A time-out is noticed long after its cause, so silence is judged by the last answer instead.
  if (lastAnswerAt < timeline.killedAt - SilentBeforeMs) {
    return { verdict: 'broken before', reason: 'no answer for a second before the kill' };
  }
  if (lastAnswerAt < (timeline.newMasterAt ?? timeline.endAt)) {
    return { verdict: 'broken by the fail-over', reason: 'no answer since the fail-over' };
  }
  const backAt = timeline.failBackAt ?? timeline.restartedAt;
  if (backAt !== undefined && lastAnswerAt < backAt) {
    return { verdict: 'broken by the fail-back', reason: 'no answer since the fail-back' };
  }
  return broken === undefined
    ? undefined
    : { verdict: phaseOf(lastAnswerAt, timeline), reason: text };
}

function phaseOf(at: number, timeline: Timeline): Exclude<Verdict, 'survived'> {
  if (at < timeline.killedAt) return 'broken before';
  if (timeline.restartedAt !== undefined && at >= timeline.restartedAt) {
    return 'broken by the fail-back';
  }
  return 'broken by the fail-over';
}

/** The class of DESIGN.md §1: what the next master could have known of the flow at `faultAt`. */
function causeOf(
  record: FlowRecord,
  faultAt: number,
  knowledge: TableKnowledge | undefined,
  sync: SyncFacts,
): BreakCause {
  const key = flowKey(record);
  if (knowledge?.successor.has(key) === true) return 'other';
  // Without the master's count: what the client has sent, and for TCP the two packets of its handshake.
  const packets = knowledge?.packets.get(key) ?? record.sent + (record.protocol === 'TCP' ? 2 : 0);
  if (packets < sync.threshold) return 'below the sync threshold';
  if ((record.connectedAt ?? faultAt) > faultAt - sync.windowMs) return 'inside the sync window';
  return knowledge === undefined ? 'other' : 'sync message lost';
}

/** The longest gap around the kill and the longest around the return, as far as the record shows any. */
function blackoutsOf(record: FlowRecord, timeline: Timeline): FlowBlackouts {
  const failOver = longestGapWithin(
    record,
    timeline.killedAt,
    timeline.restartedAt ?? timeline.endAt,
  );
  const failBack =
    timeline.restartedAt === undefined
      ? undefined
      : longestGapWithin(record, timeline.restartedAt, timeline.endAt);
  return { ...(failOver && { failOver }), ...(failBack && { failBack }) };
}

/** The longest known gap that overlaps the time from `from` to `to`. */
export function longestGapWithin(record: FlowRecord, from: number, to: number): Gap | undefined {
  let longest: Gap | undefined;
  const phaseGaps = record.phases.flatMap((phase) => phase.longestGap ?? []);
  for (const gap of [...record.stalls, ...phaseGaps]) {
    if (gap.to <= from || gap.from >= to) continue;
    if (longest === undefined || gap.to - gap.from > longest.to - longest.from) longest = gap;
  }
  return longest;
}

/** The gaps of many flows around one fault. */
export interface Blackout {
  readonly flows: number;
  readonly medianMs: number;
  readonly maxMs: number;
  /** When the first of the flows had an answer again: the first packet through. */
  readonly firstAnswerAt: number;
}

/**
 * The blackout of the flows that survived, or undefined when none is known. Answers before `notBefore` were still under
 * way when the fault happened; they count for the gaps, not as the first one after it.
 */
export function blackoutOf(
  verdicts: readonly FlowVerdict[],
  protocol: 'TCP' | 'UDP',
  fault: 'failOver' | 'failBack',
  notBefore = 0,
): Blackout | undefined {
  const gaps = verdicts
    .filter((flow) => flow.protocol === protocol && flow.verdict === 'survived')
    .flatMap((flow) => flow[fault] ?? []);
  const lengths = gaps.map((gap) => gap.to - gap.from).toSorted((left, right) => left - right);
  const maxMs = lengths.at(-1);
  if (maxMs === undefined) return undefined;
  return {
    flows: lengths.length,
    medianMs: lengths[lengths.length >> 1] ?? maxMs,
    maxMs,
    firstAnswerAt: gaps
      .filter((gap) => gap.to >= notBefore)
      .reduce((first, gap) => Math.min(first, gap.to), Number.POSITIVE_INFINITY),
  };
}
