import type { IpAddress } from '../../director/base/address.js';
import {
  after,
  earliest,
  longest,
  milliseconds,
  Never,
  type Duration,
  type Instant,
} from '../../director/base/time.js';
import type { ConfigChanges } from '../config/changes.js';
import { isSame } from '../config/equality.js';
import type { NodeConfig } from '../config/node-config.js';
import type { VrrpInstanceConfig } from '../config/vrrp-config.js';
import type { Introduction } from '../sync/presence-codec.js';
import type { VrrpState } from '../vrrp/state.js';
import { SyncGroup } from '../vrrp/sync-group.js';
import { trackedByMember, type Tracked, type TrackerReport } from '../vrrp/tracking.js';
import { now } from './clock.js';
import type { DataPlane } from './data-plane.js';
import { Notifications, type NotifyState, type NotifySubject } from './notify-scripts.js';
import type { Prepared } from './prepared.js';
import { Trackers } from './trackers.js';
import { VirtualRouter, type RouterPorts } from './virtual-router.js';

/** How long the end of a node waits for notify scripts that have yet to be started. */
const LastWordsMs = 1_000;
/** How long an instance that is removed waits for a successor, or one interval, when that is longer. */
const ShortestSuccession = milliseconds(250);

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

/** When instances of another configuration begin, and whether the connection table is complete. */
export interface VrrpStart {
  readonly at: Instant;
  readonly mayPreempt: boolean;
}

/** A virtual router that is not configured any more. */
interface Leaving {
  readonly router: VirtualRouter;
  /** It waits for a successor until then. */
  readonly until: Instant;
}

const isOver = ({ router }: Leaving): boolean => !router.isLeaving && !router.isGivingUp;

/** A sync group with what is told about it. */
interface Group {
  readonly machine: SyncGroup;
  readonly members: readonly VirtualRouter[];
  readonly subject: NotifySubject;
  told: VrrpState;
}

/** The elections of a node: its virtual routers, their sync groups, what they track and whom they notify. */
export class VrrpPlane {
  #config: NodeConfig;
  #routers: readonly VirtualRouter[] = [];
  /** Of an earlier configuration: they serve until a successor has been heard. */
  #leaving: readonly Leaving[] = [];
  #groups: readonly Group[] = [];
  #trackers: Trackers;
  readonly #notifications: Notifications;
  readonly #data: DataPlane;
  readonly #ports: PlanePorts;
  readonly #down = new Set<string>();

  private constructor(
    config: NodeConfig,
    data: DataPlane,
    ports: PlanePorts,
    notifications: Notifications,
  ) {
    this.#config = config;
    this.#data = data;
    this.#ports = ports;
    this.#notifications = notifications;
    this.#trackers = this.#newTrackers(config);
  }

  get routers(): readonly VirtualRouter[] {
    return this.#routers;
  }

