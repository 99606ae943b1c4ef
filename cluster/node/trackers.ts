import type { Log } from '../../director/base/log.js';
import { isSame } from '../config/equality.js';
import type { NodeConfig } from '../config/node-config.js';
import type { TrackFileConfig, TrackScriptConfig } from '../config/vrrp-config.js';
import { ScriptHealth } from '../vrrp/script-health.js';
import type { Tracked, TrackerKind, TrackerReport, TrackerValue } from '../vrrp/tracking.js';
import { LinkMonitor } from './link-monitor.js';
import { FileWatch } from './track-file.js';
import { ProcessCounts, ProcessHealth } from './track-process.js';
import { ScriptRuns } from './track-script.js';
import { UserCommand } from './user-command.js';

type TrackedConfig = Pick<
  NodeConfig,
  'scripts' | 'trackFiles' | 'trackProcesses' | 'scriptSecurity'
>;

/** The BFD sessions of the node, as far as somebody tracks them. */
export interface BfdSessions {
  isUp(name: string): boolean;
  /** Tells of changes until the answer is called, and at once of one that is up. */
  watch(name: string, follower: (isUp: boolean) => void): () => void;
}

/** What trackers need besides their configuration. */
export interface TrackerOptions {
  readonly log: Log;
  /** Interfaces whose state is reported although nobody may track them. */
  readonly devices: readonly string[];
  readonly sessions: BfdSessions;
  /**
   * Those of the configuration before, over a reload: scripts and files that are the same go on. They belong to these ones
   * then, and `previous.close()` leaves them alone.
   */
  readonly previous?: Trackers;
}

/**
 * Everything outside the node that its virtual routers depend on: interfaces, scripts, files, processes and BFD
 * sessions, as far as somebody tracks them.
 */
export class Trackers {
  readonly #report: TrackerReport;
  readonly #values = new Map<string, Parameters<TrackerReport>>();
  readonly #links: LinkMonitor;
  readonly #devices: readonly string[];
  readonly #files: readonly TrackedFile[];
  readonly #scripts: readonly TrackedScript[];
  readonly #processes: ProcessCounts;
  readonly #sessions: BfdSessions;
  readonly #sessionNames: readonly string[];
  #unwatched: (() => void)[] = [];
  readonly #kept = new Set<TrackedFile | TrackedScript>();
  readonly #previous: Trackers | undefined;

