import { setTimeout as sleep } from 'node:timers/promises';

import { UsageError } from '../../director/base/errors.js';
import { toMilliseconds, type Duration } from '../../director/base/time.js';
import { directorsOf } from '../config/lab-config.js';
import { judge } from '../sim/scenario/expectations.js';
import type { Scenario } from '../sim/scenario/scenario-file.js';
import type { ScenarioReport } from '../sim/scenario/scenario-report.js';
import { labOf } from '../sim/scenario/scenario-run.js';
import { bringUp } from './lab.js';
import { heal, partition, setLink } from './network-faults.js';
import type { RunningLab } from './running-lab.js';
import { TrafficProcess } from './traffic/client-process.js';
import { flowKey, type FlowRecord } from './traffic/flow-record.js';
import { until } from './wait.js';

/** How long the flows may take to be established, and to be answered after the last fault. */
const SettleMs = 30_000;
const PatienceMs = 40_000;
/** Exchanges of each flow before the first fault. */
const SettledExchanges = 5;

type ScenarioFault = Scenario['faults'][number];

/** A moment at which something is done to the lab. */
interface Step {
  readonly at: number;
  readonly text: string;
  act(): Promise<void>;
}

/** Runs a scenario in a lab of network namespaces. Throws a `UsageError` for what only the simulator can do. */
export async function runInLab(scenario: Scenario): Promise<ScenarioReport> {
  const config = labOf(scenario);
  const abort = new AbortController();
  const lab = await bringUp(config, { signal: abort.signal, progress: () => {} });
  try {
    const steps = scenario.faults
      .flatMap((fault) => stepsOf(lab, fault))
      .toSorted((left, right) => left.at - right.at);
    const targets = config.services.map(({ protocol, address, port }) => ({
      protocol: protocol === 'tcp' ? ('TCP' as const) : ('UDP' as const),
      address,
      port,
      count: Math.ceil(scenario.traffic.flows / config.services.length),
    }));
    const client = new TrafficProcess(lab.execArgs('c1', []), {
      targets,
      durationMs: 600_000,
      intervalMs: toMilliseconds(scenario.traffic.interval),
      udpIntervalMs: toMilliseconds(scenario.traffic.interval),
    });
    try {
      return await new LabRun(lab, client, scenario).run(steps);
    } finally {
      client.kill();
    }
  } finally {
    await lab.down();
  }
}

/** One run in a lab that is up. */
class LabRun {
  readonly #lab: RunningLab;
  readonly #client: TrafficProcess;
  readonly #scenario: Scenario;
  readonly #timeline: { at: number; who: string; text: string }[] = [];
  #start = 0;

  constructor(lab: RunningLab, client: TrafficProcess, scenario: Scenario) {
    this.#lab = lab;
    this.#client = client;
    this.#scenario = scenario;
  }

  async run(steps: readonly Step[]): Promise<ScenarioReport> {
    const settled = await until(
      async () => {
        const { alive, total, leastExchanges } = await this.#client.count();
        return (alive === total && leastExchanges >= SettledExchanges) || undefined;
      },
      { timeoutMs: SettleMs, everyMs: 200 },
    );
    if (settled === undefined) {
      throw new UsageError({ code: 'flows-stuck' }, 'the flows do not exchange anything');
    }
    await this.#client.mark('faults');
    this.#start = performance.timeOrigin + performance.now();
    const known = await this.#known();
    for (const step of steps) {
      await this.#sleepUntil(step.at);
      this.#note('world', step.text);
      await step.act();
    }
    await this.#sleepUntil(toMilliseconds(this.#scenario.length));
    await heal(this.#lab);
    await this.#client.mark('healed');
    await until(
      async () => {
        const { alive, answered } = await this.#client.count();
        return answered === alive || undefined;
      },
      { timeoutMs: PatienceMs, everyMs: 200 },
    );
    await sleep(1_000);
    const { flows } = await this.#client.stop();
    return this.#report(flows, known, await this.#master());
  }

  #report(
    flows: readonly FlowRecord[],
    known: ReadonlySet<string>,
    master: string | undefined,
  ): ScenarioReport {
    const lost: Record<string, number> = {};
    for (const flow of flows) {
      const isAlive = flow.broken === undefined && flow.phases.at(-1)?.firstAnswerAt !== undefined;
      if (isAlive) continue;
      const why = known.has(flowKey(flow)) ? 'other' : 'below the sync threshold';
      lost[why] = (lost[why] ?? 0) + 1;
    }
    const outageMs = flows
      .flatMap(({ phases }) => phases.flatMap(({ longestGap }) => longestGap ?? []))
      .reduce((most, { from, to }) => Math.max(most, to - from), 0);
    const transitions = this.#timeline.filter(({ text }) => text.startsWith('master')).length;
    const measured = { lost, outageMs, master, transitions, violations: [] };
    const expectations = judge(this.#scenario, measured);
    return {
      name: this.#scenario.name,
      on: 'lab',
      passed: expectations.every(({ passed }) => passed),
      flows: { opened: flows.length, lost },
      outageMs,
      master,
      expectations,
      timeline: this.#timeline,
    };
  }

  /** The flows that some director other than the first knows. */
  async #known(): Promise<Set<string>> {
    const known = new Set<string>();
    for (const director of this.#lab.directors.slice(1)) {
      const { sessions } = await this.#lab.request(director, '/sessions');
      for (const session of sessions) known.add(flowKey(session));
    }
    return known;
  }

