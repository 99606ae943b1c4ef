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
import type { NodeConfig } from '../config/node-config.js';
import type { VrrpInstanceConfig } from '../config/vrrp-config.js';
import type { Introduction } from '../sync/presence-codec.js';
import type { VrrpState } from '../vrrp/state.js';
import { SyncGroup } from '../vrrp/sync-group.js';
import { trackedByMember, type Tracked, type TrackerReport } from '../vrrp/tracking.js';
import { VirtualRouter, type RouterPorts } from './virtual-router.js';

/** How long an instance that is removed waits for a successor, or one interval, when that is longer. */
const ShortestSuccession = milliseconds(250);

/** What the elections of a node need of its rest. */
export interface ElectionsPorts extends Omit<RouterPorts, 'notify'> {
  /** An instance or a sync group has changed its state, at this effective priority; 0 for groups. */
  notify(kind: 'INSTANCE' | 'GROUP', name: string, state: VrrpState, priority: number): void;
}

/** When instances of another configuration begin, and whether the connection table is complete. */
export interface ElectionsStart {
  readonly at: Instant;
  readonly mayPreempt: boolean;
}

/** The elections of another configuration, ready to take the place of those that run. */
export interface PreparedElections {
  /** The instances that are new or have changed: who drives the node gives them sockets. */
  readonly opened: readonly VirtualRouter[];
  commit(start: ElectionsStart): void;
}

/** A virtual router that is not configured any more. */
interface Leaving {
  readonly router: VirtualRouter;
  /** It waits for a successor until then. */
  readonly until: Instant;
}

/** A sync group with what has been told about it. */
interface Group {
  readonly machine: SyncGroup;
  readonly members: readonly VirtualRouter[];
  told: VrrpState;
}

/** The elections of a node: its virtual routers and their sync groups. */
export class Elections {
  #routers: readonly VirtualRouter[];
  #groups: readonly Group[];
  /** Of an earlier configuration: they serve until a successor has been heard. */
  #leaving: readonly Leaving[] = [];
  readonly #ports: ElectionsPorts;

  /** Throws an `IoError` when the configuration does not fit the interfaces. */
  constructor(config: NodeConfig, ports: ElectionsPorts) {
    this.#ports = ports;
    this.#routers = config.vrrpInstances.map((vrrp) => this.#newRouter(vrrp, config));
    this.#groups = this.#newGroups(config);
  }

  get routers(): readonly VirtualRouter[] {
    return this.#routers;
  }

