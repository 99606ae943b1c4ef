import { test } from 'tap';

import { milliseconds, seconds } from '../../../director/base/time.js';
import type { CommitMode } from '../../../director/core/held-connections.js';
import { Method } from '../../../director/core/services.js';
import { ip } from '../../base/values.js';
import { Mac } from '../../packets/hosts.js';
import { fromClient, fromServer, sentTo } from '../../packets/packet-case.js';
import { BenchCluster, type BenchNode } from './bench-cluster.js';

const Vip = '10.1.0.110';
const Local = '10.2.0.240';
const client = '10.1.0.2:40000';
const vip = `${Vip}:443`;

const segment = (tcp: string, from = client): Uint8Array =>
  fromClient({ from, to: vip, tcp, ...(tcp.includes('P') && { payload: 'hello' }) });

/** Gives a node the service that the tests are about, with three real servers. */
function serve(node: BenchNode, commit: CommitMode, method: Method, protocol = 6): void {
  const { bench } = node;
  const service = bench.addService({ vip: Vip, port: 443, commit, protocol });
  const isRewritten = method === Method.masq || method === Method.fullNat;
  for (const address of ['10.2.0.21', '10.2.0.22', '10.2.0.23']) {
    bench.addServer(service, { address, port: isRewritten ? 8_080 : 443, method });
  }
  bench.director.addFloating(ip(Local), bench.floating('10.2.0.254').interface);
  bench.director.localEndpoints.setPool([ip(Local)]);
  bench.setMaster(false);
}

/** Two directors with the service; d1 is master. */
function pair(commit: CommitMode, method: Method = Method.masq, protocol = 6): BenchCluster {
  const cluster = new BenchCluster(['d1', 'd2']);
  for (const name of ['d1', 'd2']) serve(cluster.node(name), commit, method, protocol);
  cluster.node('d1').bench.setMaster(true);
  return cluster;
}

const settle = (cluster: BenchCluster): void => cluster.run(milliseconds(2));

test('a SYN leaves once a peer has the entry, and not before', (t) => {
  const cluster = pair('acked');
  t.strictSame(cluster.receive('d1', 'clients', segment('S')), ['hold']);
  t.strictSame(cluster.takeSent('d1'), []);
  t.equal(cluster.node('d2').serverOf(client, vip), 'none', 'the message is under way');
  settle(cluster);
  const server = cluster.node('d2').serverOf(client, vip);
  t.equal(server, cluster.node('d1').serverOf(client, vip));
  t.strictSame(cluster.takeSent('d1'), [
    sentTo('servers', Mac.server3, { from: client, to: server, tcp: 'S', ttl: 63 }),
  ]);
  t.match(cluster.node('d1').bench.director.commits, { committed: 1, uncommitted: 0 });
  t.end();
});

test('with sent it leaves with the message, though no peer is there', (t) => {
  const cluster = pair('sent');
  cluster.kill('d2');
  t.strictSame(cluster.receive('d1', 'clients', segment('S')), ['hold']);
  t.equal(cluster.takeSent('d1').length, 1, 'at the end of the same turn');
  t.match(cluster.node('d1').bench.director.commits, { committed: 1, uncommitted: 0 });
  t.end();
});

test('connections that arrive together share a message, and it leaves at once', (t) => {
  const cluster = pair('acked');
  const d1 = cluster.node('d1');
  const before = d1.messages;
  const syns = Array.from({ length: 8 }, (_, index) => segment('S', `10.1.0.2:4100${index}`));
  cluster.receive('d1', 'clients', ...syns);
  t.equal(d1.messages, before + 1);
  settle(cluster);
  t.equal(cluster.takeSent('d1').length, 8);
  t.end();
});

test('a lost message is repeated, and the connection committed after all', (t) => {
  const cluster = pair('acked');
  cluster.cut = (from) => from === 'd1';
  cluster.receive('d1', 'clients', segment('S'));
  cluster.run(milliseconds(4));
  cluster.cut = () => false;
  cluster.run(milliseconds(20));
  t.equal(cluster.takeSent('d1').length, 1);
  t.match(cluster.node('d1').bench.director.commits, { committed: 1, uncommitted: 0 });
  t.end();
});

