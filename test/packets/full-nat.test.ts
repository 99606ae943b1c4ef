import { test } from 'tap';

import { DropReason } from '../../director/core/counters.js';
import { Method, type RealServer } from '../../director/core/services.js';
import { fromWords } from '../../director/wire/address-words.js';
import { ip } from '../base/values.js';
import { BenchDirector, type BenchOptions } from './bench-director.js';
import { Mac } from './hosts.js';
import { endpoint, type FrameSpec } from './packet-builder.js';
import { fromClient, fromServer, sentTo } from './packet-case.js';

/** FullNat in one family: a VIP of its own, a local address, and one real server. */
const Families = [
  {
    client: '10.1.0.2',
    vip: '10.1.0.120',
    local: '10.2.0.240',
    real: '10.2.0.21',
    headers: 40,
    // Kind, length, the port 40000, the address.
    toa: `fe089c400a010002`,
  },
  {
    client: 'fd01::2',
    vip: 'fd01::120',
    local: 'fd02::240',
    real: 'fd02::21',
    headers: 60,
    toa: `fe149c40fd010000000000000000000000000002`,
  },
] as const;
type FullNat = (typeof Families)[number];

interface Setup {
  readonly bench: BenchDirector;
  readonly server: RealServer;
  /** The local endpoint of the connection with this index. */
  readonly localOf: (index?: number) => string;
}

function setUp({ vip, local, real }: FullNat, options: BenchOptions = {}): Setup {
  const bench = new BenchDirector(options);
  const { director } = bench;
  const service = bench.addService({ vip, port: 80 });
  const server = bench.addServer(service, {
    address: real,
    port: 8_080,
    method: Method.fullNat,
  });
  const gateway = bench.floating(local.includes(':') ? 'fd02::fe' : '10.2.0.254');
  director.addFloating(ip(local), gateway.interface);
  director.setLive(ip(local), true);
  director.localEndpoints.setPool([ip(local)]);
  const { localEndpoints, connections } = director;
  const localOf = (index = 0): string => {
    const address = fromWords(connections.familyOf(index), localEndpoints.addresses, index * 4);
    return endpoint(address, localEndpoints.port(index));
  };
  return { bench, server, localOf };
}

for (const family of Families) {
  const { client, vip, real, headers, toa } = family;
  const host = endpoint(client, 40_000);
  const request = { from: host, to: endpoint(vip, 80) };
  const server = endpoint(real, 8_080);
  const name = client.includes(':') ? 'IPv6' : 'IPv4';
  const send = (bench: BenchDirector, spec: Omit<FrameSpec, 'from' | 'to'>): string =>
    bench.receive('clients', fromClient({ ...request, ...spec }));

  test(`${name}: a SYN goes to the server from a local endpoint, without the option`, (t) => {
    const { bench, localOf } = setUp(family);
    t.equal(send(bench, { tcp: 'S', tcpOptions: '020405b4' }), 'forward');
    const expected = { from: localOf(), to: server, ttl: 63, tcp: 'S', tcpOptions: '020405b4' };
    t.strictSame(bench.takeSent(), [sentTo('servers', Mac.server1, expected)]);
    const port = Number(localOf().split(':').at(-1));
    t.ok(port >= 5_000, `${port}`);
    t.end();
  });

  test(`${name}: the answer comes back to the client, with room left for the option`, (t) => {
    const { bench, localOf } = setUp(family);
    send(bench, { tcp: 'S' });
    bench.takeSent();
    const answer = { from: server, to: localOf(), tcp: 'SA', tcpOptions: '020405b4' };
    t.equal(bench.receive('servers', fromServer(answer, Mac.server1)), 'forward');
    const mss = (0x05b4 - toa.length / 2).toString(16).padStart(4, '0');
    const expected = { from: request.to, to: host, ttl: 63, tcp: 'SA' };
    t.strictSame(bench.takeSent(), [
      sentTo('clients', Mac.client, { ...expected, tcpOptions: `0204${mss}` }),
    ]);
    t.end();
  });

  test(`${name}: segments carry the client’s address until the server has answered one`, (t) => {
    const { bench, localOf } = setUp(family);
    send(bench, { tcp: 'S' });
    bench.receive('servers', fromServer({ from: server, to: localOf(), tcp: 'SA' }, Mac.server1));
    bench.takeSent();
    const toServer = { from: localOf(), to: server, ttl: 63 };
    for (const tcp of ['A', 'PA']) {
      const payload = tcp === 'PA' ? 'GET /' : '';
      t.equal(send(bench, { tcp, payload, tcpOptions: '01010101' }), 'forward');
      const expected = { ...toServer, tcp, payload, tcpOptions: `${toa}01010101` };
      t.strictSame(bench.takeSent(), [sentTo('servers', Mac.server1, expected)]);
    }
    bench.receive('servers', fromServer({ from: server, to: localOf(), tcp: 'A' }, Mac.server1));
    bench.takeSent();
    send(bench, { tcp: 'PA', payload: 'more' });
    const expected = { ...toServer, tcp: 'PA', payload: 'more' };
    t.strictSame(bench.takeSent(), [sentTo('servers', Mac.server1, expected)]);
    t.end();
  });

  test(`${name}: a segment without room for the option goes without`, (t) => {
    const { bench, localOf } = setUp(family);
    send(bench, { tcp: 'S' });
    bench.takeSent();
    const payload = 'x'.repeat(1_500 - headers);
    t.equal(send(bench, { tcp: 'A', payload, dontFragment: true }), 'forward');
    const expected = { from: localOf(), to: server, ttl: 63, tcp: 'A', payload };
    t.strictSame(bench.takeSent(), [
      sentTo('servers', Mac.server1, { ...expected, dontFragment: true }),
    ]);
    t.end();
  });

  test(`${name}: a packet to a local endpoint that nobody has is not ours`, (t) => {
    const { bench, localOf } = setUp(family);
    send(bench, { tcp: 'S' });
    const stray = { from: server, to: endpoint(family.local, 4_999), tcp: 'A' };
    t.equal(bench.receive('servers', fromServer(stray)), 'drop: no-service');
    const other = { from: endpoint(real, 8_081), to: localOf(), tcp: 'A' };
    t.equal(bench.receive('servers', fromServer(other)), 'drop: no-service');
    t.end();
  });
}

