import { isIpv6, type IpAddress } from '../../director/base/address.js';
import type { ListedConnection } from './connection-listing.js';
import { endpointText } from './endpoint.js';
import { innerOffset, Protocol, readFrame, readIpHeader, type RecordedPacket } from './frame.js';
import { networkOf } from './network.js';
import type { Scenario } from './scenario.js';

/** One interface of the recorded director. */
export interface Side {
  readonly name: 'client' | 'server';
  /** The director's own MAC address there. */
  readonly mac: string;
  /** Its own address and network in each family, as in `10.1.0.1/24`. */
  readonly addresses: readonly string[];
  /** The hosts there, by address, with their MAC addresses. */
  readonly neighbours: ReadonlyMap<IpAddress, string>;
  /** The IP packets that were recorded there, without neighbour discovery and multicast. */
  readonly packets: readonly RecordedPacket[];
}

/** What a recording shows of the network around its director. */
export interface Topology {
  /** The clients' side, and the servers' unless one interface is both. */
  readonly sides: readonly Side[];
  readonly virtualAddresses: ReadonlySet<IpAddress>;
  /** What was not recorded and had to be assumed, one line each. */
  readonly assumptions: readonly string[];
}

/** Reads the network off a recording: who is the director, which hosts are where, and with which MAC addresses. */
export function readTopology(scenario: Scenario): Topology {
  const virtualAddresses = virtualAddressesOf(scenario);
  const realAddresses = new Set(serversOf(scenario));
  const client = packetsOf(scenario.clientSide.frames.map(readFrame));
  const server = packetsOf(scenario.serverSide.frames.map(readFrame));

  const assumptions = unreadableFrames(scenario);
  const clientMac = client.find(({ header }) => virtualAddresses.has(header.destination));
  const sides: Side[] = [];
  const clientSide = {
    name: 'client',
    mac: (clientMac ?? client[0])?.destinationMac ?? '02:00:00:00:00:01',
    packets: client,
  } as const;
  const neighbours = neighboursOf(scenario, clientSide, virtualAddresses);
  if (server.length > 0) {
    const serverSide = {
      name: 'server',
      mac: serverSideMac(server, realAddresses),
      packets: server,
    } as const;
    const there = neighboursOf(scenario, serverSide, virtualAddresses);
    settle(realAddresses, [there, neighbours], assumptions);
    sides.push(withAddresses(serverSide, there, virtualAddresses));
  } else {
    settle(realAddresses, [neighbours], assumptions);
  }
  sides.unshift(withAddresses(clientSide, neighbours, virtualAddresses));
  return { sides, virtualAddresses, assumptions };
}

type BareSide = Pick<Side, 'name' | 'mac' | 'packets'>;

/** Virtual addresses of services, and for firewall marks those of connections. */
function virtualAddressesOf({ marks }: Scenario): Set<IpAddress> {
  const addresses = new Set<IpAddress>();
  for (const { master } of marks) {
    for (const { endpoint } of master.services) {
      if (endpoint !== undefined) addresses.add(endpoint.address);
    }
    for (const { client, virtual } of master.connections ?? []) {
      if (client.port !== 0) addresses.add(virtual.address);
    }
  }
  return addresses;
}

const serversOf = ({ marks }: Scenario): IpAddress[] =>
  marks.flatMap(({ master }) =>
    master.services.flatMap(({ servers }) => servers.map(({ endpoint }) => endpoint.address)),
  );

const Discovery = { first: 130, last: 143 } as const;

/** Without multicast and broadcast, IGMP, MLD and neighbour discovery, which are no business of a replay. */
function packetsOf(packets: readonly (RecordedPacket | undefined)[]): RecordedPacket[] {
  return packets.flatMap((packet) => {
    if (packet === undefined || isGroup(packet.destinationMac)) return [];
    const { protocol, payload } = packet.header;
    const type = packet.bytes[payload] ?? 0;
    const isDiscovery =
      protocol === Protocol.icmpv6 && type >= Discovery.first && type <= Discovery.last;
    return isDiscovery ? [] : [packet];
  });
}

const isGroup = (mac: string): boolean => (Number.parseInt(mac.slice(0, 2), 16) & 1) !== 0;

