import { seconds } from '../../../director/base/time.js';
import type { DirectorMachine } from '../director/director-machine.js';
import type { DirectorProcess } from '../director/director-process.js';
import type { ClientFlow } from '../traffic/client-flow.js';
import type { Endpoint } from '../traffic/server-program.js';
import type { World, WorldObserver } from '../world.js';
import type { Violations } from './invariants.js';
import type { TableView } from './table-view.js';

/** How long a master and its peers have been what they are, so that they know of each other. */
const Settled = seconds(3);
/** After which a packet that was let go is on its way no more. */
const Forgotten = seconds(1);

/** Whether first packets that wait for a peer have waited, where `commit acked` says so for all services. */
export class CommitCheck implements WorldObserver {
  readonly #world: World;
  readonly #violations: Violations;
  readonly #tables: TableView;
  readonly #since = new Map<DirectorMachine, number>();
  readonly #given = new Map<DirectorProcess, Given>();
  readonly #dead: DirectorProcess[] = [];

  constructor(world: World, violations: Violations, tables: TableView) {
    this.#world = world;
    this.#violations = violations;
    this.#tables = tables;
  }

  stateChanged(director: DirectorMachine): void {
    this.#since.set(director, this.#world.now);
  }

  lifeBegan(director: DirectorMachine): void {
    this.#since.set(director, this.#world.now);
  }

  lifeEnded(_: DirectorMachine, process: DirectorProcess): void {
    this.#dead.push(process);
  }

  opened(server: number, from: Endpoint): void {
    const { directors, load } = this.#world;
    const masters = directors.filter(({ state }) => state === 'master');
    const [master] = masters;
    const process = master?.process;
    if (master === undefined || process === undefined || masters.length > 1) return;
    const given = this.#givenUpBy(process);
    const flow = load.flows.find((candidate) => isFrom(candidate, from));
    if (flow === undefined || !this.#isSettled(master)) return;
    const own = this.#tables.find(process, flow);
    if (own?.isOwn !== true || own.server !== server) return;
    const others = directors.flatMap((one) => (one === master ? [] : (one.process ?? [])));
    const isKnown = [...others, ...this.#dead].some(
      (other) => this.#tables.find(other, flow) !== undefined,
    );
    this.#world.occurrences.count('first packet of a committed connection');
    if (isKnown) return;
    if (given.open > 0) {
      given.open -= 1;
      return;
    }
    const detail = `s${server} knows ${flow.record.client}, and of the directors only ${master.name}`;
    this.#violations.report({ invariant: 'C1 committed', at: this.#world.now, detail });
  }

  /** Several are given up at once when a peer has been silent. */
  #givenUpBy(process: DirectorProcess): Given {
    const { uncommitted } = process.node.director.commits;
    const known = this.#given.get(process) ?? { seen: 0, open: 0, at: 0 };
    this.#given.set(process, known);
    const { now } = this.#world;
    if (now - known.at > Forgotten) known.open = 0;
    if (uncommitted > known.seen) known.at = now;
    known.open += uncommitted - known.seen;
    known.seen = uncommitted;
    return known;
  }

  /** A master that knows a peer which has been there for a while. */
  #isSettled(master: DirectorMachine): boolean {
    const before = this.#world.now - Settled;
    const isOld = (director: DirectorMachine): boolean =>
      (this.#since.get(director) ?? Number.POSITIVE_INFINITY) <= before;
    const peers = this.#world.directors.filter((one) => one !== master && one.isRunning);
    const hasPeers = (master.process?.node.link.peersAlive ?? 0) > 0;
    return hasPeers && isOld(master) && peers.length > 0 && peers.every(isOld);
  }
}

/** Connections that a process has let go on without an answer. */
interface Given {
  /** All, when it was looked at last. */
  seen: number;
  /** Those of which no real server has heard yet, and since when there are any. */
  open: number;
  at: number;
}

function isFrom({ plan, isAlive }: ClientFlow, { words, port }: Endpoint): boolean {
  return isAlive && plan.localPort === port && plan.local.every((word, at) => word === words[at]);
}
