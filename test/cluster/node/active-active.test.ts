import { test } from 'tap';

import { milliseconds, seconds } from '../../../director/base/time.js';
import { Flag } from '../../../director/core/connections.js';
import { Method } from '../../../director/core/services.js';
import { ip } from '../../base/values.js';
import { flowOf } from '../../core/flows.js';
import { fromClient, fromServer } from '../../packets/packet-case.js';
import { BenchCluster, type BenchNode } from './bench-cluster.js';

const client = '10.1.0.2:40000';
const masq = '10.1.0.100:80';
const route = '10.1.0.101:80';

const settle = (cluster: BenchCluster): void => cluster.run(milliseconds(30));

const segment = (to: string, tcp: string, from = client): Uint8Array =>
  fromClient({ from, to, tcp, ...(tcp.includes('P') && { payload: 'hello' }) });

/** Opens a connection at one node, up to the packet that has it synced. */
function establish(cluster: BenchCluster, name: string, to = route, from = client): void {
  for (const tcp of ['S', 'A', 'PA']) cluster.receive(name, 'clients', segment(to, tcp, from));
  settle(cluster);
  cluster.takeSent(name);
}

const allActive = (names = ['d1', 'd2', 'd3']): BenchCluster =>
  new BenchCluster(names, { isActiveActive: true });

const ownerAt = (node: BenchNode, from = client, to = route): string => node.ownerOf(from, to);

test('every node schedules and forwards, though none holds the addresses', (t) => {
  const cluster = allActive();
  for (const [index, name] of ['d1', 'd2', 'd3'].entries()) {
    const from = `10.1.0.2:4000${index}`;
    t.strictSame(cluster.receive(name, 'clients', segment(route, 'S', from)), ['forward']);
    const ping = { from: '10.1.0.2', to: '10.1.0.101', icmp: { type: 8 }, payload: '0x0001000161' };
    t.strictSame(cluster.receive(name, 'clients', fromClient(ping)), ['drop: not-master']);
  }
  t.end();
});

test('a flow that moves between nodes goes on with its server', (t) => {
  const cluster = allActive();
  establish(cluster, 'd1');
  const server = cluster.node('d1').serverOf(client, route);
  for (const name of ['d2', 'd3', 'd1', 'd2']) {
    cluster.run(seconds(2));
    t.strictSame(cluster.receive(name, 'clients', segment(route, 'PA')), ['forward']);
    settle(cluster);
    t.equal(cluster.node(name).serverOf(client, route), server);
    for (const other of ['d1', 'd2', 'd3']) {
      t.equal(ownerAt(cluster.node(other)), name, `${other} knows that ${name} carries it now`);
    }
  }
  t.end();
});

test('the end of a flow is told by who carries it, and by nobody else', (t) => {
  const cluster = allActive();
  establish(cluster, 'd1');
  cluster.run(seconds(600));
  cluster.receive('d2', 'clients', segment(route, 'PA'));
  settle(cluster);
  cluster.run(seconds(600));
  for (const name of ['d1', 'd2', 'd3']) {
    t.equal(ownerAt(cluster.node(name)), 'd2', 'beyond the time at which d1 would have ended it');
  }
  cluster.run(seconds(301));
  for (const name of ['d1', 'd2', 'd3']) t.equal(ownerAt(cluster.node(name)), 'none');
  t.end();
});

test('a removal by a node that does not carry the flow any more is ignored', (t) => {
  const cluster = allActive();
  establish(cluster, 'd1');
  cluster.run(seconds(2));
  cluster.cut = (from, to) => from === 'd2' && to === 'd1';
  cluster.receive('d2', 'clients', segment(route, 'PA'));
  settle(cluster);
  const d1 = cluster.node('d1');
  d1.link.tellRemoval(d1.bench.director.connections.find(flowOf(client, route)), cluster.now);
  settle(cluster);
  for (const name of ['d2', 'd3']) t.equal(ownerAt(cluster.node(name)), 'd2');
  t.end();
});

test('two nodes that share the packets of a flow do not quarrel about it', (t) => {
  const cluster = allActive(['d1', 'd2']);
  establish(cluster, 'd1');
  const before = cluster.node('d1').messages + cluster.node('d2').messages;
  for (let count = 0; count < 200; count += 1) {
    cluster.receive(count % 2 === 0 ? 'd1' : 'd2', 'clients', segment(route, 'PA'));
    cluster.run(milliseconds(10));
  }
  const messages = cluster.node('d1').messages + cluster.node('d2').messages - before;
  t.ok(messages < 40, `${messages} messages in two seconds, Hellos included`);
  t.end();
});

test('two nodes that see the same new flow at once agree on one server', (t) => {
  const cluster = allActive();
  // So that the two nodes choose differently.
  cluster.receive('d1', 'clients', segment(route, 'S', '10.1.0.9:1'));
  cluster.receive('d1', 'clients', segment(route, 'S'));
  cluster.receive('d2', 'clients', segment(route, 'S'));
  const first = ['d1', 'd2'].map((name) => cluster.node(name).serverOf(client, route));
  t.not(first[0], first[1]);
  for (const tcp of ['A', 'PA']) {
    for (const name of ['d1', 'd2']) cluster.receive(name, 'clients', segment(route, tcp));
  }
  cluster.run(seconds(1));
  const [lower] = first.toSorted();
  for (const name of ['d1', 'd2', 'd3']) {
    t.equal(cluster.node(name).serverOf(client, route), lower, name);
  }
  t.end();
});

