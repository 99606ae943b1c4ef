import {
  earliest,
  longest,
  milliseconds,
  Never,
  type Duration,
  type Instant,
} from '../../director/base/time.js';
import type { NodeConfig } from '../config/node-config.js';
import type { VrrpInstanceConfig } from '../config/vrrp-config.js';
import type { Introduction } from '../sync/presence-codec.js';
import type { VrrpState } from '../vrrp/state.js';
import { SyncGroup } from '../vrrp/sync-group.js';
import { trackedByMember, type Tracked, type TrackerReport } from '../vrrp/tracking.js';
import { now } from './clock.js';
import type { DataPlane } from './data-plane.js';
import { Notifications, type NotifyState, type NotifySubject } from './notify-scripts.js';
import { Trackers } from './trackers.js';
import { VirtualRouter, type RouterPorts } from './virtual-router.js';

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
export interface PlanePorts extends Omit<RouterPorts, 'notify' | 'director'> {
  /** An interface that carries frames has lost its carrier, or has it again. */
  followLink(device: string, isUp: boolean): void;
}

/** A sync group with what is told about it. */
interface Group {
  readonly machine: SyncGroup;
  readonly members: readonly VirtualRouter[];
  readonly subject: NotifySubject;
  told: VrrpState;
}

/** The elections of a node: its virtual routers, their sync groups, what they track and whom they notify. */
export class VrrpPlane {
  readonly routers: VirtualRouter[] = [];
  readonly #groups: Group[] = [];
  readonly #trackers: Trackers;
  readonly #notifications: Notifications;
  readonly #data: DataPlane;
  readonly #down = new Set<string>();

  private constructor(data: DataPlane, trackers: Trackers, notifications: Notifications) {
    this.#data = data;
    this.#trackers = trackers;
    this.#notifications = notifications;
  }

