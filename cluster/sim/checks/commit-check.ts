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

/** Whether first packets that wait for a peer have waited, where `commit acked` says so for all services. */
export class CommitCheck implements WorldObserver {
  readonly #world: World;
  readonly #violations: Violations;
  readonly #tables: TableView;
  readonly #since = new Map<DirectorMachine, number>();
  /** Packets that were let go without an answer, of each process, as seen last. */
  readonly #given = new Map<DirectorProcess, number>();
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
    const { uncommitted } = process.node.director.commits;
    const hasGivenUp = uncommitted !== (this.#given.get(process) ?? 0);
    this.#given.set(process, uncommitted);
    const flow = load.flows.find((candidate) => isFrom(candidate, from));
    if (hasGivenUp || flow === undefined || !this.#isSettled(master)) return;
    const own = this.#tables.find(process, flow);
    if (own?.isOwn !== true || own.server !== server) return;
    const others = directors.flatMap((one) => (one === master ? [] : (one.process ?? [])));
    const isKnown = [...others, ...this.#dead].some(
      (other) => this.#tables.find(other, flow) !== undefined,
    );
    this.#world.occurrences.count('first packet of a committed connection');
    if (isKnown) return;
    const detail = `s${server} knows ${flow.record.client}, and of the directors only ${master.name}`;
    this.#violations.report({ invariant: 'C1 committed', at: this.#world.now, detail });
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

function isFrom({ plan, isAlive }: ClientFlow, { words, port }: Endpoint): boolean {
  return isAlive && plan.localPort === port && plan.local.every((word, at) => word === words[at]);
}
