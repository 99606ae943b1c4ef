import { test } from 'tap';

import { loadLab } from '../../../cluster/config/lab-file.js';
import { milliseconds } from '../../../director/base/time.js';
import { problemsOfLab, type Refusal, testRefusals } from './refusals.js';
import { LabOfBothFamilies as Good } from './samples.js';

test('a network, its links and the gateway have a value of each family', (t) => {
  const { networks, nodes, cluster } = loadLab(Good, 'lab.yaml');
  t.strictSame(networks.slice(0, 2), [
    {
      name: 'clients',
      prefix: { address: '10.1.0.0', prefixLength: 24 },
      prefix6: { address: 'fd01::', prefixLength: 64 },
    },
    {
      name: 'servers',
      prefix: { address: '10.2.0.0', prefixLength: 24 },
      prefix6: { address: 'fd02::', prefixLength: 64 },
    },
  ]);
  t.strictSame(nodes[0]?.links, [{ network: 'clients', address: '10.1.0.2', address6: 'fd01::2' }]);
  t.strictSame(cluster.gateway, {
    network: 'servers',
    address: '10.2.0.254',
    address6: 'fd02::254',
  });
  t.strictSame(cluster.localAddresses, [
    { network: 'servers', address: '10.2.0.250' },
    { network: 'servers', address: 'fd02::250' },
  ]);
  t.end();
});

test('a lab says how it syncs, commits and elects', (t) => {
  const text = Good.replace('unicast: true,', 'unicast: true, flush: 1500ms,');
  t.strictSame(problemsOfLab(text), [
    '25: cluster.sync.flush has to be a time from 0ms to 1s, not 1500ms',
  ]);
  const { cluster, services } = loadLab(
    Good.replace('unicast: true,', 'unicast: true, flush: 1s,').replace(
      'port: 80,',
      'port: 80, commit: none,',
    ),
    'lab.yaml',
  );
  t.match(cluster, {
    version: 3,
    commit: 'acked',
    virtualRouters: [
      { id: 52, order: ['d2', 'd1'], addresses: ['10.1.0.101', 'fd01::101', 'fd01::105'] },
    ],
    sync: {
      format: 'baton',
      isUnicast: true,
      flushBound: milliseconds(1_000),
      key: 'a-secret-of-thirty-two-characters',
    },
    dataPlane: { activeActive: true },
  });
  t.equal(services[0]?.commit, 'none');
  t.equal(services[1]?.commit, undefined);
  t.end();
});

const families: readonly Refusal[] = [
  [
    'clients: [10.1.0.0/24, fd01::/64]',
    'clients: [fd01::/64, 10.1.0.0/24]',
    '3: networks.clients[0] has to be an IPv4 network such as 10.1.0.0/24, with a length from 8 to 30, not fd01::/64',
    '3: networks.clients[1] has to be an IPv6 network such as fd01::/64, with a length from 32 to 120, not 10.1.0.0/24',
  ],
  [
    'clients: [10.1.0.0/24, fd01::/64]',
    'clients: [10.1.0.0/24, fd01::/64, fd05::/64]',
    '3: networks.clients has to be one value of IPv4 and perhaps one of IPv6',
  ],
  [
    'clients: [10.1.0.0/24, fd01::/64]',
    'clients: []',
    '3: networks.clients has to be one value of IPv4 and perhaps one of IPv6',
  ],
  [
    'clients: [10.1.0.0/24, fd01::/64]',
    'clients: { a: b }',
    '3: networks.clients has to be an IPv4 network such as 10.1.0.0/24, with a length from 8 to 30',
  ],
  [
    'clients: [10.1.0.0/24, fd01::/64]',
    'clients: [10.1.0.0/24, fd01::1/64]',
    '3: networks.clients[1] is fd01::1/64, which has bits set beyond its length',
  ],
  [
    'servers: [10.2.0.0/24, fd02::/64]',
    'servers: [10.2.0.0/24, fd00::/12]',
    '4: networks.servers[1] has to be an IPv6 network such as fd01::/64, with a length from 32 to 120, not fd00::/12',
  ],
  [
    'servers: [10.2.0.0/24, fd02::/64]',
    'servers: [10.2.0.0/24, "fd01:0:0:0:1::/80"]',
    '4: networks.servers[1] overlaps clients',
    ...['11: nodes.d1', '15: nodes.d2'].map(
      (node, index) =>
        `${node}.links.servers[1] is fd02::${index + 11}, which is outside servers (fd01::1:0:0:0/80)`,
    ),
    '16: nodes.s1.links.servers[1] is fd02::21, which is outside servers (fd01::1:0:0:0/80)',
    '23: cluster.gateway[1] is fd02::254, which is outside servers (fd01::1:0:0:0/80)',
    '24: cluster.local-addresses[1] is fd02::250, which is outside every network',
  ],
  [
    'client: { kind: client, links: { clients: [10.1.0.2, fd01::2] } }',
    'client: { kind: client, links: { clients: [10.1.0.2, "fd01::"] } }',
    '7: nodes.client.links.clients[1] is fd01::, the anycast address of routers of clients',
  ],
  [
    'client: { kind: client, links: { clients: [10.1.0.2, fd01::2] } }',
    'client: { kind: client, links: { sync: [10.3.0.2, fd03::2] } }',
    '7: nodes.client.links.sync[1] is fd03::2, but sync has no IPv6 prefix',
  ],
  [
    'clients: [10.1.0.11, fd01::11]',
    'clients: 10.1.0.11',
    '11: nodes.d1.links has no IPv6 address in clients, the network of the virtual services',
  ],
  [
    'servers: [10.2.0.11, fd02::11]',
    'servers: 10.2.0.11',
    '11: nodes.d1.links has no IPv6 address in servers, the network of the gateway',
    '11: nodes.d1.links has no IPv6 address in servers, the network of the local addresses',
  ],
  [
    'clients: [10.1.0.21, fd01::21]',
    'clients: 10.1.0.21',
    '30: services[3].real-servers[0] names s1, which has no IPv6 address in clients, the network of the virtual services',
    '31: services[4].real-servers[0] names s1, which has no IPv6 address in clients, the network of the virtual services',
  ],
  [
    'gateway: [10.2.0.254, fd02::254]',
    'gateway: 10.2.0.254',
    '23: cluster.gateway has no IPv6 address: NAT real servers need it as their default route',
  ],
  [
    'local-addresses: [10.2.0.250, fd02::250]',
    'local-addresses: [10.2.0.250]',
    '24: cluster.local-addresses has no IPv6 address: the directors talk to FULLNAT real servers from these addresses',
  ],
];

