import { toSeconds } from '../../../director/base/time.js';
import type { NodeConfig, VirtualServerConfig } from '../../config/node-config.js';
import type { PoolServer, ServerPool } from '../../member/health/server-pool.js';
import type { VrrpReport } from './vrrp-report.js';

/** What is to be shown of a node. */
export interface DataReport {
  readonly config: NodeConfig;
  readonly instances: readonly VrrpReport[];
  readonly pools: readonly ServerPool[];
}

/**
 * What keepalived writes into keepalived.data on SIGUSR1, as far as this director has it: the lines have keepalived's
 * words, and settings that it does not have are left out.
 */
export function dataText({ config, instances, pools }: DataReport): string {
  const lines = [
    '------< Global definitions >------',
    ` Router ID = ${config.routerId}`,
    ` Script security ${config.scriptSecurity ? 'enabled' : 'disabled'}`,
    ` rs_init_notifies = ${config.initialNotifies ? 1 : 0}`,
    ...section(
      'VRRP Topology',
      instances.flatMap((report) => instanceLines(report, config)),
    ),
    ...section('VRRP Scripts', scriptLines(config, instances)),
    ...section('VRRP Sync groups', groupLines(config, instances)),
    ...section('LVS Topology', pools.flatMap(poolLines)),
  ];
  return `${lines.join('\n')}\n`;
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`------< ${title} >------`, ...lines];

const stateName = ({ snapshot }: VrrpReport): string =>
  snapshot.state === 'initialize' ? 'INIT' : snapshot.state.toUpperCase();

const enabled = (isOn: boolean): string => (isOn ? 'enabled' : 'disabled');

function instanceLines(report: VrrpReport, { syncGroups }: NodeConfig): string[] {
  const { config, snapshot, lastTransition } = report;
  const { announce } = config;
  const group = syncGroups.find(({ members }) => members.includes(config.name))?.name;
  const state = stateName(report);
  const at = new Date(lastTransition * 1_000);
  return [
    ` VRRP Instance = ${config.name}`,
    `   VRRP Version = ${config.version}`,
    ...(group === undefined ? [] : [`   Sync group = ${group}`]),
    `   State = ${state}`,
    `   Wantstate = ${state}`,
    `   Last transition = ${lastTransition.toFixed(6)} (${at.toString()})`,
    `   Interface = ${config.device}`,
    `   Using src_ip = ${report.source}`,
    ...peerLines(report),
    `   Gratuitous ARP delay = ${toSeconds(announce.delay)}`,
    `   Gratuitous ARP repeat = ${announce.repeat}`,
    `   Gratuitous ARP refresh = ${toSeconds(announce.refresh)}`,
    `   Gratuitous ARP refresh repeat = ${announce.refreshRepeat}`,
    `   Gratuitous ARP lower priority delay = ${toSeconds(announce.lowerPriorityDelay)}`,
    `   Gratuitous ARP lower priority repeat = ${announce.lowerPriorityRepeat}`,
    `   Down timer adverts = ${config.downTimerAdverts}`,
    `   Send advert after receive lower priority advert = ${!config.lowerPriorityNoAdvert}`,
    `   Send advert after receive higher priority advert = ${config.higherPrioritySendsAdvert}`,
    `   Virtual Router ID = ${config.virtualRouterId}`,
    `   Priority = ${config.priority}`,
    `   Effective priority = ${snapshot.effectivePriority}`,
    `   Total priority = ${snapshot.effectivePriority}`,
    `   Advert interval = ${advertText(report)}`,
    `   Preempt = ${enabled(config.preempt)}`,
    `   Authentication type = ${authenticationText(report)}`,
    ...addressLines('Virtual IP', report.addresses),
    ...addressLines('Virtual IP Excluded', report.excludedAddresses),
  ];
}

function peerLines({ config }: VrrpReport): string[] {
  if (config.unicastPeers.length === 0) {
    return [`   Multicast address ${config.group ?? '224.0.0.18'}`];
  }
  const peers = config.unicastPeers.map(({ address }) => `     ${address}`);
  return ['   Unicast Peer :', ...peers];
}

const advertText = ({ config, advertSeconds }: VrrpReport): string =>
  config.version === 2 ? `${advertSeconds} sec` : `${advertSeconds * 1_000} milli-sec`;

