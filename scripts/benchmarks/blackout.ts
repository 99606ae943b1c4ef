import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { alignCells } from '../../cluster/cli/table.js';
import { directorsOf, type LabConfig } from '../../cluster/config/lab-config.js';
import { loadLab } from '../../cluster/config/lab-file.js';
import { withAdvertInterval } from '../../cluster/lab/demo-plan.js';
import { bringUp } from '../../cluster/lab/lab.js';
import { heal, setLink } from '../../cluster/lab/network-faults.js';
import type { RunningLab } from '../../cluster/lab/running-lab.js';
import { TrafficProcess } from '../../cluster/lab/traffic/client-process.js';
import { until } from '../../cluster/lab/wait.js';
import { masterDownInterval } from '../../cluster/vrrp/timers.js';
import { toMilliseconds } from '../../director/base/time.js';
import { flag, readOptions, wholeNumber, wholeNumbers } from './options.js';

/*
 * How long clients are without answers when a director goes: killed, stopped in good order, or cut off. UDP flows ask
 * every few milliseconds; the longest gap of any of them is the blackout.
 */

const labFile = fileURLToPath(new URL('../../../cluster/lab/default.yaml', import.meta.url));

/** The pause between two requests of a flow: what a blackout is measured in. */
const resolutionMs = 5;
const flowsPerService = 10;

/** What befalls the master, and the longest blackout that it may cause. */
interface Fault {
  readonly name: 'kill' | 'stop' | 'cable';
  readonly limitMs: (masterDownMs: number) => number;
  readonly inflict: (lab: RunningLab, node: string) => Promise<unknown>;
  readonly undo: (lab: RunningLab, node: string) => Promise<void>;
}

const restart = async (lab: RunningLab, node: string): Promise<void> => lab.startNode(node);

const faults: readonly Fault[] = [
  {
    name: 'kill',
    limitMs: () => 100,
    inflict: async (lab, node) => lab.killNode(node),
    undo: restart,
  },
  {
    name: 'stop',
    limitMs: () => 50,
    inflict: async (lab, node) => lab.stopNode(node),
    undo: restart,
  },
  {
    name: 'cable',
    limitMs: (masterDownMs) => masterDownMs + 150,
    inflict: async (lab, node) => setLink(lab, node, undefined, false),
    undo: heal,
  },
];

interface Figure {
  readonly advertMs: number;
  readonly fault: string;
  readonly limitMs: number;
  /** Longest gap of each run, the fault alone. */
  readonly blackoutsMs: readonly number[];
  /** The same for the return of the old master. */
  readonly returnsMs: readonly number[];
  readonly broken: number;
}

const options = readOptions({
  adverts: wholeNumbers(1_000, 100, 10),
  runs: wholeNumber(3),
  json: flag,
});

async function measure(config: LabConfig, runs: number): Promise<Figure[]> {
  const advertMs = toMilliseconds(config.cluster.advertInterval);
  const [first, second] = directorsOf(config).toSorted((a, b) => b.priority - a.priority);
  if (first === undefined || second === undefined) throw new Error('the lab has two directors');
  const lab = await bringUp(config, {
    signal: AbortSignal.timeout(600_000),
    progress: () => {},
  });
  try {
    await master(lab, first.name);
    const silence = masterDownInterval(second.priority, config.cluster.advertInterval);
    const figures: Figure[] = [];
    for (const fault of faults) {
      const outcomes: Outcome[] = [];
      for (let run = 0; run < runs; run += 1) {
        outcomes.push(await suffer(lab, fault, first.name, second.name));
      }
      figures.push({
        advertMs,
        fault: fault.name,
        limitMs: Math.round(fault.limitMs(toMilliseconds(silence))),
        blackoutsMs: outcomes.map(({ blackoutMs }) => blackoutMs),
        returnsMs: outcomes.map(({ returnMs }) => returnMs),
        broken: outcomes.reduce((sum, { broken }) => sum + broken, 0),
      });
      progress(figures.at(-1));
    }
    return figures;
  } finally {
    await lab.down();
  }
}

interface Outcome {
  readonly blackoutMs: number;
  readonly returnMs: number;
  readonly broken: number;
}

/** One fault with its undoing under traffic. */
async function suffer(
  lab: RunningLab,
  fault: Fault,
  node: string,
  successor: string,
): Promise<Outcome> {
  const client = new TrafficProcess(lab.execArgs('client', []), {
    targets: [
      { protocol: 'UDP', address: '10.1.0.100', port: 53, count: flowsPerService },
      { protocol: 'UDP', address: '10.1.0.101', port: 53, count: flowsPerService },
    ],
    durationMs: 120_000,
    udpIntervalMs: resolutionMs,
  });
  try {
    await sleep(2_000);
    await client.mark('fault');
    await fault.inflict(lab, node);
    await master(lab, successor);
    await sleep(1_000);
    await client.mark('return');
    await fault.undo(lab, node);
    await master(lab, node);
    await sleep(1_000);
    await client.mark('end');
    const { flows } = await client.stop();
    const longest = (name: string): number =>
      Math.round(
        Math.max(
          ...flows
            .flatMap(({ phases }) => phases.filter((phase) => phase.name === name))
            .map(({ longestGap }) =>
              longestGap === undefined ? 0 : longestGap.to - longestGap.from,
            ),
        ),
      );
    const broken = flows.filter((flow) => flow.broken !== undefined).length;
    return { blackoutMs: longest('fault'), returnMs: longest('return'), broken };
  } finally {
    client.kill();
  }
}

async function master(lab: RunningLab, node: string): Promise<void> {
  const isMaster = async (): Promise<true | undefined> => {
    const { state } = await lab.request(node, '/status');
    return state === 'master' ? true : undefined;
  };
  if ((await until(isMaster, { timeoutMs: 30_000, everyMs: 20 })) === true) return;
  throw new Error(`${node} has not become master`);
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

function progress(figure: Figure | undefined): void {
  if (options.json || figure === undefined) return;
  process.stderr.write(
    `${figure.fault} at ${String(figure.advertMs)} ms adverts: ${figure.blackoutsMs.join(' ')} ms\n`,
  );
}

const base = loadLab(readFileSync(labFile, 'utf8'), labFile);
const figures: Figure[] = [];
for (const advertMs of options.adverts) {
  figures.push(...(await measure(withAdvertInterval(base, advertMs), options.runs)));
}
if (options.json) {
  console.log(JSON.stringify(figures, undefined, 2));
} else {
  const right = { align: 'right' } as const;
  const rows = figures.map(({ advertMs, fault, limitMs, blackoutsMs, returnsMs, broken }) => [
    fault,
    `${String(advertMs)} ms`,
    `${String(median(blackoutsMs))} ms`,
    `${String(Math.max(...blackoutsMs))} ms`,
    `${String(limitMs)} ms`,
    `${String(Math.max(...returnsMs))} ms`,
    String(broken),
  ]);
  const titles = ['fault', 'adverts', 'median', 'worst', 'bound', 'worst return', 'broken'];
  const columns = [{}, right, right, right, right, right, right];
  console.log(alignCells(columns, [titles, ...rows]).join('\n'));
}