  /** Throws an `IoError` for a script that must not be run, or as somebody who is not there. */
  constructor(
    config: TrackedConfig,
    tracked: readonly Tracked[],
    report: TrackerReport,
    { log, devices, sessions, previous }: TrackerOptions,
  ) {
    const isTracked = (kind: TrackerKind, name: string): boolean =>
      tracked.some((one) => one.kind === kind && one.name === name);
    this.#previous = previous;
    this.#report = (...what) => {
      this.#remember(...what);
      report(...what);
    };
    this.#sessions = sessions;
    this.#sessionNames = namesOf('bfd', tracked);
    this.#devices = [...new Set([...namesOf('interface', tracked), ...devices])];
    this.#links = new LinkMonitor(
      this.#devices,
      (device, isUp) => this.#report('interface', device, isUp),
      log,
    );
    this.#files = config.trackFiles
      .filter(({ name }) => isTracked('file', name))
      .map((file) => previous?.findFile(file) ?? newFile(file, log));
    this.#scripts = config.scripts
      .filter(({ name }) => isTracked('script', name))
      .map((script) => previous?.findScript(script) ?? newScript(script, config.scriptSecurity));
    this.#processes = new ProcessCounts(
      config.trackProcesses
        .filter(({ name }) => isTracked('process', name))
        .map((process) => {
          const health = new ProcessHealth(process);
          return {
            process,
            report: (count: number) => {
              const isUp = health.handleCount(count, performance.now());
              if (isUp !== undefined) this.#report('process', process.name, isUp);
            },
          };
        }),
    );
  }

  /** What is known of everything, for who begins to track it now. */
  get values(): Iterable<Parameters<TrackerReport>> {
    return this.#values.values();
  }

  /** Reports how everything is, and what changes from then on. Throws an `IoError` when links cannot be watched. */
  start(): void {
    if (this.#devices.length > 0) this.#links.start();
    for (const device of this.#devices) {
      this.#report('interface', device, this.#links.isUp(device));
    }
    for (const file of this.#files) {
      file.report = (value) => this.#report('file', file.config.name, value);
      if (this.#isTakenOver(file)) continue;
      file.watch.start();
    }
    for (const script of this.#scripts) {
      const { name } = script.config;
      script.report = (isUp) => this.#report('script', name, isUp);
      if (script.health.isUp !== undefined) this.#report('script', name, script.health.isUp);
      if (!this.#isTakenOver(script)) script.runs.start();
    }
    for (const [kind, name, value] of this.#previous?.values ?? []) {
      if (kind === 'file') this.#remember(kind, name, value);
    }
    this.#processes.start();
    this.#unwatched = this.#sessionNames.map((name) => {
      // A session that is not up yet is down, as in keepalived.
      this.#report('bfd', name, this.#sessions.isUp(name));
      return this.#sessions.watch(name, (isUp) => this.#report('bfd', name, isUp));
    });
  }

  /** Ends what nobody has taken over. */
  close(): void {
    this.#links.close();
    for (const file of this.#files) if (!this.#kept.has(file)) file.watch.close();
    for (const script of this.#scripts) if (!this.#kept.has(script)) script.runs.close();
    this.#processes.close();
    for (const unwatch of this.#unwatched) unwatch();
  }

  /** Of another configuration's, one that is the same. */
  findFile(config: TrackFileConfig): TrackedFile | undefined {
    return this.#files.find((file) => isSame(file.config, config));
  }

  findScript(config: TrackScriptConfig): TrackedScript | undefined {
    return this.#scripts.find((script) => isSame(script.config, config));
  }

  /** True for one that runs already, and is not the previous configuration's any more. */
  #isTakenOver(one: TrackedFile | TrackedScript): boolean {
    return this.#previous?.giveAway(one) ?? false;
  }

  /** Leaves a file or script that runs to the next configuration; false when there is no such one here. */
  giveAway(one: TrackedFile | TrackedScript): boolean {
    const isOurs = [...this.#files, ...this.#scripts].includes(one);
    if (isOurs) this.#kept.add(one);
    return isOurs;
  }

  #remember(kind: TrackerKind, name: string, value: TrackerValue): void {
    this.#values.set(`${kind} ${name}`, [kind, name, value]);
  }
}

/** What is tracked of a kind, each once. */
const namesOf = (kind: TrackerKind, tracked: readonly Tracked[]): readonly string[] => [
  ...new Set(tracked.filter((one) => one.kind === kind).map(({ name }) => name)),
];

/** A file that is followed. Who it reports to changes over reloads. */
interface TrackedFile {
  readonly config: TrackFileConfig;
  readonly watch: FileWatch;
  report: (value: number) => void;
}

/** A script that is run again and again, and what is believed of it. */
interface TrackedScript {
  readonly config: TrackScriptConfig;
  readonly runs: ScriptRuns;
  readonly health: ScriptHealth;
  report: (isUp: boolean) => void;
}

function newFile(config: TrackFileConfig, log: Log): TrackedFile {
  const file: TrackedFile = {
    config,
    watch: new FileWatch(config, (value) => file.report(value), log),
    report: () => {},
  };
  return file;
}

function newScript(config: TrackScriptConfig, security: boolean): TrackedScript {
  const health = new ScriptHealth(config);
  const command = new UserCommand(config.command, { security });
  const runs = new ScriptRuns(config, command, (hasSucceeded) => {
    if (health.handleResult(hasSucceeded)) script.report(hasSucceeded);
  });
  const script: TrackedScript = { config, runs, health, report: () => {} };
  return script;
}
