import { toSeconds } from '../../../director/base/time.js';
import { StateNumbers, type VrrpReport, type VrrpStats } from '../windows/vrrp-report.js';
import type { Metric } from './exposition.js';

const InstanceLabels = ['iname', 'intf', 'vrid'] as const;
const AddressLabels = [...InstanceLabels, 'ip_address'] as const;

/** keepalived-exporter's counters, by what keepalived calls them in its JSON. */
const Counters: Readonly<Record<keyof VrrpStats, readonly [name: string, help: string]>> = {
  advert_rcvd: ['keepalived_advertisements_received_total', 'Advertisements received'],
  advert_sent: ['keepalived_advertisements_sent_total', 'Advertisements sent'],
  become_master: ['keepalived_become_master_total', 'Became master'],
  release_master: ['keepalived_release_master_total', 'Released master'],
  packet_len_err: ['keepalived_packet_length_errors_total', 'Packet length errors'],
  advert_interval_err: [
    'keepalived_advertisements_interval_errors_total',
    'Advertisement interval errors',
  ],
  ip_ttl_err: ['keepalived_ip_ttl_errors_total', 'TTL errors'],
  invalid_type_rcvd: ['keepalived_invalid_type_received_total', 'Invalid type errors'],
  addr_list_err: ['keepalived_address_list_errors_total', 'Address list errors'],
  invalid_authtype: ['keepalived_authentication_invalid_total', 'Authentication invalid'],
  authtype_mismatch: ['keepalived_authentication_mismatch_total', 'Authentication mismatch'],
  auth_failure: ['keepalived_authentication_failure_total', 'Authentication failure'],
  pri_zero_rcvd: ['keepalived_priority_zero_received_total', 'Priority zero received'],
  pri_zero_sent: ['keepalived_priority_zero_sent_total', 'Priority zero sent'],
};

const StatNames: readonly (keyof VrrpStats)[] = [
  'advert_rcvd',
  'advert_sent',
  'become_master',
  'release_master',
  'packet_len_err',
  'advert_interval_err',
  'ip_ttl_err',
  'invalid_type_rcvd',
  'addr_list_err',
  'invalid_authtype',
  'authtype_mismatch',
  'auth_failure',
  'pri_zero_rcvd',
  'pri_zero_sent',
];

/** The metrics of keepalived-exporter, with its names, labels and types. */
export function keepalivedMetrics(reports: readonly VrrpReport[]): Metric[] {
  const counters = StatNames.map((stat): Metric => {
    const [name, help] = Counters[stat];
    const samples = reports.map((report) => ({
      labels: instanceLabels(report),
      value: report.stats[stat],
    }));
    return { name, help, type: 'counter', labels: InstanceLabels, samples };
  });
  const scripts = new Map(reports.flatMap((report) => [...report.scripts]));
  return [
    { name: 'keepalived_up', help: 'Status', type: 'gauge', samples: [{ value: 1 }] },
    stateMetric('keepalived_vrrp_state', 'State of vrrp', reports, 'addresses'),
    stateMetric(
      'keepalived_vrrp_excluded_state',
      'State of vrrp with excluded VIP',
      reports,
      'excludedAddresses',
    ),
    ...counters,
    {
      name: 'keepalived_gratuitous_arp_delay_total',
      help: 'Gratuitous ARP delay',
      type: 'counter',
      labels: InstanceLabels,
      samples: reports.map((report) => ({
        labels: instanceLabels(report),
        value: toSeconds(report.config.announce.delay),
      })),
    },
    {
      name: 'keepalived_script_status',
      help: 'Tracker Script Status',
      type: 'gauge',
      labels: ['name'],
      samples: [...scripts].map(([name, isUp]) => ({ labels: { name }, value: isUp ? 1 : 0 })),
    },
    {
      name: 'keepalived_script_state',
      help: 'Tracker Script State',
      type: 'gauge',
      labels: ['name'],
      // Idle: that a script runs for a moment is nothing to be seen from outside.
      samples: [...scripts.keys()].map((name) => ({ labels: { name }, value: 0 })),
    },
  ];
}

const instanceLabels = ({ config }: VrrpReport): Record<string, string | number> => ({
  iname: config.name,
  intf: config.device,
  vrid: config.virtualRouterId,
});

/** An address as keepalived-exporter reads it from `ADDRESS/LENGTH dev DEVICE ...`. */
function stateMetric(
  name: string,
  help: string,
  reports: readonly VrrpReport[],
  which: 'addresses' | 'excludedAddresses',
): Metric {
  const samples = reports.flatMap((report) =>
    report[which].map((address) => {
      const [prefix = '', , device = ''] = address.split(' ');
      const labels = { ...instanceLabels(report), intf: device, ip_address: prefix };
      return { labels, value: StateNumbers[report.snapshot.state] };
    }),
  );
  return { name, help, type: 'gauge', labels: AddressLabels, samples };
}
