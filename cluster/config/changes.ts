import { isSame } from './equality.js';
import type { NodeConfig, RealServerConfig, VirtualServerConfig } from './node-config.js';
import type { SyncGroupConfig, VrrpInstanceConfig } from './vrrp-config.js';

/** One that has another configuration under the same name. */
export interface Changed<T> {
  readonly before: T;
  readonly after: T;
}

/** What a reload has to do so that one configuration takes the place of another. What is not in it stays as it is. */
export interface ConfigChanges {
  /** What cannot be changed while the node runs: with any of it the reload is refused. */
  readonly impossible: readonly string[];
  readonly addedServices: readonly VirtualServerConfig[];
  readonly removedServices: readonly VirtualServerConfig[];
  /** Services whose own settings differ. Those of their real servers and checkers are the pools' affair. */
  readonly changedServices: readonly Changed<VirtualServerConfig>[];
  readonly addedInstances: readonly VrrpInstanceConfig[];
  readonly removedInstances: readonly VrrpInstanceConfig[];
  /** Instances that are taken down and started anew, as keepalived does; a master stays master meanwhile. */
  readonly changedInstances: readonly Changed<VrrpInstanceConfig>[];
  /** Each thing that differs, in words. */
  readonly descriptions: readonly string[];
}

/** Compares two checked configurations of one node. */
export function changesBetween(before: NodeConfig, after: NodeConfig): ConfigChanges {
  const services = pair(before.virtualServers, after.virtualServers, serviceName);
  // Another pool means other checkers: such a service goes and comes again.
  const moved = services.kept.filter((one) => one.before.pool !== one.after.pool);
  const stayed = services.kept.filter((one) => one.before.pool === one.after.pool);
  const instances = pair(before.vrrpInstances, after.vrrpInstances, ({ name }) => name);
  const replaced = instances.kept.filter((one) => !isSameRouter(one));
  const same = instances.kept.filter(isSameRouter);
  const changedInstances = same.filter(
    (one) =>
      isDifferent(one) || !isSame(groupOf(one.before.name, before), groupOf(one.after.name, after)),
  );
  const changedServices = stayed.filter(
    (one) => !isSame(ownSettings(one.before), ownSettings(one.after)),
  );
  const addedServices = [...services.added, ...moved.map((one) => one.after)];
  const removedServices = [...services.removed, ...moved.map((one) => one.before)];
  const addedInstances = [...instances.added, ...replaced.map((one) => one.after)];
  const removedInstances = [...instances.removed, ...replaced.map((one) => one.before)];
  return {
    impossible: impossibleChanges(before, after),
    addedServices,
    removedServices,
    changedServices,
    addedInstances,
    removedInstances,
    changedInstances,
    descriptions: [
      ...removedInstances.map(({ name }) => `vrrp_instance ${name} removed`),
      ...addedInstances.map(({ name }) => `vrrp_instance ${name} added`),
      ...changedInstances.map(
        (one) =>
          `vrrp_instance ${one.after.name} changed: ${keysThatDiffer(one) || 'its sync group'}`,
      ),
      ...removedServices.map((service) => `service ${serviceName(service)} removed`),
      ...addedServices.map((service) => `service ${serviceName(service)} added`),
      ...changedServices.map(
        (one) =>
          `service ${serviceName(one.after)} changed: ${keysThatDiffer(mapBoth(one, ownSettings))}`,
      ),
      ...stayed.flatMap(describePool),
      ...describeRest(before, after),
    ],
  };
}

/** What a service is known by over reloads, and to people. */
export const serviceName = (service: VirtualServerConfig): string =>
  service.firewallMark === undefined
    ? `${service.address} ${service.port} ${service.protocol}`
    : `fwmark ${service.firewallMark} ${service.family}`;

/** What a service has besides its pool. */
const ownSettings = (service: VirtualServerConfig): object => ({
  ...service,
  realServers: [],
  sorryServer: undefined,
  health: undefined,
});

const serverName = ({ address, port }: RealServerConfig): string => `${address} ${port}`;

interface Pairs<T> {
  readonly added: readonly T[];
  readonly removed: readonly T[];
  readonly kept: readonly Changed<T>[];
}

