import { test } from 'tap';

import { writeKeepalived } from '../../../cluster/config/keepalived-writer.js';
import { loadKeepalived } from '../../../cluster/config/keepalived.js';
import type { LabConfig } from '../../../cluster/config/lab-config.js';
import { loadLab } from '../../../cluster/config/lab-file.js';
import { type NodeConfig, SchedulerNames } from '../../../cluster/config/node-config.js';
import { milliseconds } from '../../../director/base/time.js';
import { DataPlaneDefaults, InstanceDefaults, NodeDefaults, SyncDefaults } from './defaults.js';
import { complaintsOf } from './real-keepalived.js';
import { DefaultLab, LabOfEverything } from './samples.js';

/** Names that no machine has, so that keepalived finds none of them. */
const deviceOf = (network: string): string => `no-${network}`;

const roundTrip = (lab: LabConfig, director: string): NodeConfig =>
  loadKeepalived(writeKeepalived(lab, director, deviceOf), `${director}.conf`).config;

const realServers = (network: number, port: number, method: string): unknown =>
  [21, 22, 23].map((host) => ({
    address: `10.${network}.0.${host}`,
    port,
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
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
      'threshold: 1, period: 0, bulk-timeout: 1500ms, death-notice: false',
    )
    .replace('virtual-router-id: 51', 'virtual-router-id: 7')
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
  });
  t.match(config.virtualServers[0]?.realServers, [{ address: '10.2.0.23', port: 8080, weight: 0 }]);
  t.end();
});

test('every method, scheduler and setting of a lab comes back from the written file', (t) => {
  const config = roundTrip(loadLab(LabOfEverything, 'lab.yaml'), 'd1');
  t.strictSame(config.dataPlane, {
    ...DataPlaneDefaults,
    settings: { conn_reuse_mode: 0, lblc_expiration: 60 },
    connectionCapacity: 4_096,
    unknownTcp: 'hash',
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
