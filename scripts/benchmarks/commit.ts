import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { alignCells } from '../../cluster/cli/table.js';
import type { LabConfig } from '../../cluster/config/lab-config.js';
import { loadLab } from '../../cluster/config/lab-file.js';
import type { CommitMode } from '../../cluster/config/node-config.js';
import { bringUp } from '../../cluster/lab/lab.js';
import type { RunningLab } from '../../cluster/lab/running-lab.js';
import type { ConnectTimes } from '../../cluster/lab/traffic/arrivals.js';
import { TrafficProcess } from '../../cluster/lab/traffic/client-process.js';
import {
  labThatCommits,
  surviveEnds,
  targetsOf,
  type End,
  type RoundsOutcome,
} from './end-rounds.js';
import { oneOf, flag, readOptions, wholeNumber } from './options.js';

/*
 * What commit modes cost and what they are worth: the time to connect to services that differ in nothing but the mode, at
 * the same time and through the same director; and the connections that break when the master ends again and again.
 */

const labFile = fileURLToPath(new URL('../../../cluster/lab/default.yaml', import.meta.url));
const Ends: readonly End[] = ['kill', 'stop'];
const Modes: readonly CommitMode[] = ['none', 'sent', 'acked'];
/** As many ends as a traffic client lives for. */
const RoundsAtOnce = 10;
const CalmRate = 100;
const CalmMs = 30_000;

const options = readOptions({
  rounds: wholeNumber(200),
  rate: wholeNumber(500),
  commit: oneOf(Modes, 'acked'),
  end: oneOf(Ends, 'kill'),
  seed: wholeNumber(1, 0),
  json: flag,
});

/** Every TCP service three times, on neighbouring ports, once for each mode. */
function labOfModes(lab: LabConfig): LabConfig {
  const services = lab.services
    .filter(({ protocol }) => protocol === 'tcp')
    .flatMap((service) =>
      Modes.map((commit, index) => {
        const port = service.port + index;
        const realServers = service.realServers.map((server) => ({ ...server, port }));
        return { ...service, port, commit, realServers };
      }),
    );
  return { ...lab, services };
}

interface Figure {
  readonly method: string;
  readonly commit: string;
  readonly times: ConnectTimes;
}

async function measureTimes(lab: RunningLab): Promise<Figure[]> {
  const client = new TrafficProcess(lab.execArgs('client', []), {
    targets: [],
    durationMs: 2 * CalmMs,
    arrivals: { targets: targetsOf(lab.config), perSecond: CalmRate, holdMs: 500, pauseMs: 50 },
  });
  try {
    await sleep(CalmMs);
    const { connectMsByTarget } = await client.arrivals();
    return lab.config.services.map(({ method, commit = 'none' }, index) => ({
      method,
      commit,
      times: connectMsByTarget[index] ?? { median: 0, p90: 0, p99: 0, max: 0 },
    }));
  } finally {
    client.kill();
  }
}

async function endAgainAndAgain(lab: RunningLab): Promise<RoundsOutcome[]> {
  const rounds = options.rounds;
  const outcomes: RoundsOutcome[] = [];
  for (let done = 0; done < rounds; done += RoundsAtOnce) {
    outcomes.push(
      await surviveEnds(lab, {
        end,
        rounds: Math.min(RoundsAtOnce, rounds - done),
        perSecond: options.rate,
        seed: options.seed + done,
        progress: (text) => {
          if (!options.json) process.stderr.write(`${text} (${done} before)\n`);
        },
      }),
    );
  }
  return outcomes;
}

async function withLab<T>(config: LabConfig, use: (lab: RunningLab) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(4 * 3_600_000);
  const lab = await bringUp(config, { signal, progress: () => {} });
  try {
    return await use(lab);
  } finally {
    await lab.down();
  }
}

const text = (time: number): string => `${time.toFixed(2)} ms`;

function print(figures: readonly Figure[], outcomes: readonly RoundsOutcome[]): void {
  const right = { align: 'right' } as const;
  const rows = figures.map(({ method, commit, times }) => {
    const plain = figures.find((other) => other.method === method && other.commit === 'none');
    const added = times.median - (plain?.times.median ?? 0);
    return [method, commit, ...[times.median, added, times.p90, times.p99].map(text)];
  });
  const titles = ['method', 'commit', 'median to connect', 'added', '90 %', '99 %'];
  console.log(alignCells([{}, {}, right, right, right, right], [titles, ...rows]).join('\n'));
  const sum = (of: (outcome: RoundsOutcome) => number): number =>
    outcomes.reduce((total, outcome) => total + of(outcome), 0);
  console.log(
    `\n${options.rounds} times ${end} of the master at ${options.rate} connections a second, commit ${options.commit}:` +
      `\n  opened ${sum(({ arrivals }) => arrivals.opened)}, broken ${sum(({ arrivals }) => arrivals.broken)}` +
      `\n  committed by the masters that ended ${sum(({ committed }) => committed)}, forwarded without ${sum(({ uncommitted }) => uncommitted)}` +
      `\n  SYN sent again ${sum(({ arrivals }) => arrivals.resent)}`,
  );
}

const { commit: mode, end } = options;
const base = loadLab(readFileSync(labFile, 'utf8'), labFile);
const figures = await withLab(labOfModes(base), measureTimes);
const outcomes = await withLab(labThatCommits(base, mode), endAgainAndAgain);
if (options.json) console.log(JSON.stringify({ figures, outcomes }, undefined, 2));
else print(figures, outcomes);
process.exitCode = outcomes.every(({ arrivals }) => arrivals.broken === 0) ? 0 : 1;
