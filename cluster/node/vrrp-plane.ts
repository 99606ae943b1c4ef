import type { Log } from '../../director/base/log.js';
import { openVrrpSocket } from '../../director/io/vrrp-socket.js';
import type { NodeConfig } from '../config/node-config.js';
import type { ClusterNode } from '../member/cluster-node.js';
import { trackedBy } from '../member/elections.js';
import type { VirtualRouter } from '../member/virtual-router.js';
import type { VrrpState } from '../vrrp/state.js';
import type { TrackerReport } from '../vrrp/tracking.js';
import type { DataPlane } from './data-plane.js';
import { Notifications, type NotifyState, type NotifySubject } from './notify-scripts.js';
import { Trackers } from './trackers.js';

/** How long the end of a node waits for notify scripts that have yet to be started. */
const LastWordsMs = 1_000;

/** What people's programs are told of a state. */
const NotifyStates: Readonly<Record<VrrpState, NotifyState>> = {
  initialize: 'STOP',
  backup: 'BACKUP',
  master: 'MASTER',
  fault: 'FAULT',
};

type SubjectKind = 'INSTANCE' | 'GROUP';

/** What the elections of a node have to do with its machine: their sockets, what they track and whom they notify. */
export class VrrpPlane {
  readonly #routers: readonly VirtualRouter[];
  readonly #trackers: Trackers;
  readonly #notifications: Notifications;
  readonly #subjects = new Map<string, NotifySubject>();
  readonly #data: DataPlane;
  readonly #down = new Set<string>();

  private constructor(config: NodeConfig, data: DataPlane, node: ClusterNode, log: Log) {
    const rules = { security: config.scriptSecurity };
    this.#data = data;
    this.#routers = node.elections.routers;
    this.#notifications = new Notifications(config.notifyFifo, rules, log);
    const tracked = config.vrrpInstances.flatMap((vrrp) => trackedBy(vrrp, config));
    const report: TrackerReport = (kind, name, value) => {
      if (kind === 'interface') this.#followLink(name, value === true);
      node.track(kind, name, value);
    };
    this.#trackers = new Trackers(config, tracked, report, { log, devices: data.devices });
    for (const { name, notify } of config.vrrpInstances) this.#addSubject('INSTANCE', name, notify);
    for (const { name, notify } of config.syncGroups) this.#addSubject('GROUP', name, notify);
  }

  /** Opens the sockets of all instances. Throws an `IoError` when the environment refuses something. */
  static async open(
    config: NodeConfig,
    data: DataPlane,
    node: ClusterNode,
    log: Log,
  ): Promise<VrrpPlane> {
    const plane = new VrrpPlane(config, data, node, log);
    for (const { adverts } of plane.#routers) {
      adverts.attach(
        await openVrrpSocket(adverts.portOptions, (message) => adverts.receive(message)),
      );
    }
    return plane;
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

  /** Closes everything at once, but for notify scripts that wait to be started. */
  async close(): Promise<void> {
    this.#trackers.close();
    for (const router of this.#routers) router.close();
    await this.#notifications.close(LastWordsMs);
  }

  #addSubject(kind: SubjectKind, name: string, what: NodeConfig['syncGroups'][0]['notify']): void {
    this.#subjects.set(`${kind} ${name}`, this.#notifications.add(kind, name, what));
  }

  /** What captures on an interface that was down has to begin anew. */
  #followLink(device: string, isUp: boolean): void {
    if (!isUp) this.#down.add(device);
    else if (this.#down.delete(device)) {
      this.#data.reopenPort(device);
      for (const { config, adverts } of this.#routers) {
        if (config.device === device) adverts.reopen();
      }
    }
  }
}