const routers: readonly Refusal[] = [
  [
    '{ id: 52,',
    '{ id: 51,',
    '20: cluster.virtual-routers[0].id is 51, as cluster.virtual-router-id is',
  ],
  [
    'order: [d2, d1]',
    'order: [d2, s1]',
    '20: cluster.virtual-routers[0].order has to name every director once: d1, d2',
  ],
  [
    'order: [d2, d1]',
    'order: [d2, d1, d2]',
    '20: cluster.virtual-routers[0].order has to name every director once: d1, d2',
  ],
  [
    '[10.1.0.101, fd01::101, fd01::105]',
    '[10.1.0.101, 10.1.0.101]',
    '20: cluster.virtual-routers[0].addresses[1] is 10.1.0.101, which virtual-routers[0] has already',
  ],
  [
    '[10.1.0.101, fd01::101, fd01::105]',
    '[]',
    '20: cluster.virtual-routers[0].addresses has to hold at least one address',
  ],
  [
    '[10.1.0.101, fd01::101, fd01::105]',
    '[10.2.0.254]',
    '20: cluster.virtual-routers[0].addresses[0] is 10.2.0.254 in servers, but other services are in clients',
    '23: cluster.gateway is 10.2.0.254, which is already the address of a virtual service',
  ],
];

const replies: readonly Refusal[] = [
  [
    'address: 10.1.0.101, port: 80, method: DR',
    'address: 10.1.0.101, port: 80, method: NAT, commit: none',
    '28: services[1].commit has to be sent or acked: 10.1.0.101 is on a virtual router of its own, and replies go to the first one',
  ],
  [
    'address: fd01::105, port: 80, method: TUN',
    'address: fd01::105, port: 80, commit: none, method: FULLNAT',
    '31: services[4].commit has to be sent or acked: fd01::105 is on a virtual router of its own, and replies go to the first one',
  ],
];

const settings: readonly Refusal[] = [
  ['commit: acked', 'commit: soon', '22: cluster.commit has to be none, sent or acked, not soon'],
  ['commit: acked', 'version: 1', '22: cluster.version has to be 2 or 3, not 1'],
  [
    'commit: acked',
    'version: 2\n  advert: 100ms',
    '23: cluster.advert has to be whole seconds with version 2',
  ],
  [
    'unicast: true, key: a-secret-of-thirty-two-characters',
    'key: short',
    '25: cluster.sync.key has to be 32 to 64 letters, digits or any of _ . + / = -, or hex: and as many bytes, not short',
  ],
  [
    'sync: { unicast: true,',
    'sync: { unicast: true, format: ipvs-v1,',
    '22: cluster.commit cannot be acked with the format ipvs-v1: nobody acknowledges',
    '25: cluster.sync.key has no effect with the format ipvs-v1',
    '25: cluster.sync.unicast has no effect with the format ipvs-v1',
  ],
  [
    'sync: { unicast: true, key: a-secret-of-thirty-two-characters }',
    'sync: { format: v1 }',
    '25: cluster.sync.format has to be baton, ipvs-v1 or ipvs-v0, not v1',
  ],
];

testRefusals(Good, problemsOfLab, { families, routers, replies, settings });
