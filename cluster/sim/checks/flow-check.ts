import type { ClientFlow } from '../traffic/client-flow.js';
import type { World, WorldObserver } from '../world.js';
import type { Violations } from './invariants.js';
import type { LossCheck } from './loss-check.js';

/** What clients and real servers see: bytes that are right, and answers at last. */
export class FlowCheck implements WorldObserver {
  readonly #world: World;
  readonly #violations: Violations;
  readonly #losses: LossCheck;
  readonly #hasDamage: boolean;
  #probes: readonly ClientFlow[] = [];

  constructor(
    world: World,
    violations: Violations,
    parts: {
      readonly losses: LossCheck;
      /** The network changes bytes; what the checksums do not notice is not a director's fault. */
      readonly hasDamage: boolean;
    },
  ) {
    this.#world = world;
    this.#violations = violations;
    this.#losses = parts.losses;
    this.#hasDamage = parts.hasDamage;
  }

  flowBroken({ record }: ClientFlow): void {
    if (record.broken?.reason !== 'corrupt') return;
    this.#reportContent(`${record.client} to ${record.target} got bytes that nobody sent`);
  }

  damaged(server: number): void {
    this.#reportContent(`s${server} got bytes that nobody sent`);
  }

  /** Opens a flow from every client to every service: all have to be answered. */
  probe(): void {
    this.#probes = this.#world.load.probe();
  }

  /** Every flow that lives has to have been answered since `since`, and so has every probe. */
  finish(since: number): void {
    for (const flow of this.#world.load.flows) {
      if (!flow.isAlive || this.#probes.includes(flow) || isServed(flow, since)) continue;
      this.#losses.flowStuck(flow);
      const { exchanges, connectedAt } = flow.record;
      if (exchanges === 0 && connectedAt === undefined) this.#reportSilence('L2 reachable', flow);
    }
    for (const probe of this.#probes) {
      if (probe.record.exchanges === 0) this.#reportSilence('L2 reachable', probe);
    }
  }

  #reportSilence(invariant: 'L1 answered' | 'L2 reachable', { record }: ClientFlow): void {
    const detail = `${record.protocol} ${record.client} to ${record.target} was never answered`;
    this.#violations.report({ invariant, at: this.#world.now, detail });
  }

  #reportContent(detail: string): void {
    if (this.#hasDamage) return;
    this.#violations.report({ invariant: 'B1 content', at: this.#world.now, detail });
  }
}

/** A flow that was answered lately, or has nothing to be answered. Datagrams are asked again and again. */
function isServed({ isWaiting, record, plan }: ClientFlow, since: number): boolean {
  const { openedAt, connectedAt, askedAt = openedAt, answeredAt = 0 } = record;
  if (openedAt >= since || answeredAt >= since) return true;
  if (plan.protocol === 'UDP' || connectedAt === undefined) return false;
  return !isWaiting || askedAt >= since;
}
