import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Test } from 'tap';

import type { LabConfig } from '../../cluster/config/lab-config.js';
import { loadLab } from '../../cluster/config/lab-file.js';
import { bringUp, type BringUpOptions } from '../../cluster/lab/lab.js';
import type { RunningLab } from '../../cluster/lab/running-lab.js';
import { until } from '../../cluster/lab/wait.js';
import { milliseconds } from '../../director/base/time.js';
import { stateFolder } from './state-folder.js';

/*
 * What the tests with real packets share. They make network namespaces, which takes root: without it they fail.
 */

const defaultLab = fileURLToPath(new URL('../../../cluster/lab/default.yaml', import.meta.url));

/** The default lab; with another advertisement interval when the timers would only make a test slow. */
export function labWith(advertMs: number, options: { deathNotice?: boolean } = {}): LabConfig {
  const lab = loadLab(readFileSync(defaultLab, 'utf8'), defaultLab);
  const sync = { ...lab.cluster.sync, deathNotice: options.deathNotice ?? true };
  const cluster = { ...lab.cluster, sync, advertInterval: milliseconds(advertMs) };
  return { ...lab, cluster };
}

/** A lab that is taken down at the end of the test. */
export async function runLab(
  t: Test,
  lab: LabConfig,
  options: Partial<BringUpOptions> = {},
): Promise<RunningLab> {
  process.env['BATON_STATE'] = stateFolder(t);
  const running = await bringUp(lab, {
    signal: new AbortController().signal,
    progress: (text) => t.comment(text),
    ...options,
  });
  t.teardown(async () => {
    if (!t.passing()) for (const line of lastWords(running)) t.comment(line);
    await running.down();
  });
  return running;
}

/** The ends of the directors' logs, which explain a failure. */
const lastWords = (running: RunningLab): string[] =>
  running.directors.flatMap((node) =>
    readFileSync(join(running.folder, `${node}.log`), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(-12)
      .map((line) => `${node}: ${line.slice(0, 400)}`),
  );

/** Runs a command on a node and returns what it printed. */
export function onNode(running: RunningLab, node: string, ...argv: readonly string[]): string {
  const [program = '', ...rest] = running.execArgs(node, argv);
  return execFileSync(program, rest, { encoding: 'utf8' });
}

/** Waits until a director has this state; false when it does not come to it in time. */
export async function reaches(
  running: RunningLab,
  node: string,
  state: string,
  timeoutMs: number,
): Promise<boolean> {
  const reached = await until(
    async () => {
      const status = await running.request(node, '/status');
      return (status.state === state && status.tableComplete) || undefined;
    },
    { timeoutMs, everyMs: 20 },
  );
  return reached === true;
}