  /** Opens the sockets of all instances. Throws an `IoError` when the environment refuses something. */
  static async open(config: NodeConfig, data: DataPlane, ports: PlanePorts): Promise<VrrpPlane> {
    const rules = { security: config.scriptSecurity };
    const notifications = new Notifications(config.notifyFifo, rules, ports.log);
    const plane = new VrrpPlane(config, data, ports, notifications);
    const routers: VirtualRouter[] = [];
    for (const vrrp of config.vrrpInstances) routers.push(await plane.#openRouter(vrrp, config));
    plane.#routers = routers;
    plane.#groups = plane.#newGroups(config);
    return plane;
  }

  /**
   * Prepares another configuration. Instances that `changes` does not name are not touched; a changed one that is master
   * stays master; a removed one is left on purpose. Throws an `IoError`, and has changed nothing then, when the environment
   * refuses something.
   */
  async prepare(config: NodeConfig, changes: ConfigChanges): Promise<Prepared<VrrpStart>> {
    const isTrackingSame = isSame(trackingOf(this.#config), trackingOf(config));
    const trackers = isTrackingSame ? undefined : this.#newTrackers(config, this.#trackers);
    const changed = changes.changedInstances.map(({ after: vrrp }) => vrrp);
    const opened: VirtualRouter[] = [];
    const abort = (): void => {
      for (const router of opened) router.close();
    };
    try {
      for (const vrrp of [...changes.addedInstances, ...changed]) {
        opened.push(await this.#openRouter(vrrp, config));
      }
    } catch (error) {
      abort();
      throw error;
    }
    const commit = (start: VrrpStart): void => {
      this.#exchangeRouters(config, changes, opened, start);
      if (trackers !== undefined) {
        const former = this.#trackers;
        this.#trackers = trackers;
        trackers.start();
        former.close();
      }
      for (const value of this.#trackers.values) {
        for (const router of opened) router.track(...value);
      }
    };
    return { abort, commit };
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
    for (const { router, until } of this.#leaving) {
      next = earliest(next, earliest(router.deadline, until));
    }
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
    return this.#leaving.length > 0 || this.routers.some((router) => router.isGivingUp);
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
    this.#serveLeaving(now());
    for (const { machine, members } of this.#groups) {
      if (!members.some((member) => deaf.has(member))) machine.settle(now());
    }
  }

  applyEffects(): void {
    for (const { router } of this.#leaving) router.applyEffects();
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

  #newTrackers(config: NodeConfig, previous?: Trackers): Trackers {
    const report: TrackerReport = (kind, name, value) => {
      if (kind === 'interface') {
        this.#followLink(name, value === true);
        this.#ports.followLink(name, value === true);
      }
      for (const router of this.#routers) router.track(kind, name, value);
      this.#ports.changed();
    };
    const tracked = config.vrrpInstances.flatMap((vrrp) => trackedBy(vrrp, config));
    const { log } = this.#ports;
    const { devices } = this.#data;
    const options = { log, devices, ...(previous === undefined ? {} : { previous }) };
    return new Trackers(config, tracked, report, options);
  }

  async #openRouter(vrrp: VrrpInstanceConfig, config: NodeConfig): Promise<VirtualRouter> {
    const subject = this.#notifications.add('INSTANCE', vrrp.name, vrrp.notify);
    const notify = (state: VrrpState, priority: number): void =>
      this.#notifications.tell(subject, NotifyStates[state], priority);
    const isInGroup = config.syncGroups.some(({ members }) => members.includes(vrrp.name));
    const options = { tracked: trackedBy(vrrp, config), isInGroup };
    const { director } = this.#data;
    return VirtualRouter.open(vrrp, options, { ...this.#ports, director, notify });
  }

  #newGroups(config: NodeConfig): Group[] {
    return config.syncGroups.map(({ name, members, notify }) => {
      const routers = this.#routers.filter((router) => members.includes(router.config.name));
      const machine = new SyncGroup(
        name,
        routers.map(({ config: { name: member }, election }) => ({ name: member, election })),
      );
      const subject = this.#notifications.add('GROUP', name, notify);
      return { machine, members: routers, subject, told: machine.state };
    });
  }

  #exchangeRouters(
    config: NodeConfig,
    { addedInstances, removedInstances, changedInstances }: ConfigChanges,
    opened: readonly VirtualRouter[],
    { at, mayPreempt }: VrrpStart,
  ): void {
    const named = (name: string): VirtualRouter | undefined =>
      this.#routers.find((router) => router.config.name === name);
    const others = new Map(opened.map((router) => [router.config.name, router]));
    for (const { name } of removedInstances) this.#leave(named(name), config, at);
    for (const { after: vrrp } of changedInstances) {
      const former = named(vrrp.name);
      if (former !== undefined) others.get(vrrp.name)?.replace(former, at, { mayPreempt });
    }
    for (const { name } of addedInstances) others.get(name)?.begin(at, { mayPreempt });
    this.#routers = config.vrrpInstances
      .map(({ name }) => others.get(name) ?? named(name))
      .filter((router) => router !== undefined);
    this.#groups = this.#newGroups(config);
    this.#config = config;
  }

  /** An instance is gone from the configuration: it resigns, and serves what is left to it until a successor is heard. */
  #leave(router: VirtualRouter | undefined, config: NodeConfig, at: Instant): void {
    if (router === undefined) return;
    router.entrust(new Set(addressesOf(config)));
    router.leave(at);
    const until = after(at, longest(router.config.advertInterval, ShortestSuccession));
    this.#leaving = [...this.#leaving, { router, until }];
  }

  #serveLeaving(at: Instant): void {
    for (const { router, until } of this.#leaving) {
      router.listen(true);
      if (router.deadline <= at) router.handleDeadline(at);
      if (until <= at) router.giveUp(at);
    }
    for (const { router } of this.#leaving.filter(isOver)) {
      router.applyEffects();
      router.close();
    }
    this.#leaving = this.#leaving.filter((one) => !isOver(one));
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
    for (const { router } of this.#leaving) router.close();
    await this.#notifications.close(LastWordsMs);
  }
}

/** All that the trackers of a configuration depend on. */
const trackingOf = (config: NodeConfig): unknown => [
  config.scripts,
  config.trackFiles,
  config.trackProcesses,
  config.vrrpInstances.map((vrrp) => trackedBy(vrrp, config)),
];

/** The addresses that the node may come to hold. */
const addressesOf = ({ vrrpInstances }: NodeConfig): IpAddress[] =>
  vrrpInstances.flatMap(({ virtualAddresses, excludedAddresses }) =>
    [...virtualAddresses, ...excludedAddresses].map(({ address }) => address),
  );

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
