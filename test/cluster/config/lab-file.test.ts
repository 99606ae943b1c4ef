import { readFileSync } from 'node:fs';

import { test } from 'tap';

import { loadLab } from '../../../cluster/config/lab-file.js';
import { ConfigError } from '../../../director/base/errors.js';
import { milliseconds, seconds } from '../../../director/base/time.js';

const Default = readFileSync(
  new URL('../../../../cluster/lab/default.yaml', import.meta.url),
  'utf8',
);

test('the default lab is resolved: NAT servers by the network of the gateway, DR servers by that of the VIPs', (t) => {
  const lab = loadLab(Default, 'lab.yaml');
  t.equal(lab.name, 'lab');
  t.strictSame(lab.networks[1], {
    name: 'servers',
    prefix: { address: '10.2.0.0', prefixLength: 24 },
  });
  t.strictSame(lab.nodes[1], {
    name: 'd1',
    kind: 'director',
    priority: 150,
    links: [
      { network: 'clients', address: '10.1.0.11' },
      { network: 'servers', address: '10.2.0.11' },
      { network: 'sync', address: '10.3.0.11' },
    ],
  });
  t.strictSame(lab.cluster, {
    version: 3,
    virtualRouterId: 51,
    virtualRouters: [],
    advertInterval: seconds(1),
    preempt: true,
    commit: 'none',
    addresses: [],
    virtualNetwork: 'clients',
    gateway: { network: 'servers', address: '10.2.0.254' },
    sync: {
      network: 'sync',
      threshold: 3,
      period: 50,
      bulkTimeout: seconds(10),
      deathNotice: true,
      format: 'baton',
      flushBound: milliseconds(20),
      isUnicast: false,
    },
    localAddresses: [],
    dataPlane: {
      settings: {},
      connectionCapacity: 1_048_576,
      unknownTcp: 'drop',
      driver: 'auto',
      activeActive: false,
    },
  });
  t.strictSame(
    lab.services.map(({ method, realServers }) => [method, realServers[0]]),
    [
      ['Masq', { node: 's1', address: '10.2.0.21', port: 80, weight: 1 }],
      ['Route', { node: 's1', address: '10.1.0.21', port: 80, weight: 1 }],
      ['Masq', { node: 's1', address: '10.2.0.21', port: 53, weight: 1 }],
      ['Route', { node: 's1', address: '10.1.0.21', port: 53, weight: 1 }],
    ],
  );
  t.end();
});

test('what a lab leaves out has the defaults that the default lab shows', (t) => {
  let short = Default;
  for (const key of ['version', 'advert', 'preempt', 'commit', 'active-active', 'sync']) {
    // The networks come first, and one of them is called sync too.
    const without = short.replace(new RegExp(`^  ${key}: (?!10).*\n`, 'm'), '');
    t.not(without, short, `the default lab shows ${key}`);
    short = without;
  }
  t.strictSame(loadLab(short, 'lab.yaml'), loadLab(Default, 'lab.yaml'));
  t.end();
});

test('a real server may have a weight and, behind NAT, a port of its own', (t) => {
  const text = Default.replace('[s1, s2, s3]', '[{ node: s2, weight: 0, port: 8080 }, s1]');
  t.strictSame(loadLab(text, 'lab.yaml').services[0]?.realServers, [
    { node: 's2', address: '10.2.0.22', port: 8080, weight: 0 },
    { node: 's1', address: '10.2.0.21', port: 80, weight: 1 },
  ]);
  t.end();
});

test('a lab of DR services needs no gateway, and adverts may come every 100 ms', (t) => {
  const text = Default.replaceAll('method: NAT', 'method: DR')
    .replace(/ {2}gateway: .*\n/, '')
    .replace('advert: 1s', 'advert: 100ms');
  const { cluster } = loadLab(text, 'lab.yaml');
  t.equal(cluster.gateway, undefined);
  t.equal(cluster.advertInterval, milliseconds(100));
  t.end();
});

test('a lab may have addresses for services that are added at run time, and none of its own', (t) => {
  const [head = ''] = Default.split('services:\n');
  const text = `${head.replace('  gateway:', '  addresses: [10.1.0.105]\n  gateway:')}services: []\n`;
  const lab = loadLab(text, 'lab.yaml');
  t.strictSame(lab.cluster.addresses, ['10.1.0.105']);
  t.equal(lab.cluster.virtualNetwork, 'clients');
  t.strictSame(lab.services, []);
  t.end();
});

test('loading a lab with mistakes throws one error that lists them', (t) => {
  try {
    loadLab(Default.replace('name: lab', 'name: LAB').replace('id: 51', 'id: 0'), 'my.yaml');
    t.fail('a lab with mistakes is not loaded');
  } catch (error) {
    t.ok(error instanceof ConfigError);
    t.match(error, { details: { code: 'wrong-value', file: 'my.yaml', line: 2 } });
    t.match(error, {
      message: /^my\.yaml:2: name has .*\nmy\.yaml:\d+: cluster\.virtual-router-id has /,
    });
  }
  t.end();
});
