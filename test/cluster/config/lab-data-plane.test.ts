import { readFileSync } from 'node:fs';

import { test } from 'tap';

import { loadLab } from '../../../cluster/config/lab-file.js';
import { problemsOfLab, testRefusals } from './refusals.js';

const Default = readFileSync(
  new URL('../../../../cluster/lab/default.yaml', import.meta.url),
  'utf8',
);

/** A lab with a service of each method; each case replaces some of its text. */
const Good = `name: lab
networks: { clients: 10.1.0.0/24, servers: 10.2.0.0/24, sync: 10.3.0.0/24 }
nodes:
  client: { kind: client, links: { clients: 10.1.0.2 } }
  d1: { kind: director, priority: 1, links: { clients: 10.1.0.11, servers: 10.2.0.11, sync: 10.3.0.11 } }
  s1: { kind: real-server, links: { clients: 10.1.0.21, servers: 10.2.0.21 } }
  s2: { kind: real-server, links: { servers: 10.2.0.22 } }
cluster:
  virtual-router-id: 51
  local-addresses: [10.2.0.250, 10.2.0.251]
  connection-table: 2048
  unknown-tcp: hash
  driver: pcap
  settings: { drop_entry: 3, sync_retries: 1 }
services:
  - { protocol: tcp, address: 10.1.0.100, port: 80, method: FULLNAT, scheduler: mh, real-servers: [s2] }
  - { protocol: tcp, address: 10.1.0.101, port: 80, method: TUN, scheduler: wrr, persistent: 300s, real-servers: [s1] }
`;

const threadsOf = (value: string): unknown => {
  const lab = loadLab(Good.replace('driver: pcap', `carrier-threads: ${value}`), 'lab.yaml');
  return lab.cluster.dataPlane.carrierThreads;
};

test('a lab says how many threads carry, and whether always', (t) => {
  t.strictSame(threadsOf('{ most: 2, always: true }'), { most: 2, isAlways: true });
  t.strictSame(threadsOf('{ most: 0 }'), { most: 0, isAlways: false });
  t.end();
});

test('FULLNAT reaches real servers by the network of the local addresses, TUN by that of the VIPs', (t) => {
  const { cluster, services } = loadLab(Good, 'lab.yaml');
  t.strictSame(cluster.localAddresses, [
    { network: 'servers', address: '10.2.0.250' },
    { network: 'servers', address: '10.2.0.251' },
  ]);
  t.strictSame(cluster.dataPlane, {
    settings: { drop_entry: 3, sync_retries: 1 },
    connectionCapacity: 2_048,
    unknownTcp: 'hash',
    driver: 'pcap',
    activeActive: false,
  });
  t.strictSame(services, [
    {
      protocol: 'tcp',
      address: '10.1.0.100',
      port: 80,
      method: 'FullNat',
      scheduler: 'mh',
      realServers: [{ node: 's2', address: '10.2.0.22', port: 80, weight: 1 }],
    },
    {
      protocol: 'tcp',
      address: '10.1.0.101',
      port: 80,
      method: 'Tunnel',
      scheduler: 'wrr',
      persistenceTimeout: 300,
      realServers: [{ node: 's1', address: '10.1.0.21', port: 80, weight: 1 }],
    },
  ]);
  t.end();
});

test('a FULLNAT real server may have a port of its own', (t) => {
  const text = Good.replace('[s2]', '[{ node: s2, port: 8080 }]');
  t.match(loadLab(text, 'lab.yaml').services[0]?.realServers, [{ port: 8_080 }]);
  t.end();
});

test('a lab that says nothing about the data plane has the defaults of the default lab', (t) => {
  const short = Default.replace(/ {2}connection-table: .*\n {2}unknown-tcp: .*\n/, '');
  t.not(short, Default);
  t.strictSame(loadLab(short, 'lab.yaml'), loadLab(Default, 'lab.yaml'));
  t.match(loadLab(short, 'lab.yaml').cluster, {
    localAddresses: [],
    dataPlane: { settings: {}, connectionCapacity: 1_048_576, unknownTcp: 'drop' },
  });
  t.end();
});

