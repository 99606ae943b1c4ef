import { methodName, type RealServer, type VirtualService } from '../../director/core/services.js';
import { toWords } from '../../director/wire/address-words.js';
import type { RealServerConfig, VirtualServerConfig } from '../config/node-config.js';
import type { PoolServer, ServerPool } from '../member/health/server-pool.js';
import { serviceKey } from '../member/service-configuration.js';
import { protocolOfNumber } from '../sync/record-fields.js';
import type { RealServerView, ServiceView } from './api.js';
import { endpoint } from './endpoint.js';
import { healthOf, quorumView } from './health/pool-view.js';
import type { Member } from './member.js';

/** The services of the table, with what the checkers of their pools say. */
export function serviceViews(member: Member): ServiceView[] {
  const { services } = member.plane.director;
  const configured = new Map<VirtualService, Configured>();
  for (const pool of member.health.pools) {
    for (const virtual of pool.services) {
      const service = services.find(serviceKey(virtual));
      if (service !== undefined) configured.set(service, { pool, virtual });
    }
  }
  return [...services.services()].map((service) => serviceView(service, configured.get(service)));
}

/** What the API calls the protocol of a service. */
export const protocolOf = (service: VirtualService): ServiceView['protocol'] =>
  service.firewallMark === 0 ? (protocolOfNumber(service.protocol) ?? 'IP') : 'FWM';

/** `address:port`, or the mark. */
export const virtualOf = ({ address, port, firewallMark }: VirtualService): string =>
  address === undefined ? String(firewallMark) : endpoint(address, port);

/** A service's configuration, when it has not come by ipvsadm. */
interface Configured {
  readonly pool: ServerPool;
  readonly virtual: VirtualServerConfig;
}

function serviceView(service: VirtualService, configured: Configured | undefined): ServiceView {
  const hasChecks = configured?.pool.servers.some(({ checks }) => checks.length > 0) === true;
  return {
    protocol: protocolOf(service),
    virtual: virtualOf(service),
    scheduler: service.scheduler.name,
    quorum: configured !== undefined && hasChecks ? quorumView(configured.pool) : undefined,
    realServers: realServerViews(service, configured),
  };
}

function realServerViews(
  { servers }: VirtualService,
  configured: Configured | undefined,
): RealServerView[] {
  const known = configured?.virtual.realServers.map((config, index) => ({
    config,
    server: configured.pool.servers[index],
  }));
  const healthIn = (server: RealServer): PoolServer | undefined =>
    known?.find(({ config }) => isSame(server, config))?.server;
  const placed = servers.map((server) => {
    const checked = healthIn(server);
    return {
      address: endpoint(server.address, server.port),
      method: methodName(server.method),
      isPlaced: true,
      weight: server.weight,
      active: server.active,
      inactive: server.inactive,
      health: checked && healthOf(checked),
    };
  });
  const absent = (known ?? []).filter(
    ({ config }) => !servers.some((server) => isSame(server, config)),
  );
  const takenOut = absent.map(({ config, server }) => ({
    address: endpoint(config.address, config.port),
    method: config.method,
    isPlaced: false,
    weight: 0,
    active: 0,
    inactive: 0,
    health: server && healthOf(server),
  }));
  return [...placed, ...takenOut];
}

function isSame(server: RealServer, { address, port }: RealServerConfig): boolean {
  const { family, words } = toWords(address);
  const isAddress = server.family === family && server.words.every((word, i) => word === words[i]);
  return isAddress && server.port === port;
}
