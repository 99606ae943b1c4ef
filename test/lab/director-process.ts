import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

import type { Test } from 'tap';

import { fetchDocument, sendCommand } from '../../cluster/lab/control-client.js';
import { directorProgram } from '../../cluster/lab/members.js';
import { until } from '../../cluster/lab/wait.js';
import type { Api, ReloadAnswer, VrrpView } from '../../cluster/node/api.js';
import type { VrrpState } from '../../cluster/vrrp/state.js';
import type { LinkedNode } from './linked-nodes.js';

/** How a director is started: `before` goes before its command line. */
export interface DirectorStart {
  readonly config: string;
  readonly before?: readonly string[];
  /** Go behind it. */
  readonly options?: readonly string[];
}

/** A director that runs on a node of a test. */
export interface DirectorProcess {
  instances(): Promise<readonly VrrpView[]>;
  /** One instance, the only one when no name is given. */
  instance(name?: string): Promise<VrrpView>;
  status(): Promise<Api['/status']>;
  events(): Promise<Api['/events']['events']>;
  /** Waits until the instance has this state; false when it takes too long. */
  becomes(state: VrrpState, name?: string): Promise<boolean>;
  services(): Promise<Api['/services']['services']>;
  pools(): Promise<Api['/health']['pools']>;
  /** Writes another configuration, or leaves the one that there is, and lets the director read it. */
  reload(config?: string): Promise<ReloadAnswer>;
  readonly control: string;
  /** Of its files. */
  readonly folder: string;
  readonly pid: number;
  /** Waits until this is true of the instance. */
  shows(isShown: (view: VrrpView) => boolean, name?: string): Promise<boolean>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** Starts a director and waits until it answers. It is killed at the end of the test. */
export async function startDirector(
  t: Test,
  node: LinkedNode,
  { config, before = [], options = [] }: DirectorStart,
): Promise<DirectorProcess> {
  const folder = mkdtempSync(path.join(tmpdir(), 'baton-node-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const [file, control] = [path.join(folder, 'conf'), path.join(folder, 'control')];
  writeFileSync(file, config);
  const files = [`--config=${file}`, `--control=${control}`, `--dumps=${folder}`];
  const command = [process.execPath, directorProgram, ...files, ...options];
  const child = node.start(...before, ...command);
  const lines: string[] = [];
  for (const pipe of [child.stdout, child.stderr]) {
    if (pipe !== null) createInterface(pipe).on('line', (line) => lines.push(line));
  }
  const isStarted = (): true | undefined => {
    if (child.exitCode !== null) throw new Error(`the director has ended: ${lines.join('\n')}`);
    return lines.some((line) => line.includes('"msg":"started"')) || undefined;
  };
  if ((await until(isStarted, { timeoutMs: 20_000, everyMs: 20 })) === undefined) {
    throw new Error(`the director does not start: ${lines.join('\n')}`);
  }
  const instance = async (name?: string): Promise<VrrpView> => {
    const { instances } = await fetchDocument(control, '/vrrp');
    const found = instances.find((view) => name === undefined || view.instance === name);
    if (found === undefined) throw new Error(`the director has no instance ${name ?? ''}`);
    return found;
  };
  const shows: DirectorProcess['shows'] = async (isShown, name) => {
    const probe = async (): Promise<true | undefined> => isShown(await instance(name)) || undefined;
    return (await until(probe, { timeoutMs: 10_000, everyMs: 20 })) === true;
  };
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  };
  return {
    instances: async () => (await fetchDocument(control, '/vrrp')).instances,
    instance,
    status: async () => fetchDocument(control, '/status'),
    services: async () => (await fetchDocument(control, '/services')).services,
    pools: async () => (await fetchDocument(control, '/health')).pools,
    reload: async (text) => {
      if (text !== undefined) writeFileSync(file, text);
      return sendCommand(control, '/reload', {});
    },
    control,
    folder,
    pid: child.pid ?? 0,
    events: async () => (await fetchDocument(control, '/events')).events,
    becomes: async (state, name) => shows((view) => view.state === state, name),
    shows,
    stop: async () => end('SIGTERM'),
    kill: async () => end('SIGKILL'),
  };
}
