import { test } from 'tap';

import { filterOf } from '../../../cluster/sim/faults/frame-class.js';
import type { TcpConnection, TcpEnd } from '../../../cluster/sim/host/tcp-connection.js';
import { FairWeather } from '../../../cluster/sim/network/weather.js';
import { Family } from '../../../director/wire/flow.js';
import { wordsOf } from './addresses.js';
import { quietCluster, type QuietCluster } from './quiet-cluster.js';

const Port = 7_000;

interface Client {
  readonly connection: TcpConnection;
  readonly received: number[];
  readonly ends: TcpEnd[];
}

/** Connects c1 with s1 over the clients' network, past all directors. */
function connect({ world }: QuietCluster): Client {
  const connection = world.host('c1').tcp.connect({
    family: Family.ipv4,
    local: wordsOf('10.1.1.1'),
    localPort: 5_000,
    remote: wordsOf('10.1.3.1'),
    remotePort: Port,
  });
  if (connection === undefined) throw new Error('no way to s1');
  const received: number[] = [];
  const ends: TcpEnd[] = [];
  connection.user = {
    connected: () => {},
    data: (bytes) => received.push(...bytes),
    ended: () => connection.close(),
    closed: (how) => ends.push(how),
  };
  connection.open();
  return { connection, received, ends };
}

/** s1 sends back what it gets. */
function echo({ world }: QuietCluster): void {
  world.host('s1').tcp.listen(Port, (connection) => {
    connection.user = {
      connected: () => {},
      data: (bytes) => connection.write(bytes.slice()),
      ended: () => connection.close(),
      closed: () => {},
    };
    return true;
  });
}

const message = Uint8Array.from({ length: 4_000 }, (_, index) => (index * 7) & 0xff);

test('bytes arrive as they were sent, also when frames are lost, late, doubled and damaged', (t) => {
  for (const weather of [
    {},
    { loss: 200 },
    { reordering: 300, duplication: 300 },
    { corruption: 200, truncation: 100 },
  ]) {
    const cluster = quietCluster();
    echo(cluster);
    const cable = cluster.world.network.cable('c1', 'clients');
    if (cable !== undefined) cable.up.weather = { ...FairWeather, ...weather };
    const { connection, received, ends } = connect(cluster);
    connection.write(message);
    cluster.until(60);
    t.equal(Buffer.from(received).compare(message), 0, JSON.stringify(weather));
    connection.close();
    cluster.until(120);
    t.strictSame(ends, ['closed']);
  }
  t.end();
});

test('nobody listens: the connection is refused; nobody answers: it times out after a back-off', (t) => {
  const refused = quietCluster();
  const first = connect(refused);
  refused.until(1);
  t.strictSame(first.ends, ['refused']);

  const silent = quietCluster();
  silent.world.network.cable('c1', 'clients')?.up.filters.add(filterOf.all);
  const second = connect(silent);
  silent.until(20);
  t.strictSame(second.ends, [], 'it tries for some time');
  silent.until(60);
  t.strictSame(second.ends, ['timeout']);
  t.end();
});

test('a segment of a connection that a host does not know is reset', (t) => {
  const cluster = quietCluster();
  echo(cluster);
  const { connection, ends } = connect(cluster);
  connection.write(message);
  cluster.until(1);
  const server = cluster.world.host('s1');
  server.powerOff();
  server.powerOn();
  connection.write(message);
  cluster.until(5);
  t.strictSame(ends, ['reset']);
  t.end();
});
