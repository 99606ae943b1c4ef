import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { IoError, UsageError } from '../../director/base/errors.js';
import { directorsOf, type LabConfig } from '../config/lab-config.js';
import type { IpvsadmAnswer } from '../ipvsadm/command.js';
import type { Api, ReloadAnswer } from '../node/api.js';
import { callApi, fetchDocument, sendCommand } from './control-client.js';
import type { LabControl } from './lab-control.js';
import {
  startDirector,
  startServer,
  waitForDirector,
  waitForServer,
  writeConfiguration,
} from './members.js';
import { enter } from './namespaces.js';
import { heal, partition, setLink, thin, type Partition, type Thinning } from './network-faults.js';
import {
  isPaused,
  isRunning,
  processesEnd,
  signalProcess,
  type ProcessIdentity,
} from './process-identity.js';
import type { StateFolder } from './state-folder.js';
import { clientProgram } from './traffic/client-process.js';
import { until } from './wait.js';

/** How long a director that is asked to stop may take to say goodbye to its peers. */
const stopTimeoutMs = 10_000;

/** How long a process may take to vanish after SIGKILL. */
const killTimeoutMs = 5_000;

/** The programs that a director has in its path. */
const onNodePrograms = fileURLToPath(new URL('../../../scripts/on-node', import.meta.url));

/** The namespace with the bridges, where commands can be run as on a node. */
const switchName = 'switch';

/** A lab of network namespaces on this machine that is up. */
export class RunningLab implements LabControl {
  readonly lacks = new Map([['clock-step', 'all nodes have the clock of this machine']]);
  readonly means = { kill: 'SIGKILL', pause: 'SIGSTOP' };
  readonly trafficProgram = [process.execPath, clientProgram];
  readonly config: LabConfig;
  readonly #folder: StateFolder;

  constructor(folder: StateFolder, config: LabConfig) {
    this.config = config;
    this.#folder = folder;
  }

  get name(): string {
    return this.#folder.labName;
  }

  /** Where the lab keeps its state, logs among it. */
  get folder(): string {
    return this.#folder.path;
  }

  get nodes(): readonly string[] {
    return this.config.nodes.map(({ name }) => name);
  }

  get directors(): readonly string[] {
    return directorsOf(this.config).map(({ name }) => name);
  }

  /** Takes the lab down; a lab that is not there any more is a lab that is down. */
  async down(): Promise<void> {
    await this.#folder.takeDown();
  }

  /** Ends a director by SIGKILL. Returns the moment of the signal, in milliseconds since the epoch, with fractions. */
  async killNode(node: string): Promise<number> {
    const director = this.#runningDirector(node);
    const at = performance.timeOrigin + performance.now();
    signalProcess(director, 'SIGKILL');
    await this.#ended(node, director, killTimeoutMs);
    return at;
  }

  /** Halts a director by SIGSTOP, as a machine that hangs or a paused VM: it says nothing, and dies of nothing. */
  async pauseNode(node: string): Promise<void> {
    const director = this.#runningDirector(node);
    signalProcess(director, 'SIGSTOP');
    const isHalted = (): true | undefined => isPaused(director) || undefined;
    await until(isHalted, { timeoutMs: killTimeoutMs, everyMs: 1 });
  }

