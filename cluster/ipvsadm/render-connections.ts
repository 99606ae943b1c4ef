import type { ConnectionListing, DaemonListing, Timeouts } from './listing.js';
import type { PortNames } from './port-names.js';
import { endpointWriter, type WriteEndpoint } from './render-text.js';

/** How connections are listed; `withEngine` adds the columns of the persistence engine, which are empty. */
export interface ConnectionStyle {
  readonly isNumeric: boolean;
  readonly withEngine: boolean;
  /** Adds a column that ipvsadm does not have: the node that answers for the connection. */
  readonly withOwner: boolean;
  readonly names: PortNames;
}

/** Where the column of owners begins. */
const OwnerColumns = { behindDestination: 79, behindEngine: 104 };

/** `ipvsadm -L -c`: one line a connection or template, in the order given. */
export function renderConnections(
  connections: readonly ConnectionListing[],
  { isNumeric, withEngine, withOwner, names }: ConnectionStyle,
): string {
  const write = endpointWriter(isNumeric, names);
  const heads = ['pro expire state      ', 'source'.padEnd(18), 'virtual'.padEnd(18)];
  const destination = withEngine
    ? ['destination'.padEnd(18), 'pe name'.padEnd(16), 'pe_data']
    : ['destination'];
  const width = withEngine ? OwnerColumns.behindEngine : OwnerColumns.behindDestination;
  const owned = (line: string, owner: string): string =>
    withOwner ? `${line.padEnd(width)} ${owner}` : line;
  return [
    'IPVS connection entries',
    owned([...heads, ...destination].join(' '), 'owner'),
    ...connections.map((connection) => owned(connectionLine(connection, write), connection.owner)),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function connectionLine(connection: ConnectionListing, write: WriteEndpoint): string {
  const { protocol, expires, state } = connection;
  const { client, clientPort, virtual, virtualPort, real, realPort } = connection;
  const whole = Math.floor(expires);
  const minutes = String(Math.floor(whole / 60)).padStart(2, '0');
  const seconds = String(whole % 60).padStart(2, '0');
  return [
    protocol.toUpperCase().padEnd(3),
    `${minutes}:${seconds}`.padEnd(6),
    state.padEnd(11),
    write(client, clientPort, protocol).padEnd(18),
    write(virtual, virtualPort, protocol).padEnd(18),
    write(real, realPort, protocol),
  ].join(' ');
}

/** `ipvsadm -L --daemon`: the master first. Nothing when none runs. */
export const renderDaemons = (daemons: readonly DaemonListing[]): string =>
  daemons
    .map(
      ({ role, device, syncId, maxLength, group, port, ttl }) =>
        `${role} sync daemon (mcast=${device}, syncid=${syncId}, maxlen=${maxLength}, ` +
        `group=${group}, port=${port}, ttl=${ttl})\n`,
    )
    .join('');

/** `ipvsadm -L --timeout`. */
export const renderTimeouts = ({ tcp, tcpFin, udp }: Timeouts): string =>
  `Timeout (tcp tcpfin udp): ${tcp} ${tcpFin} ${udp}\n`;
