import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

import { IoError, UsageError } from '../../director/base/errors.js';
import { toMilliseconds } from '../../director/base/time.js';
import { bestDriver } from '../../director/io/driver.js';
import { directorsOf, type LabConfig } from '../config/lab-config.js';
import type { VrrpView } from '../node/api.js';
import { fetchDocument } from './control-client.js';
import { withDriver } from './demo-plan.js';
import {
  directorProgram,
  serverProgram,
  startDirector,
  startServer,
  startTunnelEnd,
  waitForDirector,
  waitForServer,
  writeConfigurations,
  type Member,
} from './members.js';
import { buildTopology } from './namespaces.js';
import { preflight } from './preflight.js';
import { RunningLab } from './running-lab.js';
import { checkSocketPaths, StateFolder } from './state-folder.js';
import { until } from './wait.js';

/** Beyond what the configuration itself asks to wait for, an election and a table transfer take this long at most. */
const convergenceMarginMs = 15_000;

/** How a lab is brought up. */
export interface BringUpOptions {
  /** Aborting it at any moment takes down what there is; `bringUp` then throws the signal's reason. */
  readonly signal: AbortSignal;
  /** Receives a line for each step. */
  readonly progress: (text: string) => void;
  /** Only the namespaces and links, without directors and real servers. */
  readonly topologyOnly?: boolean;
}

/**
 * Builds the lab and waits until it works: every director answers, one is master, and all have the whole table. Whatever
 * goes wrong, nothing is left behind. Throws a `UsageError` before anything is touched when the machine
 * cannot hold a lab or one of this name is running.
 */
export async function bringUp(given: LabConfig, options: BringUpOptions): Promise<RunningLab> {
  const lab = await withOneDriver(given);
  const { signal, progress, topologyOnly = false } = options;
  preflight(topologyOnly ? [] : [directorProgram, serverProgram]);
  checkSocketPaths(
    lab.name,
    directorsOf(lab).map(({ name }) => name),
  );
  signal.throwIfAborted();
  const folder = StateFolder.create(lab.name, progress);
  try {
    folder.write(configurationFile, JSON.stringify(lab, undefined, 2));
    progress(`building ${String(lab.nodes.length)} nodes on ${networkNames(lab)}`);
    await buildTopology(folder, lab, signal);
    const running = new RunningLab(folder, lab);
    if (!topologyOnly) await startMembers(folder, running, options);
    signal.throwIfAborted();
    folder.record('complete', '', process.pid);
    return running;
  } catch (error) {
    progress('taking the lab down again');
    await folder.takeDown();
    // A Ctrl-C can hit a process between its birth and its own session. What failed because of that is no news, but
    // the signal for this process may still wait in the event queue.
    await setImmediate();
    signal.throwIfAborted();
    throw error;
  }
}

/** All directors of a lab use one driver, because links are made for it: what `auto` means is decided here. */
async function withOneDriver(lab: LabConfig): Promise<LabConfig> {
  const { driver } = lab.cluster.dataPlane;
  return driver === 'auto' ? withDriver(lab, (await bestDriver()).name) : lab;
}

/** The lab of this name as an earlier `bringUp`, of whichever process, has left it. Throws a `UsageError` `no-lab`. */
export function openLab(name: string): RunningLab {
  const folder = StateFolder.find(name);
  if (folder === undefined || !folder.isAlive()) {
    throw new UsageError({ code: 'no-lab' }, `no lab '${name}' is running: baton up starts one`);
  }
  if (!folder.isComplete) {
    throw new UsageError({ code: 'lab-incomplete' }, `lab '${name}' is not up yet`);
  }
  const config: LabConfig = JSON.parse(readFileSync(folder.file(configurationFile), 'utf8'));
  return new RunningLab(folder, config);
}

/**
 * Takes down the lab of this name, however far it ever came. Throws a `UsageError` `no-lab` when there is none.
 */
