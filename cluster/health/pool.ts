import { assert } from '../../director/base/invariant.js';

/** The greatest weight that a real server can have. */
const GreatestWeight = 65_535;

/** A real server, as far as its place in the pool is concerned. */
export interface PoolServerRules {
  /** What it is known by: unique in its pool. */
  readonly key: string;
  readonly weight: number;
  /** `inhibit_on_failure`: keeps its place with weight 0 while it is down. */
  readonly inhibitOnFailure: boolean;
  /** None means always up. */
  readonly checkers: readonly PoolCheckerRules[];
}

/** A checker of a real server, and what it says now: at the beginning what is believed before anything is known. */
export interface PoolCheckerRules {
  /** What it is known by: unique among the checkers of its server. */
  readonly id: number;
  readonly isUp: boolean;
  /** How much it adds to the server's weight, or takes from it. */
  readonly weightChange: number;
}

/** A virtual server's rules about its pool. */
export interface PoolRules {
  readonly quorum: number;
  /** Less than `quorum`. */
  readonly hysteresis: number;
  readonly servers: readonly PoolServerRules[];
  /** Takes the place of all others while there is no quorum; it may have the key of one of them. */
  readonly sorryServer?: {
    readonly key: string;
    readonly weight: number;
    /** `sorry_server_inhibit`: stays with weight 0 while it is not needed. */
    readonly inhibit: boolean;
  };
}

/** What has changed, for events and for people's programs. What the schedulers see is `placements`. */
export type PoolEffect =
  | { readonly kind: 'server'; readonly key: string; readonly isUp: boolean }
  | {
      readonly kind: 'quorum';
      readonly isUp: boolean;
      /** The sum of the live servers' weights, and what it is compared with. */
      readonly weight: number;
      readonly threshold: number;
    };

/** How a pool is, for people. */
export interface PoolSnapshot {
  readonly hasQuorum: boolean;
  readonly weight: number;
  readonly isSorry: boolean;
  readonly servers: readonly {
    readonly key: string;
    readonly isUp: boolean;
    readonly weight: number;
  }[];
}

interface Member {
  readonly rules: PoolServerRules;
  readonly checkers: Map<number, { isUp: boolean; weightChange: number }>;
  /** What has been told of it; undefined for a server that has begun as down. */
  told: boolean | undefined;
}

/**
 * Which real servers of a virtual server take part, and with which weight: keepalived's rules (ipwrapper.c).
 *
 * - A server is up while none of its checkers says down. Its weight is the configured one and what its checkers add.
 * - A server that is down leaves, or stays with weight 0 (`inhibit_on_failure`).
 * - There is a quorum when the weights of those that are up reach `quorum + hysteresis`; it is lost when they fall below
 *   `quorum - hysteresis`, or to 0.
 * - Without a quorum the sorry server, if there is one, stands in for all others, which count as if they were down.
 */
export class Pool {
  readonly effects: PoolEffect[] = [];
  #rules: PoolRules;
  #members: Map<string, Member>;
  #hasQuorum = false;
  #hasStarted = false;