test('a peer that does not answer delays a connection by no more than the bound', (t) => {
  const cluster = pair('acked');
  cluster.cut = () => true;
  cluster.receive('d1', 'clients', segment('S'));
  cluster.run(milliseconds(99));
  t.equal(cluster.takeSent('d1').length, 0);
  cluster.run(milliseconds(2));
  t.equal(cluster.takeSent('d1').length, 1);
  cluster.run(seconds(3));
  const { commits } = cluster.node('d1').bench.director;
  t.match(commits, { committed: 0, uncommitted: 1 });
  cluster.receive('d1', 'clients', segment('S', '10.1.0.2:40001'));
  t.equal(
    cluster.takeSent('d1').length,
    1,
    'and nobody waits for a peer that has long been silent',
  );
  t.equal(commits.uncommitted, 2);
  t.end();
});

test('nobody waits for a peer that has died', (t) => {
  const cluster = pair('acked');
  cluster.kill('d2');
  t.strictSame(cluster.receive('d1', 'clients', segment('S')), ['forward']);
  t.end();
});

/** What the client and the real server have sent, each step when the one before has arrived. */
const handshake: readonly (readonly ['clients' | 'servers', string])[] = [
  ['clients', 'S'],
  ['servers', 'SA'],
  ['clients', 'A'],
  ['clients', 'PA'],
  ['servers', 'PA'],
];

const methods = [
  ['Masq', Method.masq],
  ['FullNat', Method.fullNat],
] as const;

/** The packet of a step as it arrives at a director, given what the real server has seen. */
function arriving(link: 'clients' | 'servers', tcp: string, ends: [string, string]): Uint8Array {
  if (link === 'clients') return segment(tcp);
  const [local, real] = ends;
  return fromServer({ from: real, to: local, tcp, ...(tcp === 'PA' && { payload: 'hello' }) });
}

/** The endpoints between which a frame to a real server travels. */
function endsOf(frame: Uint8Array): [string, string] {
  const port = (at: number): number => (frame[at] ?? 0) * 256 + (frame[at + 1] ?? 0);
  const address = (at: number): string => frame.subarray(at, at + 4).join('.');
  return [`${address(26)}:${port(34)}`, `${address(30)}:${port(36)}`];
}

for (const [name, method] of methods) {
  for (let step = 0; step <= handshake.length; step += 1) {
    test(`${name}: the master dies after step ${step} of a connection, and it goes on`, (t) => {
      const cluster = pair('acked', method);
      let master = 'd1';
      let ends: [string, string] = ['', ''];
      for (const [index, [link, tcp]] of handshake.entries()) {
        if (index === step) {
          cluster.kill('d1');
          master = 'd2';
          cluster.node('d2').bench.setMaster(true);
        }
        cluster.receive(master, link, arriving(link, tcp, ends));
        settle(cluster);
        const sent = cluster.takeSent(master).filter(({ frame }) => ((frame[0] ?? 0) & 1) === 0);
        t.equal(sent.length, 1, `${tcp} by ${link} goes through ${master}`);
        const frame = sent[0]?.frame ?? new Uint8Array(60);
        if (link === 'clients') {
          const now = endsOf(frame);
          if (index > 0) t.strictSame(now, ends, 'between the same ends as before');
          ends = now;
        } else {
          t.strictSame(endsOf(frame), [vip, client], 'as from the virtual service');
        }
      }
      t.end();
    });
  }
}

test('the answer of a real server may reach the next master before it is one', (t) => {
  for (const [, method] of methods) {
    const cluster = pair('acked', method);
    cluster.receive('d1', 'clients', segment('S'));
    settle(cluster);
    const [syn] = cluster.takeSent('d1');
    const [local, real] = endsOf(syn?.frame ?? new Uint8Array(60));
    const answer = fromServer({ from: real, to: local, tcp: 'SA' });
    t.strictSame(cluster.receive('d2', 'servers', answer), ['forward']);
    const [sent] = cluster.takeSent('d2');
    t.strictSame(endsOf(sent?.frame ?? new Uint8Array(60)), [vip, client]);
    t.strictSame(cluster.receive('d2', 'clients', segment('A')), ['forward'], 'and the client too');
  }
  t.end();
});

test('a SYN that was lost with the master is scheduled by the next one', (t) => {
  const cluster = pair('acked');
  cluster.cut = (from) => from === 'd1';
  cluster.receive('d1', 'clients', segment('S'));
  cluster.kill('d1');
  const { bench } = cluster.node('d2');
  bench.setMaster(true);
  t.strictSame(cluster.receive('d2', 'clients', segment('S')), ['forward']);
  t.end();
});