  /** Opens the sockets of all instances. Throws an `IoError` when the environment refuses something. */
  static async open(config: NodeConfig, data: DataPlane, ports: PlanePorts): Promise<VrrpPlane> {
    const rules = { security: config.scriptSecurity };
    const notifications = new Notifications(config.notifyFifo, rules, ports.log);
    const tracked = new Map(config.vrrpInstances.map((vrrp) => [vrrp, trackedBy(vrrp, config)]));
    const report: TrackerReport = (kind, name, value) => {
      if (kind === 'interface') {
        plane.#followLink(name, value === true);
        ports.followLink(name, value === true);
      }
      for (const router of plane.routers) router.track(kind, name, value);
      ports.changed();
    };
    const { devices, director } = data;
    const trackers = new Trackers(config, [...tracked.values()].flat(), report, {
      log: ports.log,
      devices,
    });
    const plane = new VrrpPlane(data, trackers, notifications);
    for (const [vrrp, what] of tracked) {
      const subject = notifications.add('INSTANCE', vrrp.name, vrrp.notify);
      const notify = (state: VrrpState, priority: number): void =>
        notifications.tell(subject, NotifyStates[state], priority);
      const isInGroup = config.syncGroups.some(({ members }) => members.includes(vrrp.name));
      const options = { tracked: what, isInGroup };
      plane.routers.push(await VirtualRouter.open(vrrp, options, { ...ports, director, notify }));
    }
    for (const { name, members, notify } of config.syncGroups) {
      const routers = plane.routers.filter((router) => members.includes(router.config.name));
      plane.#groups.push({
        machine: new SyncGroup(
          name,
          routers.map(({ config: { name: member }, election }) => ({ name: member, election })),
        ),
        members: routers,
        subject: notifications.add('GROUP', name, notify),
        told: 'initialize',
      });
    }
    return plane;
  }

  /** Begins to watch what is tracked. Throws an `IoError` when it cannot. */
  watch(): void {
    this.#trackers.start();
  }

  /** True while nothing is known yet of something that may mean a fault. */
  get isUncertain(): boolean {
    return this.routers.some(({ tracking }) => tracking.unknown.length > 0);
  }

  get deadline(): Instant {
    let next = Never;
    for (const { deadline } of this.routers) next = earliest(next, deadline);
    return next;
  }

  /** From when on the elections are served so late that the addresses may be another's by now. */
  get lateAt(): Instant {
    let late = Never;
    for (const { election } of this.routers) late = earliest(late, election.lateAt);
    return late;
  }

  /** True while another node is heard as master of one of the addresses. */
  get isMasterHeard(): boolean {
    return this.routers.some(({ election }) => {
      const { state, master } = election.snapshot();
      return state === 'backup' && master !== undefined;
    });
  }

  /** The longest interval of all. */
  get advertInterval(): Duration {
    let all = milliseconds(0);
    for (const { config } of this.routers) all = longest(all, config.advertInterval);
    return all;
  }

  /** True while addresses are on their way to another node. */
  get isGivingUp(): boolean {
    return this.routers.some((router) => router.isGivingUp);
  }

  get isLeaving(): boolean {
    return this.routers.some((router) => router.isLeaving);
  }

  start(at: Instant, options: { readonly mayPreempt: boolean }): void {
    for (const { election } of this.routers) election.start(at, options);
  }

  /**
   * Serves every election whose time has come, after it has heard what waits in its socket. `hasPolled` says that the
   * event loop has read the sockets just now; without that, backups whose sockets only the event loop can read wait
   * until it has.
   */
  serve(hasPolled: boolean): void {
    const deaf = new Set<VirtualRouter>();
    for (const router of this.routers) {
      if (router.deadline > now()) continue;
      if (router.listen(hasPolled)) router.handleDeadline(now());
      else deaf.add(router);
    }
    for (const { machine, members } of this.#groups) {
      if (!members.some((member) => deaf.has(member))) machine.settle(now());
    }
  }

  applyEffects(): void {
    for (const router of this.routers) router.applyEffects();
    for (const group of this.#groups) {
      const { state } = group.machine;
      if (state === group.told) continue;
      group.told = state;
      this.#notifications.tell(group.subject, NotifyStates[state], 0);
    }
  }

  allowPreemption(at: Instant): void {
    for (const { election } of this.routers) election.allowPreemption(at);
  }

  handlePeerDeath(peer: Introduction, survivors: readonly Introduction[]): void {
    for (const router of this.routers) router.handlePeerDeath(peer, survivors);
  }

  /** Leaves the elections on purpose: see `VirtualRouter.leave`. */
  leave(at: Instant): void {
    for (const router of this.routers) router.leave(at);
  }

  giveUp(at: Instant): void {
    for (const router of this.routers) router.giveUp(at);
  }

  /** What captures on an interface that was down has to begin anew. */
  #followLink(device: string, isUp: boolean): void {
    if (!isUp) this.#down.add(device);
    else if (this.#down.delete(device)) {
      this.#data.reopenPort(device);
      for (const { config, transport } of this.routers) {
        if (config.device === device) transport.reopen();
      }
    }
  }

  /** Closes everything at once, but for notify scripts that wait to be started. */
  async close(): Promise<void> {
    this.#trackers.close();
    for (const router of this.routers) router.close();
    await this.#notifications.close(LastWordsMs);
  }
}

/** What moves an instance: what it tracks, with the rules of its group, and always its own interface. */
function trackedBy(vrrp: VrrpInstanceConfig, { syncGroups }: NodeConfig): readonly Tracked[] {
  const group = syncGroups.find(({ members }) => members.includes(vrrp.name));
  const track = group === undefined ? vrrp.track : trackedByMember(vrrp.track, group);
  const own: Tracked = { kind: 'interface', name: vrrp.device, weight: 0, reverse: false };
  const isTracked = track.some(({ kind, name, weight }) => {
    return kind === 'interface' && name === vrrp.device && weight === 0;
  });
  return isTracked ? track : [own, ...track];
}