function unreadableFrames({ clientSide, serverSide }: Scenario): string[] {
  const lines: string[] = [];
  for (const { name, frames, endsEarly } of [clientSide, serverSide]) {
    const cut = frames.filter(({ isCut }) => isCut).length;
    if (cut > 0) lines.push(`${name}: ${cut} frames were captured in part and are left out`);
    if (endsEarly) lines.push(`${name} ends inside a frame, which is left out`);
  }
  return lines;
}

/** The director's MAC address before the servers: what it sends to them comes from it. */
function serverSideMac(
  packets: readonly RecordedPacket[],
  realAddresses: ReadonlySet<IpAddress>,
): string {
  for (const { header, sourceMac, destinationMac } of packets) {
    if (realAddresses.has(header.destination)) return sourceMac;
    if (realAddresses.has(header.source)) return destinationMac;
  }
  return packets[0]?.sourceMac ?? '';
}

/** Hosts by what they sent to the director and by what it sent to them. */
function neighboursOf(
  scenario: Scenario,
  { mac, packets }: BareSide,
  virtualAddresses: ReadonlySet<IpAddress>,
): Map<IpAddress, string> {
  const neighbours = new Map<IpAddress, string>();
  const entries = entriesByFlow(scenario);
  for (const packet of packets) {
    const { header, sourceMac, destinationMac } = packet;
    if (destinationMac === mac && !neighbours.has(header.source)) {
      neighbours.set(header.source, sourceMac);
    }
    if (sourceMac !== mac) continue;
    // Direct routing leaves the destination as it is; the table says whose MAC address this is.
    const target = virtualAddresses.has(header.destination)
      ? entries.get(flowName(packet))?.real.address
      : header.destination;
    if (target !== undefined) neighbours.set(target, destinationMac);
  }
  return neighbours;
}

const flowName = ({ header }: RecordedPacket): string =>
  `${header.protocol} ${endpointText({ address: header.source, port: header.sourcePort })} ` +
  endpointText({ address: header.destination, port: header.destinationPort });

function entriesByFlow({ marks }: Scenario): Map<string, ListedConnection> {
  const protocols: Readonly<Record<string, number>> = { TCP: 6, UDP: 17, SCTP: 132 };
  const entries = new Map<string, ListedConnection>();
  for (const entry of marks.flatMap(({ master }) => master.connections ?? [])) {
    const { protocol, client, virtual } = entry;
    const name = `${protocols[protocol] ?? 0} ${endpointText(client)} ${endpointText(virtual)}`;
    entries.set(name, entry);
  }
  return entries;
}

/** Gives every real server a place and a MAC address: those that were never sent anything get one of ours. */
function settle(
  realAddresses: ReadonlySet<IpAddress>,
  sides: readonly Map<IpAddress, string>[],
  assumptions: string[],
): void {
  let count = 0;
  for (const address of realAddresses) {
    if (sides.some((side) => side.has(address))) continue;
    count += 1;
    const home = sides[0];
    home?.set(address, `02:00:00:00:ff:${count.toString(16).padStart(2, '0')}`);
    assumptions.push(`${address} was never sent anything: it gets a MAC address of ours`);
  }
}

function withAddresses(
  side: BareSide,
  neighbours: ReadonlyMap<IpAddress, string>,
  virtualAddresses: ReadonlySet<IpAddress>,
): Side {
  const used = new Set([...neighbours.keys(), ...virtualAddresses]);
  const own = tunnelSources(side);
  const addresses = [false, true].flatMap((family) => {
    const peers = [...neighbours.keys()].filter((address) => isIpv6(address) === family);
    const known = own.filter((address) => isIpv6(address) === family);
    return peers.length === 0 ? [] : [networkOf([...known, ...peers], used, known[0])];
  });
  return { ...side, addresses, neighbours };
}

/** The addresses from which the director sends packets through tunnels. */
function tunnelSources({ mac, packets }: BareSide): IpAddress[] {
  const sources = packets
    .filter(({ sourceMac, bytes, header }) => {
      const inner = innerOffset(bytes, header);
      return sourceMac === mac && inner !== undefined && readIpHeader(bytes, inner) !== undefined;
    })
    .map(({ header }) => header.source);
  return [...new Set(sources)];
}
