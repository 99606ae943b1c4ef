import { test } from 'tap';

import { writeKeepalived } from '../../../cluster/config/keepalived-writer.js';
import { loadKeepalived } from '../../../cluster/config/keepalived.js';
import { directorsOf } from '../../../cluster/config/lab-config.js';
import { vagrantLab, type VagrantSettings } from '../../../cluster/config/vagrant-lab.js';
import { defaultLabFile, readLabFile } from '../../../cluster/lab/default-lab.js';
import { milliseconds } from '../../../director/base/time.js';

const base = readLabFile(defaultLabFile);
const usual: VagrantSettings = {
  directors: 2,
  realServers: 3,
  method: 'both',
  profile: 'baton',
};

test('a lab on VMs has the names and addresses of the lab in namespaces, on two networks', (t) => {
  const { lab } = vagrantLab(base, usual);
  t.same(
    lab.networks.map(({ name }) => name),
    ['clients', 'servers'],
  );
  t.same(
    lab.nodes.map(({ name }) => name),
    base.nodes.map(({ name }) => name),
  );
  for (const node of lab.nodes) {
    const original = base.nodes.find(({ name }) => name === node.name);
    t.same(
      node.links,
      original?.links.filter(({ network }) => network !== 'sync'),
    );
  }
  t.same(lab.services, base.services);
  t.equal(lab.cluster.sync.network, 'servers');
  t.end();
});

test('more nodes than the file has get the next names and addresses, and directors a lower priority', (t) => {
  const { lab } = vagrantLab(base, { ...usual, directors: 4, realServers: 5 });
  t.same(
    directorsOf(lab).map(({ name, priority, links }) => [name, priority, links[0]?.address]),
    [
      ['d1', 150, '10.1.0.11'],
      ['d2', 100, '10.1.0.12'],
      ['d3', 50, '10.1.0.13'],
      ['d4', 25, '10.1.0.14'],
    ],
  );
  t.same(
    lab.services.map(({ realServers }) => realServers.at(-1)),
    [
      { node: 's5', address: '10.2.0.25', port: 80, weight: 1 },
      { node: 's5', address: '10.1.0.25', port: 80, weight: 1 },
      { node: 's5', address: '10.2.0.25', port: 53, weight: 1 },
      { node: 's5', address: '10.1.0.25', port: 53, weight: 1 },
    ],
  );
  t.end();
});

test('fewer nodes leave services with fewer real servers, and no reference to those that are missing', (t) => {
  const { lab, webServices } = vagrantLab(base, { ...usual, directors: 1, realServers: 1 });
  t.same(
    lab.nodes.map(({ name }) => name),
    ['client', 'd1', 's1'],
  );
  for (const { realServers } of [...lab.services, ...webServices]) {
    t.same(
      realServers.map(({ node }) => node),
      ['s1'],
    );
  }
  t.end();
});

const methods = (method: VagrantSettings['method']): string[] => [
  ...new Set(vagrantLab(base, { ...usual, method }).lab.services.map((each) => each.method)),
];

test('the method chooses among the services', (t) => {
  t.same(methods('both'), ['Masq', 'Route']);
  t.same(methods('nat'), ['Masq']);
  t.same(methods('dr'), ['Route']);
  t.end();
});

test('a web service stands in front of nginx for each VIP', (t) => {
  const { webServices } = vagrantLab(base, usual);
  t.same(
    webServices.map(({ address, port, realServers }) => [address, port, realServers[0]?.port]),
    [
      ['10.1.0.100', 8080, 8080],
      ['10.1.0.101', 8080, 8080],
    ],
  );
  t.end();
});

test('the mixed profile speaks the kernel’s sync format, in a configuration that a director reads', (t) => {
  const { lab } = vagrantLab(base, {
    ...usual,
    profile: 'mixed',
    advertInterval: milliseconds(100),
  });
  const text = writeKeepalived(lab, 'd1', (network) => `to-${network}`);
  const { config } = loadKeepalived(text, 'd1.conf');
  t.equal(config.sync?.format, 'ipvs-v1');
  t.equal(config.sync?.device, 'to-servers');
  t.equal(config.vrrpInstances[0]?.advertInterval, milliseconds(100));
  t.end();
});
