import type { IpAddress } from '../../director/base/address.js';
import type { Instant } from '../../director/base/time.js';
import type { VrrpState } from './state.js';

/** What an election says about itself to people and programs; the control socket shows it. */
export interface ElectionSnapshot {
  readonly name: string;
  readonly virtualRouterId: number;
  /** The configured one. */
  readonly priority: number;
  /** The one that counts: what is tracked moves it. */
  readonly effectivePriority: number;
  readonly state: VrrpState;
  /** When the present state was entered; the clock's origin before the start. */
  readonly since: Instant;
  /** What is faulty; undefined when nothing is. */
  readonly fault: string | undefined;
  /** Changes of state since the program began. */
  readonly transitions: number;
  /** The primary address of the master, undefined when none is known. */
  readonly master: IpAddress | undefined;
  readonly masterPriority: number | undefined;
  /** True when a living master of lower priority would be replaced. */
  readonly mayPreempt: boolean;
  /** When this backup takes over if it hears nothing until then; `Never` for whom waits for nothing. */
  readonly takeOverAt: Instant;
  readonly advertisementsSent: number;
  /** Advertisements that were accepted. */
  readonly advertisementsReceived: number;
  /** Of these, the ones whose virtual addresses are not the configured ones: a mistake in one of the files. */
  readonly addressMismatches: number;
  /** Of these, the ones that came from another master, of lower rank, while this node was master. */
  readonly rivalAdvertisements: number;
  /** How often this node ran so late that a timer proved nothing about the others. */
  readonly lateTimers: number;
  /** The others, by reason; a reason that never occurred is absent. */
  readonly rejected: Readonly<Record<string, number>>;
}