  constructor(rules: PoolRules) {
    this.#rules = rules;
    this.#members = new Map(rules.servers.map((server) => [server.key, newMember(server)]));
    assert(this.#members.size === rules.servers.length, 'servers of a pool have different keys');
    this.#hasQuorum = this.#weight >= rules.quorum + rules.hysteresis;
  }

  /** Tells whether the service begins with a quorum; one that lacks it is told only when a sorry server comes in. */
  start(): void {
    assert(!this.#hasStarted, 'a pool starts once');
    this.#hasStarted = true;
    if (this.#hasQuorum || this.#rules.sorryServer !== undefined) this.#tellQuorum();
  }

  /** A checker says that its server is up or down. */
  setChecker(key: string, id: number, isUp: boolean): void {
    const member = this.#member(key);
    checkerOf(member, id).isUp = isUp;
    this.#tell(member);
    this.#decideQuorum();
  }

  /** A checker moves the weight of its server by so much, up or down. */
  setWeightChange(key: string, id: number, change: number): void {
    checkerOf(this.#member(key), id).weightChange = change;
    this.#decideQuorum();
  }

  isUp(key: string): boolean {
    return isAlive(this.#member(key));
  }

  /**
   * What the scheduler is to see: the servers that take part, by key, with their weights, of which 0 means that a server
   * gets no new connections. A server that is not in it is not part of the service.
   */
  placements(): ReadonlyMap<string, number> {
    const placements = new Map<string, number>();
    for (const [key, member] of this.#members) {
      if (isAlive(member) && !this.#isSorry) placements.set(key, weightOf(member));
      else if (member.rules.inhibitOnFailure) placements.set(key, 0);
    }
    const { sorryServer } = this.#rules;
    if (sorryServer === undefined) return placements;
    const { key, weight, inhibit } = sorryServer;
    if (this.#isSorry) placements.set(key, weight);
    else if (inhibit && !placements.has(key)) placements.set(key, 0);
    return placements;
  }

  /** Takes other rules. The servers' checkers come with what they say now. */
  adopt(rules: PoolRules): void {
    const before = this.#members;
    this.#rules = rules;
    this.#members = new Map(
      rules.servers.map((server) => {
        const member = newMember(server);
        const told = before.has(server.key) ? before.get(server.key)?.told : member.told;
        return [server.key, { ...member, told }];
      }),
    );
    for (const member of this.#members.values()) {
      // Of one that has not been told about yet, something is to be told when it is known.
      if (member.told !== undefined || isAlive(member)) this.#tell(member);
    }
    this.#decideQuorum();
  }

  /** The service ends: what was up is told to be down, for `omega`. */
  stop(): void {
    for (const { rules, told } of this.#members.values()) {
      if (told === true) this.effects.push({ kind: 'server', key: rules.key, isUp: false });
    }
    if (!this.#hasQuorum) return;
    this.#hasQuorum = false;
    this.#tellQuorum();
  }

  snapshot(): PoolSnapshot {
    return {
      hasQuorum: this.#hasQuorum,
      weight: this.#weight,
      isSorry: this.#isSorry,
      servers: [...this.#members].map(([key, member]) => ({
        key,
        isUp: isAlive(member),
        weight: weightOf(member),
      })),
    };
  }

  get #isSorry(): boolean {
    return this.#rules.sorryServer !== undefined && !this.#hasQuorum;
  }

  /** The sum that the quorum is about. */
  get #weight(): number {
    let sum = 0;
    for (const member of this.#members.values()) if (isAlive(member)) sum += weightOf(member);
    return sum;
  }

  #member(key: string): Member {
    const member = this.#members.get(key);
    assert(member !== undefined, 'a checker reports about a server of its pool');
    return member;
  }

  #tell(member: Member): void {
    const isUp = isAlive(member);
    if (member.told === isUp) return;
    member.told = isUp;
    this.effects.push({ kind: 'server', key: member.rules.key, isUp });
  }

  #decideQuorum(): void {
    const { quorum, hysteresis } = this.#rules;
    const sum = this.#weight;
    const isUp = this.#hasQuorum
      ? sum > 0 && sum >= quorum - hysteresis
      : sum >= quorum + hysteresis;
    if (isUp === this.#hasQuorum) return;
    this.#hasQuorum = isUp;
    if (this.#hasStarted) this.#tellQuorum();
  }

  #tellQuorum(): void {
    const { quorum, hysteresis } = this.#rules;
    const threshold = this.#hasQuorum ? quorum + hysteresis : quorum - hysteresis;
    const isUp = this.#hasQuorum;
    this.effects.push({ kind: 'quorum', isUp, weight: this.#weight, threshold });
  }
}

function newMember(rules: PoolServerRules): Member {
  const checkers = rules.checkers.map(({ id, isUp, weightChange }) => {
    return [id, { isUp, weightChange }] as const;
  });
  const member = { rules, checkers: new Map(checkers), told: undefined };
  // One that begins as up is taken for granted; one that begins as down is told when that is certain.
  return { ...member, told: isAlive(member) ? true : undefined };
}

function checkerOf({ checkers }: Member, id: number): { isUp: boolean; weightChange: number } {
  const checker = checkers.get(id);
  assert(checker !== undefined, 'a checker reports about its own server');
  return checker;
}

function isAlive({ checkers }: Member): boolean {
  for (const { isUp } of checkers.values()) if (!isUp) return false;
  return true;
}

function weightOf({ rules, checkers }: Member): number {
  let weight = rules.weight;
  for (const { weightChange } of checkers.values()) weight += weightChange;
  return Math.min(GreatestWeight, Math.max(0, weight));
}
