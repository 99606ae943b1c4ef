import type { Director } from '../../director/core/director.js';
import { createScheduler } from '../../director/core/schedulers/create.js';
import type { Scheduler } from '../../director/core/schedulers/scheduler.js';
import { addressKey, markKey } from '../../director/core/service-table.js';
import {
  methodFromName,
  type RealServerSettings,
  type ServiceKey,
} from '../../director/core/services.js';
import { Family } from '../../director/wire/flow.js';
import { Protocol } from '../../director/wire/ipv4.js';
import type { ConfigChanges } from '../config/changes.js';
import { isSame as isSameValue } from '../config/equality.js';
import type {
  DataPlaneConfig,
  NodeConfig,
  RealServerConfig,
  ServiceProtocol,
  VirtualServerConfig,
} from '../config/node-config.js';

/** IP's numbers of the protocols that services are for. */
export const ProtocolNumbers: Readonly<Record<ServiceProtocol, number>> = {
  tcp: Protocol.tcp,
  udp: Protocol.udp,
  sctp: Protocol.sctp,
};

/** What the service table knows a configured service by. */
export const serviceKey = (virtual: VirtualServerConfig): ServiceKey =>
  virtual.firewallMark === undefined
    ? addressKey(virtual.address, virtual.port, ProtocolNumbers[virtual.protocol])
    : markKey(virtual.firewallMark, Family[virtual.family]);

/** What the data plane is to know of a real server, or a sorry server, that has this weight now. */
export function serverSettings(
  server: Omit<RealServerConfig, 'weight' | 'health'>,
  weight: number,
): RealServerSettings {
  const { address, port, method, tunnel, upperThreshold, lowerThreshold } = server;
  return {
    address,
    port,
    method: methodFromName(method),
    weight,
    upperThreshold,
    lowerThreshold,
    ...(tunnel === undefined ? {} : { tunnel }),
  };
}

/** Adds a configured service with all its real servers, as if each of them were up. One that is there stays as it is. */
export function addService(
  director: Director,
  virtual: VirtualServerConfig,
  { unknownTcp }: Pick<DataPlaneConfig, 'unknownTcp'>,
): void {
  const address = virtual.firewallMark === undefined ? virtual.address : undefined;
  const { persistence, isOnePacket, commit } = virtual;
  const options = { persistence, isOnePacket, commit };
  const service = director.addService(
    serviceKey(virtual),
    address,
    schedulerOf(director, virtual),
    options,
  );
  if (service === undefined) return;
  if (unknownTcp === 'hash') {
    const { settings, prng } = director;
    // As the service's own scheduler hashes, so that a connection is found again that it has opened.
    const isHashing = virtual.scheduler === 'mh';
    const flags = isHashing ? virtual.schedulerFlags : (['mh-port'] as const);
    service.consistent = createScheduler('mh', { settings, prng, flags });
  }
  for (const server of virtual.realServers) {
    director.services.addServer(service, serverSettings(server, server.weight));
  }
}

/** Gives a service what differs in its new configuration. A scheduler that stays keeps its place in the round. */
function changeService(
  director: Director,
  before: VirtualServerConfig,
  after: VirtualServerConfig,
): void {
  const service = director.services.find(serviceKey(after));
  if (service === undefined) return;
  service.persistence = after.persistence;
  service.isOnePacket = after.isOnePacket;
  service.commit = after.commit;
  const isSame =
    before.scheduler === after.scheduler &&
    isSameValue(before.schedulerFlags, after.schedulerFlags);
  if (!isSame) director.services.setScheduler(service, schedulerOf(director, after));
}

/** Removes a service; its connections end with their time. */
function removeService(director: Director, virtual: VirtualServerConfig): void {
  const service = director.services.find(serviceKey(virtual));
  if (service !== undefined) director.services.removeService(service);
}

/** Gives a director the services of another configuration; those that are the same stay as they are. */
export function exchangeServices(
  director: Director,
  { dataPlane }: NodeConfig,
  { removedServices, addedServices, changedServices }: ConfigChanges,
): void {
  for (const service of removedServices) removeService(director, service);
  for (const service of addedServices) addService(director, service, dataPlane);
  for (const { before, after } of changedServices) changeService(director, before, after);
}

const schedulerOf = ({ settings, prng }: Director, virtual: VirtualServerConfig): Scheduler =>
  createScheduler(virtual.scheduler, { settings, prng, flags: virtual.schedulerFlags });
