import { setTimeout as sleep } from 'node:timers/promises';

import { IoError, UsageError } from '../../director/base/errors.js';
import { directorsOf, type LabConfig } from '../config/lab-config.js';
import type { NodeEvent } from '../node/api.js';
import { isNoAnswer } from './control-client.js';
import { blackoutLimitMs, demoTargets } from './demo-plan.js';
import { knowledgeOf, renderTables, type NodeTable } from './demo-tables.js';
import { firstEventAt, timelineOf } from './demo-timeline.js';
import { bringUp } from './lab.js';
import { buildReport, type FailOverReport } from './report.js';
import type { RunningLab } from './running-lab.js';
import { TrafficProcess } from './traffic/client-process.js';
import { wallClockMs } from './traffic/clock.js';
import type { TableKnowledge, Timeline } from './traffic/verdict.js';
import { until } from './wait.js';

/** Where a demonstration runs and whom it tells. */
export interface DemoOptions {
  /** Aborting it at any moment takes the lab down; `runDemo` then throws the signal's reason. */
  readonly signal: AbortSignal;
  /** Receives a line for each step. */
  readonly progress: (text: string) => void;
  /** Receives what is worth reading, such as the connection tables. */
  readonly print: (text: string) => void;
}

/** How long the flows may take to be established and to have made `settledExchanges` exchanges each. */
const settleTimeoutMs = 15_000;
const settledExchanges = 5;

/** How long a new master may take, and how long the flows may then take to be answered again. */
const failOverTimeoutMs = 12_000;

/** How long the restarted node may take to have the table and be master again. */
const failBackTimeoutMs = 20_000;

/** How long traffic goes on after the last flow has been answered by the returned master. */
const afterglowMs = 1_000;

/** The client ends by itself after this long, whatever happens to the demonstration. */
const trafficLimitMs = 120_000;

/** How long a sync message may take: its sender's batching and the way to the successor's table. */
const syncWindowMs = 200;

/**
 * The whole demonstration: brings the lab up, runs traffic, kills the master, starts it again, and reports what every
 * flow saw. The lab is taken down whatever happens.
 */
export async function runDemo(lab: LabConfig, options: DemoOptions): Promise<FailOverReport> {
  const targets = demoTargets(lab);
  const clientNode = lab.nodes.find(({ kind }) => kind === 'client')?.name;
  if (clientNode === undefined) {
    throw new UsageError({ code: 'no-client' }, 'the lab has no client');
  }
  const running = await bringUp(lab, options);
  try {
    const flows = targets.reduce((sum, { count }) => sum + count, 0);
    options.progress(`opening ${flows} flows from ${clientNode}`);
    const plan = { targets, durationMs: trafficLimitMs };
    const client = new TrafficProcess(running.execArgs(clientNode, []), plan);
    try {
      return await new Demonstration(running, client, options).run();
    } finally {
      client.kill();
    }
  } finally {
    options.progress('taking the lab down');
    await running.down();
  }
}

/** One run in a lab that is up, with a client that has just been started. */
class Demonstration {
  readonly #lab: RunningLab;
  readonly #client: TrafficProcess;
  readonly #options: DemoOptions;

  constructor(lab: RunningLab, client: TrafficProcess, options: DemoOptions) {
    this.#lab = lab;
    this.#client = client;
    this.#options = options;
  }

