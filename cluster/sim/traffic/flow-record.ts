import type { Instant } from '../../../director/base/time.js';

/** How a flow went wrong. */
export type BreakReason = 'refused' | 'reset' | 'timeout' | 'closed' | 'corrupt' | 'server-changed';

/** What a client saw of one flow. Times are the simulation's. */
export interface FlowRecord {
  readonly id: number;
  readonly protocol: 'TCP' | 'UDP';
  /** Endpoints in the notation of `baton sessions`. */
  readonly client: string;
  readonly target: string;
  readonly openedAt: Instant;
  connectedAt: Instant | undefined;
  /** Exchanges that are complete. */
  exchanges: number;
  /** When the last request was sent, and the last reply came. */
  askedAt: Instant | undefined;
  answeredAt: Instant | undefined;
  /** The longest time between the sending of a request, or an answer before it, and the next answer. */
  longestGap: number;
  longestGapAt: Instant | undefined;
  /** The number of the real server that has answered. */
  server: number | undefined;
  closedAt: Instant | undefined;
  broken: { readonly at: Instant; readonly reason: BreakReason } | undefined;
}

export const newRecord = (
  facts: Pick<FlowRecord, 'id' | 'protocol' | 'client' | 'target' | 'openedAt'>,
): FlowRecord => ({
  ...facts,
  connectedAt: undefined,
  exchanges: 0,
  askedAt: undefined,
  answeredAt: undefined,
  longestGap: 0,
  longestGapAt: undefined,
  server: undefined,
  closedAt: undefined,
  broken: undefined,
});
