/** What a virtual router can depend on: `track_interface`, `track_script`, `track_file`, `track_process`, `track_bfd`. */
export type TrackerKind = 'interface' | 'script' | 'file' | 'process' | 'bfd';

/** One thing that a virtual router tracks. */
export interface Tracked {
  readonly kind: TrackerKind;
  readonly name: string;
  /** -253 to 253, of a file -254 to 254. 0: while it is down, the virtual router is in fault. */
  readonly weight: number;
  /** Turns the weight round; with weight 0, up and down. */
  readonly reverse: boolean;
}

/** What is known of a tracked thing: up or down, or the number in a file. */
export type TrackerValue = boolean | number;

/** Who watches a thing tells by this how it is. */
export type TrackerReport = (kind: TrackerKind, name: string, value: TrackerValue) => void;

/** A sync group, as far as its members' tracking is concerned. */
export interface GroupTracking {
  /** What all members track. */
  readonly track: readonly Tracked[];
  /** `sync_group_tracking_weight`: what a member tracks for itself may move its priority. */
  readonly trackingWeight: boolean;
}

/** Below this product of a file's number and its weight, the file means a fault; above 253 more means nothing. */
const leastChange = -253;
const greatestChange = 253;

/**
 * From what a virtual router tracks to the priority that counts and to its fault, as in keepalived:
 *
 * - weight above 0: added while the thing is up;
 * - weight below 0: subtracted while it is down;
 * - weight 0: a fault while it is down;
 * - a file: its number times the weight is added, a product below -253 is a fault, and so is, with weight 0, any number
 *   but 0.
 *
 * The sum is kept within 1 to 254. What is not known yet changes nothing: see `unknown`.
 */
export class Tracking {
  readonly #priority: number;
  readonly #tracked: readonly Tracked[];
  readonly #values = new Map<string, TrackerValue>();

  /** `priority` is the configured one. */
  constructor(priority: number, tracked: readonly Tracked[]) {
    this.#priority = priority;
    this.#tracked = tracked;
  }

  /** Something is known of a tracked thing. What nobody tracks is ignored. */
  set(kind: TrackerKind, name: string, value: TrackerValue): void {
    this.#values.set(keyOf(kind, name), value);
  }

  /** 1 to 254, for `Election.setPriority`. A thing that means a fault has no part in it. */
  get effectivePriority(): number {
    let sum = this.#priority;
    for (const tracked of this.#tracked) sum += this.#changeBy(tracked) ?? 0;
    return Math.min(254, Math.max(1, sum));
  }

  /** What means a fault, in words for `Election.setFault`; undefined when nothing does. */
  get fault(): string | undefined {
    const faulty = this.#tracked.filter((tracked) => this.#changeBy(tracked) === undefined);
    if (faulty.length === 0) return undefined;
    return faulty.map((tracked) => this.#describe(tracked)).join(', ');
  }

  /**
   * Things of weight 0 of which nothing is known yet, by name. A driver that starts waits for them for a while, rather
   * than to become backup, and perhaps master, only to fall into fault.
   */
  get unknown(): readonly string[] {
    return this.#tracked
      .filter(({ kind, name, weight }) => weight === 0 && !this.#values.has(keyOf(kind, name)))
      .map(({ name }) => name);
  }

  /** What is tracked and what is known of it; a value is undefined while nothing is. */
  snapshot(): readonly (Tracked & { readonly value: TrackerValue | undefined })[] {
    return this.#tracked.map((tracked) => ({
      ...tracked,
      value: this.#values.get(keyOf(tracked.kind, tracked.name)),
    }));
  }

  /** What the thing adds to the priority; undefined for a fault. */
  #changeBy(tracked: Tracked): number | undefined {
    const value = this.#values.get(keyOf(tracked.kind, tracked.name));
    if (value === undefined) return 0;
    return typeof value === 'number'
      ? changeByNumber(tracked, value)
      : changeByState(tracked, value);
  }

  #describe({ kind, name }: Tracked): string {
    const value = this.#values.get(keyOf(kind, name));
    const state =
      typeof value === 'number' ? `says ${value}` : value === true ? 'is up' : 'is down';
    return `${kind} ${name} ${state}`;
  }
}

/**
 * What a member of a sync group tracks: its own things and the group's. What it tracks for itself must not move its
 * priority, unless the group says so, because the members' priorities have to stay in order; as in keepalived an
 * interface then means a fault instead, so does a file whose weight is the default 1, and the rest is left out.
 */
export function trackedByMember(own: readonly Tracked[], group: GroupTracking): readonly Tracked[] {
  if (group.trackingWeight) return [...own, ...group.track];
  const unweighted = own
    .filter(
      ({ kind, weight }) => weight === 0 || kind === 'interface' || isDefaultFile(kind, weight),
    )
    .map((tracked) => ({ ...tracked, weight: 0 }));
  return [...unweighted, ...group.track];
}

const isDefaultFile = (kind: TrackerKind, weight: number): boolean =>
  kind === 'file' && weight === 1;

const keyOf = (kind: TrackerKind, name: string): string => `${kind} ${name}`;

function changeByState({ weight, reverse }: Tracked, isUp: boolean): number | undefined {
  if (weight === 0) return isUp === reverse ? undefined : 0;
  const counts = weight > 0 ? isUp : !isUp;
  if (!counts) return 0;
  return reverse ? -weight : weight;
}

function changeByNumber({ weight, reverse }: Tracked, value: number): number | undefined {
  if (weight === 0) return (value === 0) === reverse ? undefined : 0;
  const change = value * weight * (reverse ? -1 : 1);
  return change < leastChange ? undefined : Math.min(change, greatestChange);
}
