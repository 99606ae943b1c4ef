import type { Flow } from '../../../director/wire/flow.js';
import { Protocol } from '../../../director/wire/ipv4.js';
import type { EventKind } from '../../member/events.js';
import { defaultTuning } from '../../sync/tuning.js';
import type { DirectorMachine } from '../director/director-machine.js';
import type { DirectorProcess } from '../director/director-process.js';
import type { ClientFlow } from '../traffic/client-flow.js';
import type { World, WorldObserver } from '../world.js';
import type { Violations } from './invariants.js';
import type { SyncPaths } from './sync-paths.js';
import { protocolOf, type KnownFlow, type TableView } from './table-view.js';

/** Why a flow broke, in the classes of DESIGN.md §1; `other` is a bug of ours. */
export type LossClass =
  | 'below the sync threshold'
  | 'inside the sync window'
  | 'sync message lost'
  | 'no peer was there'
  | 'real server failed'
  | 'never established'
  | 'idle for too long'
  | 'other';

/** A flow that broke, and why. */
export interface Loss {
  readonly flow: ClientFlow;
  readonly at: number;
  readonly why: LossClass;
  readonly detail: string;
}

/** A class of losses, and what speaks for it. */
interface Explanation {
  readonly why: LossClass;
  readonly detail: string;
}

export interface LossRules {
  readonly tables: TableView;
  readonly paths: SyncPaths;
  readonly threshold: number;
  /** How long a connection that has reached the threshold may take until its peers know it, in microseconds. */
  readonly window: number;
  /** How long after a lost datagram its repair may take. */
  readonly repair: number;
  /** First packets wait for peers: not even what is below the threshold may be lost. */
  readonly isCommitted: boolean;
  /** After which idle connections are forgotten, in microseconds. */
  readonly timeout: number;
}

/** One run of a director's program. */
interface Life {
  readonly director: DirectorMachine;
  readonly process: DirectorProcess;
  readonly beganAt: number;
  /** When it began to run, or was let go on. */
  ranSince: number;
  /** When it had fetched the table of a peer, or knew that there was none to fetch. */
  completeAt: number;
  endedAt: number;
  /** When it made its own entry for a client's endpoint last. */
  readonly opened: Map<number, Opening>;
}

interface Opening {
  readonly at: number;
  /** Another director had an entry for it then, of which it had not told anybody, nor should have. */
  readonly isSecond: boolean;
}

/**
 * Says of every flow that broke which director could have carried it on, and why it did not: a flow that a living director
 * knew, or could have known, may not break.
 */
export class LossCheck implements WorldObserver {
  readonly losses: Loss[] = [];
  readonly #world: World;
  readonly #violations: Violations;
  readonly #rules: LossRules;
  readonly #tables: TableView;
  readonly #paths: SyncPaths;
  readonly #lives: Life[] = [];
  /** When each real server failed last, or was taken away. */
  readonly #failures = new Map<number, number>();

  constructor(world: World, violations: Violations, rules: LossRules) {
    this.#world = world;
    this.#violations = violations;
    this.#rules = rules;
    this.#tables = rules.tables;
    this.#paths = rules.paths;
  }

