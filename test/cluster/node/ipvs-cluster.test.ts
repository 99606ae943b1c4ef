import { test } from 'tap';

import { seconds } from '../../../director/base/time.js';
import { Method } from '../../../director/core/services.js';
import { entries, markRules, templates } from '../../core/entries.js';
import { Mac } from '../../packets/hosts.js';
import { fromClient, fromServer, sentTo } from '../../packets/packet-case.js';
import { BenchCluster } from './bench-cluster.js';

const client = '10.1.0.2:40000';
const masqVip = '10.1.0.100:80';
const routeVip = '10.1.0.101:80';

const segment = (to: string, tcp: string): Uint8Array =>
  fromClient({ from: client, to, tcp, ...(tcp.includes('P') && { payload: 'hello' }) });

/** Opens a connection at the master and sends so much over it that the threshold is passed. */
function establish(cluster: BenchCluster, to: string): string {
  cluster.receive('d1', 'clients', segment(to, 'S'));
  const server = cluster.node('d1').serverOf(client, to);
  if (to === masqVip) {
    cluster.receive('d1', 'servers', fromServer({ from: server, to: client, tcp: 'SA' }));
  }
  for (const tcp of ['A', 'PA', 'PA']) cluster.receive('d1', 'clients', segment(to, tcp));
  cluster.run(seconds(0.1));
  return server;
}

for (const version of [0, 1] as const) {
  test(`with version ${version} the connections of a master that dies go on at the other`, (t) => {
    const cluster = new BenchCluster(['d1', 'd2'], { ipvs: version });
    const servers = [masqVip, routeVip].map((to) => establish(cluster, to));
    const backup = cluster.node('d2');
    t.strictSame(
      [masqVip, routeVip].map((to) => backup.serverOf(client, to)),
      servers,
    );
    t.equal(backup.ownerOf(client, masqVip), '10.3.0.11', 'peers are known by their addresses');

    cluster.kill('d1');
    backup.bench.setMaster(true);
    cluster.takeSent('d2');
    t.strictSame(cluster.receive('d2', 'clients', segment(masqVip, 'PA')), ['forward']);
    const [sent] = cluster.takeSent('d2');
    const mac = Object.entries({ 21: Mac.server1, 22: Mac.server2, 23: Mac.server3 }).find(
      ([host]) => servers[0]?.startsWith(`10.2.0.${host}:`),
    )?.[1];
    const expected = { from: client, to: servers[0] ?? '', tcp: 'PA', payload: 'hello', ttl: 63 };
    t.strictSame(sent, sentTo('servers', mac ?? Mac.server1, expected));
    t.equal(cluster.node('d2').messages, 0, 'and need not be told at once');
    t.end();
  });
}

test('a backup has the entries of its master, but for times', (t) => {
  const cluster = new BenchCluster(['d1', 'd2'], { ipvs: 1 });
  for (const to of [masqVip, routeVip]) establish(cluster, to);
  const plain = (name: string): string[] =>
    entries(cluster.node(name).bench).map((line) => line.replace(/ \d+ /, ' '));
  t.equal(plain('d1').length, 2);
  t.strictSame(plain('d2'), plain('d1'));
  t.end();
});

test('a handshake is not told in this format, whatever the threshold', (t) => {
  const settings = { sync_threshold: [1, 0] } as const;
  const cluster = new BenchCluster(['d1', 'd2'], { ipvs: 1, settings });
  cluster.receive('d1', 'clients', segment(routeVip, 'S'));
  cluster.run(seconds(0.1));
  t.equal(cluster.node('d2').serverOf(client, routeVip), 'none');
  t.match(cluster.node('d1').sync.snapshot().unsaid, { state: 1 });
  t.end();
});

test('a persistent service of a firewall mark goes on with its template', (t) => {
  const cluster = new BenchCluster(['d1', 'd2'], { ipvs: 1 });
  for (const name of ['d1', 'd2']) {
    const { bench } = cluster.node(name);
    const service = bench.addService({ mark: 5, persistence: { timeout: 360, prefixLength: 32 } });
    bench.addServer(service, { address: '10.2.0.21', port: 0, method: Method.masq });
    bench.addServer(service, { address: '10.2.0.22', port: 0, method: Method.masq });
    bench.director.marks = markRules(5, ['10.1.0.100'], [81, 82]);
    bench.setMaster(name === 'd1');
  }
  const server = establish(cluster, '10.1.0.100:81');
  t.match(templates(cluster.node('d2').bench), [/^IP \d+ \w+ 10\.1\.0\.2:0 0\.0\.0\.5:0 /]);
  cluster.kill('d1');
  const { bench } = cluster.node('d2');
  bench.setMaster(true);
  cluster.receive('d2', 'clients', segment('10.1.0.100:82', 'S'));
  const after = cluster.node('d2').serverOf(client, '10.1.0.100:82');
  t.equal(after.split(':')[0], server.split(':')[0], 'the client stays with its server');
  t.end();
});
