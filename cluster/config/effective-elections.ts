import { toSeconds } from '../../director/base/time.js';
import {
  block,
  commandText,
  flag,
  mark,
  optional,
  ownedCommand,
  quote,
  secondsText,
  weightText,
} from './config-text.js';
import { familyOf } from './service-values.js';
import type {
  AnnounceConfig,
  AuthenticationConfig,
  NotifyConfig,
  SecretKey,
  SyncGroupConfig,
  Tracked,
  TrackersConfig,
  VirtualAddress,
  VrrpInstanceConfig,
} from './vrrp-config.js';

/** The definitions of what is tracked. */
export const trackerLines = (trackers: TrackersConfig): readonly string[] => [
  ...trackers.scripts.flatMap((script) => [
    '',
    ...block(`vrrp_script ${script.name}`, [
      ...ownedCommand('script', script.command),
      `interval ${secondsText(script.interval)}`,
      `timeout ${secondsText(script.timeout)}`,
      `rise ${script.rise}`,
      `fall ${script.fall}`,
      `weight ${weightText(script.weight, script.reverse)}`,
      ...mark('init_fail', script.initFail),
    ]),
  ]),
  ...trackers.trackFiles.flatMap(({ name, file, weight, reverse, initial }) => [
    '',
    ...block(`track_file ${name}`, [
      `file ${quote(file)}`,
      `weight ${weightText(weight, reverse)}`,
      ...(initial === undefined
        ? []
        : [`init_file ${initial.value}${initial.overwrite ? ' overwrite' : ''}`]),
    ]),
  ]),
  ...trackers.trackProcesses.flatMap((process) => [
    '',
    ...block(`vrrp_track_process ${process.name}`, [
      `process ${[process.command, ...process.parameters].map(quote).join(' ')}`,
      `weight ${weightText(process.weight, process.reverse)}`,
      ...(process.quorum === 0 ? [] : [`quorum ${process.quorum}`]),
      ...optional('quorum_max', process.quorumMax),
      ...(process.delay === 0 ? [] : [`delay ${secondsText(process.delay)}`]),
      ...mark('full_command', process.fullCommand),
    ]),
  ]),
];

/** A `vrrp_instance`. */
export const instanceLines = (instance: VrrpInstanceConfig): readonly string[] => [
  '',
  ...block(`vrrp_instance ${instance.name}`, [
    'state BACKUP',
    `interface ${instance.device}`,
    `version ${instance.version}`,
    `virtual_router_id ${instance.virtualRouterId}`,
    `priority ${instance.priority}`,
    `advert_int ${secondsText(instance.advertInterval)}`,
    ...(instance.preempt ? [] : ['nopreempt']),
    ...(instance.preemptDelay === 0 ? [] : [`preempt_delay ${secondsText(instance.preemptDelay)}`]),
    `down_timer_adverts ${instance.downTimerAdverts}`,
    `v3_checksum_as_v2 ${flag(instance.checksumAsV2)}`,
    `higher_prio_send_advert ${flag(instance.higherPrioritySendsAdvert)}`,
    `lower_prio_no_advert ${flag(instance.lowerPriorityNoAdvert)}`,
    ...announceLines(instance.announce),
    ...mark('use_vmac', instance.virtualMac),
    ...transportLines(instance),
    ...authenticationLines(instance.authentication),
    ...addressLines('virtual_ipaddress', instance.virtualAddresses),
    ...addressLines('virtual_ipaddress_excluded', instance.excludedAddresses),
    ...trackLines(instance.track),
    ...notifyLines(instance.notify),
  ]),
];

const announceLines = (announce: AnnounceConfig): readonly string[] => [
  `garp_master_repeat ${announce.repeat}`,
  `garp_master_delay ${secondsText(announce.delay)}`,
  `garp_master_refresh ${secondsText(announce.refresh)}`,
  `garp_master_refresh_repeat ${announce.refreshRepeat}`,
  `garp_lower_prio_repeat ${announce.lowerPriorityRepeat}`,
  `garp_lower_prio_delay ${secondsText(announce.lowerPriorityDelay)}`,
];