  async run(): Promise<FailOverReport> {
    await this.#untilSettled();
    const { master, backup } = await this.#roles();
    const tables = await this.#tables(master, backup);
    this.#options.print(renderTables(tables.owner, tables.other));

    const { killedAt, newMasterAt } = await this.#failOver(master, backup);
    const restartedAt = wallClockMs();
    const { failBackAt, knowledge } = await this.#failBack(master, backup);

    await sleep(afterglowMs, undefined, { signal: this.#options.signal });
    const traffic = await this.#client.stop();
    const timeline: Timeline = {
      killedAt,
      restartedAt,
      endAt: traffic.endedAt,
      ...(newMasterAt !== undefined && { newMasterAt }),
      ...(failBackAt !== undefined && { failBackAt }),
    };
    const entries = [
      { at: killedAt, text: `${master}: killed by SIGKILL` },
      { at: restartedAt, text: `${master}: started again` },
      ...timelineOf(await this.#events(backup), killedAt),
      ...timelineOf(await this.#events(master), restartedAt),
    ];
    return buildReport({
      records: traffic.flows,
      timeline,
      entries,
      sync: {
        threshold: this.#lab.config.cluster.sync.threshold,
        windowMs: syncWindowMs,
        failOver: knowledgeOf(tables.owner, tables.other),
        failBack: knowledge,
      },
      bounded: this.#lab.config.cluster.sync.deathNotice ? ['TCP', 'UDP'] : ['UDP'],
      blackoutLimitMs: blackoutLimitMs(this.#lab.config, this.#priority(backup)),
    });
  }

  /** Waits until every flow is established and exchanging. Flows that are not end the run: nothing could be learnt. */
  async #untilSettled(): Promise<void> {
    const settled = await this.#until(settleTimeoutMs, async () => {
      const flows = await this.#client.count();
      if (flows.broken > 0) {
        throw new IoError(
          { code: 'flows-broken' },
          `${flows.broken} of ${flows.total} flows broke before anything was done to the lab`,
        );
      }
      const isSettled = flows.alive === flows.total && flows.leastExchanges >= settledExchanges;
      return isSettled ? flows : undefined;
    });
    if (settled === undefined) {
      throw new IoError({ code: 'flows-stuck' }, 'the flows do not exchange anything');
    }
    this.#options.progress(`${settled.alive} flows established`);
  }

  /** The master, and the director that is next in line. */
  async #roles(): Promise<{ readonly master: string; readonly backup: string }> {
    const order = directorsOf(this.#lab.config).toSorted(
      (left, right) => right.priority - left.priority,
    );
    const names = order.map(({ name }) => name);
    for (const master of names) {
      const backup = names.find((name) => name !== master);
      if (backup !== undefined && (await this.#isMaster(master))) return { master, backup };
    }
    throw new IoError({ code: 'no-master' }, `none of ${names.join(', ')} is master with a backup`);
  }

  async #failOver(
    master: string,
    backup: string,
  ): Promise<{ readonly killedAt: number; readonly newMasterAt: number | undefined }> {
    await this.#client.mark('kill');
    this.#options.progress(`killing ${master}, the master`);
    const killedAt = await this.#lab.killNode(master);
    const took = await this.#until(failOverTimeoutMs, () => this.#isMaster(backup));
    if (took === undefined) {
      this.#options.progress(`${backup} has not become master`);
      return { killedAt, newMasterAt: undefined };
    }
    const newMasterAt = firstEventAt(await this.#events(backup), 'master', killedAt);
    this.#options.progress(`${backup} is master`);
    await this.#untilAnswered('new-master');
    return { killedAt, newMasterAt: newMasterAt ?? wallClockMs() };
  }

  /** Starts the old master and watches the tables until it is master again: what it knew then decides the causes. */
  async #failBack(
    master: string,
    backup: string,
  ): Promise<{
    readonly failBackAt: number | undefined;
    readonly knowledge: TableKnowledge | undefined;
  }> {
    await this.#client.mark('restart');
    const from = wallClockMs();
    this.#options.progress(`starting ${master} again`);
    await this.#lab.startNode(master, this.#options.signal);
    let knowledge: TableKnowledge | undefined;
    const isBack = await this.#until(failBackTimeoutMs, async () => {
      const tables = await this.#tables(backup, master);
      const status = await this.#lab.request(master, '/status');
      if (status.state === 'master' && status.tableComplete) return true;
      knowledge = knowledgeOf(tables.owner, tables.other);
      return undefined;
    });
    if (isBack === undefined) {
      this.#options.progress(`${master} has not become master again`);
      return { failBackAt: undefined, knowledge };
    }
    const failBackAt = firstEventAt(await this.#events(master), 'master', from);
    this.#options.progress(`${master} is master again`);
    await this.#untilAnswered('fail-back');
    return { failBackAt: failBackAt ?? wallClockMs(), knowledge };
  }

  /** Waits until every flow that is not broken has had an answer from now on. Those without are left to the verdict. */
  async #untilAnswered(mark: string): Promise<void> {
    await this.#client.mark(mark);
    const answered = await this.#until(failOverTimeoutMs, async () => {
      const flows = await this.#client.count();
      return flows.answered === flows.alive ? flows : undefined;
    });
    const { answered: count, total, broken } = answered ?? (await this.#client.count());
    this.#options.progress(`${count} of ${total} flows answered, ${broken} broken`);
  }

  async #tables(
    owner: string,
    other: string,
  ): Promise<{ readonly owner: NodeTable; readonly other: NodeTable }> {
    return { owner: await this.#table(owner), other: await this.#table(other) };
  }

  async #table(node: string): Promise<NodeTable> {
    const { sessions } = await this.#lab.request(node, '/sessions');
    return { node, sessions };
  }

  /** True, or undefined as `until` wants it. */
  async #isMaster(node: string): Promise<true | undefined> {
    const { state } = await this.#lab.request(node, '/status');
    return state === 'master' ? true : undefined;
  }

  /** A node that does not answer has no events: the report is still worth having. */
  async #events(node: string): Promise<readonly NodeEvent[]> {
    try {
      return (await this.#lab.request(node, '/events')).events;
    } catch (error) {
      if (isNoAnswer(error)) return [];
      throw error;
    }
  }

  #priority(node: string): number {
    return directorsOf(this.#lab.config).find(({ name }) => name === node)?.priority ?? 1;
  }

  #until<T>(timeoutMs: number, probe: () => Promise<T | undefined>): Promise<T | undefined> {
    return until(probe, { timeoutMs, everyMs: 100, signal: this.#options.signal });
  }
}