  async #master(): Promise<string | undefined> {
    const priorities = directorsOf(this.#lab.config).toSorted(
      (left, right) => right.priority - left.priority,
    );
    return until(
      async () => {
        let master: string | undefined;
        for (const { name } of priorities) {
          if (!this.#lab.isRunning(name)) continue;
          const { events } = await this.#lab.request(name, '/events');
          for (const event of events) this.#noteEvent(event);
          const { state } = await this.#lab.request(name, '/status');
          if (state === 'master') master ??= name;
        }
        return master;
      },
      { timeoutMs: PatienceMs, everyMs: 500 },
    );
  }

  #noteEvent(event: { readonly at: number; readonly node: string; readonly kind: string }): void {
    const at = (event.at - this.#start) / 1_000;
    const isNew = !this.#timeline.some((line) => line.at === at && line.who === event.node);
    if (isNew && at > 0) this.#timeline.push({ at, who: event.node, text: event.kind });
  }

  #note(who: string, text: string): void {
    const at = (performance.timeOrigin + performance.now() - this.#start) / 1_000;
    this.#timeline.push({ at, who, text });
  }

  async #sleepUntil(ms: number): Promise<void> {
    const left = this.#start + ms - (performance.timeOrigin + performance.now());
    if (left > 0) await sleep(left);
  }
}

/** What a fault does to a lab, and what undoes it. */
function stepsOf(lab: RunningLab, fault: ScenarioFault): readonly Step[] {
  const from = toMilliseconds(fault.at);
  const to = from + toMilliseconds(lengthOf(fault));
  const pair: Pair = (text, act, undo) => [
    { at: from, text, act },
    { at: to, text: `over: ${text}`, act: undo },
  ];
  switch (fault.kind) {
    case 'kill':
    case 'stop':
    case 'pause':
      return directorSteps(lab, fault, pair);
    case 'unplug':
      return pair(
        `unplug ${fault.node}.${fault.network}`,
        async () => setLink(lab, fault.node, fault.network, false),
        async () => setLink(lab, fault.node, fault.network, true),
      );
    case 'filter':
      return filterSteps(lab, fault, pair);
    case 'health-flap':
    case 'reload':
      return serverSteps(lab, fault, pair);
    default:
      throw new UsageError(
        { code: 'sim-only' },
        `a lab cannot do '${fault.kind}'; the simulator can`,
      );
  }
}

/** Makes the two steps of a fault from what begins it and what ends it. */
type Pair = (text: string, act: () => Promise<void>, undo: () => Promise<void>) => Step[];

function directorSteps(
  lab: RunningLab,
  { kind, director }: Extract<ScenarioFault, { readonly kind: 'kill' | 'stop' | 'pause' }>,
  pair: Pair,
): readonly Step[] {
  const text = `${kind} ${director}`;
  if (kind === 'pause') {
    return pair(
      text,
      async () => lab.pauseNode(director),
      async () => lab.resumeNode(director),
    );
  }
  const end = async (): Promise<void> => {
    if (kind === 'stop') await lab.stopNode(director);
    else await lab.killNode(director);
  };
  return pair(text, end, async () => lab.startNode(director));
}

/** A real server is quiesced, or taken out, and put back. */
function serverSteps(
  lab: RunningLab,
  { kind, server: node }: Extract<ScenarioFault, { readonly kind: 'health-flap' | 'reload' }>,
  pair: Pair,
): readonly Step[] {
  if (kind === 'health-flap') {
    const weigh = (weight: string) => async () =>
      editServers(lab, node, (service, server) => ['-e', ...service, ...server, '-w', weight]);
    return pair(`quiesce ${node}`, weigh('0'), weigh('1'));
  }
  return pair(
    `reload without ${node}`,
    async () =>
      editServers(lab, node, (service, [, place = '']) => ['-d', ...service, '-r', place]),
    async () =>
      editServers(lab, node, (service, server) => ['-a', ...service, ...server, '-w', '1']),
  );
}

const lengthOf = (fault: ScenarioFault): Duration => fault.for;

/** A filter is a partition of one plane between the node and all other directors. */
function filterSteps(
  lab: RunningLab,
  fault: Extract<ScenarioFault, { readonly kind: 'filter' }>,
  pair: Pair,
): readonly Step[] {
  const { drops, node, direction } = fault;
  if (drops === 'announcement') {
    throw new UsageError({ code: 'sim-only' }, 'a lab cannot lose announcements alone');
  }
  const others = lab.directors.filter((name) => name !== node);
  const sides = direction === 'in' ? [others, [node]] : [[node], others];
  return pair(
    `filter ${drops} at ${node}`,
    async () => partition(lab, { sides, plane: drops, oneWay: direction !== 'both' }),
    async () => heal(lab),
  );
}

/** Changes every service of every director that has a real server, by ipvsadm. */
async function editServers(
  lab: RunningLab,
  node: string,
  argv: (service: readonly string[], server: readonly string[]) => readonly string[],
): Promise<void> {
  for (const director of lab.directors) {
    if (!lab.isRunning(director)) continue;
    for (const { protocol, address, port, method, realServers } of lab.config.services) {
      const server = realServers.find((candidate) => candidate.node === node);
      if (server === undefined) continue;
      const service = [protocol === 'tcp' ? '-t' : '-u', `${address}:${port}`];
      const how = { Masq: '-m', Route: '-g', Tunnel: '-i', FullNat: '-m' }[method];
      await lab.ipvsadm(director, argv(service, ['-r', `${server.address}:${server.port}`, how]));
    }
  }
}
