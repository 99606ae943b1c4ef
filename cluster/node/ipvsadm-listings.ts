import { assert } from '../../director/base/invariant.js';
import type { Instant } from '../../director/base/time.js';
import { Flag } from '../../director/core/connections.js';
import type { Director } from '../../director/core/director.js';
import type { RateEstimator } from '../../director/core/estimator.js';
import { stateName } from '../../director/core/protocol-states.js';
import { methodName, type RealServer, type VirtualService } from '../../director/core/services.js';
import { State } from '../../director/core/states.js';
import type { TrafficStats } from '../../director/core/stats.js';
import { fromWords } from '../../director/wire/address-words.js';
import { Family } from '../../director/wire/flow.js';
import { Protocol } from '../../director/wire/ipv4.js';
import type { ServiceName, ServiceProtocol } from '../ipvsadm/command.js';
import type {
  ConnectionListing,
  DaemonListing,
  ServerListing,
  ServiceListing,
  Statistics,
  Timeouts,
} from '../ipvsadm/listing.js';
import type { IpvsDaemon } from '../member/ipvs-daemons.js';
import type { IpvsadmTarget } from './ipvsadm.js';

export const protocolNumbers: Readonly<Record<ServiceProtocol, number>> = {
  tcp: Protocol.tcp,
  udp: Protocol.udp,
  sctp: Protocol.sctp,
};

function protocolOf(number: number): ServiceProtocol {
  if (number === Protocol.udp) return 'udp';
  return number === Protocol.sctp ? 'sctp' : 'tcp';
}

/** The services of a director as ipvsadm lists them, in the order of the table. */
export const serviceListings = (director: Director): ServiceListing[] =>
  Array.from(director.services.services(), serviceListing);

export function serviceListing(service: VirtualService): ServiceListing {
  const { scheduler, persistence, isOnePacket, stats, rates, servers } = service;
  return {
    service: nameOf(service),
    scheduler: scheduler.name,
    flags: scheduler.flags,
    persistence,
    isOnePacket,
    statistics: counted(stats),
    rates: perSecond(rates),
    servers: servers.map(serverListing),
  };
}

function nameOf({ firewallMark, family, address, protocol, port }: VirtualService): ServiceName {
  if (firewallMark !== 0) {
    return { kind: 'mark', mark: firewallMark, family: family === Family.ipv6 ? 6 : 4 };
  }
  assert(address !== undefined, 'a service without a mark has an address');
  return { kind: 'address', protocol: protocolOf(protocol), address, port };
}

function serverListing(server: RealServer): ServerListing {
  const { address, port, tunnel, weight, active, inactive, persistent } = server;
  const { upperThreshold, lowerThreshold, stats, rates } = server;
  return {
    address,
    port,
    method: methodName(server.method),
    tunnel,
    weight,
    active,
    inactive,
    persistent,
    upperThreshold,
    lowerThreshold,
    statistics: counted(stats),
    rates: perSecond(rates),
  };
}

const counted = (stats: TrafficStats): Statistics => ({
  connections: stats.connections,
  packetsIn: stats.inPackets,
  packetsOut: stats.outPackets,
  bytesIn: stats.inBytes,
  bytesOut: stats.outBytes,
});

const perSecond = (rates: RateEstimator): Statistics => ({
  connections: rates.cps,
  packetsIn: rates.inPps,
  packetsOut: rates.outPps,
  bytesIn: rates.inBps,
  bytesOut: rates.outBps,
});

/** The connections and templates of a director as ipvsadm lists them, in the order of the table. */
export function connectionListings(
  { director, ownerOf }: Pick<IpvsadmTarget, 'director' | 'ownerOf'>,
  now: Instant,
): ConnectionListing[] {
  const { connections } = director;
  const listings: ConnectionListing[] = [];
  for (let index = 0; index < connections.end; index += 1) {
    if (connections.isInUse(index)) {
      listings.push({ ...connectionListing(director, index, now), owner: ownerOf(index) });
    }
  }
  return listings;
}

function connectionListing(
  { connections, services }: Director,
  index: number,
  now: Instant,
): Omit<ConnectionListing, 'owner'> {
  const family = connections.familyOf(index);
  const protocol = connections.protocol[index] ?? 0;
  const isTemplate = connections.hasFlag(index, Flag.template);
  // A tunnel may lead to a real server of the other family.
  const server = services.server(connections.server[index] ?? -1);
  const realFamily = server?.family ?? family;
  return {
    protocol: protocol === 0 ? 'ip' : protocolOf(protocol),
    expires: connections.remaining(index, now),
    state: stateName(protocol, isTemplate, connections.state[index] ?? 0),
    client: fromWords(family, connections.rows, connections.clientAt(index)),
    clientPort: connections.clientPort(index),
    virtual: fromWords(family, connections.rows, connections.virtualAt(index)),
    virtualPort: connections.virtualPort(index),
    real: fromWords(realFamily, connections.rows, connections.realAt(index)),
    realPort: connections.realPort(index),
    mark: server?.service.firewallMark ?? 0,
  };
}

/** A sync daemon without what only this node needs to know. */
export const daemonListing = (daemon: IpvsDaemon): DaemonListing => ({
  role: daemon.role,
  device: daemon.device,
  syncId: daemon.syncId,
  maxLength: daemon.maxLength,
  group: daemon.group,
  port: daemon.port,
  ttl: daemon.ttl,
});

/** The timeouts that `--set` sets. */
export const timeoutsOf = ({ timeouts }: Director): Timeouts => ({
  tcp: timeouts[State.established] ?? 0,
  tcpFin: timeouts[State.finWait] ?? 0,
  udp: timeouts[State.udp] ?? 0,
});
