import { setTimeout as sleep } from 'node:timers/promises';

import { alignCells } from '../../cluster/cli/table.js';
import { director, DriverNames, type Running } from './data/forwarders.js';
import { cpuSeconds, wakeUps } from './data/measures.js';
import { buildTopology } from './data/topology.js';
import { someOf, flag, readOptions, wholeNumber } from './options.js';

/*
 * What directors cost that have nothing to forward: a master with adverts every 100 ms and a rival, once for each driver, all at
 * the same time in topologies of their own. In its first minutes the engine still compiles what it has seen run often.
 */

const options = readOptions({
  drivers: someOf(DriverNames),
  settle: wholeNumber(120, 0),
  seconds: wholeNumber(60),
  json: flag,
});

interface Figure {
  readonly driver: string;
  /** Of one processor. */
  readonly percent: number;
  /** Of the main thread. */
  readonly wakeUpsPerSecond: number;
  readonly falseElections: number;
}

/** Something that has to be undone, the last first. */
const undo: (() => Promise<void>)[] = [];

async function start(driver: string): Promise<Running> {
  const topology = await buildTopology();
  undo.push(() => topology.close());
  const running = await director(driver).start(topology);
  undo.push(() => running.close());
  return running;
}

async function measure(driver: string, running: Running, seconds: number): Promise<Figure> {
  const { pid, falseElections } = running;
  if (pid === undefined) throw new Error('a director is a process');
  const [cpu, wakes] = [cpuSeconds(pid), wakeUps(pid)];
  await sleep(seconds * 1_000);
  return {
    driver,
    percent: ((cpuSeconds(pid) - cpu) / seconds) * 100,
    wakeUpsPerSecond: (wakeUps(pid) - wakes) / seconds,
    falseElections: (await falseElections?.()) ?? 0,
  };
}

const { settle, seconds } = options;
let figures: Figure[] = [];
try {
  const directors: [string, Running][] = [];
  for (const driver of options.drivers) directors.push([driver, await start(driver)]);
  console.error(`${directors.length} directors: ${settle} s to settle, then ${seconds} s`);
  await sleep(settle * 1_000);
  figures = await Promise.all(
    directors.map(async ([driver, running]) => measure(driver, running, seconds)),
  );
} finally {
  for (const step of undo.toReversed()) await step();
}
if (options.json) console.log(JSON.stringify(figures, undefined, 2));
else {
  const right = { align: 'right' } as const;
  const titles = ['driver', 'processor', 'wake-ups/s', 'false elections'];
  const rows = figures.map(({ driver, percent, wakeUpsPerSecond, falseElections }) => [
    driver,
    `${percent.toFixed(2)} %`,
    wakeUpsPerSecond.toFixed(0),
    String(falseElections),
  ]);
  for (const line of alignCells([{}, right, right, right], [titles, ...rows])) console.log(line);
}
