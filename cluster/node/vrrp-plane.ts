import type { Log } from '../../director/base/log.js';
import { openVrrpSocket } from '../../director/io/vrrp-socket.js';
import { isSame } from '../config/equality.js';
import type { NodeConfig } from '../config/node-config.js';
import type { NotifyConfig } from '../config/vrrp-config.js';
import type { ClusterNode } from '../member/cluster-node.js';
import { trackedBy, type PreparedElections } from '../member/elections.js';
import type { VirtualRouter } from '../member/virtual-router.js';
import type { VrrpState } from '../vrrp/state.js';
import type { TrackerReport } from '../vrrp/tracking.js';
import type { DataPlane } from './data-plane.js';
import type { NotifyDrops } from './notify-fifo.js';
import { Notifications, type NotifyState, type NotifySubject } from './notify-scripts.js';
import type { Prepared } from './prepared.js';
import { Trackers, type BfdSessions } from './trackers.js';

/** How long the end of a node waits for notify scripts that have yet to be started. */
const LastWordsMs = 1_000;

/** What people's programs are told of a state. */
const NotifyStates: Readonly<Record<VrrpState, NotifyState>> = {
  initialize: 'STOP',
  backup: 'BACKUP',
  master: 'MASTER',
  fault: 'FAULT',
};

/** The rest of the node, as its elections need it. */
export interface VrrpPlanePorts {
  readonly data: DataPlane;
  readonly node: ClusterNode;
  readonly log: Log;
  readonly sessions: BfdSessions;
  /** An interface that carries frames has lost its carrier, or has it again. */
  followLink(device: string, isUp: boolean): void;
}

type SubjectKind = 'INSTANCE' | 'GROUP';

/** What the elections of a node have to do with its machine: their sockets, what they track and whom they notify. */
export class VrrpPlane {
  readonly #ports: VrrpPlanePorts;
  readonly #notifications: Notifications;
  readonly #down = new Set<string>();
  #config: NodeConfig;
  #trackers: Trackers;
  #subjects: ReadonlyMap<string, NotifySubject>;

  private constructor(config: NodeConfig, ports: VrrpPlanePorts) {
    const rules = { security: config.scriptSecurity };
    this.#config = config;
    this.#ports = ports;
    this.#notifications = new Notifications(config.notifyFifo, rules, ports.log);
    this.#trackers = this.#newTrackers(config);
    this.#subjects = this.#newSubjects(config);
  }

  /** Opens the sockets of all instances. Throws an `IoError` when the environment refuses something. */
  static async open(config: NodeConfig, ports: VrrpPlanePorts): Promise<VrrpPlane> {
    const plane = new VrrpPlane(config, ports);
    await openSockets(ports.node.elections.routers);
    return plane;
  }

  /**
   * Prepares another configuration for the elections that `prepared` has made of it: opens their sockets, and makes the
   * trackers. Throws an `IoError`, and has changed nothing then, when the environment refuses something.
   */
  async prepare(config: NodeConfig, prepared: PreparedElections): Promise<Prepared<void>> {
    const isTrackingSame = isSame(trackingOf(this.#config), trackingOf(config));
    const trackers = isTrackingSame ? undefined : this.#newTrackers(config, this.#trackers);
    const subjects = this.#newSubjects(config, this.#config);
    const abort = (): void => {
      for (const router of prepared.opened) router.close();
    };
    try {
      await openSockets(prepared.opened);
    } catch (error) {
      abort();
      throw error;
    }
    const commit = (): void => {
      this.#config = config;
      this.#subjects = subjects;
      if (trackers !== undefined) {
        const former = this.#trackers;
        this.#trackers = trackers;
        trackers.start();
        former.close();
      }
      for (const value of this.#trackers.values) {
        for (const router of prepared.opened) router.track(...value);
      }
    };
    return { abort, commit };
  }

  /** Begins to watch what is tracked. Throws an `IoError` when it cannot. */
  watch(): void {
    this.#trackers.start();
  }

  /** Tells people's programs of a change. */
  notify(kind: SubjectKind, name: string, state: VrrpState, priority: number): void {
    const subject = this.#subjects.get(`${kind} ${name}`);
    if (subject !== undefined) this.#notifications.tell(subject, NotifyStates[state], priority);
  }

  /** What people's programs have not been told of changes of state. */
  get notifyDrops(): NotifyDrops {
    return this.#notifications.drops;
  }

  /** Closes everything at once, but for notify scripts that wait to be started. */
  async close(): Promise<void> {
    this.#trackers.close();
    this.#ports.node.elections.close();
    await this.#notifications.close(LastWordsMs);
  }

  #newTrackers(config: NodeConfig, previous?: Trackers): Trackers {
    const { node, data, log, sessions } = this.#ports;
    const report: TrackerReport = (kind, name, value) => {
      if (kind === 'interface') {
        this.#followLink(name, value === true);
        this.#ports.followLink(name, value === true);
      }
      node.track(kind, name, value);
    };
    const tracked = config.vrrpInstances.flatMap((vrrp) => trackedBy(vrrp, config));
    const { devices } = data;
    const options = { log, devices, sessions, ...(previous === undefined ? {} : { previous }) };
    return new Trackers(config, tracked, report, options);
  }

  /** Who is notified of what; where nothing has changed, as before, so that scripts stay in their order. */
  #newSubjects(config: NodeConfig, former?: NodeConfig): Map<string, NotifySubject> {
    const subjects = new Map<string, NotifySubject>();
    const add = (
      kind: SubjectKind,
      name: string,
      what: NotifyConfig,
      before?: NotifyConfig,
    ): void => {
      const key = `${kind} ${name}`;
      const known =
        before !== undefined && isSame(what, before) ? this.#subjects.get(key) : undefined;
      subjects.set(key, known ?? this.#notifications.add(kind, name, what));
    };
    for (const { name, notify } of config.vrrpInstances) {
      const before = former?.vrrpInstances.find((one) => one.name === name);
      add('INSTANCE', name, notify, before?.notify);
    }
    for (const { name, notify } of config.syncGroups) {
      const before = former?.syncGroups.find((one) => one.name === name);
      add('GROUP', name, notify, before?.notify);
    }
    return subjects;
  }

  /** What captures on an interface that was down has to begin anew. */
  #followLink(device: string, isUp: boolean): void {
    if (!isUp) this.#down.add(device);
    else if (this.#down.delete(device)) {
      this.#ports.data.reopenPort(device);
      for (const { config, adverts } of this.#ports.node.elections.routers) {
        if (config.device === device) adverts.reopen();
      }
    }
  }
}

async function openSockets(routers: readonly VirtualRouter[]): Promise<void> {
  for (const { adverts } of routers) {
    adverts.attach(
      await openVrrpSocket(adverts.portOptions, (message) => adverts.receive(message)),
    );
  }
}

/** All that the trackers of a configuration depend on. */
const trackingOf = (config: NodeConfig): unknown => [
  config.scripts,
  config.trackFiles,
  config.trackProcesses,
  config.bfdInstances,
  config.vrrpInstances.map((vrrp) => trackedBy(vrrp, config)),
];
