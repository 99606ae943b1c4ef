import { test } from 'tap';

import { loadKeepalived } from '../../../cluster/config/keepalived.js';
import type { DataPlaneConfig } from '../../../cluster/config/node-config.js';
import { SysctlRanges } from '../../../cluster/config/sysctls.js';
import { DataPlaneDefaults } from './defaults.js';
import { problemsOfKeepalived, testRefusals } from './refusals.js';

/** A good file; each case replaces some of its text. It has no lvs_sync_daemon: the block is about more than sync. */
const Good = `global_defs {
  router_id d1
  vrrp_version 3
}
@baton baton {
@baton   connection_table 4096
@baton   unknown_tcp hash
@baton   local_addresses 10.2.0.250 fd00::250
@baton   sysctl conn_reuse_mode 3
@baton   sysctl lblc_expiration 60
@baton   firewall_mark 4294967295 tcp 10.1.0.100 80
@baton   firewall_mark 4294967295 udp 10.1.0.100 0-65535
@baton }
vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  virtual_ipaddress {
    10.2.0.250
  }
  virtual_ipaddress_excluded {
    fd00::250/64
  }
}
virtual_server fwmark 4294967295 {
  lvs_sched rr
  lvs_method FULLNAT
  real_server 10.2.0.21 {
  }
}
`;

const driven = (name: string): string =>
  `global_defs {\nrouter_id d1\n}\n@baton baton {\n@baton driver ${name}\n@baton }\n`;

const dataPlaneOf = (text: string): DataPlaneConfig =>
  loadKeepalived(text, 'test.conf').config.dataPlane;

test('the block names the packet driver', (t) => {
  for (const name of ['auto', 'offload', 'ring', 'pcap', 'xdp']) {
    t.equal(dataPlaneOf(driven(name)).driver, name);
  }
  t.throws(
    () => dataPlaneOf(driven('dpdk')),
    /5: driver has to be one of auto, offload, ring, pcap, xdp, not dpdk/,
  );
  t.end();
});

test('the kernel carries as many connections as the block says', (t) => {
  t.equal(dataPlaneOf(Good)?.offloadCapacity, undefined);
  const text = Good.replace('connection_table 4096', 'offload_table 2048');
  t.equal(dataPlaneOf(text)?.offloadCapacity, 2_048);
  t.end();
});

test('the block says how many threads carry, and whether always', (t) => {
  t.equal(dataPlaneOf(Good)?.carrierThreads, undefined);
  const threads = (text: string): unknown =>
    dataPlaneOf(Good.replace('connection_table 4096', `carrier_threads ${text}`))?.carrierThreads;
  t.strictSame(threads('0'), { most: 0, isAlways: false });
  t.strictSame(threads('15 always'), { most: 15, isAlways: true });
  t.end();
});

test('the block says what keepalived cannot say about the data plane', (t) => {
  t.strictSame(dataPlaneOf(Good), {
    ...DataPlaneDefaults,
    settings: { conn_reuse_mode: 3, lblc_expiration: 60 },
    connectionCapacity: 4_096,
    unknownTcp: 'hash',
    localAddresses: ['10.2.0.250', 'fd00::250'],
    firewallMarks: [
      { mark: 4_294_967_295, protocol: 'tcp', address: '10.1.0.100', firstPort: 80, lastPort: 80 },
      {
        mark: 4_294_967_295,
        protocol: 'udp',
        address: '10.1.0.100',
        firstPort: 0,
        lastPort: 65_535,
      },
    ],
  });
  t.end();
});

test('a file without the block has the defaults', (t) => {
  t.strictSame(dataPlaneOf('global_defs {\nrouter_id d1\n}\n'), DataPlaneDefaults);
  t.end();
});

test('every setting takes the ends of its range, and nothing beyond', (t) => {
  for (const [name, { minimum, maximum }] of Object.entries(SysctlRanges)) {
    const withValue = (value: number): string =>
      Good.replace(/^.*lblc_exp.*$/m, '').replace('conn_reuse_mode 3', `${name} ${value}`);
    t.strictSame(dataPlaneOf(withValue(minimum)).settings, { [name]: minimum });
    t.strictSame(dataPlaneOf(withValue(maximum)).settings, { [name]: maximum });
    t.strictSame(problemsOfKeepalived(withValue(maximum + 1)), [
      `9: sysctl ${name} has to be a whole number from ${minimum} to ${maximum}, not ${maximum + 1}`,
    ]);
  }
  t.end();
});

const many = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('');

const withLocal = (count: number): string =>
  Good.replace(
    '10.2.0.250 fd00::250',
    many(count, (index) => `10.2.0.${index} `),
  ).replace(
    '    10.2.0.250\n',
    many(Math.min(count, 255), (index) => `10.2.0.${index}\n`),
  );

const withMarks = (count: number): string =>
  Good.replace(
    '@baton   firewall_mark',
    `${many(count - 2, () => '@baton firewall_mark 4294967295 tcp 10.1.0.9 80\n')}$&`,
  );

