import { test } from 'tap';

import { writeKeepalived } from '../../../cluster/config/keepalived-writer.js';
import { loadKeepalived } from '../../../cluster/config/keepalived.js';
import type { LabConfig } from '../../../cluster/config/lab-config.js';
import { loadLab } from '../../../cluster/config/lab-file.js';
import { type NodeConfig, SchedulerNames } from '../../../cluster/config/node-config.js';
import type { VrrpInstanceConfig } from '../../../cluster/config/vrrp-config.js';
import { isIpv6 } from '../../../director/base/address.js';
import { milliseconds } from '../../../director/base/time.js';
import {
  DataPlaneDefaults,
  InstanceDefaults,
  NodeDefaults,
  ServerDefaults,
  ServiceDefaults,
  SyncDefaults,
} from './defaults.js';
import { complaintsOf } from './real-keepalived.js';
import { DefaultLab, LabOfBothFamilies, LabOfEverything } from './samples.js';

/** Names that no machine has, so that keepalived finds none of them. */
const deviceOf = (network: string): string => `no-${network}`;

const roundTrip = (lab: LabConfig, director: string): NodeConfig =>
  loadKeepalived(writeKeepalived(lab, director, deviceOf), `${director}.conf`).config;

const Key = 'a-secret-of-thirty-two-characters';

const realServers = (network: number, port: number, method: string): unknown =>
  [21, 22, 23].map((host) => ({
    address: `10.${network}.0.${host}`,
    port,
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
    ...ServerDefaults,
    method,
  }));

test('the file written for a director reads back as its part of the lab', (t) => {
  const config = roundTrip(loadLab(DefaultLab, 'default.yaml'), 'd2');
  t.strictSame(config, {
    ...NodeDefaults,
    routerId: 'd2',
    vrrpInstances: [
      {
        ...InstanceDefaults,
        name: 'VI_1',
        device: 'no-clients',
        virtualRouterId: 51,
        priority: 100,
        virtualAddresses: [
          { address: '10.1.0.100', prefixLength: 24, device: 'no-clients' },
          { address: '10.1.0.101', prefixLength: 24, device: 'no-clients' },
          { address: '10.2.0.254', prefixLength: 24, device: 'no-servers' },
        ],
      },
    ],
    virtualServers: [
      {
        ...ServiceDefaults,
        pool: 'virtual_server 10.1.0.100 80 tcp',
        address: '10.1.0.100',
        port: 80,
        protocol: 'tcp',
        scheduler: 'rr',
        schedulerFlags: [],
        isOnePacket: false,
        commit: 'none',
        realServers: realServers(2, 80, 'Masq'),
      },
      {
        ...ServiceDefaults,
        pool: 'virtual_server 10.1.0.101 80 tcp',
        address: '10.1.0.101',
        port: 80,
        protocol: 'tcp',
        scheduler: 'wlc',
        schedulerFlags: [],
        isOnePacket: false,
        commit: 'none',
        realServers: realServers(1, 80, 'Route'),
      },
      {
        ...ServiceDefaults,
        pool: 'virtual_server 10.1.0.100 53 udp',
        address: '10.1.0.100',
        port: 53,
        protocol: 'udp',
        scheduler: 'rr',
        schedulerFlags: [],
        isOnePacket: false,
        commit: 'none',
        realServers: realServers(2, 53, 'Masq'),
      },
      {
        ...ServiceDefaults,
        pool: 'virtual_server 10.1.0.101 53 udp',
        address: '10.1.0.101',
        port: 53,
        protocol: 'udp',
        scheduler: 'rr',
        schedulerFlags: [],
        isOnePacket: false,
        commit: 'none',
        realServers: realServers(1, 53, 'Route'),
      },
    ],
    sync: {
      ...SyncDefaults,
      device: 'no-sync',
      syncId: 51,
    },
    timeouts: {},
    dataPlane: DataPlaneDefaults,
  });
  t.end();
});

