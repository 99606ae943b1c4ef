import { test } from 'tap';

import { problemsOfLab as problemsOf, type Refusal, testRefusals } from './refusals.js';

/** A good file; each case replaces some of its text. */
const Good = `name: lab

networks:
  clients: 10.1.0.0/24
  servers: 10.2.0.0/24
  sync: 10.3.0.0/24

nodes:
  client: { kind: client, links: { clients: 10.1.0.2 } }
  d1:
    kind: director
    priority: 150
    links: { clients: 10.1.0.11, servers: 10.2.0.11, sync: 10.3.0.11 }
  d2:
    kind: director
    priority: 100
    links: { clients: 10.1.0.12, servers: 10.2.0.12, sync: 10.3.0.12 }
  s1: { kind: real-server, links: { clients: 10.1.0.21, servers: 10.2.0.21 } }
  s2: { kind: real-server, links: { clients: 10.1.0.22, servers: 10.2.0.22 } }
  s3: { kind: real-server, links: { clients: 10.1.0.23, servers: 10.2.0.23 } }

cluster:
  virtual-router-id: 51
  advert: 1s
  preempt: true
  gateway: 10.2.0.254
  sync: { network: sync, threshold: 3, period: 50, bulk-timeout: 10s }

services:
  - protocol: tcp
    address: 10.1.0.100
    port: 80
    method: NAT
    scheduler: rr
    real-servers: [s1, s2, s3]
  - protocol: tcp
    address: 10.1.0.101
    port: 80
    method: DR
    scheduler: wlc
    real-servers: [s1, s2, s3]
  - protocol: udp
    address: 10.1.0.100
    port: 53
    method: NAT
    scheduler: rr
    real-servers: [s1, s2, s3]
  - protocol: udp
    address: 10.1.0.101
    port: 53
    method: DR
    scheduler: rr
    real-servers: [s1, s2, s3]
`;