export async function takeDown(name: string): Promise<void> {
  const folder = StateFolder.find(name);
  if (folder === undefined) {
    throw new UsageError({ code: 'no-lab' }, `no lab '${name}' is running`);
  }
  await folder.takeDown();
}

/** The names of the labs that run on this machine. */
export const runningLabs = (): string[] => StateFolder.running();

/** The lab's configuration as used; what the processes of a lab write themselves is described at `StateFolder`. */
const configurationFile = 'lab.json';

const networkNames = (lab: LabConfig): string => lab.networks.map(({ name }) => name).join(', ');

async function startMembers(
  folder: StateFolder,
  running: RunningLab,
  { signal, progress }: BringUpOptions,
): Promise<void> {
  const lab = running.config;
  writeConfigurations(folder, lab);
  progress('starting real servers and directors');
  const servers: Member[] = [];
  const directors: Member[] = [];
  for (const node of lab.nodes) {
    signal.throwIfAborted();
    const holder = running.holder(node.name);
    if (hasTunnel(lab, node.name)) {
      await waitForServer(folder, await startTunnelEnd(folder, node.name, holder), signal);
    }
    if (isServing(lab, node.name)) servers.push(await startServer(folder, lab, node, holder));
    if (node.kind === 'director') directors.push(await startDirector(folder, node.name, holder));
  }
  for (const server of servers) await waitForServer(folder, server, signal);
  for (const director of directors) await waitForDirector(folder, director, signal);
  if (directors.length > 0) await waitForConvergence(folder, lab, directors, { signal, progress });
}

/** A real server that no service of the file names has nothing to listen for. */
const isServing = ({ services }: LabConfig, name: string): boolean =>
  services.some(({ realServers }) => realServers.some(({ node }) => node === name));

/** A real server unwraps what comes through a tunnel. */
const hasTunnel = ({ services }: LabConfig, name: string): boolean =>
  services.some(
    ({ method, realServers }) =>
      method === 'Tunnel' && realServers.some(({ node }) => node === name),
  );

/** True when each instance has one master: with preemption it is the director that comes first in its order. */
function isElected(instances: readonly VrrpView[], preempt: boolean): boolean {
  const names = new Set(instances.map(({ instance }) => instance));
  return [...names].every((name) => {
    const candidates = instances.filter(({ instance }) => instance === name);
    const [master, ...others] = candidates.filter(({ state }) => state === 'master');
    if (master === undefined || others.length > 0) return false;
    return !preempt || candidates.every(({ priority }) => priority <= master.priority);
  });
}

/** Waits until every instance has exactly one master and every director the whole table. */
async function waitForConvergence(
  folder: StateFolder,
  lab: LabConfig,
  directors: readonly Member[],
  { signal, progress }: BringUpOptions,
): Promise<void> {
  let last = '';
  const timeoutMs = convergenceMarginMs + toMilliseconds(lab.cluster.sync.bulkTimeout);
  const converged = await until(
    async () => {
      const statuses = [];
      const instances = [];
      for (const director of directors) {
        statuses.push(await waitForDirector(folder, director, signal));
        const socket = folder.socket(director.entry.node);
        instances.push(...(await fetchDocument(socket, '/vrrp')).instances);
      }
      const text = statuses
        .map(({ node, state, tableComplete }) =>
          [node, state, ...(tableComplete ? [] : ['without the table'])].join(' '),
        )
        .join(', ');
      if (text !== last) progress(text);
      last = text;
      const isComplete = statuses.every(({ tableComplete }) => tableComplete);
      return (isElected(instances, lab.cluster.preempt) && isComplete) || undefined;
    },
    { timeoutMs, everyMs: 50, signal },
  );
  if (converged !== undefined) return;
  throw new IoError(
    { code: 'no-convergence' },
    `the directors have not agreed within ${String(timeoutMs / 1_000)} s: ${last}`,
  );
}
