import { test } from 'tap';

import { loadLab } from '../../cluster/config/lab-file.js';
import type { RunningLab } from '../../cluster/lab/running-lab.js';
import { LabOfBothFamilies } from '../cluster/config/samples.js';
import { onNode, runLab } from './cluster.js';

/*
 * This test makes network namespaces, which takes root: without it it fails.
 */

const lab = loadLab(LabOfBothFamilies, 'both.yaml');

/** The IPv6 addresses of a node's interface that are no link-local ones, with their flags. */
const addressesOf = (running: RunningLab, node: string, device: string): string[] =>
  onNode(running, node, 'ip', '-6', '-o', 'address', 'show', 'dev', device, 'scope', 'global')
    .split('\n')
    .flatMap((line) => /inet6 (.*?)\s*\\/.exec(line)?.slice(1) ?? []);

/** `refused` when an address answers at a port where nobody listens, `silent` when nothing comes back. */
function knock(running: RunningLab, node: string, address: string): string {
  const script =
    `const socket = require('node:net').connect(9, '${address}');` +
    'const say = (text) => { process.stdout.write(text); process.exit(); };' +
    "socket.on('error', ({ code }) => say(code === 'ECONNREFUSED' ? 'refused' : code));" +
    "setTimeout(say, 1500, 'silent');";
  return onNode(running, node, process.execPath, '-e', script);
}

/** How a packet from `source` leaves real server s1 for the client. */
const wayToClient = (running: RunningLab, source: string): string =>
  onNode(running, 's1', 'ip', 'route', 'get', 'fd01::2', 'from', source);

test('a lab of namespaces with IPv6', async (t) => {
  const running = await runLab(t, lab, { topologyOnly: true });

  await t.test('has usable addresses at once, and none that nobody gave it', async (t) => {
    t.same(addressesOf(running, 'd1', 'clients'), ['fd01::11/64 scope global nodad']);
    t.same(addressesOf(running, 'd1', 'servers'), ['fd02::11/64 scope global nodad']);
    t.match(onNode(running, 'd1', 'ip', '-6', 'address', 'show', 'dev', 'clients'), /inet6 fe80::/);
    t.equal(onNode(running, 'd1', 'ip', '-6', 'address', 'show', 'dev', 'sync'), '');
  });

  await t.test('connects the nodes of a network', async (t) => {
    t.equal(knock(running, 'client', 'fd01::11'), 'refused');
    t.equal(knock(running, 's1', 'fd02::12'), 'refused');
    t.equal(knock(running, 'client', '10.1.0.21'), 'refused');
  });

  await t.test(
    'has the VIPs of direct routing and of tunnels on lo, and nobody answers for them',
    async (t) => {
      t.same(addressesOf(running, 's1', 'lo'), [
        'fd01::105/128 scope global nodad',
        'fd01::101/128 scope global nodad',
      ]);
      t.match(onNode(running, 's1', 'ip', '-4', 'address', 'show', 'dev', 'lo'), '10.1.0.101/32');
      t.match(knock(running, 'client', 'fd01::101'), /EHOSTUNREACH|silent/);
    },
  );

  await t.test('sends replies of NAT through the gateway, and others directly', async (t) => {
    t.match(wayToClient(running, 'fd02::21'), 'via fd02::254 dev servers');
    t.match(wayToClient(running, 'fd01::101'), 'dev clients table 100');
    t.match(wayToClient(running, 'fd01::21'), 'dev clients table 100');
  });
});