test('every setting of a lab reaches the director that reads the written file', (t) => {
  const text = DefaultLab.replace('advert: 1s', 'advert: 250ms')
    .replace('preempt: true', 'preempt: false')
    .replace(
      'threshold: 3, period: 50, bulk-timeout: 10s, death-notice: true',
      `threshold: 1, period: 0, bulk-timeout: 1500ms, death-notice: false, flush: 5ms, key: ${Key}, unicast: true`,
    )
    .replace('virtual-router-id: 51', 'virtual-router-id: 7')
    .replace('active-active: false', 'active-active: true')
    .replace('commit: none', 'commit: sent')
    .replace('  - protocol: tcp', '  - protocol: tcp\n    commit: acked')
    .replace('[s1, s2, s3]', '[{ node: s3, weight: 0, port: 8080 }]');
  const config = roundTrip(loadLab(text, 'lab.yaml'), 'd1');
  t.match(config.vrrpInstances, [
    { virtualRouterId: 7, priority: 150, preempt: false, advertInterval: milliseconds(250) },
  ]);
  t.match(config.sync, {
    threshold: 1,
    period: 0,
    bulkTimeout: milliseconds(1_500),
    deathNotice: false,
    flushBound: milliseconds(5),
    peers: ['10.3.0.12'],
    keys: [{ id: 1, key: new Uint8Array(Buffer.from(Key)) }],
    activeKey: 1,
  });
  t.equal(config.dataPlane.activeActive, true);
  t.strictSame(
    config.virtualServers.map(({ commit }) => commit),
    ['acked', 'sent', 'sent', 'sent'],
  );
  t.match(config.virtualServers[0]?.realServers, [{ address: '10.2.0.23', port: 8080, weight: 0 }]);
  t.end();
});

test('every method, scheduler and setting of a lab comes back from the written file', (t) => {
  const config = roundTrip(loadLab(LabOfEverything, 'lab.yaml'), 'd1');
  t.strictSame(config.dataPlane, {
    ...DataPlaneDefaults,
    settings: { conn_reuse_mode: 0, lblc_expiration: 60 },
    connectionCapacity: 4_096,
    carrierThreads: { most: 3, isAlways: false },
    unknownTcp: 'hash',
    driver: 'pcap',
    localAddresses: ['10.2.0.250', '10.2.0.251'],
  });
  t.strictSame(config.vrrpInstances[0]?.excludedAddresses, [
    { address: '10.2.0.250', prefixLength: 24, device: 'no-servers' },
    { address: '10.2.0.251', prefixLength: 24, device: 'no-servers' },
  ]);
  const tunnel = { type: 'ipip', port: 0, checksum: 'none' };
  const servers = [
    { address: '10.2.0.21', method: 'Masq' },
    { address: '10.1.0.21', method: 'Route' },
    { address: '10.1.0.21', method: 'Tunnel', tunnel },
    { address: '10.2.0.21', method: 'FullNat' },
  ];
  t.match(
    config.virtualServers.slice(4),
    SchedulerNames.map((scheduler, index) => ({
      scheduler,
      persistence: { timeout: index + 1, prefixLength: 32 },
      realServers: [servers[index % 4]],
    })),
  );
  t.equal(config.virtualServers.length, 4 + SchedulerNames.length);
  t.end();
});

test('a lab may be of version 2, and sync in the formats of IPVS', (t) => {
  for (const format of ['ipvs-v0', 'ipvs-v1']) {
    const text = DefaultLab.replace('version: 3', 'version: 2').replace(
      'death-notice: true',
      `death-notice: true, format: ${format}`,
    );
    const { sync, vrrpInstances } = roundTrip(loadLab(text, 'lab.yaml'), 'd1');
    t.match(sync, { format, port: 8_848 });
    t.match(vrrpInstances, [{ version: 2 }]);
  }
  t.end();
});

/** An instance of the written file in short. */
const shortly = ({
  name,
  virtualRouterId,
  version,
  priority,
  ...rest
}: VrrpInstanceConfig): string =>
  [
    `${name} ${virtualRouterId} v${version} ${priority}:`,
    ...rest.virtualAddresses.map(
      ({ address, prefixLength, device }) => `${address}/${prefixLength} ${device}`,
    ),
    ...rest.excludedAddresses.map(({ address }) => `excluded ${address}`),
  ].join(' ');

test('each virtual router of a lab is an instance for each family, with an order of its own', (t) => {
  const lab = loadLab(LabOfBothFamilies, 'lab.yaml');
  t.strictSame(roundTrip(lab, 'd1').vrrpInstances.map(shortly), [
    'VI_1 51 v3 150: 10.1.0.100/24 no-clients 10.2.0.254/24 no-servers excluded 10.2.0.250 excluded fd02::250',
    'VI_1_6 51 v3 150: fe80::33/64 no-clients fd01::100/64 no-clients fd02::254/64 no-servers',
    'VI_2 52 v3 190: 10.1.0.101/24 no-clients',
    'VI_2_6 52 v3 190: fe80::34/64 no-clients fd01::101/64 no-clients fd01::105/64 no-clients',
  ]);
  t.strictSame(
    roundTrip(lab, 'd2').vrrpInstances.map(({ name, priority }) => [name, priority]),
    [
      ['VI_1', 100],
      ['VI_1_6', 100],
      ['VI_2', 200],
      ['VI_2_6', 200],
    ],
  );
  t.equal(roundTrip(lab, 'd1').sync?.syncId, 51);
  t.end();
});

