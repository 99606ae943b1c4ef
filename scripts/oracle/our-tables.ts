import type { Instant } from '../../director/base/time.js';
import { Flag } from '../../director/core/connections.js';
import type { Director } from '../../director/core/director.js';
import { stateName } from '../../director/core/protocol-states.js';
import { methodName, type VirtualService } from '../../director/core/services.js';
import { fromWords } from '../../director/wire/address-words.js';
import { Family } from '../../director/wire/flow.js';
import type { ListedConnection } from './connection-listing.js';
import { Protocol } from './frame.js';
import type { ListedService } from './service-listing.js';

const ProtocolNames = new Map<number, string>([
  [Protocol.ip, 'IP'],
  [Protocol.tcp, 'TCP'],
  [Protocol.udp, 'UDP'],
  [Protocol.sctp, 'SCTP'],
]);

/** A director's connection table in the words of `ipvsadm -Lnc`. */
export function listConnections(director: Director, now: Instant): ListedConnection[] {
  const { connections } = director;
  const entries: ListedConnection[] = [];
  for (let index = 0; index < connections.end; index += 1) {
    if (connections.isInUse(index)) entries.push(entryAt(director, index, now));
  }
  return entries;
}

/** One entry of a director's table. */
export function entryAt({ connections }: Director, index: number, now: Instant): ListedConnection {
  const family = connections.family[index] === Family.ipv6 ? Family.ipv6 : Family.ipv4;
  const protocol = connections.protocol[index] ?? 0;
  const isTemplate = connections.hasFlag(index, Flag.template);
  const endpoint = (at: number, port: number): ListedConnection['client'] => ({
    address: fromWords(family, connections.rows, at),
    port,
  });
  return {
    protocol: ProtocolNames.get(protocol) ?? String(protocol),
    client: endpoint(connections.clientAt(index), connections.clientPort(index)),
    virtual: endpoint(connections.virtualAt(index), connections.virtualPort(index)),
    real: endpoint(connections.realAt(index), connections.realPort(index)),
    state: stateName(protocol, isTemplate, connections.state[index] ?? 0),
    expires: Math.floor(connections.remaining(index, now)),
  };
}

/** A director's services in the words of `ipvsadm -Ln`. */
export const listServices = ({ services }: Director): ListedService[] =>
  [...services.services()].map(listService);

function listService(service: VirtualService): ListedService {
  const { protocol, address, port, firewallMark, family, scheduler, servers } = service;
  return {
    protocol: firewallMark === 0 ? (ProtocolNames.get(protocol) ?? String(protocol)) : 'FWM',
    endpoint: address === undefined ? undefined : { address, port },
    firewallMark,
    isIpv6: family === Family.ipv6,
    scheduler: scheduler.name,
    schedulerFlags: scheduler.flags,
    persistence: service.persistence,
    isOnePacket: service.isOnePacket,
    servers: servers.map((server) => ({
      endpoint: { address: server.address, port: server.port },
      method: methodName(server.method),
      weight: server.weight,
      active: server.active,
      inactive: server.inactive,
    })),
  };
}
