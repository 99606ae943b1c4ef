import { block, flag, mark, optional, quote, secondsText } from './config-text.js';
import {
  instanceLines,
  intervalLines,
  keyLines,
  syncGroupLines,
  trackerLines,
} from './effective-elections.js';
import { bfdLines, serviceLines } from './effective-services.js';
import type { CarrierThreads, NodeConfig, SyncConfig } from './node-config.js';

/**
 * A keepalived.conf that says everything: what `parseKeepalived` makes of it is the same configuration, whatever
 * parameters, inclusions, groups and defaults it came from. Lines for baton alone begin with `@baton`.
 */
export const effectiveConfig = (config: NodeConfig): string =>
  [
    ...globalLines(config),
    ...batonLines(config),
    ...tlsLines(config),
    ...trackerLines(config),
    ...config.bfdInstances.flatMap(bfdLines),
    ...config.vrrpInstances.flatMap(instanceLines),
    ...config.syncGroups.flatMap(syncGroupLines),
    ...serviceLines(config),
  ]
    .map((line) => `${line}\n`)
    .join('');

function globalLines(config: NodeConfig): readonly string[] {
  const { sync, notifyFifo, serverFifo, timeouts } = config;
  const limits = [
    ...optional('tcp', timeouts.tcp),
    ...optional('tcpfin', timeouts.tcpFin),
    ...optional('udp', timeouts.udp),
  ];
  return block('global_defs', [
    `router_id ${quote(config.routerId)}`,
    ...(sync === undefined ? [] : [daemonLine(sync)]),
    ...(limits.length === 0 ? [] : [`lvs_timeouts ${limits.join(' ')}`]),
    ...intervalLines(config.vrrpInstances),
    ...mark('enable_script_security', config.scriptSecurity),
    ...optional('vrrp_notify_fifo', notifyFifo && quote(notifyFifo)),
    ...optional('lvs_notify_fifo', serverFifo && quote(serverFifo)),
    ...mark('rs_init_notifies', config.initialNotifies),
  ]);
}

const daemonLine = ({ device, syncId, maxLength, port, ttl, group }: SyncConfig): string =>
  `lvs_sync_daemon ${device} id ${syncId} maxlen ${maxLength} port ${port} ttl ${ttl} group ${group}`;

/** `carrier_threads`, as a file says it. */
export const carrierLine = ({ most, isAlways }: CarrierThreads): string =>
  `carrier_threads ${most}${isAlways ? ' always' : ''}`;

function batonLines({ sync, dataPlane, virtualServers }: NodeConfig): readonly string[] {
  const { settings, connectionCapacity, unknownTcp, activeActive, driver } = dataPlane;
  const { localAddresses, firewallMarks, offloadCapacity, carrierThreads } = dataPlane;
  const commits = virtualServers.flatMap((service) => {
    if (service.commit === 'none') return [];
    if (service.firewallMark !== undefined) {
      return [`commit fwmark ${service.firewallMark} ${service.commit}`];
    }
    const { address, port, protocol, commit } = service;
    return [`commit ${address} ${port} ${protocol} ${commit}`];
  });
  const lines = block('baton', [
    ...(sync === undefined ? [] : tuningLines(sync)),
    ...new Set(commits),
    `connection_table ${connectionCapacity}`,
    ...(offloadCapacity === undefined ? [] : [`offload_table ${offloadCapacity}`]),
    ...(carrierThreads === undefined ? [] : [carrierLine(carrierThreads)]),
    `unknown_tcp ${unknownTcp}`,
    `active_active ${flag(activeActive)}`,
    `driver ${driver}`,
    ...Object.entries(settings).map(([name, value]) => `sysctl ${name} ${value}`),
    ...(localAddresses.length === 0 ? [] : [`local_addresses ${localAddresses.join(' ')}`]),
    ...firewallMarks.map(
      (rule) =>
        `firewall_mark ${rule.mark} ${rule.protocol} ${rule.address} ${rule.firstPort}-${rule.lastPort}`,
    ),
  ]);
  return ['', ...lines.map((line) => `@baton ${line}`)];
}

const tuningLines = (sync: SyncConfig): readonly string[] => [
  `sync_format ${sync.format}`,
  `sync_threshold ${sync.threshold} ${sync.period}`,
  `sync_flush ${secondsText(sync.flushBound)}`,
  // In IPVS's formats there is no bulk transfer.
  ...(sync.format === 'baton' ? [`sync_bulk_timeout ${secondsText(sync.bulkTimeout)}`] : []),
  `death_notice ${flag(sync.deathNotice)}`,
  ...sync.peers.map((peer) => `sync_peer ${peer}`),
  ...keyLines('sync_key', sync.keys),
  ...optional('sync_active_key', sync.activeKey),
];

function tlsLines({ tls }: NodeConfig): readonly string[] {
  if (tls === undefined) return [];
  const { password, ca, certificate, key } = tls;
  return [
    '',
    ...block('SSL', [
      ...optional('password', password && quote(password)),
      ...optional('ca', ca && quote(ca)),
      ...optional('certificate', certificate && quote(certificate)),
      ...optional('key', key && quote(key)),
    ]),
  ];
}