  lifeBegan(director: DirectorMachine, process: DirectorProcess): void {
    this.#lives.push({
      director,
      process,
      beganAt: this.#world.now,
      ranSince: this.#world.now,
      completeAt: Number.POSITIVE_INFINITY,
      endedAt: Number.POSITIVE_INFINITY,
      opened: new Map(),
    });
  }

  entryMade(director: DirectorMachine, flow: Flow): void {
    const life = this.#lives.findLast((candidate) => candidate.director === director);
    const others = this.#lives.flatMap(({ process }) => {
      const isOther = process !== life?.process && !process.isDead;
      return isOther ? (this.#tables.findOpened(process, flow) ?? []) : [];
    });
    const isSecret = others.every(
      ({ isSynced, packets }) => !isSynced && packets < this.#rules.threshold,
    );
    const opening = { at: this.#world.now, isSecond: others.length > 0 && isSecret };
    life?.opened.set(endpointKey(flow.protocol, flow.source, flow.sourcePort), opening);
  }

  noted(director: DirectorMachine, kind: EventKind): void {
    const life = this.#lives.findLast((candidate) => candidate.director === director);
    if (kind !== 'bulk-complete' || life === undefined) return;
    life.completeAt = this.#world.now;
  }

  resumed(director: DirectorMachine): void {
    const life = this.#lives.findLast((candidate) => candidate.director === director);
    if (life !== undefined) life.ranSince = this.#world.now;
  }

  lifeEnded(_: DirectorMachine, process: DirectorProcess): void {
    const life = this.#lives.find((candidate) => candidate.process === process);
    if (life !== undefined) life.endedAt = this.#world.now;
  }

  serverFailed(server: number): void {
    this.#failures.set(server, this.#world.now);
  }

  flowBroken(flow: ClientFlow): void {
    this.#note(flow, flow.record.broken?.reason ?? '');
  }

  /** A flow that gets no answers any more, although everything is well. */
  flowStuck(flow: ClientFlow): void {
    this.#note(flow, 'no answer');
  }

  #note(flow: ClientFlow, reason: string): void {
    const found = this.#classify(flow);
    const { why, detail } = (found.why === 'other' && this.#lookAgain(flow)) || found;
    const { client, target, server, exchanges } = flow.record;
    const text = `${client} to ${target} (s${server ?? '?'}, ${exchanges} answers): ${reason}; ${detail}`;
    this.losses.push({ flow, at: this.#world.now, why, detail: text });
    this.#world.occurrences.count(`loss ${why}`);
    this.#world.trace.note('check', `lost, ${why}: ${text}`);
    if (why === 'other') {
      this.#violations.report({ invariant: 'S3 no-loss', at: this.#world.now, detail: text });
    }
  }

  #classify(flow: ClientFlow): Explanation {
    const { record } = flow;
    const failedAt = this.#failures.get(record.server ?? 0);
    if (failedAt !== undefined && failedAt >= record.openedAt) {
      return { why: 'real server failed', detail: `s${String(record.server)} failed` };
    }
    const isOpen = record.connectedAt !== undefined && record.broken === undefined;
    if (record.exchanges === 0 && !isOpen) {
      return { why: 'never established', detail: 'no answer ever' };
    }
    if (this.#world.now - (record.answeredAt ?? record.openedAt) > this.#rules.timeout) {
      return { why: 'idle for too long', detail: 'it may have been forgotten' };
    }
    // Which server it is the client learns with the first answer.
    const isRight = ({ server }: KnownFlow): boolean =>
      record.server === undefined || server === record.server;
    const living = this.#lives.filter(({ process }) => !process.isDead);
    const alone = this.#openedAlone(flow, living);
    if (alone !== undefined) {
      return { why: 'no peer was there', detail: `${nameOf(alone)} had nobody to ask` };
    }
    const knowers = living.filter(({ process }) => {
      const known = this.#tables.find(process, flow);
      return known !== undefined && isRight(known);
    });
    if (knowers.length > 0) {
      const others = living.filter((life) => !knowers.includes(life));
      return this.#worst(flow, knowers, this.#culprits(flow, others), this.#world.now);
    }
    const dead = this.#lives
      .filter(({ process }) => {
        const known = process.isDead ? this.#tables.find(process, flow) : undefined;
        return known !== undefined && isRight(known);
      })
      .toSorted((left, right) => left.endedAt - right.endedAt)
      .at(-1);
    if (dead === undefined) {
      return { why: this.#excuseOfAll(flow), detail: 'nobody knows it any more' };
    }
    const at = dead.endedAt;
    const peers = this.#lives.filter(
      (life) => life !== dead && life.completeAt < at && life.endedAt > at,
    );
    const detail = `when ${nameOf(dead)} died`;
    if (peers.length === 0) return { why: 'no peer was there', detail };
    return this.#worst(flow, [dead], peers, at);
  }

  /** What the tables do not tell at first sight. */
  #lookAgain(flow: ClientFlow): Explanation | undefined {
    return this.#failureBehind(flow) ?? this.#openedTwice(flow) ?? this.#heldUpForAll(flow);
  }

  /** Who knows it has been stopped in its tracks since before any of those that live now began. */
  #heldUpForAll(flow: ClientFlow): Explanation | undefined {
    const living = this.#lives.filter(({ process }) => !process.isDead);
    const isKnower = ({ process }: Life): boolean =>
      this.#tables.find(process, flow)?.server === flow.record.server;
    const knowers = living.filter(isKnower);
    const others = living.filter((life) => !isKnower(life));
    const isCutOff = ({ beganAt }: Life): boolean =>
      knowers.every(({ process }) => process.pausedAt <= beganAt);
    if (knowers.length === 0 || !others.every(isCutOff)) return undefined;
    return { why: 'no peer was there', detail: 'whoever knows it has been held up' };
  }

  /** A client without a whole answer does not know its server, but directors do. */
  #failureBehind(flow: ClientFlow): Explanation | undefined {
    const { server, openedAt } = flow.record;
    if (server !== undefined) return undefined;
    for (const { process } of this.#lives) {
      const number = this.#tables.find(process, flow)?.server ?? 0;
      const failedAt = this.#failures.get(number) ?? Number.NEGATIVE_INFINITY;
      if (failedAt >= openedAt) return { why: 'real server failed', detail: `s${number} failed` };
    }
    return undefined;
  }

  /** Two masters have opened it, and one has given way since; an answer by the other was still under way. */
  #openedTwice(flow: ClientFlow): Explanation | undefined {
    const { plan, record } = flow;
    const key = endpointKey(protocolOf(plan), plan.local, plan.localPort);
    const isKnown = this.#lives.some(({ opened }) => {
      const opening = opened.get(key);
      return opening?.isSecond === true && opening.at >= record.openedAt;
    });
    if (!isKnown || this.#rules.isCommitted) return undefined;
    return { why: 'below the sync threshold', detail: 'two directors have opened it' };
  }

  /** Why a flow may have given way to another director's word about the same endpoints: that one was not told of it. */
  #excuseOfAll({ record }: ClientFlow): LossClass {
    const { isCommitted, threshold, repair } = this.#rules;
    if (!isCommitted && record.exchanges < threshold) return 'below the sync threshold';
    const names = this.#world.directors.map(({ name }) => name);
    const isImpaired = names.some((from) =>
      names.some((to) => this.#paths.lastLoss(from, to) >= record.openedAt - repair),
    );
    return isImpaired ? 'sync message lost' : 'other';
  }

  /**
   * Who has made another of a flow and could not have had a table: whoever else lives has been stopped in its tracks for all
   * of that one's life, or goes on for less than the time in which donors offer their tables, and it still asks.
   */
  #openedAlone(flow: ClientFlow, living: readonly Life[]): Life | undefined {
    const { now } = this.#world;
    const asking = defaultTuning.offerWindow + this.#rules.window;
    return living.find((life) => {
      const known = this.#tables.find(life.process, flow);
      if (known?.isOwn !== true || known.server === flow.record.server) return false;
      const isAsking = life.completeAt > now;
      const others = living.filter((other) => other !== life);
      return others.every(({ process, ranSince }) => {
        const isHeldUp = process.pausedAt <= life.beganAt;
        return isHeldUp || (isAsking && ranSince > life.beganAt && now - ranSince <= asking);
      });
    });
  }

  /** Of those who do not know a flow as it was: who has made another of it, or else who serves. */
  #culprits(flow: ClientFlow, others: readonly Life[]): readonly Life[] {
    const wrong = others.filter(({ process }) => this.#tables.find(process, flow)?.isOwn === true);
    if (wrong.length > 0) return wrong;
    const masters = others.filter(({ director }) => director.state === 'master');
    return masters.length > 0 ? masters : others;
  }

  /** Of all pairs of one who knew and one who did not, that with the least excuse. */
  #worst(
    flow: ClientFlow,
    knowers: readonly Life[],
    others: readonly Life[],
    at: number,
  ): Explanation {
    let excuse: Explanation | undefined;
    for (const knower of knowers) {
      for (const other of others) {
        const why = this.#excuse(flow, knower, other, at);
        const names = `${nameOf(knower)} knew it, ${nameOf(other)} did not`;
        if (why === 'other') return { why, detail: names };
        excuse ??= { why, detail: names };
      }
    }
    return excuse ?? { why: 'other', detail: `all know it: ${knowers.map(nameOf).join(', ')}` };
  }

  /** Why one director could not have had a flow from another at a moment. */
  #excuse(flow: ClientFlow, knower: Life, other: Life, at: number): LossClass {
    const known = this.#tables.find(knower.process, flow);
    if (known === undefined) return 'other';
    const { threshold, window, repair, isCommitted } = this.#rules;
    const isImpaired = (since: number): boolean =>
      this.#paths.lastLoss(knower.director.name, other.director.name) >= since;
    const toldAt = known.isSynced ? at - known.toldAgo : at;
    if (isImpaired(toldAt - repair)) return 'sync message lost';
    // A program that has not run since has heard nothing.
    if (flow.record.openedAt >= other.process.pausedAt) return 'no peer was there';
    if (isCommitted) return 'other';
    // Who leaves as planned tells everything first.
    const { isStopped } = knower.process.node;
    const anotherAt = this.#openedAnotherAt(flow, other);
    const isTold = known.isSynced && toldAt <= anotherAt;
    const packets = Math.min(known.packets, requestsBefore(flow, anotherAt));
    if (!isStopped && !isTold && packets < threshold) return 'below the sync threshold';
    const isYoung = flow.record.openedAt > at - window;
    const hasJustCrossed = known.packets <= threshold + 2 && toldAt > at - window;
    if (!isStopped && (isYoung || hasJustCrossed)) return 'inside the sync window';
    if (other.completeAt > toldAt - window) return 'no peer was there';
    return 'other';
  }

  /** When a director had made another of a flow, at the latest: what it is told of later is too late. */
  #openedAnotherAt(flow: ClientFlow, { process, opened }: Life): number {
    const { plan, record } = flow;
    const wrong = this.#tables.find(process, flow);
    if (wrong?.isOwn !== true || wrong.server === record.server) return Number.POSITIVE_INFINITY;
    const openedAt = opened.get(endpointKey(protocolOf(plan), plan.local, plan.localPort))?.at;
    const toldAt = wrong.isSynced ? this.#world.now - wrong.toldAgo : Number.POSITIVE_INFINITY;
    return Math.min(openedAt ?? Number.POSITIVE_INFINITY, toldAt);
  }
}

/** Endpoints of IPv4, which is all there is in a simulation. */
const endpointKey = (protocol: number, words: Uint32Array, port: number): number =>
  ((words[3] ?? 0) * 65_536 + port) * 2 + (protocol === Protocol.tcp ? 1 : 0);

/** Requests that a client had sent by then, if they can be counted: those of TCP follow the answers. */
function requestsBefore({ plan, record }: ClientFlow, at: number): number {
  if (plan.protocol === 'TCP') return Number.POSITIVE_INFINITY;
  return Math.floor((at - record.openedAt) / plan.interval);
}

const nameOf = ({ director }: Life): string => director.name;
