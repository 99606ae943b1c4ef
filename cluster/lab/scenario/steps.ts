import { UsageError } from '../../../director/base/errors.js';
import { toMilliseconds, toSeconds } from '../../../director/base/time.js';
import type { LabConfig } from '../../config/lab-config.js';
import type { Scenario } from '../../sim/scenario/scenario-file.js';
import type { LabControl } from '../lab-control.js';
import { wallClockMs } from '../traffic/clock.js';
import { Knowledge } from './knowledge.js';
import type { Step } from './lab-run.js';

type ScenarioFault = Scenario['faults'][number];
type FaultOf<Kind extends ScenarioFault['kind']> = Extract<ScenarioFault, { readonly kind: Kind }>;

/** What begins a fault and what ends it. */
interface Deed {
  readonly text: string;
  readonly begin: () => Promise<void>;
  readonly end: () => Promise<void>;
}

/**
 * What the faults of a scenario do to a lab, in the order of their times. Throws a `UsageError` for what a lab cannot have.
 */
export function stepsOf(
  lab: LabControl,
  scenario: Scenario,
  knowledge: Knowledge,
): readonly Step[] {
  const deeds = new Deeds(lab, knowledge);
  return scenario.faults
    .flatMap((fault): Step[] => {
      const { text, begin, end } = deeds.of(fault);
      const at = toMilliseconds(fault.at);
      const over = Math.min(at + toMilliseconds(fault.for), toMilliseconds(scenario.length));
      return [
        { at, text, act: begin },
        { at: over, text: `over: ${text}`, act: end },
      ];
    })
    .toSorted((left, right) => left.at - right.at);
}

/** Throws a `UsageError` for the first fault of a scenario that a lab cannot have. */
export function refuseImpossible(lab: LabControl, scenario: Scenario): void {
  stepsOf(lab, scenario, new Knowledge(lab, scenario.cluster.threshold));
}

class Deeds {
  readonly #lab: LabControl;
  readonly #knowledge: Knowledge;
  /** What is done to the wires now: healing undoes everything at once. */
  readonly #cuts = new Set<() => Promise<void>>();
  /** Real servers that are out of the configuration. */
  readonly #removed = new Set<string>();

  constructor(lab: LabControl, knowledge: Knowledge) {
    this.#lab = lab;
    this.#knowledge = knowledge;
  }