const schedulers = 'rr, wrr, lc, wlc, sed, nq, sh, dh, mh, lblc, lblcr, fo, ovf, twos';

testRefusals(Good, problemsOfLab, {
  'the settings of a lab': [
    [
      'connection-table: 2048',
      'connection-table: 1023',
      '11: cluster.connection-table has to be a whole number from 1024 to 16777216, not 1023',
    ],
    [
      'unknown-tcp: hash',
      'unknown-tcp: rst',
      '12: cluster.unknown-tcp has to be drop or hash, not rst',
    ],
    [
      'drop_entry: 3',
      'drop_entry: 4',
      '14: cluster.settings.drop_entry has to be a whole number from 0 to 3, not 4',
    ],
    [
      'drop_entry: 3',
      'drop_entry: yes',
      '14: cluster.settings.drop_entry has to be a whole number, not yes',
    ],
    ['drop_entry: 3', 'conntrack: 1', '14: cluster.settings.conntrack is an unknown key'],
    [
      '{ drop_entry: 3, sync_retries: 1 }',
      '[]',
      '14: cluster.settings has to be a map of keys and values',
    ],
  ],
  'the local addresses of a lab': [
    [
      '  local-addresses: [10.2.0.250, 10.2.0.251]\n',
      '',
      '8: cluster.local-addresses is missing: the directors talk to FULLNAT real servers from these addresses',
    ],
    [
      '10.2.0.251]',
      '10.2.0.250]',
      '10: cluster.local-addresses[1] is 10.2.0.250, which is already the address of local-addresses[0]',
    ],
    [
      '10.2.0.251]',
      '10.9.0.1]',
      '10: cluster.local-addresses[1] is 10.9.0.1, which is outside every network',
    ],
    [
      '10.2.0.251]',
      '10.3.0.9]',
      '10: cluster.local-addresses[1] is 10.3.0.9 in sync, but others are in servers',
    ],
    [
      '10.2.0.251]',
      '10.2.0.21]',
      '10: cluster.local-addresses[1] is 10.2.0.21, which is already the address of the node s1',
    ],
    [
      'servers: 10.2.0.11, ',
      '',
      '5: nodes.d1.links has no link to servers, the network of the local addresses',
    ],
    [
      '[10.2.0.250, 10.2.0.251]',
      `[${Array.from({ length: 257 }, (_, index) => `10.2.${index >> 8}.${index & 255}`).join(', ')}]`,
      '10: cluster.local-addresses has to hold at most 256 addresses',
    ],
  ],
  'the services of a lab': [
    [
      'method: TUN',
      'method: LOCAL',
      '17: services[1].method has to be NAT, DR, TUN or FULLNAT, not LOCAL',
    ],
    [
      'scheduler: wrr',
      'scheduler: wrrr',
      `17: services[1].scheduler has to be one of ${schedulers}, not wrrr`,
    ],
    [
      'persistent: 300s',
      'persistent: 500ms',
      '17: services[1].persistent has to be a time from 1s to 2678400s, not 500ms',
    ],
    [
      'persistent: 300s',
      'persistent: 1500ms',
      '17: services[1].persistent has to be whole seconds, not 1500ms',
    ],
    [
      '[s1]',
      '[{ node: s1, port: 81 }]',
      "17: services[1].real-servers[0].port has to be 80 like the service's: TUN does not rewrite ports",
    ],
    [
      '[s1]',
      '[s2]',
      '17: services[1].real-servers[0] names s2, which has no link to clients, the network of the virtual services',
    ],
    [
      'links: { servers: 10.2.0.22 }',
      'links: { clients: 10.1.0.22 }',
      '16: services[0].real-servers[0] names s2, which has no link to servers, the network of the local addresses',
    ],
  ],
});