function transportLines(instance: VrrpInstanceConfig): readonly string[] {
  const { source, group, unicastPeers, unicastTtl, checkUnicastSource } = instance;
  const isUnicast = unicastPeers.length > 0;
  return [
    ...optional(isUnicast ? 'unicast_src_ip' : 'mcast_src_ip', source),
    ...optional('mcast_dst_ip', group),
    ...(isUnicast
      ? [
          `unicast_ttl ${unicastTtl}`,
          ...mark('check_unicast_src', checkUnicastSource),
          ...block(
            'unicast_peer',
            unicastPeers.map(({ address, minTtl, maxTtl }) =>
              minTtl === 0 && maxTtl === 255
                ? address
                : `${address} min_ttl ${minTtl} max_ttl ${maxTtl}`,
            ),
          ),
        ]
      : []),
  ];
}

function authenticationLines(authentication: AuthenticationConfig | undefined): readonly string[] {
  if (authentication === undefined) return [];
  if (authentication.kind === 'pass') {
    const { password } = authentication;
    return block('authentication', ['auth_type PASS', `auth_pass ${quote(password)}`]);
  }
  const { keys, activeKey, antiReplay, timeWindow, mode } = authentication;
  return block('auth_hmac', [
    ...keyLines('key', keys),
    `active_key ${activeKey}`,
    `anti_replay ${antiReplay}`,
    ...(antiReplay === 'monotonic' ? [] : [`time_window ${toSeconds(timeWindow)}`]),
    `mode ${mode}`,
  ]);
}

/** Keys as hexadecimal digits, whatever they were. */
export const keyLines = (keyword: string, keys: readonly SecretKey[]): readonly string[] =>
  keys.map(({ id, key }) => {
    const digits = Array.from(key, (byte) => byte.toString(16).padStart(2, '0')).join('');
    return `${keyword} ${id} hex:${digits}`;
  });

const addressLines = (keyword: string, addresses: readonly VirtualAddress[]): readonly string[] =>
  addresses.length === 0
    ? []
    : block(
        keyword,
        addresses.map(
          ({ address, prefixLength, device }) => `${address}/${prefixLength} dev ${device}`,
        ),
      );

function trackLines(track: readonly Tracked[]): readonly string[] {
  return [...new Set(track.map(({ kind }) => kind))].flatMap((kind) => {
    const entries = track.filter((one) => one.kind === kind);
    if (entries.length === 0) return [];
    const lines = entries.map(
      ({ name, weight, reverse }) => `${name} weight ${weightText(weight, reverse)}`,
    );
    return block(`track_${kind}`, lines);
  });
}

const notifyLines = (notify: NotifyConfig): readonly string[] => [
  ...optional('notify_master', notify.master && commandText(notify.master)),
  ...optional('notify_backup', notify.backup && commandText(notify.backup)),
  ...optional('notify_fault', notify.fault && commandText(notify.fault)),
  ...optional('notify_stop', notify.stop && commandText(notify.stop)),
  ...optional('notify', notify.any && commandText(notify.any)),
];

/** A `vrrp_sync_group`. */
export const syncGroupLines = (group: SyncGroupConfig): readonly string[] => [
  '',
  ...block(`vrrp_sync_group ${group.name}`, [
    ...(group.members.length === 0 ? [] : block('group', group.members)),
    ...trackLines(group.track),
    ...mark('sync_group_tracking_weight', group.trackingWeight),
    ...notifyLines(group.notify),
  ]),
];

/** What all instances of a family have in common, which only `global_defs` says. */
export const intervalLines = (instances: readonly VrrpInstanceConfig[]): readonly string[] =>
  (['ipv4', 'ipv6'] as const).flatMap((family) => {
    const instance = instances.find(
      ({ virtualAddresses: [first] }) => first !== undefined && familyOf(first.address) === family,
    );
    if (instance === undefined || instance.announce.interval === 0) return [];
    const keyword = family === 'ipv6' ? 'vrrp_gna_interval' : 'vrrp_garp_interval';
    return [`${keyword} ${secondsText(instance.announce.interval)}`];
  });