test('they agree on one template too', (t) => {
  const cluster = allActive();
  const vip = '10.1.0.110';
  for (const name of ['d1', 'd2', 'd3']) {
    const { bench } = cluster.node(name);
    const persistence = { timeout: 360, prefixLength: 32 };
    const service = bench.addService({ vip, port: 443, persistence });
    for (const address of ['10.2.0.21', '10.2.0.22', '10.2.0.23']) {
      bench.addServer(service, { address, method: Method.route });
    }
  }
  const to = `${vip}:443`;
  cluster.receive('d1', 'clients', segment(to, 'S', '10.1.0.9:1'));
  for (const name of ['d1', 'd2']) {
    cluster.receive(name, 'clients', segment(to, 'S', `10.1.0.2:4000${name === 'd1' ? 1 : 2}`));
    for (const tcp of ['A', 'PA']) {
      cluster.receive(name, 'clients', segment(to, tcp, `10.1.0.2:4000${name === 'd1' ? 1 : 2}`));
    }
  }
  cluster.run(seconds(1));
  const chosen = ['d1', 'd2', 'd3'].map((name, index) => {
    const from = `10.1.0.2:5000${index}`;
    cluster.receive(name, 'clients', segment(to, 'S', from));
    return cluster.node(name).serverOf(from, to);
  });
  t.equal(new Set(chosen).size, 1, chosen.join());
  t.end();
});

test('replies of a real server pass through whichever node holds its gateway', (t) => {
  const cluster = allActive(['d1', 'd2']);
  cluster.node('d2').bench.director.setLive(ip('10.2.0.254'), true);
  establish(cluster, 'd1', masq);
  const server = cluster.node('d1').serverOf(client, masq);
  const reply = fromServer({ from: server, to: client, tcp: 'PA', payload: 'hello' });
  t.strictSame(cluster.receive('d2', 'servers', reply), ['forward']);
  t.equal(ownerAt(cluster.node('d2'), client, masq), 'd1', 'the requests decide who carries it');
  t.end();
});

test('FullNat uses the local addresses that a node holds, so that nodes never collide', (t) => {
  const cluster = allActive(['d1', 'd2']);
  const vip = '10.1.0.110';
  const locals = { d1: '10.2.0.241', d2: '10.2.0.242' } as const;
  const used = new Set<string>();
  for (const name of ['d1', 'd2'] as const) {
    const { bench } = cluster.node(name);
    const service = bench.addService({ vip, port: 443 });
    bench.addServer(service, { address: '10.2.0.21', port: 8_080, method: Method.fullNat });
    for (const address of Object.values(locals)) {
      bench.director.addFloating(ip(address), bench.floating('10.2.0.254').interface);
    }
    bench.director.localEndpoints.setPool(Object.values(locals).map((address) => ip(address)));
    bench.director.setLive(ip(locals[name]), true);
  }
  for (const name of ['d1', 'd2'] as const) {
    for (let port = 0; port < 20; port += 1) {
      const from = `10.1.0.2:${name === 'd1' ? 41_000 + port : 42_000 + port}`;
      cluster.receive(name, 'clients', segment(`${vip}:443`, 'S', from));
    }
    for (const { frame } of cluster.takeSent(name)) {
      t.equal(frame.subarray(26, 30).join('.'), locals[name]);
      used.add(frame.subarray(26, 36).join());
    }
  }
  t.equal(used.size, 40);
  t.end();
});

test('with several virtual routers each node serves its own addresses and knows the others’ connections', (t) => {
  const cluster = new BenchCluster(['d1', 'd2']);
  const hold = (name: string, address: string, isLive: boolean): void =>
    cluster.node(name).bench.director.setLive(ip(address), isLive);
  hold('d1', '10.1.0.101', false);
  hold('d2', '10.1.0.101', true);
  establish(cluster, 'd1', masq);
  establish(cluster, 'd2', route);
  t.strictSame(cluster.receive('d1', 'clients', segment(route, 'S', '10.1.0.3:1')), [
    'drop: not-master',
  ]);
  t.strictSame(cluster.receive('d2', 'clients', segment(masq, 'S', '10.1.0.3:1')), [
    'drop: not-master',
  ]);
  for (const to of [masq, route]) {
    const server = cluster.node('d1').serverOf(client, to);
    t.not(server, 'none');
    t.equal(cluster.node('d2').serverOf(client, to), server);
  }
  cluster.kill('d1');
  hold('d2', '10.1.0.100', true);
  for (const to of [masq, route]) {
    t.strictSame(cluster.receive('d2', 'clients', segment(to, 'PA')), ['forward']);
  }
  cluster.start('d1');
  cluster.run(seconds(2));
  const { connections } = cluster.node('d1').bench.director;
  t.equal(connections.size, 2, 'a node that returns is told of both');
  t.equal(connections.hasFlag(0, Flag.synced), true);
  t.end();
});