  /** Lets a director that was paused go on. */
  resumeNode(node: string): void {
    signalProcess(this.#runningDirector(node), 'SIGCONT');
  }

  /** Asks a director to stop by SIGTERM and waits until it has. */
  async stopNode(node: string): Promise<void> {
    const director = this.#runningDirector(node);
    signalProcess(director, 'SIGTERM');
    await this.#ended(node, director, stopTimeoutMs);
  }

  /** Starts a director that was killed or stopped, and waits until it answers. */
  async startNode(node: string, signal?: AbortSignal): Promise<void> {
    if (this.isRunning(node)) {
      throw new UsageError({ code: 'node-running' }, `node '${node}' is already running`);
    }
    const member = await startDirector(this.#folder, node, this.holder(node));
    await waitForDirector(this.#folder, member, signal);
  }

  /** Pulls all cables, so that the kernel's goodbyes reach nobody, and ends the program of the node. */
  async powerOff(node: string): Promise<void> {
    await this.setLink(node, undefined, false);
    const program = this.#program(node);
    if (program === undefined || !isRunning(program)) return;
    signalProcess(program, 'SIGKILL');
    await this.#ended(node, program, killTimeoutMs);
  }

  async powerOn(node: string): Promise<void> {
    const found = this.config.nodes.find(({ name }) => name === node);
    if (found === undefined) throw this.#noNode(node);
    await this.setLink(node, undefined, true);
    if (found.kind === 'director') return this.startNode(node);
    const member = await startServer(this.#folder, this.config, found, this.holder(node));
    await waitForServer(this.#folder, member, undefined);
  }

  async configure(node: string, lab: LabConfig): Promise<void> {
    this.#checkDirector(node);
    writeConfiguration(this.#folder, lab, node);
    if (!this.isRunning(node)) return;
    const { refusal }: ReloadAnswer = JSON.parse(await this.call(node, 'POST', '/reload', '{}'));
    if (refusal === undefined) return;
    throw new IoError({ code: 'reload-refused' }, `${node} has changed nothing: ${refusal}`);
  }

  /** True while the process of a director runs. */
  isRunning(node: string): boolean {
    const director = this.#director(node);
    return director !== undefined && isRunning(director);
  }

  async request<P extends keyof Api>(node: string, path: P): Promise<Api[P]> {
    return fetchDocument(this.#socket(node), path);
  }

  async ipvsadm(node: string, argv: readonly string[]): Promise<IpvsadmAnswer> {
    return sendCommand(this.#socket(node), '/ipvsadm', { argv });
  }

  async preempt(node: string): Promise<boolean> {
    return (await sendCommand(this.#socket(node), '/preempt', {})).tableComplete;
  }

  async call(
    node: string,
    method: 'GET' | 'POST',
    path: string,
    document?: string,
  ): Promise<string> {
    return callApi(this.#socket(node), method, path, document);
  }

  async partition(cut: Partition): Promise<void> {
    await partition(this, cut);
  }

  async setLink(node: string, network: string | undefined, isUp: boolean): Promise<void> {
    await setLink(this, node, network, isUp);
  }

  async thin(thinning: Thinning): Promise<void> {
    await thin(this, thinning);
  }

  async heal(): Promise<void> {
    await heal(this);
  }

  /**
   * The command line that runs `argv` in a node's network namespace, or in that of the bridges, named `switch`. A director has
   * an `ipvsadm` in its path that talks to it.
   */
  execArgs(node: string, argv: readonly string[]): string[] {
    const entered = enter(this.holder(node));
    if (!this.directors.includes(node)) return [...entered, ...argv];
    const path = `${onNodePrograms}:${process.env['PATH'] ?? ''}`;
    const control = this.#folder.socket(node);
    return [...entered, 'env', `PATH=${path}`, `BATON_CONTROL=${control}`, ...argv];
  }

  /** The process that holds a node's network namespace open. */
  holder(node: string): number {
    const isNode = this.nodes.includes(node);
    if (!isNode && node !== switchName) throw this.#noNode(node);
    const entry = isNode ? this.#folder.latest('node', node) : this.#folder.latest('switch', '');
    if (entry !== undefined && isRunning(entry)) return entry.pid;
    throw new IoError(
      { code: 'no-namespace' },
      `the network namespace of node '${node}' is gone: take the lab down and up again`,
    );
  }

  #socket(node: string): string {
    if (this.isRunning(node)) return this.#folder.socket(node);
    throw new IoError({ code: 'no-answer' }, `node '${node}' is not running`);
  }

  /** What runs on a node: its director, or its traffic server. */
  #program(node: string): ProcessIdentity | undefined {
    return this.#folder.latest('director', node) ?? this.#folder.latest('real-server', node);
  }

  #director(node: string): ProcessIdentity | undefined {
    this.#checkDirector(node);
    return this.#folder.latest('director', node);
  }

  #runningDirector(node: string): ProcessIdentity {
    const director = this.#director(node);
    if (director !== undefined && isRunning(director)) return director;
    throw new UsageError({ code: 'node-not-running' }, `node '${node}' is not running`);
  }

  #checkDirector(node: string): void {
    if (this.directors.includes(node)) return;
    if (!this.nodes.includes(node)) throw this.#noNode(node);
    throw new UsageError(
      { code: 'not-a-director' },
      `node '${node}' of lab '${this.name}' is not a director (directors: ${this.directors.join(', ')})`,
    );
  }

  #noNode(node: string): UsageError {
    return new UsageError(
      { code: 'no-node' },
      `no node '${node}' in lab '${this.name}' (nodes: ${this.nodes.join(', ')})`,
    );
  }

  async #ended(node: string, director: ProcessIdentity, timeoutMs: number): Promise<void> {
    if (await processesEnd([director], timeoutMs)) return;
    throw new IoError(
      { code: 'node-does-not-end' },
      `node '${node}' still runs ${String(timeoutMs / 1_000)} s after the signal`,
    );
  }
}