  of(fault: ScenarioFault): Deed {
    const reason = this.#lab.lacks.get(fault.kind);
    if (reason !== undefined) throw simulatorOnly(fault.kind, reason);
    switch (fault.kind) {
      case 'kill':
      case 'stop':
      case 'pause':
        return this.#onDirector(fault);
      case 'power-off':
        return this.#powerOff(fault);
      case 'unplug':
        return this.#onWires(`unplug ${fault.node}.${fault.network}`, async () =>
          this.#lab.setLink(fault.node, fault.network, false),
        );
      case 'filter':
        return this.#filter(fault);
      case 'weather':
        return this.#weather(fault);
      case 'health-flap':
        return this.#quiesce(fault.server);
      case 'reload':
        return this.#reload(fault.server);
      default:
        throw simulatorOnly(fault.kind);
    }
  }

  #onDirector({ kind, director }: FaultOf<'kill' | 'stop' | 'pause'>): Deed {
    const lab = this.#lab;
    const text = `${kind} ${director}`;
    if (kind === 'pause') {
      const begin = async (): Promise<void> => lab.pauseNode(director);
      return { text, begin, end: async () => lab.resumeNode(director) };
    }
    const begin = async (): Promise<void> => {
      if (kind === 'stop') await lab.stopNode(director);
      else await lab.killNode(director);
    };
    return { text, begin, end: async () => lab.startNode(director) };
  }

  #powerOff({ node }: FaultOf<'power-off'>): Deed {
    return {
      text: `power off ${node}`,
      begin: async () => {
        this.#knowledge.serverFails(node, wallClockMs());
        await this.#lab.powerOff(node);
      },
      end: async () => this.#lab.powerOn(node),
    };
  }

  /** Frames of a plane do not get from the node to all others, or back. */
  #filter({ drops, node, direction }: FaultOf<'filter'>): Deed {
    if (drops === 'announcement') throw simulatorOnly('filter announcement');
    const others = this.#lab.directors.filter((name) => name !== node);
    const sides = direction === 'in' ? [others, [node]] : [[node], others];
    const cut = { sides, plane: drops, oneWay: direction !== 'both' };
    const isSync = drops !== 'vrrp';
    return this.#onWires(
      `filter ${drops} at ${node}`,
      async () => this.#lab.partition(cut),
      (isCut) => {
        if (isSync) this.#knowledge.syncIsCut(wallClockMs(), isCut);
      },
    );
  }

  #weather({ node, network, direction, weather }: FaultOf<'weather'>): Deed {
    const { loss = 0, capacity, delay, ...others } = weather;
    if (!this.#lab.config.networks.some(({ name }) => name === network)) {
      throw simulatorOnly(`weather ${node}.${network}`, `it has no network '${network}'`);
    }
    const [unknown] = Object.entries(others).filter(([, value]) => value !== undefined);
    if (unknown !== undefined || (capacity === undefined) !== (delay === undefined)) {
      throw simulatorOnly(
        `weather ${unknown?.[0] ?? 'delay'}`,
        'a lab knows loss, and capacity with delay',
      );
    }
    // As many frames as are under way at a time, each for so long.
    const framesPerSecond =
      capacity === undefined || delay === undefined ? undefined : capacity / toSeconds(delay);
    return this.#onWires(
      `weather ${node}.${network} ${direction}`,
      async () => this.#lab.thin({ node, network, direction, lossPermille: loss, framesPerSecond }),
      (isCut) => this.#knowledge.syncIsCut(wallClockMs(), isCut),
    );
  }

  #onWires(
    text: string,
    apply: () => Promise<void>,
    tell: (isCut: boolean) => void = () => {},
  ): Deed {
    return {
      text,
      begin: async () => {
        this.#cuts.add(apply);
        tell(true);
        await apply();
      },
      end: async () => {
        this.#cuts.delete(apply);
        await this.#lab.heal();
        for (const other of this.#cuts) await other();
        tell(false);
      },
    };
  }

  /** All directors give a real server no new flows, as when its health check fails, and again after that. */
  #quiesce(node: string): Deed {
    const weigh = (weight: string) => async (): Promise<void> => {
      for (const director of this.#lab.directors) {
        if (!(await this.#lab.isRunning(director))) continue;
        for (const argv of editsOf(this.#lab.config, node, weight)) {
          await this.#lab.ipvsadm(director, argv);
        }
      }
    };
    return { text: `quiesce ${node}`, begin: weigh('0'), end: weigh('1') };
  }

  /** All directors read a configuration without a real server, and later one with it. */
  #reload(server: string): Deed {
    const read = async (): Promise<void> => {
      const config = withoutServers(this.#lab.config, this.#removed);
      for (const director of this.#lab.directors) await this.#lab.configure(director, config);
    };
    return {
      text: `reload without ${server}`,
      begin: async () => {
        this.#removed.add(server);
        await read();
      },
      end: async () => {
        this.#removed.delete(server);
        await read();
      },
    };
  }
}

/** The ipvsadm command lines that give a real server a weight in each of its services. */
function editsOf({ services }: LabConfig, node: string, weight: string): readonly string[][] {
  return services.flatMap(({ protocol, address, port, method, realServers }) => {
    const server = realServers.find((candidate) => candidate.node === node);
    if (server === undefined) return [];
    const service = [protocol === 'tcp' ? '-t' : '-u', `${address}:${port}`];
    const how = { Masq: '-m', Route: '-g', Tunnel: '-i', FullNat: '-m' }[method];
    return [['-e', ...service, '-r', `${server.address}:${server.port}`, how, '-w', weight]];
  });
}

const withoutServers = (lab: LabConfig, removed: ReadonlySet<string>): LabConfig => ({
  ...lab,
  services: lab.services.map((service) => ({
    ...service,
    realServers: service.realServers.filter(({ node }) => !removed.has(node)),
  })),
});

const simulatorOnly = (what: string, why = 'only the simulator can'): UsageError =>
  new UsageError({ code: 'sim-only' }, `this lab cannot do '${what}': ${why}`);
