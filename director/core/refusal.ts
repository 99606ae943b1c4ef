import { DropReason, DropReasons } from './counters.js';

/**
 * Why a connection is not opened, as a number below -1: an index and a refusal come back in one number without
 * allocating, and `NoConnection` is neither.
 */
export const refusal = (reason: DropReason): number => -2 - reason;

/** The reason of a refusal. */
export const refusalReason = (refused: number): DropReason =>
  DropReasons[-2 - refused] ?? DropReason.noServer;
