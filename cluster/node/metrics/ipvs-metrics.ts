import type { Director } from '../../../director/core/director.js';
import type { VirtualService } from '../../../director/core/services.js';
import type { TrafficStats } from '../../../director/core/stats.js';
import { protocolOfNumber } from '../../sync/record-fields.js';
import type { Metric, Sample } from './exposition.js';

/** The counters that node_exporter reads from /proc/net/ip_vs_stats. */
const Totals = {
  connections: 'The total number of connections made.',
  inPackets: 'The total number of incoming packets.',
  outPackets: 'The total number of outgoing packets.',
  inBytes: 'The total amount of incoming data.',
  outBytes: 'The total amount of outgoing data.',
} as const;
type Total = keyof typeof Totals;

const Names: Readonly<Record<Total, string>> = {
  connections: 'node_ipvs_connections_total',
  inPackets: 'node_ipvs_incoming_packets_total',
  outPackets: 'node_ipvs_outgoing_packets_total',
  inBytes: 'node_ipvs_incoming_bytes_total',
  outBytes: 'node_ipvs_outgoing_bytes_total',
};

const BackendLabels = [
  'local_address',
  'local_port',
  'remote_address',
  'remote_port',
  'proto',
  'local_mark',
] as const;

const TotalNames: readonly Total[] = [
  'connections',
  'inPackets',
  'outPackets',
  'inBytes',
  'outBytes',
];

/**
 * What services have counted, as one sum that never falls: a service that goes, or whose counters are reset, keeps its part.
 */
export class TrafficTotals {
  readonly #sums: Record<Total, number> = {
    connections: 0,
    inPackets: 0,
    outPackets: 0,
    inBytes: 0,
    outBytes: 0,
  };
  #last = new Map<VirtualService, Record<Total, number>>();

  /** Adds what has come since the last time. To be called often enough: what a service counts before it goes is lost else. */
  update(services: Iterable<VirtualService>): Readonly<Record<Total, number>> {
    const now = new Map<VirtualService, Record<Total, number>>();
    for (const service of services) {
      const before = this.#last.get(service);
      const current = copyOf(service.stats);
      now.set(service, current);
      for (const name of TotalNames) {
        const since = current[name] - (before?.[name] ?? 0);
        this.#sums[name] += since < 0 ? current[name] : since;
      }
    }
    this.#last = now;
    return this.#sums;
  }
}

const copyOf = (stats: TrafficStats): Record<Total, number> => ({
  connections: stats.connections,
  inPackets: stats.inPackets,
  outPackets: stats.outPackets,
  inBytes: stats.inBytes,
  outBytes: stats.outBytes,
});

/** The metrics of node_exporter's ipvs collector, with its names, labels and types. */
export function ipvsMetrics({ services }: Director, totals: TrafficTotals): Metric[] {
  const sums = totals.update(services.services());
  const counters = TotalNames.map((name): Metric => ({
    name: Names[name],
    help: Totals[name],
    type: 'counter',
    samples: [{ value: sums[name] }],
  }));
  const backends = [...services.services()].flatMap((service) =>
    service.servers.map((server) => ({
      server,
      labels: {
        local_address: service.address ?? '',
        local_port: service.port,
        remote_address: server.address,
        remote_port: server.port,
        proto: service.firewallMark === 0 ? (protocolOfNumber(service.protocol) ?? 'IP') : 'FWM',
        local_mark:
          service.firewallMark === 0 ? '' : service.firewallMark.toString(16).padStart(8, '0'),
      },
    })),
  );
  return [
    ...counters,
    gauge(
      'node_ipvs_backend_connections_active',
      'The current active connections by local and remote address.',
      backends.map(({ labels, server }) => ({ labels, value: server.active })),
    ),
    gauge(
      'node_ipvs_backend_connections_inactive',
      'The current inactive connections by local and remote address.',
      backends.map(({ labels, server }) => ({ labels, value: server.inactive })),
    ),
    gauge(
      'node_ipvs_backend_weight',
      'The current backend weight by local and remote address.',
      backends.map(({ labels, server }) => ({ labels, value: server.weight })),
    ),
  ];
}

const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  name,
  help,
  type: 'gauge',
  labels: BackendLabels,
  samples,
});
