import type { LabControl } from '../lab-control.js';
import { flowKey, type FlowRecord } from '../traffic/flow-record.js';

/** What all directors knew at the moment when something was done to the lab. */
interface Snapshot {
  readonly at: number;
  /** For each director that ran: the packets of each of its entries, by `flowKey`. */
  readonly tables: readonly ReadonlyMap<string, number>[];
}

/** How long a connection may take from its packet at the threshold to its peers' tables, in milliseconds. */
const SyncWindow = 200;
/** How long after its end a cut of session sync may still be the reason. */
const RepairMs = 3_000;
/** A flow that is not answered was so from up to this long before something was done: its answer was under way. */
const UnderWay = 100;

/**
 * Explains why flows of a lab broke, in the classes of the simulator's loss check, by the tables that directors had when
 * things were done to them. `other` is a bug.
 */
export class Knowledge {
  readonly #lab: LabControl;
  readonly #threshold: number;
  readonly #snapshots: Snapshot[] = [];
  /** When real servers failed. */
  readonly #failures: { readonly server: string; readonly at: number }[] = [];
  /** From when to when session sync did not get through to everybody. */
  readonly #cuts: { readonly from: number; to: number }[] = [];

  constructor(lab: LabControl, threshold: number) {
    this.#lab = lab;
    this.#threshold = threshold;
  }

  /** Session sync is cut, or from this moment on not any more. */
  syncIsCut(at: number, isCut: boolean): void {
    if (isCut) this.#cuts.push({ from: at, to: Number.POSITIVE_INFINITY });
    else for (const cut of this.#cuts) cut.to = Math.min(cut.to, at);
  }

  serverFails(server: string, at: number): void {
    this.#failures.push({ server, at });
  }

  /** Keeps what directors know now, at `at`. */
  async keep(at: number): Promise<void> {
    const tables: ReadonlyMap<string, number>[] = [];
    for (const director of this.#lab.directors) {
      const asked = await this.#lab.request(director, '/sessions').catch(() => undefined);
      if (asked === undefined) continue;
      tables.push(new Map(asked.sessions.map((entry) => [flowKey(entry), entry.packets])));
    }
    this.#snapshots.push({ at, tables });
  }

  /** Why a flow that broke did so. */
  explain(flow: FlowRecord): string {
    const { broken, server, lastAnswerAt, connectedAt, openedAt } = flow;
    if (this.#failures.some((failure) => failure.server === server && failure.at >= openedAt)) {
      return 'real server failed';
    }
    if (lastAnswerAt === undefined) return 'never established';
    const snapshot = this.#momentOf(flow);
    if (snapshot === undefined) return 'other';
    if (this.#isCut(snapshot.at, isSilent(flow) ? snapshot.at : (broken?.at ?? 0))) {
      return 'sync message lost';
    }
    const counts = snapshot.tables.flatMap((table) => table.get(flowKey(flow)) ?? []);
    const most = counts.reduce((packets, count) => Math.max(packets, count), 0);
    if (counts.length < snapshot.tables.length && most < this.#threshold) {
      return (connectedAt ?? openedAt) > snapshot.at
        ? 'inside the sync window'
        : 'below the sync threshold';
    }
    if ((connectedAt ?? openedAt) > snapshot.at - SyncWindow) return 'inside the sync window';
    return 'other';
  }

  /** What was known when the fate of a flow was decided: for one that fell silent, then; else before it was told. */
  #momentOf(flow: FlowRecord): Snapshot | undefined {
    const { broken, lastAnswerAt = 0 } = flow;
    const after = this.#snapshots.find(({ at }) => at >= lastAnswerAt - UnderWay);
    const before = this.#snapshots.findLast(({ at }) => at <= (broken?.at ?? lastAnswerAt));
    return isSilent(flow) ? (after ?? before) : (before ?? after);
  }

  #isCut(from: number, to: number): boolean {
    return this.#cuts.some((cut) => cut.from <= to && cut.to + RepairMs >= from);
  }
}

/** A flow that ended without a word. */
const isSilent = ({ broken }: FlowRecord): boolean =>
  broken === undefined || broken.reason === 'timeout';
