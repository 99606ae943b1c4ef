import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { amount, renderChart } from './data/chart.js';
import { Forwarders, type Forwarder } from './data/forwarders.js';
import { bulkFile, measure, Measures, type Figures, type Measure } from './data/measures.js';
import { Address, buildTopology, Port, type Topology } from './data/topology.js';
import { someOf, flag, readOptions, wholeNumber, words } from './options.js';

/*
 * The data plane against its peers: the same client, server and links for all, one after the other, round after round, so that
 * what else the machine does hits all of them. The medians of the rounds count, and their ratios to nft DNAT.
 */

const options = readOptions({
  quick: flag,
  rounds: wholeNumber(undefined),
  only: someOf(Forwarders.map(({ name }) => name)),
  json: words,
  svg: words,
});

const Reference = 'nft DNAT';
const BulkBytes = 32 * 1_024 * 1_024;
const Full = { flood: 2, connections: 3, bulk: 2, ping: 2 };
const Quick = { flood: 0.5, connections: 1, bulk: 1, ping: 0.5 };

const pingProgram = fileURLToPath(new URL('data/udp-ping.js', import.meta.url));

const measures = Object.keys(Measures).filter((name): name is Measure => name in Measures);

/** What answers clients at the end: a web server, iperf3, and an echo. */
async function startServers({ server }: Topology): Promise<() => void> {
  const folder = path.dirname(bulkFile(server.holder));
  mkdirSync(path.join(folder, 'log'), { recursive: true });
  writeFileSync(bulkFile(server.holder), randomBytes(BulkBytes));
  writeFileSync(path.join(folder, 'index.html'), 'x'.repeat(64));
  const configuration = path.join(folder, 'nginx.conf');
  writeFileSync(
    configuration,
    `user root;
pid ${folder}/pid;
error_log ${folder}/log/error;
worker_processes 1;
events { worker_connections 16384; }
http {
  access_log off;
  server { listen ${Address.server}:${Port.web} backlog=16384; root ${folder}; }
}
`,
  );
  server.start('nginx', '-g', 'daemon off;', '-c', configuration);
  server.start('iperf3', '-s', '-p', String(Port.bulk));
  server.start(process.execPath, pingProgram, 'echo', Address.server, String(Port.ping));
  await sleep(1_000);
  return () => rmSync(folder, { recursive: true });
}

async function runRound(
  topology: Topology,
  forwarders: readonly Forwarder[],
  results: Map<string, Figures[]>,
): Promise<void> {
  for (const forwarder of forwarders) {
    const started = performance.now();
    const running = await forwarder.start(topology);
    try {
      const durations = options.quick ? Quick : Full;
      const figures = measure(topology, running, forwarder.carries, durations);
      const falseElections = await running.falseElections?.();
      const row = falseElections === undefined ? figures : { ...figures, falseElections };
      results.set(forwarder.name, [...(results.get(forwarder.name) ?? []), row]);
    } finally {
      await running.close();
    }
    const seconds = (performance.now() - started) / 1_000;
    console.error(`${forwarder.name}: ${seconds.toFixed(1)} s`);
  }
}

/** The median of each measure over the rounds; of what must not happen at all, the most. */
function medians(rounds: readonly Figures[]): Figures {
  const result: Figures = {};
  for (const name of measures) {
    const values = rounds.map((figures) => figures[name]).filter((value) => value !== undefined);
    const sorted = values.toSorted((left, right) => left - right);
    const middle = sorted[Math.floor((sorted.length - 1) / 2)];
    const shown = name === 'falseElections' ? sorted.at(-1) : middle;
    if (shown !== undefined) result[name] = shown;
  }
  return result;
}

function printTable(results: ReadonlyMap<string, Figures>): void {
  const names = [...results.keys()];
  console.log(['', ...names].map((name, index) => name.padStart(index === 0 ? 34 : 22)).join(''));
  for (const measure of measures) {
    const reference = results.get(Reference)?.[measure];
    const cells = names.map((name) => {
      const value = results.get(name)?.[measure];
      if (value === undefined) return '-';
      const ratio = reference === undefined ? '' : ` (${(value / reference).toFixed(2)})`;
      return amount(value) + ratio;
    });
    console.log(Measures[measure].padEnd(34) + cells.map((cell) => cell.padStart(22)).join(''));
  }
}

const forwarders = Forwarders.filter(({ name }) => options.only.includes(name));
const rounds = options.rounds ?? (options.quick ? 1 : 3);
const all = new Map<string, Figures[]>();
const topology = await buildTopology();
let cleanUp = (): void => {};
try {
  cleanUp = await startServers(topology);
  for (let round = 1; round <= rounds; round += 1) {
    console.error(`round ${round} of ${rounds}`);
    await runRound(topology, forwarders, all);
  }
} finally {
  await topology.close();
  cleanUp();
}

const results = new Map([...all].map(([name, figures]) => [name, medians(figures)]));
printTable(results);
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Linux ${release()}, Node ${process.version}`;
const [load = 0] = loadavg();
console.log(
  `${machine}; ${rounds} rounds; load ${load.toFixed(1)}; in brackets: against ${Reference}`,
);
if (options.json !== undefined) {
  const document = {
    machine,
    rounds,
    load,
    medians: Object.fromEntries(results),
    all: Object.fromEntries(all),
  };
  writeFileSync(options.json, `${JSON.stringify(document, undefined, 2)}\n`);
}
if (options.svg !== undefined) {
  const panels = measures.map((measure) => ({
    title: Measures[measure],
    bars: [...results].flatMap(([name, figures]) => {
      const value = figures[measure];
      return value === undefined ? [] : [{ name, value }];
    }),
  }));
  writeFileSync(options.svg, renderChart(`baton: ${machine}`, panels));
}