  /**
   * Prepares another configuration. Instances that `changes` does not name are not touched; a changed one that is master
   * stays master; a removed one resigns. Throws an `IoError`, and has changed nothing then, when the configuration does not
   * fit the interfaces.
   */
  prepare(config: NodeConfig, changes: ConfigChanges): PreparedElections {
    const changed = changes.changedInstances.map(({ after: vrrp }) => vrrp);
    const opened = [...changes.addedInstances, ...changed].map((vrrp) =>
      this.#newRouter(vrrp, config),
    );
    return { opened, commit: (start) => this.#exchange(config, changes, opened, start) };
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

  /** The node's state: master as soon as one of its virtual routers is. */
  get state(): VrrpState {
    const states = this.routers.map(({ election }) => election.state);
    return states.find((state) => state === 'master') ?? states[0] ?? 'initialize';
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

  /** Something that may be tracked has changed. */
  track(...report: Parameters<TrackerReport>): void {
    for (const router of this.routers) router.track(...report);
  }

  /**
   * Serves every election whose time has come, after it has heard what waits in its socket. `hasPolled` says that the
   * event loop has read the sockets just now; without that, backups whose sockets only the event loop can read wait
   * until it has.
   */
  serve(hasPolled: boolean): void {
    const { environment } = this.#ports;
    const deaf = new Set<VirtualRouter>();
    for (const router of this.routers) {
      if (router.deadline > environment.now()) continue;
      if (router.listen(hasPolled)) router.handleDeadline(environment.now());
      else deaf.add(router);
    }
    this.#serveLeaving(environment.now());
    for (const { machine, members } of this.#groups) {
      if (!members.some((member) => deaf.has(member))) machine.settle(environment.now());
    }
  }

  applyEffects(): void {
    for (const { router } of this.#leaving) router.applyEffects();
    for (const router of this.routers) router.applyEffects();
    for (const group of this.#groups) {
      const { name, state } = group.machine;
      if (state === group.told) continue;
      group.told = state;
      this.#ports.notify('GROUP', name, state, 0);
    }
  }

  /** Hosts may know the way to another node that was master of the addresses: who is master now announces them again. */
  announceAgain(at: Instant): void {
    for (const { election } of this.routers) election.announceAgain(at);
  }

  allowPreemption(at: Instant): void {
    for (const { election } of this.routers) election.allowPreemption(at);
  }

  forbidPreemption(at: Instant): void {
    for (const { election } of this.routers) election.forbidPreemption(at);
  }

  handlePeerDeath(peer: Introduction, survivors: readonly Introduction[]): void {
    for (const router of this.routers) router.handlePeerDeath(peer, survivors);
  }

  /** See `VirtualRouter.standDown`. */
  standDown(isDown: boolean): void {
    for (const router of this.routers) router.standDown(isDown);
  }

  /** Leaves the elections on purpose: see `VirtualRouter.leave`. */
  leave(at: Instant): void {
    for (const router of this.routers) router.leave(at);
  }

  giveUp(at: Instant): void {
    for (const router of this.routers) router.giveUp(at);
  }

  /** Ends all, without a word to anyone. */
  close(): void {
    for (const router of this.routers) router.close();
    for (const { router } of this.#leaving) router.close();
  }

  #newRouter(vrrp: VrrpInstanceConfig, config: NodeConfig): VirtualRouter {
    const isInGroup = config.syncGroups.some(({ members }) => members.includes(vrrp.name));
    const options = { tracked: trackedBy(vrrp, config), isInGroup };
    const ports = this.#ports;
    return new VirtualRouter(vrrp, options, {
      ...ports,
      notify: (state, priority) => ports.notify('INSTANCE', vrrp.name, state, priority),
    });
  }

  #newGroups(config: NodeConfig): Group[] {
    return config.syncGroups.map(({ name, members }) => {
      const routers = this.#routers.filter((router) => members.includes(router.config.name));
      const machine = new SyncGroup(
        name,
        routers.map(({ config: { name: member }, election }) => ({ name: member, election })),
      );
      return { machine, members: routers, told: machine.state };
    });
  }

  #exchange(
    config: NodeConfig,
    { addedInstances, removedInstances, changedInstances }: ConfigChanges,
    opened: readonly VirtualRouter[],
    { at, mayPreempt }: ElectionsStart,
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
  }

  /** An instance is gone from the configuration: it resigns. Addresses that are another instance's now are left alone. */
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
}

const isOver = ({ router }: Leaving): boolean => !router.isLeaving && !router.isGivingUp;

/** The addresses that the node may come to hold. */
const addressesOf = ({ vrrpInstances }: NodeConfig): IpAddress[] =>
  vrrpInstances.flatMap(({ virtualAddresses, excludedAddresses }) =>
    [...virtualAddresses, ...excludedAddresses].map(({ address }) => address),
  );

/** What moves an instance: what it tracks, with the rules of its group, and always its own interface. */
export function trackedBy(
  vrrp: VrrpInstanceConfig,
  { syncGroups }: NodeConfig,
): readonly Tracked[] {
  const group = syncGroups.find(({ members }) => members.includes(vrrp.name));
  const track = group === undefined ? vrrp.track : trackedByMember(vrrp.track, group);
  const own: Tracked = { kind: 'interface', name: vrrp.device, weight: 0, reverse: false };
  const isTracked = track.some(({ kind, name, weight }) => {
    return kind === 'interface' && name === vrrp.device && weight === 0;
  });
  return isTracked ? track : [own, ...track];
}
