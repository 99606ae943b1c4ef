import { isIpv6, prefixContains } from '../../director/base/address.js';
import type { ConnectionFilter, ServiceName } from './command.js';
import { familyOf } from './draft.js';
import type { ConnectionListing } from './listing.js';

/** True for a connection that `ipvsadm -L -c` is to list: it fits all that the filter says. */
export function fitsFilter(
  connection: ConnectionListing,
  { client, service, server, state }: ConnectionFilter,
): boolean {
  if (state !== undefined && connection.state !== state) return false;
  if (service !== undefined && !isOfService(connection, service)) return false;
  if (server !== undefined) {
    if (connection.real !== server.address) return false;
    if (server.port !== 0 && connection.realPort !== server.port) return false;
  }
  if (client === undefined) return true;
  if (client.port !== 0 && connection.clientPort !== client.port) return false;
  return prefixContains(client.network, connection.client);
}

function isOfService(connection: ConnectionListing, service: ServiceName): boolean {
  if (service.kind === 'mark') {
    const family = isIpv6(connection.client) ? 6 : 4;
    return connection.mark === service.mark && family === familyOf(service);
  }
  return (
    connection.protocol === service.protocol &&
    connection.virtual === service.address &&
    (service.port === 0 || connection.virtualPort === service.port)
  );
}