test('a service of IPv6 has the IPv6 addresses of its real servers', (t) => {
  const { virtualServers } = roundTrip(loadLab(LabOfBothFamilies, 'lab.yaml'), 'd1');
  t.match(
    virtualServers.filter((server) => server.firewallMark === undefined && isIpv6(server.address)),
    [
      { address: 'fd01::100', port: 80, realServers: [{ address: 'fd02::21', method: 'Masq' }] },
      { address: 'fd01::101', port: 80, realServers: [{ address: 'fd01::21', method: 'Route' }] },
      { address: 'fd01::105', port: 80, realServers: [{ address: 'fd01::21', method: 'Tunnel' }] },
      { address: 'fd01::100', port: 81, realServers: [{ address: 'fd02::21', method: 'FullNat' }] },
    ],
  );
  t.end();
});

test("addresses without services are the director's too, each once", (t) => {
  const text = DefaultLab.replace(
    '  gateway:',
    '  addresses: [10.1.0.105, 10.1.0.100]\n  gateway:',
  );
  const [instance] = roundTrip(loadLab(text, 'default.yaml'), 'd1').vrrpInstances;
  t.strictSame(
    instance?.virtualAddresses.map(({ address }) => address),
    ['10.1.0.100', '10.1.0.101', '10.1.0.105', '10.2.0.254'],
  );
  t.end();
});

/** What keepalived has to say about a good file on a machine that has none of its interfaces. */
const MissingInterfaces = [
  "WARNING - interface no-clients for vrrp_instance VI_1 doesn't exist",
  "WARNING - interface no-clients for ip address 10.1.0.100/24 doesn't exist",
  "WARNING - interface no-clients for ip address 10.1.0.101/24 doesn't exist",
  "WARNING - interface no-servers for ip address 10.2.0.254/24 doesn't exist",
  'Non-existent interface specified in configuration',
];

/** Such as the simulator's. */
const health = {
  port: 7_070,
  delayLoop: milliseconds(500),
  timeout: milliseconds(1_000),
  retry: 2,
  delayBeforeRetry: milliseconds(200),
};

test('the health checks of a lab are a TCP_CHECK of every real server, on a port of its own', (t) => {
  const lab = { ...loadLab(DefaultLab, 'default.yaml'), health };
  const { virtualServers } = roundTrip(lab, 'd1');
  for (const server of virtualServers.flatMap(({ realServers: servers }) => servers)) {
    t.equal(server.health.inhibitOnFailure, true);
    t.match(server.health.checkers, [
      {
        kind: 'TCP_CHECK',
        delayLoop: health.delayLoop,
        retry: 2,
        delayBeforeRetry: health.delayBeforeRetry,
        connection: { address: server.address, port: 7_070, timeout: health.timeout },
      },
    ]);
  }
  t.strictSame(complaintsOf(writeKeepalived(lab, 'd1', deviceOf)), MissingInterfaces);
  t.end();
});

test('real keepalived accepts the written file but for the interfaces it does not find', (t) => {
  const lab = loadLab(DefaultLab, 'default.yaml');
  t.strictSame(complaintsOf(writeKeepalived(lab, 'd1', deviceOf)), MissingInterfaces);
  t.end();
});

test('real keepalived accepts all that a lab can say', (t) => {
  const text = writeKeepalived(loadLab(LabOfEverything, 'lab.yaml'), 'd1', deviceOf);
  t.strictSame(complaintsOf(text), [
    ...MissingInterfaces.slice(0, -1),
    "WARNING - interface no-servers for ip address 10.2.0.250/24 doesn't exist",
    "WARNING - interface no-servers for ip address 10.2.0.251/24 doesn't exist",
    ...MissingInterfaces.slice(-1),
  ]);
  t.end();
});

test('real keepalived accepts several virtual routers of both families', (t) => {
  const text = writeKeepalived(loadLab(LabOfBothFamilies, 'lab.yaml'), 'd2', deviceOf);
  t.strictSame(
    complaintsOf(text).filter((line) => !/doesn't exist|^Non-existent interface/.test(line)),
    [],
  );
  t.end();
});

test('real keepalived would say so if it read the lines that are ours, or a wrong keyword', (t) => {
  const text = writeKeepalived(loadLab(DefaultLab, 'default.yaml'), 'd1', deviceOf);
  t.match(
    complaintsOf(text.replaceAll('@baton', '')).join('\n'),
    "Unknown keyword 'sync_threshold'",
  );
  t.match(
    complaintsOf(text.replace('priority', 'priorty')).join('\n'),
    "Unknown keyword 'priorty'",
  );
  t.end();
});
