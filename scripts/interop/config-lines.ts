import type {
  CheckConnection,
  CheckerConfig,
  CheckTiming,
  UrlCheckConfig,
} from '../../cluster/config/checker-config.js';
import type {
  ForwardingMethodName,
  NodeConfig,
  RealServerConfig,
  SorryServerConfig,
  VirtualServerConfig,
} from '../../cluster/config/node-config.js';
import { familyOf } from '../../cluster/config/service-values.js';
import type { VirtualAddress, VrrpInstanceConfig } from '../../cluster/config/vrrp-config.js';
import type { IpAddress } from '../../director/base/address.js';
import { type Duration, toSeconds } from '../../director/base/time.js';

/** What we make of a configuration, as the lines that `linesOfDump` makes of keepalived's own words. */
export const linesOfConfig = (config: NodeConfig): readonly string[] =>
  [
    ...config.vrrpInstances.map(instanceLine),
    ...config.syncGroups.map(({ name, members }) => `group ${name} ${setOf(members)}`),
    ...poolsOf(config).flatMap(poolLines),
  ].toSorted();

const setOf = (words: readonly string[]): string => [...new Set(words)].toSorted().join(',');

function instanceLine(instance: VrrpInstanceConfig): string {
  const { authentication } = instance;
  return [
    `instance ${instance.name}`,
    `version ${instance.version}`,
    `interface ${instance.device}`,
    `id ${instance.virtualRouterId}`,
    `priority ${instance.priority}`,
    `interval ${toSeconds(instance.advertInterval)}`,
    `preempt ${instance.preempt}`,
    `password ${authentication?.kind === 'pass' ? authentication.password : 'none'}`,
    `addresses ${setOf(instance.virtualAddresses.map(addressText))}`,
    `excluded ${setOf(instance.excludedAddresses.map(addressText))}`,
  ].join(' ');
}

const addressText = (one: VirtualAddress): string => `${one.address}${lengthOf(one)}@${one.device}`;

/** keepalived does not write the length of a single address. */
const lengthOf = ({ address, prefixLength }: VirtualAddress): string =>
  prefixLength === (familyOf(address) === 'ipv6' ? 128 : 32) ? '' : `/${prefixLength}`;

/** The services of each `virtual_server` block. */
function poolsOf({ virtualServers }: NodeConfig): readonly (readonly VirtualServerConfig[])[] {
  const names = [...new Set(virtualServers.map(({ pool }) => pool))];
  return names.map((name) => virtualServers.filter(({ pool }) => pool === name));
}

function poolLines(services: readonly VirtualServerConfig[]): readonly string[] {
  const [first] = services;
  if (first === undefined) return [];
  const group = /^virtual_server group (\S+)/.exec(first.pool)?.[1];
  const name = group === undefined ? serviceName(first) : `[${group}]:0`;
  const entries =
    group === undefined ? [] : services.map((one) => `entry ${group} ${entryOf(one)}`);
  const { persistence, health, sorryServer } = first;
  const service = [
    `service ${name}`,
    `family ${familyName(first)}`,
    `sched ${first.scheduler}`,
    `persistence ${persistence?.timeout ?? 'none'}`,
    `ops ${first.isOnePacket}`,
    `omega ${onOff(health.omega)}`,
    `quorum ${health.quorum} ${health.hysteresis}`,
    `sorry ${sorryServer === undefined ? 'none' : sorryText(sorryServer)}`,
  ].join(' ');
  const servers = first.realServers.flatMap((server, index) => {
    // Where the services of a group lend their ports, the file says none.
    const ports = new Set(services.map(({ realServers }) => realServers[index]?.port));
    return serverLines(name, ports.size === 1 ? server : { ...server, port: 0 });
  });
  return [service, ...entries, ...servers];
}

const serviceName = (service: VirtualServerConfig): string =>
  service.firewallMark === undefined
    ? `[${service.address}]:${service.protocol}:${service.port}`
    : `FWM ${service.firewallMark}`;

const entryOf = (service: VirtualServerConfig): string =>
  service.firewallMark === undefined
    ? `${service.address} ${service.port}`
    : `fwmark ${service.firewallMark}`;

const familyName = (service: VirtualServerConfig): string => {
  const family = service.firewallMark === undefined ? familyOf(service.address) : service.family;
  return family === 'ipv6' ? 'inet6' : 'inet';
};

const onOff = (isOn: boolean): string => (isOn ? 'ON' : 'OFF');

const Methods: Readonly<Record<ForwardingMethodName, string>> = {
  Masq: 'NAT',
  Route: 'DR',
  Tunnel: 'TUN',
  FullNat: 'FNAT',
};

const sorryText = ({ address, port, method, inhibit }: SorryServerConfig): string =>
  `${endpoint(address, port)} ${Methods[method]} ${onOff(inhibit)}`;

const endpoint = (address: IpAddress, port: number): string => `[${address}]:${port}`;

function serverLines(service: string, server: RealServerConfig): readonly string[] {
  const { address, port, weight, method, upperThreshold, lowerThreshold, health } = server;
  const line = [
    `server ${service} ${address} ${port}`,
    `weight ${weight}`,
    `method ${Methods[method]}`,
    `limits ${lowerThreshold} ${upperThreshold}`,
    `inhibit ${onOff(health.inhibitOnFailure)}`,
  ].join(' ');
  const head = `checker ${service} ${endpoint(address, port)}`;
  return [line, ...health.checkers.map((checker) => `${head} ${checkerText(checker)}`)];
}

function checkerText(checker: CheckerConfig): string {
  if (checker.kind === 'FILE_CHECK' || checker.kind === 'BFD_CHECK') return checker.kind;
  const connection = 'connection' in checker ? checker.connection : undefined;
  return [
    checker.kind,
    timingText(checker),
    connection === undefined ? 'to none timeout NaN from none' : connectionText(connection),
    `helo ${checker.kind === 'SMTP_CHECK' ? checker.heloName : 'none'}`,
    `dns ${checker.kind === 'DNS_CHECK' ? `${checker.type} ${checker.name}` : 'none'}`,
    `dynamic ${checker.kind === 'MISC_CHECK' && checker.dynamic}`,
    `urls ${'urls' in checker ? checker.urls.map(urlText).join('; ') : 'none'}`,
  ].join(' ');
}

const timingText = (timing: CheckTiming): string =>
  [
    `alpha ${timing.alpha ? 'yes' : 'no'}`,
    `loop ${microsecondsOf(timing.delayLoop)}`,
    `warmup ${microsecondsOf(timing.warmup)}`,
    `retry ${timing.retry}`,
    `delay ${timing.retry === 0 ? 0 : microsecondsOf(timing.delayBeforeRetry)}`,
  ].join(' ');

const microsecondsOf = (duration: Duration): number => Math.round(toSeconds(duration) * 1_000_000);

const connectionText = ({
  address,
  port,
  timeout,
  bindAddress,
  bindPort,
}: CheckConnection): string =>
  [
    `to ${endpoint(address, port)}`,
    `timeout ${toSeconds(timeout)}`,
    `from ${bindAddress === undefined ? 'none' : endpoint(bindAddress, bindPort ?? 0)}`,
  ].join(' ');

const urlText = ({ path, digest, virtualHost, statusCodes }: UrlCheckConfig): string => {
  const codes = statusCodes.map(({ minimum, maximum }) =>
    minimum === maximum ? String(minimum) : `${minimum}-${maximum}`,
  );
  return [path, digest, virtualHost, ...codes].join(' ');
};
