import type { Log } from '../../director/base/log.js';
import type { NodeConfig } from '../config/node-config.js';
import { ScriptHealth } from '../vrrp/script-health.js';
import type { Tracked, TrackerKind, TrackerReport } from '../vrrp/tracking.js';
import { LinkMonitor } from './link-monitor.js';
import { FileWatch } from './track-file.js';
import { ProcessCounts, ProcessHealth } from './track-process.js';
import { ScriptRuns } from './track-script.js';
import { UserCommand } from './user-command.js';

type TrackedConfig = Pick<
  NodeConfig,
  'scripts' | 'trackFiles' | 'trackProcesses' | 'scriptSecurity'
>;

/**
 * Everything outside the node that its virtual routers depend on: interfaces, scripts, files and processes, as far as
 * somebody tracks them.
 */
export class Trackers {
  readonly #report: TrackerReport;
  readonly #links: LinkMonitor;
  readonly #devices: readonly string[];
  readonly #files: readonly FileWatch[];
  readonly #scripts: readonly {
    readonly name: string;
    readonly runs: ScriptRuns;
    readonly health: ScriptHealth;
  }[];
  readonly #processes: ProcessCounts;

  /**
   * The state of `devices` is reported although nobody may track them. Throws an `IoError` for a script that must not be
   * run, or as somebody who is not there.
   */
  constructor(
    config: TrackedConfig,
    tracked: readonly Tracked[],
    report: TrackerReport,
    { log, devices }: { readonly log: Log; readonly devices: readonly string[] },
  ) {
    const isTracked = (kind: TrackerKind, name: string): boolean =>
      tracked.some((one) => one.kind === kind && one.name === name);
    this.#report = report;
    const links = tracked.filter(({ kind }) => kind === 'interface').map(({ name }) => name);
    this.#devices = [...new Set([...links, ...devices])];
    this.#links = new LinkMonitor(
      this.#devices,
      (device, isUp) => report('interface', device, isUp),
      log,
    );
    this.#files = config.trackFiles
      .filter(({ name }) => isTracked('file', name))
      .map((file) => new FileWatch(file, (value) => report('file', file.name, value)));
    this.#scripts = config.scripts
      .filter(({ name }) => isTracked('script', name))
      .map((script) => {
        const health = new ScriptHealth(script);
        const command = new UserCommand(script.command, { security: config.scriptSecurity });
        const runs = new ScriptRuns(script, command, (hasSucceeded) => {
          if (health.handleResult(hasSucceeded)) report('script', script.name, hasSucceeded);
        });
        return { name: script.name, runs, health };
      });
    this.#processes = new ProcessCounts(
      config.trackProcesses
        .filter(({ name }) => isTracked('process', name))
        .map((process) => {
          const health = new ProcessHealth(process);
          return {
            process,
            report: (count: number) => {
              const isUp = health.handleCount(count, performance.now());
              if (isUp !== undefined) report('process', process.name, isUp);
            },
          };
        }),
    );
  }

  /** Reports how everything is, and what changes from then on. Throws an `IoError` when links cannot be watched. */
  start(): void {
    if (this.#devices.length > 0) this.#links.start();
    for (const device of this.#devices) {
      this.#report('interface', device, this.#links.isUp(device));
    }
    for (const file of this.#files) file.start();
    for (const { name, runs, health } of this.#scripts) {
      if (health.isUp !== undefined) this.#report('script', name, health.isUp);
      runs.start();
    }
    this.#processes.start();
  }

  close(): void {
    this.#links.close();
    for (const file of this.#files) file.close();
    for (const { runs } of this.#scripts) runs.close();
    this.#processes.close();
  }
}
