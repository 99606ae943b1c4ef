import type { ServiceName, TunnelOptions } from '../../../cluster/ipvsadm/command.js';
import type {
  ServerListing,
  ServiceListing,
  Statistics,
} from '../../../cluster/ipvsadm/listing.js';
import { ip } from '../../base/values.js';

/*
 * The table of the recording as the kernel held it when it was listed, services and real servers in the order of its
 * own: not that of the listings.
 */

const counted = (connections: number, packetsIn: number, bytesIn: number): Statistics => ({
  connections,
  packetsIn,
  packetsOut: 0,
  bytesIn,
  bytesOut: 0,
});
const none = counted(0, 0, 0);
const ipip: TunnelOptions = { type: 'ipip', port: 0, checksum: 'none' };

const server = (host: string, port: number, given: Partial<ServerListing> = {}): ServerListing => ({
  address: ip(host),
  port,
  method: 'Route',
  tunnel: ipip,
  weight: 1,
  active: 0,
  inactive: 1,
  persistent: 0,
  upperThreshold: 0,
  lowerThreshold: 0,
  statistics: none,
  rates: none,
  ...given,
});

const listing = (
  service: ServiceName,
  given: Partial<ServiceListing> & Pick<ServiceListing, 'scheduler' | 'servers'>,
): ServiceListing => ({
  service,
  flags: [],
  persistence: undefined,
  isOnePacket: false,
  statistics: none,
  rates: none,
  ...given,
});

const at = (protocol: 'tcp' | 'udp', port: number, host = '10.0.0.100'): ServiceName => ({
  kind: 'address',
  protocol,
  address: ip(host),
  port,
});

export const recordedServices: readonly ServiceListing[] = [
  listing(
    { kind: 'mark', mark: 5, family: 4 },
    {
      scheduler: 'wrr',
      persistence: { timeout: 360, prefixLength: 32 },
      servers: [server('10.0.0.21', 0, { inactive: 0 })],
    },
  ),
  listing(at('tcp', 80, 'fd00::100'), {
    scheduler: 'lc',
    statistics: counted(1, 12, 876),
    rates: counted(0, 1, 42),
    servers: [
      server('fd00::21', 80, { statistics: counted(1, 12, 876), rates: counted(0, 1, 42) }),
    ],
  }),
  listing(at('tcp', 8080), {
    scheduler: 'mh',
    flags: ['mh-fallback', 'mh-port'],
    servers: [
      server('10.0.0.22', 8080, { method: 'Masq', weight: 2, inactive: 0 }),
      server('10.0.0.21', 8080, {
        method: 'Tunnel',
        tunnel: { type: 'gue', port: 6080, checksum: 'full' },
        inactive: 0,
      }),
    ],
  }),
  listing(at('tcp', 443), {
    scheduler: 'sh',
    flags: ['sh-fallback', 'sh-port'],
    persistence: { timeout: 600, prefixLength: 24 },
    statistics: counted(1, 12, 636),
    rates: counted(0, 0, 12),
    servers: [
      server('10.0.0.21', 443, {
        persistent: 1,
        statistics: counted(1, 12, 636),
        rates: counted(0, 0, 12),
      }),
    ],
  }),
  listing(at('tcp', 80), {
    scheduler: 'rr',
    statistics: counted(3, 31, 1646),
    rates: counted(0, 0, 1),
    servers: [
      server('10.0.0.22', 80, {
        weight: 3,
        upperThreshold: 100,
        lowerThreshold: 50,
        statistics: counted(2, 25, 1325),
      }),
      server('10.0.0.21', 80, { statistics: counted(1, 6, 321) }),
    ],
  }),
  listing(at('udp', 514), {
    scheduler: 'rr',
    isOnePacket: true,
    statistics: counted(4, 4, 116),
    rates: counted(0, 0, 6),
    servers: [
      server('10.0.0.22', 514, {
        inactive: 0,
        statistics: counted(4, 4, 116),
        rates: counted(0, 0, 6),
      }),
    ],
  }),
  listing(at('udp', 53), {
    scheduler: 'wlc',
    statistics: counted(1, 5, 145),
    rates: counted(0, 0, 1),
    servers: [server('10.0.0.21', 53, { statistics: counted(1, 5, 145), rates: counted(0, 0, 1) })],
  }),
];