/** Finds what goes by the same name on both sides. */
function pair<T>(before: readonly T[], after: readonly T[], nameOf: (one: T) => string): Pairs<T> {
  const known = new Map(before.map((one) => [nameOf(one), one]));
  const names = new Set(after.map(nameOf));
  return {
    added: after.filter((one) => !known.has(nameOf(one))),
    removed: before.filter((one) => !names.has(nameOf(one))),
    kept: after.flatMap((one) => {
      const old = known.get(nameOf(one));
      return old === undefined ? [] : [{ before: old, after: one }];
    }),
  };
}

const isDifferent = <T>({ before, after }: Changed<T>): boolean => !isSame(before, after);

const mapBoth = <T, U>({ before, after }: Changed<T>, map: (one: T) => U): Changed<U> => ({
  before: map(before),
  after: map(after),
});

/** False for what only shares its name: the other nodes know a virtual router by its link, VRID and family. */
const isSameRouter = ({ before, after }: Changed<VrrpInstanceConfig>): boolean =>
  before.device === after.device &&
  before.virtualRouterId === after.virtualRouterId &&
  isVersion6(before) === isVersion6(after);

const isVersion6 = ({ virtualAddresses: [first] }: VrrpInstanceConfig): boolean =>
  first?.address.includes(':') === true;

/** What belongs to all of a sync group's members belongs to each of them. */
const groupOf = (instance: string, { syncGroups }: NodeConfig): SyncGroupConfig | undefined =>
  syncGroups.find(({ members }) => members.includes(instance));

/** The names of the settings that differ. */
function keysThatDiffer<T extends object>({ before, after }: Changed<T>): string {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys]
    .filter((key) => !isSame(Reflect.get(before, key), Reflect.get(after, key)))
    .join(', ');
}

function describePool({ before, after }: Changed<VirtualServerConfig>): string[] {
  const name = serviceName(after);
  const servers = pair(before.realServers, after.realServers, serverName);
  return [
    ...servers.removed.map((server) => `real server ${serverName(server)} of ${name} removed`),
    ...servers.added.map((server) => `real server ${serverName(server)} of ${name} added`),
    ...servers.kept
      .filter(isDifferent)
      .map(
        (one) => `real server ${serverName(one.after)} of ${name} changed: ${keysThatDiffer(one)}`,
      ),
    ...(isSame(before.sorryServer, after.sorryServer) ? [] : [`sorry server of ${name} changed`]),
    ...(isSame(before.health, after.health) ? [] : [`quorum of ${name} changed`]),
  ];
}

/** What has an effect at once, but belongs to no service and no instance. */
function describeRest(before: NodeConfig, after: NodeConfig): string[] {
  const parts = (['syncGroups', 'scripts', 'trackFiles', 'trackProcesses', 'bfdInstances'] as const)
    .filter((part) => !isSame(before[part], after[part]))
    .map((part) => `${part} changed`);
  const settings = isSame(liveSettings(before), liveSettings(after)) ? [] : ['settings changed'];
  return [...parts, ...settings];
}

/** The settings of the data plane and of sync that are looked at anew each time. */
const liveSettings = ({ dataPlane, timeouts, sync, tls, initialNotifies }: NodeConfig): unknown => [
  dataPlane.settings,
  dataPlane.localAddresses,
  dataPlane.firewallMarks,
  timeouts,
  tls,
  initialNotifies,
  sync?.threshold,
  sync?.period,
];

/** What the memory, the sockets and the name of a running node rest on, by the keywords of the file. */
const fixedSettings = (config: NodeConfig): object => ({
  router_id: config.routerId,
  enable_script_security: config.scriptSecurity,
  vrrp_notify_fifo: config.notifyFifo,
  lvs_notify_fifo: config.serverFifo,
  connection_table: config.dataPlane.connectionCapacity,
  offload_table: config.dataPlane.offloadCapacity,
  carrier_threads: config.dataPlane.carrierThreads,
  active_active: config.dataPlane.activeActive,
  unknown_tcp: config.dataPlane.unknownTcp,
  driver: config.dataPlane.driver,
  sync_qlen_max: config.dataPlane.settings.sync_qlen_max,
  lvs_sync_daemon: config.sync && { ...config.sync, threshold: 0, period: 0 },
});

function impossibleChanges(before: NodeConfig, after: NodeConfig): string[] {
  const keys = keysThatDiffer(mapBoth({ before, after }, fixedSettings));
  return keys === '' ? [] : keys.split(', ');
}