const refusals: Readonly<Record<string, readonly Refusal[]>> = {
  YAML: [
    ['networks:', 'networks: [', '4: Implicit keys need to be on a single line'],
    ['name: lab', 'name: &n lab\ncopy: *n', '2: aliases are not supported'],
    ['name: lab', 'name: lab\nname: lab2', '2: Map keys must be unique'],
    ['name: lab', 'name: !secret lab', '1: Unresolved tag: !secret'],
    ['name: lab', 'name: lab\n---\nname: lab', '2: the file has to be one YAML document'],
    ['name: lab', '? [lab]\n: 1', '1: a key has to be a plain word'],
  ],
  'the form': [
    ['name: lab\n', '', '2: name is missing'],
    [
      'name: lab',
      'name: Lab',
      '1: name has to be a lower-case letter and up to 15 letters, digits or hyphens, not Lab',
    ],
    [
      'name: lab',
      'name: a-name-of-17-chars',
      '1: name has to be a lower-case letter and up to 15 letters, digits or hyphens, not a-name-of-17-chars',
    ],
    [
      'name: lab',
      'name: 7',
      '1: name has to be a lower-case letter and up to 15 letters, digits or hyphens, not 7',
    ],
    [
      'name: lab',
      'name:',
      '1: name has to be a lower-case letter and up to 15 letters, digits or hyphens',
    ],
    [
      'name: lab',
      'name: lab\nversion: 2\nowner: me',
      '2: version is an unknown key',
      '3: owner is an unknown key',
    ],
    [
      '  clients: 10.1.0.0/24',
      '  Clients: 10.1.0.0/24',
      '4: networks.Clients has to be a lower-case letter and up to 9 letters, digits or hyphens',
    ],
    [
      'clients: 10.1.0.0/24',
      'clients: 10.1.0.0',
      '4: networks.clients has to be an IPv4 network such as 10.1.0.0/24, with a length from 8 to 30, not 10.1.0.0',
    ],
    [
      'clients: 10.1.0.0/24',
      'clients: fd00::/64',
      '4: networks.clients has to be an IPv4 network such as 10.1.0.0/24, with a length from 8 to 30, not fd00::/64',
    ],
    [
      'clients: 10.1.0.0/24',
      'clients: 10.1.0.0/31',
      '4: networks.clients has to be an IPv4 network such as 10.1.0.0/24, with a length from 8 to 30, not 10.1.0.0/31',
    ],
    [
      'clients: 10.1.0.2 }',
      'clients: 10.1.0.256 }',
      '9: nodes.client.links.clients has to be an IPv4 address, not 10.1.0.256',
    ],
    [
      'clients: 10.1.0.2 }',
      'clients: 10.1 }',
      '9: nodes.client.links.clients has to be an IPv4 address, not 10.1',
    ],
    [
      'kind: client,',
      'kind: router,',
      '9: nodes.client.kind has to be client, director or real-server, not router',
    ],
    ['kind: client,', '', '9: nodes.client.kind is missing'],
    [
      'priority: 150',
      'priority: 255',
      '12: nodes.d1.priority has to be a whole number from 1 to 254, not 255',
    ],
    [
      'priority: 150',
      'priority: 0',
      '12: nodes.d1.priority has to be a whole number from 1 to 254, not 0',
    ],
    [
      'priority: 150',
      'priority: 1.5',
      '12: nodes.d1.priority has to be a whole number from 1 to 254, not 1.5',
    ],
    [
      'priority: 150',
      'priority: high',
      '12: nodes.d1.priority has to be a whole number from 1 to 254, not high',
    ],
    ['    priority: 150\n', '', '10: nodes.d1.priority is missing'],
    ['kind: client,', 'kind: client, priority: 3,', '9: nodes.client.priority is an unknown key'],
    [
      'links: { clients: 10.1.0.2 }',
      'links: [10.1.0.2]',
      '9: nodes.client.links has to be a map of keys and values',
    ],
    [
      'virtual-router-id: 51',
      'virtual-router-id: 256',
      '23: cluster.virtual-router-id has to be a whole number from 1 to 255, not 256',
    ],
    ['  virtual-router-id: 51\n', '', '22: cluster.virtual-router-id is missing'],
    ['advert: 1s', 'advert: 1', '24: cluster.advert has to be a time from 10ms to 40.95s, not 1'],
    [
      'advert: 1s',
      'advert: 5ms',
      '24: cluster.advert has to be a time from 10ms to 40.95s, not 5ms',
    ],
    [
      'advert: 1s',
      'advert: 41s',
      '24: cluster.advert has to be a time from 10ms to 40.95s, not 41s',
    ],
    ['advert: 1s', 'advert: 15ms', '24: cluster.advert has to be a multiple of 10ms, not 15ms'],
    ['preempt: true', 'preempt: yes', '25: cluster.preempt has to be true or false, not yes'],
    [
      'threshold: 3',
      'threshold: 0',
      '27: cluster.sync.threshold has to be a whole number from 1 to 65535, not 0',
    ],
    ['threshold: 3', 'thresold: 3', '27: cluster.sync.thresold is an unknown key'],
    [
      'bulk-timeout: 10s',
      'bulk-timeout: 2h',
      '27: cluster.sync.bulk-timeout has to be a time from 0ms to 3600s, not 2h',
    ],
    ['protocol: tcp', 'protocol: sctp', '30: services[0].protocol has to be tcp or udp, not sctp'],
    ['port: 80', 'port: 0', '32: services[0].port has to be a whole number from 1 to 65535, not 0'],
    ['[s1, s2, s3]', '[]', '35: services[0].real-servers has to name at least one real server'],
    ['[s1, s2, s3]', 's1', '35: services[0].real-servers has to be a list, not s1'],
    [
      '[s1, s2, s3]',
      '[{ node: s1, wieght: 3 }]',
      '35: services[0].real-servers[0].wieght is an unknown key',
    ],
    [
      '[s1, s2, s3]',
      '[{ weight: 3 }, 7]',
      '35: services[0].real-servers[0].node is missing',
      '35: services[0].real-servers[1] has to be a map of keys and values, not 7',
    ],
    ['name: lab', 'name: lab\n__proto__: { a: 1 }', '2: __proto__ is an unknown key'],
    [
      '  clients: 10.1.0.0/24',
      '  __proto__: 10.1.0.0/24\n  clients: 10.1.0.0/24',
      '4: __proto__ is an unknown key',
    ],
  ],
  'networks and addresses': [
    [
      'servers: 10.2.0.0/24',
      'servers: 10.2.0.1/24',
      '5: networks.servers is 10.2.0.1/24, which has bits set beyond its length',
    ],
    [
      'servers: 10.2.0.0/24',
      'servers: 10.0.0.0/8',
      '5: networks.servers overlaps clients',
      '6: networks.sync overlaps servers',
    ],
    [
      'links: { clients: 10.1.0.2 }',
      'links: { clints: 10.1.0.2 }',
      '9: nodes.client.links.clints names no network of this file',
    ],
    [
      'links: { clients: 10.1.0.2 }',
      'links: { constructor: 10.1.0.2 }',
      '9: nodes.client.links.constructor has to be a lower-case letter and up to 9 letters, digits or hyphens',
    ],
    [
      'clients: 10.1.0.2 }',
      'clients: 10.9.0.2 }',
      '9: nodes.client.links.clients is 10.9.0.2, which is outside clients (10.1.0.0/24)',
    ],
    [
      'clients: 10.1.0.2 }',
      'clients: 10.1.0.255 }',
      '9: nodes.client.links.clients is 10.1.0.255, the network or broadcast address of clients',
    ],
    [
      'clients: 10.1.0.2 }',
      'clients: 10.1.0.0 }',
      '9: nodes.client.links.clients is 10.1.0.0, the network or broadcast address of clients',
    ],
    [
      'clients: 10.1.0.2 }',
      'clients: 10.1.0.11 }',
      '13: nodes.d1.links.clients is 10.1.0.11, which is already the address of the node client',
    ],
    [
      'clients: 10.1.0.2 }',
      'clients: 10.1.0.100 }',
      '31: services[0].address is 10.1.0.100, which is already the address of the node client',
      '43: services[2].address is 10.1.0.100, which is already the address of the node client',
    ],
    [
      'gateway: 10.2.0.254',
      'gateway: 10.9.0.254',
      '26: cluster.gateway is 10.9.0.254, which is outside every network',
    ],
    [
      'gateway: 10.2.0.254',
      'gateway: 10.2.0.21',
      '26: cluster.gateway is 10.2.0.21, which is already the address of the node s1',
    ],
    [
      'gateway: 10.2.0.254',
      'gateway: 10.1.0.100',
      '26: cluster.gateway is 10.1.0.100, which is already the address of a virtual service',
    ],
  ],
  'the cluster': [
    [
      '  gateway: 10.2.0.254',
      ' ',
      '22: cluster.gateway is missing: NAT real servers need it as their default route',
    ],
    [
      'sync: { network: sync,',
      'sync: { network: snyc,',
      '27: cluster.sync.network is snyc, which is no network of this file',
    ],
    [
      'period: 50',
      'period: 3',
      '27: cluster.sync.period has to be above the threshold 3, or 0, not 3',
    ],
    [
      'servers: 10.2.0.11, ',
      '',
      '13: nodes.d1.links has no link to servers, the network of the gateway',
    ],
    [', sync: 10.3.0.12', '', '17: nodes.d2.links has no link to sync, the network of sync'],
    [
      'clients: 10.1.0.12, ',
      '',
      '17: nodes.d2.links has no link to clients, the network of the virtual services',
    ],
  ],
  'the services': [
    [
      'address: 10.1.0.101',
      'address: 10.9.0.101',
      '37: services[1].address is 10.9.0.101, which is outside every network',
    ],
    [
      'address: 10.1.0.101',
      'address: 10.2.0.101',
      '37: services[1].address is 10.2.0.101 in servers, but other services are in clients',
    ],
    [
      'gateway: 10.2.0.254',
      'gateway: 10.2.0.254\n  addresses: [10.1.0.105, 10.9.0.5, 10.2.0.5]',
      '27: cluster.addresses[1] is 10.9.0.5, which is outside every network',
      '27: cluster.addresses[2] is 10.2.0.5 in servers, but other services are in clients',
    ],
    [
      '[s1, s2, s3]',
      '[s1, s9]',
      '35: services[0].real-servers[1] names s9, which is no node of this file',
    ],
    [
      '[s1, s2, s3]',
      '[s1, client]',
      '35: services[0].real-servers[1] names client, which is a client',
    ],
    [
      '[s1, s2, s3]',
      '[s1, { node: s1, port: 81 }, s1]',
      '35: services[0].real-servers[2] names s1 with port 80 again',
    ],
    [
      'address: 10.1.0.101',
      'address: 10.1.0.100',
      '36: services[1] is tcp 10.1.0.100 80, as services[0] is',
    ],
    [
      'links: { clients: 10.1.0.21, servers: 10.2.0.21 }',
      'links: { clients: 10.1.0.21 }',
      '35: services[0].real-servers[0] names s1, which has no link to servers, the network of the gateway',
      '47: services[2].real-servers[0] names s1, which has no link to servers, the network of the gateway',
    ],
    [
      'links: { clients: 10.1.0.21, servers: 10.2.0.21 }',
      'links: { servers: 10.2.0.21 }',
      '41: services[1].real-servers[0] names s1, which has no link to clients, the network of the virtual services',
      '53: services[3].real-servers[0] names s1, which has no link to clients, the network of the virtual services',
    ],
    [
      'scheduler: wlc\n    real-servers: [s1, s2, s3]',
      'scheduler: wlc\n    real-servers: [{ node: s1, port: 8080 }]',
      "41: services[1].real-servers[0].port has to be 80 like the service's: DR does not rewrite ports",
    ],
  ],
};

testRefusals(Good, problemsOf, refusals);

test('a lab without a director is refused', (t) => {
  const text = Good.replaceAll(/kind: director\n +priority: \d+/g, 'kind: client');
  t.strictSame(problemsOf(text), ['8: nodes has no director']);
  t.end();
});

test('an empty lab file, and YAML nested beyond reason, are refused and not thrown', (t) => {
  t.strictSame(problemsOf(''), ['1: the file has to be a map of keys and values']);
  t.not(problemsOf('['.repeat(50_000)).length, 0);
  t.not(problemsOf('- '.repeat(50_000)).length, 0);
  t.end();
});