const [four] = Families;
const open = (bench: BenchDirector, port: number): string =>
  bench.receive(
    'clients',
    fromClient({ from: `10.1.0.2:${port}`, to: `${four.vip}:80`, tcp: 'S' }),
  );

test('every connection has a local endpoint of its own, and gives it back', (t) => {
  const { bench, localOf } = setUp(four, { capacity: 1_024 });
  const { localEndpoints, connections } = bench.director;
  for (let port = 1; port <= 1_000; port += 1) open(bench, port);
  const seen = new Set(Array.from({ length: 1_000 }, (_, index) => localOf(index)));
  t.equal(seen.size, 1_000);
  bench.wait(61);
  t.equal(connections.size, 0);
  for (let index = 0; index < 1_000; index += 1) t.equal(localEndpoints.port(index), 0);
  t.end();
});

test('the pool is used in turn', (t) => {
  const { bench, localOf } = setUp(four);
  const second = '10.2.0.241';
  bench.director.localEndpoints.setPool([ip(four.local), ip('fd02::240'), ip(second)]);
  const addresses = [1, 2, 3, 4].map((port, index) => {
    open(bench, port);
    return localOf(index).split(':')[0];
  });
  t.equal(new Set(addresses).size, 2);
  t.not(addresses[0], addresses[1]);
  t.equal(addresses[0], addresses[2]);
  t.end();
});

test('without a free local endpoint a connection is refused, counted and leaves nothing', (t) => {
  const { bench, server } = setUp(four);
  const { director } = bench;
  director.localEndpoints.setPool([ip('fd02::240')]);
  bench.takeSent();
  t.equal(open(bench, 1), 'drop: no-local-port');
  t.strictSame(bench.takeSent(), []);
  t.equal(director.localEndpoints.exhausted, 1);
  t.equal(director.connections.size, 0);
  t.strictSame([server.total, server.stats.connections], [0, 0]);
  t.end();
});

test('when all ports of a local address are taken, the next connection is refused', (t) => {
  const { bench } = setUp(four, { capacity: 61_000 });
  const { director } = bench;
  // As many established connections as there are ports, of which a few short searches miss some.
  let refused = 0;
  for (let count = 0; count < 60_536; count += 1) {
    const from = `10.1.${Math.floor(count / 60_000)}.2:${1_000 + (count % 60_000)}`;
    const packet = fromClient({ from, to: `${four.vip}:80`, tcp: 'S' });
    if (bench.receive('clients', packet) !== 'forward') refused += 1;
    bench.takeSent();
    if (count >= 60_100 && refused > 0) break;
  }
  t.equal(director.localEndpoints.exhausted, refused);
  t.equal(bench.dropped(DropReason.noLocalPort), refused);
  t.ok(director.connections.size > 50_000, `${director.connections.size} at one address`);
  t.end();
});

test('UDP has local endpoints too, and no option', (t) => {
  const { bench, localOf } = setUp(four);
  const service = bench.addService({ vip: four.vip, port: 53, protocol: 17 });
  bench.addServer(service, { address: four.real, port: 53, method: Method.fullNat });
  const query = { from: '10.1.0.2:40000', to: `${four.vip}:53`, udp: {}, payload: 'q' };
  t.equal(bench.receive('clients', fromClient(query)), 'forward');
  const atServer = { ...query, from: localOf(), to: '10.2.0.21:53', ttl: 63 };
  t.strictSame(bench.takeSent(), [sentTo('servers', Mac.server1, atServer)]);
  const answer = { from: '10.2.0.21:53', to: localOf(), udp: {}, payload: 'a' };
  t.equal(bench.receive('servers', fromServer(answer)), 'forward');
  const atClient = { ...answer, from: `${four.vip}:53`, to: '10.1.0.2:40000', ttl: 63 };
  t.strictSame(bench.takeSent(), [sentTo('clients', Mac.client, atClient)]);
  t.end();
});

test('a server behind the router is answered by a local address as well', (t) => {
  const { bench } = setUp(four);
  const service = bench.service(four.vip, 80);
  for (const server of service.servers) server.weight = 0;
  bench.addServer(service, { address: '172.16.9.80', port: 80, method: Method.fullNat });
  t.equal(open(bench, 1), 'forward');
  const [sent] = bench.takeSent();
  t.equal(sent?.link, 'clients', 'by way of the gateway');
  t.end();
});