for (const [name, method] of [
  ['Route', Method.route],
  ['Tunnel', Method.tunnel],
] as const) {
  test(`${name}: a handshake goes on at the next master`, (t) => {
    const cluster = pair('acked', method);
    cluster.receive('d1', 'clients', segment('S'));
    settle(cluster);
    const [first] = cluster.takeSent('d1');
    cluster.kill('d1');
    cluster.node('d2').bench.setMaster(true);
    t.strictSame(cluster.receive('d2', 'clients', segment('A')), ['forward']);
    const [second] = cluster.takeSent('d2');
    t.strictSame(second?.frame.subarray(0, 6), first?.frame.subarray(0, 6), 'the same server');
    t.end();
  });
}

test('a connection that is opened anew while the address changes hands stays with its server', (t) => {
  const cluster = pair('acked', Method.route);
  for (const tcp of ['S', 'A', 'PA', 'R']) {
    cluster.receive('d1', 'clients', segment(tcp));
    settle(cluster);
  }
  cluster.run(milliseconds(50));
  const before = cluster.node('d2').serverOf(client, vip);
  // d2 has taken over, and d1 has not heard of it yet.
  cluster.node('d2').bench.setMaster(true);
  cluster.receive('d1', 'clients', segment('S', '10.1.0.3:1'));
  cluster.receive('d1', 'clients', segment('S'));
  settle(cluster);
  const chosen = cluster.node('d1').serverOf(client, vip);
  t.not(chosen, before, 'another one than that of the connection before');
  cluster.node('d1').bench.setMaster(false);
  cluster.receive('d2', 'clients', segment('A'));
  t.equal(cluster.node('d2').serverOf(client, vip), chosen);
  t.end();
});

test('datagrams and SCTP associations are committed alike', (t) => {
  for (const [protocol, spec] of [
    [17, { udp: {}, payload: 'x' }],
    [132, { sctp: { chunk: 1 } }],
  ] as const) {
    const cluster = pair('acked', Method.masq, protocol);
    const frame = fromClient({ from: client, to: vip, ...spec });
    t.strictSame(cluster.receive('d1', 'clients', frame), ['hold']);
    settle(cluster);
    t.equal(cluster.takeSent('d1').length, 1);
    const server = cluster.node('d1').serverOf(client, vip, protocol);
    t.not(server, 'none');
    t.equal(cluster.node('d2').serverOf(client, vip, protocol), server);
  }
  t.end();
});

test('a template survives with the first connection that follows it', (t) => {
  const cluster = new BenchCluster(['d1', 'd2']);
  const persistence = { timeout: 360, prefixLength: 32 };
  for (const name of ['d1', 'd2']) {
    const { bench } = cluster.node(name);
    const service = bench.addService({ vip: Vip, port: 443, commit: 'acked', persistence });
    for (const address of ['10.2.0.21', '10.2.0.22', '10.2.0.23']) {
      bench.addServer(service, { address, port: 8_080 });
    }
    bench.setMaster(name === 'd1');
  }
  // Another client comes first, so that the two nodes' schedulers are not at the same place.
  cluster.receive('d1', 'clients', segment('S', '10.1.0.3:1'), segment('S'));
  settle(cluster);
  const server = cluster.node('d1').serverOf(client, vip);
  cluster.kill('d1');
  cluster.node('d2').bench.setMaster(true);
  for (const port of [40_001, 40_002]) {
    cluster.receive('d2', 'clients', segment('S', `10.1.0.2:${port}`));
    t.equal(cluster.node('d2').serverOf(`10.1.0.2:${port}`, vip), server);
  }
  t.end();
});

test('a quiet connection is not forgotten by the backup before the master forgets it', (t) => {
  const cluster = pair('acked');
  for (const tcp of ['S', 'A']) {
    cluster.receive('d1', 'clients', segment(tcp));
    settle(cluster);
  }
  cluster.run(seconds(890));
  t.not(cluster.node('d1').serverOf(client, vip), 'none', 'established, for 900 s');
  t.not(cluster.node('d2').serverOf(client, vip), 'none');
  cluster.run(seconds(20));
  t.equal(cluster.node('d1').serverOf(client, vip), 'none');
  t.equal(cluster.node('d2').serverOf(client, vip), 'none', 'and its end is told');
  t.end();
});