test('there is a limit on local addresses and on marks', (t) => {
  t.strictSame(problemsOfKeepalived(withLocal(255)), []);
  t.match(problemsOfKeepalived(withLocal(257)), ['8: local_addresses takes at most 256 addresses']);
  t.strictSame(problemsOfKeepalived(withMarks(256)), []);
  t.strictSame(problemsOfKeepalived(withMarks(257)), [
    '267: there are at most 256 lines of firewall_mark',
  ]);
  t.end();
});

testRefusals(Good, problemsOfKeepalived, {
  'the settings of the data plane': [
    [
      'connection_table 4096',
      'offload_table 1048577',
      '6: offload_table has to be a whole number from 1024 to 1048576, not 1048577',
    ],
    [
      'connection_table 4096',
      'carrier_threads 16',
      '6: carrier_threads has to be a whole number from 0 to 15, not 16',
    ],
    [
      'connection_table 4096',
      'carrier_threads 2 never',
      '6: carrier_threads has to be one of always, not never',
    ],
    [
      'connection_table 4096',
      'carrier_threads',
      '6: carrier_threads takes a number, and perhaps always, not nothing',
    ],
    [
      'connection_table 4096',
      'connection_table 1023',
      '6: connection_table has to be a whole number from 1024 to 16777216, not 1023',
    ],
    [
      'connection_table 4096',
      'connection_table 16777217',
      '6: connection_table has to be a whole number from 1024 to 16777216, not 16777217',
    ],
    ['unknown_tcp hash', 'unknown_tcp rst', '7: unknown_tcp has to be one of drop, hash, not rst'],
    ['conn_reuse_mode 3', 'conn_reuse_mode', '9: sysctl takes NAME VALUE, not conn_reuse_mode'],
    [
      'conn_reuse_mode 3',
      'sync_qlen_max 1048577',
      '9: sysctl sync_qlen_max has to be a whole number from 1 to 1048576, not 1048577',
    ],
    [
      'conn_reuse_mode 3',
      'conntrack 1',
      `9: unknown setting conntrack after sysctl: it sets ${Object.keys(SysctlRanges).join(', ')}`,
    ],
    [
      'conn_reuse_mode 3',
      'constructor 1',
      `9: unknown setting constructor after sysctl: it sets ${Object.keys(SysctlRanges).join(', ')}`,
    ],
    [
      'lblc_expiration 60',
      'conn_reuse_mode 1',
      '10: sysctl conn_reuse_mode is already defined on line 9',
    ],
    [
      'unknown_tcp hash',
      'unknown_udp hash',
      '7: unknown keyword unknown_udp in baton; did you mean unknown_tcp?',
    ],
    [
      'unknown_tcp hash',
      'death_notice on',
      '7: death_notice has no effect without lvs_sync_daemon in global_defs',
    ],
    [
      'unknown_tcp hash',
      'sync_bulk_timeout 1',
      '7: sync_bulk_timeout has no effect without lvs_sync_daemon in global_defs',
    ],
  ],
  'local addresses': [
    [
      'local_addresses 10.2.0.250 fd00::250',
      'local_addresses',
      '8: local_addresses needs an address',
      '24: FULLNAT needs an IPv4 address in local_addresses of baton',
    ],
    [
      '10.2.0.250 fd00::250',
      '10.2.0.250 fd00::250 10.2.0.250/24',
      '8: local_addresses has to be an IPv4 or IPv6 address, not 10.2.0.250/24',
    ],
    ['10.2.0.250 fd00::250', '10.2.0.250 10.2.0.250', '8: local_addresses names 10.2.0.250 twice'],
    [
      '10.2.0.250 fd00::250',
      '10.2.0.250 fd00::251',
      '8: local_addresses names fd00::251, which no vrrp_instance holds',
    ],
    [
      '10.2.0.250 fd00::250',
      'fd00::250',
      '24: FULLNAT needs an IPv4 address in local_addresses of baton',
    ],
  ],
  'firewall marks': [
    [
      'firewall_mark 4294967295 tcp',
      'firewall_mark 0 tcp',
      '11: firewall_mark has to be a whole number from 1 to 4294967295, not 0',
    ],
    [
      'firewall_mark 4294967295 tcp',
      'firewall_mark 4294967295 any',
      '11: firewall_mark has to be one of TCP, UDP, SCTP, tcp, udp, sctp, not any',
    ],
    [
      'tcp 10.1.0.100 80',
      'tcp 10.1.0.0/24 80',
      '11: firewall_mark has to be an IPv4 or IPv6 address, not 10.1.0.0/24',
    ],
    [
      'tcp 10.1.0.100 80',
      'tcp 10.1.0.100',
      '11: firewall_mark takes N PROTOCOL ADDRESS PORT[-PORT], not 4294967295 tcp 10.1.0.100',
    ],
    ...['81-80', '65536', '80-65536', '80-', '-80', 'http'].map(
      (ports) =>
        [
          'tcp 10.1.0.100 80',
          `tcp 10.1.0.100 ${ports}`,
          `11: firewall_mark has to be a port or a range of ports, as in 80 or 8000-8999, not ${ports}`,
        ] as const,
    ),
    [
      'tcp 10.1.0.100 80',
      'tcp fd00::100 80',
      '11: no virtual_server has the mark 4294967295 for IPv6',
    ],
  ],
});