const authenticationText = ({ config: { authentication } }: VrrpReport): string =>
  authentication === undefined
    ? 'none'
    : authentication.kind === 'pass'
      ? 'SIMPLE_PASSWORD'
      : 'HMAC';

const addressLines = (title: string, addresses: readonly string[]): string[] =>
  addresses.length === 0
    ? []
    : [`   ${title} (${addresses.length}):`, ...addresses.map((address) => `     ${address}`)];

function scriptLines(config: NodeConfig, instances: readonly VrrpReport[]): string[] {
  const results = new Map(instances.flatMap(({ scripts }) => [...scripts]));
  return config.scripts.flatMap((script) => [
    ` VRRP Script = ${script.name}`,
    `   Command = ${script.command.words.join(' ')}`,
    `   Interval = ${toSeconds(script.interval)} sec`,
    `   Timeout = ${toSeconds(script.timeout)} sec`,
    `   Weight = ${script.weight}${script.reverse ? ' reverse' : ''}`,
    `   Rise = ${script.rise}`,
    `   Fall = ${script.fall}`,
    `   Status = ${scriptStatus(results.get(script.name))}`,
  ]);
}

function scriptStatus(isUp: boolean | undefined): string {
  if (isUp === undefined) return 'INIT';
  return isUp ? 'GOOD' : 'BAD';
}

function groupLines({ syncGroups }: NodeConfig, instances: readonly VrrpReport[]): string[] {
  return syncGroups.flatMap(({ name, members }) => {
    const reports = instances.filter(({ config }) => members.includes(config.name));
    const states = new Set(reports.map(stateName));
    const [state = 'INIT'] = states;
    return [
      ` VRRP Sync Group = ${name}, ${states.size === 1 ? state : 'BACKUP'}`,
      '   VRRP member instances :',
      ...members.map((member) => `     ${member}`),
    ];
  });
}

function poolLines(pool: ServerPool): string[] {
  const { hasQuorum } = pool.snapshot();
  return pool.services.flatMap((service) => [
    ' ------< Virtual server >------',
    service.firewallMark === undefined
      ? ` VS VIP = ${service.address}, VPORT = ${service.port}`
      : ` VS FWMARK = ${service.firewallMark}`,
    `   lvs_sched = ${service.scheduler}`,
    `   One packet scheduling = ${enabled(service.isOnePacket)}`,
    ...persistenceLines(service),
    ...(service.firewallMark === undefined
      ? [`   protocol = ${service.protocol.toUpperCase()}`]
      : []),
    `   omega is ${service.health.omega ? 'ON' : 'OFF'}`,
    `   quorum = ${service.health.quorum}, hysteresis = ${service.health.hysteresis}`,
    `   quorum_state_up = ${hasQuorum ? 1 : 0}`,
    ...sorryLines(service),
    ...pool.servers.flatMap((server) => serverLines(server, pool)),
  ]);
}

const persistenceLines = ({ persistence }: VirtualServerConfig): string[] =>
  persistence === undefined ? [] : [`   persistence timeout = ${persistence.timeout}`];

const sorryLines = ({ sorryServer }: VirtualServerConfig): string[] =>
  sorryServer === undefined
    ? []
    : [`   Sorry server = [${sorryServer.address}]:${sorryServer.port}`];

function serverLines({ key, config, checks }: PoolServer, pool: ServerPool): string[] {
  const known = pool.snapshot().servers.find((server) => server.key === key);
  const failed = checks.filter(({ check }) => !check.isUp).length;
  const weight = known?.weight ?? config.weight;
  return [
    '   ------< Real server >------',
    `   RIP = ${config.address}, RPORT = ${config.port}, WEIGHT = ${weight} EFF WEIGHT = ${weight}`,
    `   Forwarding method = ${config.method}`,
    `   connection limit range = ${config.lowerThreshold} -> ${config.upperThreshold}`,
    `   Inhibit on failure is ${config.health.inhibitOnFailure ? 'ON' : 'OFF'}`,
    `   initial weight = ${config.weight}`,
    `   effective weight = ${weight}`,
    `   alive = ${known?.isUp === true ? 1 : 0}`,
    `   num failed checkers = ${failed}`,
    ...checks.map(({ check }) => `   ${check.config.kind}, ${check.isUp ? 'up' : 'down'}`),
  ];
}
