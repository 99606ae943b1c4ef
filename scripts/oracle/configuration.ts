import type { IpAddress } from '../../director/base/address.js';
import type { TunnelSettings } from '../../director/core/services.js';
import { endpointText } from './endpoint.js';
import { innerOffset, Protocol } from './frame.js';
import type { Scenario } from './scenario.js';
import type { ListedService } from './service-listing.js';
import type { Topology } from './topology.js';

/** A rule that gives a firewall mark to the packets for an endpoint. */
export interface RecordedMark {
  readonly address: IpAddress;
  readonly port: number;
  readonly protocol: number;
  readonly mark: number;
}

const ProtocolNumbers: Readonly<Record<string, number>> = {
  TCP: Protocol.tcp,
  UDP: Protocol.udp,
  SCTP: Protocol.sctp,
};

export const protocolNumber = (name: string): number => ProtocolNumbers[name] ?? Protocol.ip;

/**
 * Which packets had a firewall mark is not recorded. They are taken to be those for endpoints that no service has by
 * its address; among several marks, the one whose service has the real server that the table names.
 */
export function recordedMarks(
  scenario: Scenario,
  { sides, virtualAddresses }: Topology,
  assumptions: string[],
): RecordedMark[] {
  const services = scenario.marks.flatMap(({ master }) => master.services);
  const marked = services.filter(({ firewallMark }) => firewallMark !== 0);
  if (marked.length === 0) return [];
  const rules = new Map<string, RecordedMark>();
  for (const { header, destinationMac } of sides[0]?.packets ?? []) {
    const { destination: address, destinationPort: port, protocol, isIpv6 } = header;
    const isRequest = destinationMac === sides[0]?.mac && virtualAddresses.has(address);
    const name = `protocol ${protocol} ${endpointText({ address, port })}`;
    if (!isRequest || rules.has(name) || hasService(services, address, port, protocol)) continue;
    const candidates = marked.filter((service) => service.isIpv6 === isIpv6);
    const chosen = realAddress(scenario, address, port);
    const service =
      candidates.find(({ servers }) => servers.some((one) => one.endpoint.address === chosen)) ??
      candidates[0];
    if (service === undefined) continue;
    rules.set(name, { address, port, protocol, mark: service.firewallMark });
    assumptions.push(`packets for ${name} have firewall mark ${service.firewallMark}`);
  }
  return [...rules.values()];
}

const hasService = (
  services: readonly ListedService[],
  address: IpAddress,
  port: number,
  protocol: number,
): boolean =>
  services.some(
    (service) =>
      service.endpoint?.address === address &&
      (service.endpoint.port === port || service.endpoint.port === 0) &&
      protocolNumber(service.protocol) === protocol,
  );

function realAddress({ marks }: Scenario, address: IpAddress, port: number): IpAddress | undefined {
  const entries = marks.flatMap(({ master }) => master.connections ?? []);
  return entries.find(({ virtual }) => virtual.address === address && virtual.port === port)?.real
    .address;
}

/** How packets were wrapped for each real server that was sent any through a tunnel; listings do not say it. */
export function recordedTunnels({ sides }: Topology): Map<IpAddress, TunnelSettings> {
  const tunnels = new Map<IpAddress, TunnelSettings>();
  for (const { mac, packets } of sides) {
    for (const { sourceMac, bytes, header } of packets) {
      if (sourceMac !== mac || innerOffset(bytes, header) === undefined) continue;
      tunnels.set(header.destination, tunnelOf(bytes, header));
    }
  }
  return tunnels;
}

function tunnelOf(
  bytes: Uint8Array,
  header: { readonly protocol: number; readonly payload: number; readonly destinationPort: number },
): TunnelSettings {
  const { protocol, payload, destinationPort } = header;
  if (protocol === Protocol.gre) {
    const hasChecksum = ((bytes[payload] ?? 0) & 0x80) !== 0;
    return { type: 'gre', port: 0, checksum: hasChecksum ? 'full' : 'none' };
  }
  if (protocol !== Protocol.udp) return { type: 'ipip', port: 0, checksum: 'none' };
  const hasPrivateData = ((bytes[payload + 8] ?? 0) & 0x1f) !== 0;
  const hasChecksum = bytes[payload + 6] !== 0 || bytes[payload + 7] !== 0;
  const checksum = hasPrivateData ? 'remote' : hasChecksum ? 'full' : 'none';
  return { type: 'gue', port: destinationPort, checksum };
}
