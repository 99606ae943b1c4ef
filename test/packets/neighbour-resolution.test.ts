import { test } from 'tap';

import { DropReason } from '../../director/core/counters.js';
import { BenchDirector, macText } from './bench-director.js';
import { Mac } from './hosts.js';
import { buildArp, buildNeighbour } from './packet-builder.js';
import { fromClient, fromServer, sentTo } from './packet-case.js';

const segment = (payload: string): Uint8Array =>
  fromClient({ from: '10.1.0.2:40000', to: '10.1.0.101:80', tcp: 'PAS', payload });

const delivered = (payload: string) =>
  sentTo('servers', Mac.server3, {
    from: '10.1.0.2:40000',
    to: '10.1.0.101:80',
    tcp: 'PAS',
    payload,
    ttl: 63,
  });

/** The director's question about a real server, from its own address on that link. */
const question = (address: string) => ({
  link: 'servers',
  frame: buildArp({
    ethernet: { destination: Mac.broadcast },
    operation: 'request',
    sender: [Mac.directorServers, '10.2.0.11'],
    target: ['00:00:00:00:00:00', address],
  }),
});

/** A broadcast question of a host about a VIP. */
const asking = (mac: string, sender: string, address = '10.1.0.100'): Uint8Array =>
  buildArp({
    ethernet: { destination: Mac.broadcast },
    operation: 'request',
    sender: [mac, sender],
    target: ['00:00:00:00:00:00', address],
  });

test('frames for an unknown neighbour wait while it is asked for, and leave in their order', (t) => {
  const bench = new BenchDirector({ isUnresolved: true });
  t.equal(bench.receive('clients', segment('one')), 'hold');
  t.strictSame(bench.takeSent(), [question('10.2.0.23')], 'asked at once');
  t.equal(bench.receive('clients', segment('two')), 'hold');
  t.equal(bench.receive('clients', segment('three')), 'hold');
  t.strictSame(bench.takeSent(), [], 'and not again with every frame');
  t.equal(bench.director.counters.held, 3);
  t.ok(bench.isBalanced);

  t.equal(bench.answerNeighbour('servers', Mac.server3, '10.2.0.23'), 'answer');
  t.strictSame(bench.takeSent(), [delivered('one'), delivered('two'), delivered('three')]);
  t.equal(bench.director.counters.held, 0);
  t.equal(bench.director.counters.forwarded, 3);
  t.ok(bench.isBalanced);

  t.equal(bench.receive('clients', segment('four')), 'forward');
  t.strictSame(bench.takeSent(), [delivered('four')]);
  t.end();
});

test('the queue of an unknown neighbour is 64 frames long', (t) => {
  const bench = new BenchDirector({ isUnresolved: true });
  const payloads = Array.from({ length: 64 }, (_, index) => `segment ${index}`);
  for (const payload of payloads) t.equal(bench.receive('clients', segment(payload)), 'hold');
  t.equal(bench.receive('clients', segment('too many')), 'drop: unresolved');
  t.equal(bench.director.counters.held, 64);
  t.ok(bench.isBalanced);
  bench.takeSent();
  bench.answerNeighbour('servers', Mac.server3, '10.2.0.23');
  t.strictSame(bench.takeSent(), payloads.map(delivered));
  t.end();
});

test('frames that wait for neighbours are limited in all', (t) => {
  const bench = new BenchDirector();
  const service = bench.addService({
    vip: '10.1.0.100',
    port: 514,
    protocol: 17,
    isOnePacket: true,
  });
  for (let last = 100; last < 165; last += 1) {
    bench.addServer(service, { address: `10.2.0.${last}` });
  }
  const frame = fromClient({ from: '10.1.0.2:40000', to: '10.1.0.100:514', udp: {} });
  for (let count = 0; count < 64 * 64; count += 1) bench.receive('clients', frame);
  t.equal(bench.director.counters.held, 4_096);
  t.equal(bench.receive('clients', frame), 'drop: unresolved');
  bench.wait(5);
  t.equal(bench.director.counters.held, 0, 'given up when nobody answers');
  t.equal(bench.receive('clients', frame), 'hold', 'and there is room again');
  t.end();
});

test('a neighbour that does not answer three questions loses what waited for it', (t) => {
  const bench = new BenchDirector({ isUnresolved: true });
  bench.receive('clients', segment('one'));
  bench.receive('clients', segment('two'));
  bench.wait(2.75);
  const three = [question('10.2.0.23'), question('10.2.0.23'), question('10.2.0.23')];
  t.strictSame(bench.takeSent(), three, 'one question a second');
  t.equal(bench.director.counters.held, 2);

  bench.wait(0.5);
  t.strictSame(bench.takeSent(), [], 'no fourth question');
  t.equal(bench.director.counters.held, 0);
  t.equal(bench.dropped(DropReason.unresolved), 2);
  t.equal(bench.neighbour('10.2.0.23'), undefined);
  t.ok(bench.isBalanced);

  t.equal(bench.receive('clients', segment('three')), 'hold', 'the next frame starts over');
  t.strictSame(bench.takeSent(), [question('10.2.0.23')]);
  t.end();
});

test('an answer that comes after giving up is of no use', (t) => {
  const bench = new BenchDirector({ isUnresolved: true });
  bench.receive('clients', segment('one'));
  bench.wait(4);
  bench.takeSent();
  t.equal(bench.answerNeighbour('servers', Mac.server3, '10.2.0.23'), 'drop: not-for-us');
  t.strictSame(bench.takeSent(), []);
  t.end();
});

test('an answer on another link teaches nothing', (t) => {
  const bench = new BenchDirector({ isUnresolved: true });
  bench.receive('clients', segment('one'));
  t.equal(bench.answerNeighbour('clients', Mac.stranger, '10.2.0.23'), 'drop: not-for-us');
  t.equal(bench.neighbour('10.2.0.23')?.isResolved, false);
  t.equal(bench.director.counters.held, 1);
  t.end();
});

test('nobody else can take a VIP away from its holder by ARP', (t) => {
  const bench = new BenchDirector();
  bench.answerNeighbour('clients', Mac.stranger, '10.1.0.100');
  bench.receive('clients', asking(Mac.stranger, '10.1.0.100', '10.1.0.101'));
  t.equal(bench.neighbour('10.1.0.100'), undefined);
  t.end();
});

test('a probe without a sender address is nobody’s neighbour', (t) => {
  const bench = new BenchDirector({ isUnresolved: true });
  t.equal(bench.receive('clients', asking(Mac.stranger, '0.0.0.0')), 'answer');
  t.equal(bench.director.neighbours.size, 0);
  t.end();
});

test('who asks for a VIP need not be asked for the way back', (t) => {
  const bench = new BenchDirector({ isUnresolved: true });
  bench.receive('clients', asking(Mac.client, '10.1.0.2'));
  bench.takeSent();
  const ping = { from: '10.1.0.2', to: '10.1.0.100', icmp: { type: 8 }, payload: '0x12340001' };
  t.equal(bench.receive('clients', fromClient(ping)), 'answer');
  t.end();
});

test('a host that moves to another MAC address is followed', (t) => {
  const bench = new BenchDirector();
  bench.receive('clients', segment('one'));
  bench.takeSent();
  const gratuitous = buildArp({
    ethernet: { destination: Mac.broadcast },
    operation: 'request',
    sender: [Mac.stranger, '10.2.0.23'],
    target: [Mac.broadcast, '10.2.0.23'],
  });
  t.equal(bench.receive('servers', gratuitous), 'answer');
  bench.receive('clients', segment('two'));
  const [sent] = bench.takeSent();
  t.equal(Buffer.from(sent?.frame.subarray(0, 6) ?? []).toString('hex'), '020000000909');
  t.end();
});

test('a neighbour in use is asked again after half a minute and stays usable meanwhile', (t) => {
  const bench = new BenchDirector();
  bench.receive('clients', segment('one'));
  bench.takeSent();
  bench.wait(29.75);
  t.strictSame(bench.takeSent(), []);
  bench.wait(0.25);
  t.strictSame(bench.takeSent(), [question('10.2.0.23')]);
  t.equal(bench.receive('clients', segment('two')), 'forward');
  bench.takeSent();
  bench.answerNeighbour('servers', Mac.server3, '10.2.0.23');
  bench.wait(20);
  t.strictSame(bench.takeSent(), [], 'an answer is good for another half minute');
  t.end();
});

test('a neighbour that nobody uses is forgotten after half a minute', (t) => {
  const bench = new BenchDirector();
  const { neighbours } = bench.director;
  bench.wait(29.75);
  t.equal(neighbours.size, 10);
  bench.receive('clients', segment('one'));
  bench.wait(0.25);
  t.equal(neighbours.size, 1, 'but for the one in use');
  t.not(bench.neighbour('10.2.0.23'), undefined);
  bench.takeSent();

  // The server remembers its neighbour; a forgotten one is asked for and not sent to blindly.
  bench.answerNeighbour('servers', Mac.server3, '10.2.0.23');
  bench.wait(31);
  t.equal(neighbours.size, 0);
  t.equal(bench.receive('clients', segment('two')), 'hold');
  t.strictSame(bench.takeSent(), [question('10.2.0.23')]);
  t.end();
});

test('strangers cannot fill the neighbour table for good', (t) => {
  const bench = new BenchDirector();
  const { neighbours } = bench.director;
  const full = 65_536;
  for (let host = neighbours.size; host < full; host += 1) {
    const address = `10.3.${Math.floor(host / 256)}.${host % 256}`;
    bench.receive('clients', asking(Mac.stranger, address));
  }
  t.equal(neighbours.size, full);
  t.equal(bench.receive('clients', asking(Mac.stranger, '10.9.9.9')), 'answer');
  t.equal(bench.neighbour('10.9.9.9'), undefined, 'there is no room for one more');
  bench.wait(31);
  t.equal(neighbours.size, 0);
  t.end();
});

test('a neighbour in use that has gone is noticed, and its frames wait again', (t) => {
  const bench = new BenchDirector();
  bench.receive('clients', segment('one'));
  bench.wait(34);
  bench.takeSent();
  t.equal(bench.receive('clients', segment('two')), 'hold');
  t.strictSame(bench.takeSent(), [question('10.2.0.23')]);
  t.equal(bench.answerNeighbour('servers', Mac.stranger, '10.2.0.23'), 'answer');
  const neighbour = bench.neighbour('10.2.0.23');
  t.equal(neighbour === undefined ? '' : macText(neighbour), Mac.stranger);
  t.end();
});

test('a packet without DF is cut to size also after it has waited', (t) => {
  const bench = new BenchDirector({ isUnresolved: true, mtu: { servers: 1_000 } });
  const spec = { from: '10.1.0.2:40000', to: '10.1.0.101:80', tcp: 'S' };
  const long = 'x'.repeat(1_460);
  t.equal(bench.receive('clients', fromClient({ ...spec, payload: long })), 'hold');
  bench.takeSent();
  bench.answerNeighbour('servers', Mac.server3, '10.2.0.23');
  const lengths = bench.takeSent().map(({ frame }) => frame.length);
  t.strictSame(lengths, [14 + 996, 14 + 524]);
  t.equal(bench.director.counters.forwarded, 1, 'one packet came, one went on');
  t.end();
});

test('a packet that must not be cut is refused before it waits', (t) => {
  const bench = new BenchDirector({ isUnresolved: true, mtu: { servers: 1_000 } });
  const spec = { from: '10.1.0.2:40000', to: '10.1.0.101:80', tcp: 'S', dontFragment: true };
  const long = 'x'.repeat(1_460);
  t.equal(bench.receive('clients', fromClient({ ...spec, payload: long })), 'drop: too-big');
  t.equal(bench.director.counters.held, 0);
  t.end();
});

test('replies of many clients wait each for its own neighbour', (t) => {
  const bench = new BenchDirector();
  const clients = ['10.1.0.31', '10.1.0.32'];
  for (const client of clients) {
    bench.receive('clients', fromClient({ from: `${client}:5000`, to: '10.1.0.100:80', tcp: 'S' }));
  }
  t.equal(
    bench.receive(
      'servers',
      fromServer({ from: '10.2.0.23:8080', to: '10.1.0.31:5000', tcp: 'SA' }),
    ),
    'hold',
  );
  t.equal(
    bench.receive(
      'servers',
      fromServer({ from: '10.2.0.22:8080', to: '10.1.0.32:5000', tcp: 'SA' }),
    ),
    'hold',
  );
  bench.takeSent();
  bench.answerNeighbour('clients', Mac.stranger, '10.1.0.32');
  t.equal(bench.takeSent().length, 1);
  t.equal(bench.director.counters.held, 1);
  t.ok(bench.isBalanced);
  t.end();
});

/** The director's question for an IPv6 real server, from its own address on that link. */
const question6 = (last: string, address: string) => ({
  link: 'servers',
  frame: buildNeighbour({
    ethernet: { source: Mac.directorServers, destination: `33:33:ff:00:00:${last}` },
    kind: 'solicitation',
    from: 'fd02::11',
    to: `ff02::1:ff00:${last}`,
    target: address,
    mac: Mac.directorServers,
  }),
});

const segment6 = { from: '[fd01::2]:40000', to: '[fd01::101]:80', tcp: 'PAS', payload: 'one' };
const delivered6 = (mac: string = Mac.server3) => sentTo('servers', mac, { ...segment6, ttl: 63 });

test('IPv6: frames for an unknown neighbour wait while it is asked for', (t) => {
  const bench = new BenchDirector({ isUnresolved: true });
  t.equal(bench.receive('clients', fromClient(segment6)), 'hold');
  t.strictSame(bench.takeSent(), [question6('23', 'fd02::23')]);
  bench.wait(1);
  t.strictSame(bench.takeSent(), [question6('23', 'fd02::23')], 'asked again after a second');
  t.equal(bench.answerNeighbour('servers', Mac.server3, 'fd02::23'), 'answer');
  t.strictSame(bench.takeSent(), [delivered6()]);
  t.equal(bench.receive('clients', fromClient(segment6)), 'forward');
  t.end();
});

test('IPv6: a neighbour that does not answer three questions loses what waited for it', (t) => {
  const bench = new BenchDirector({ isUnresolved: true });
  bench.receive('clients', fromClient(segment6));
  bench.wait(3.25);
  t.equal(bench.takeSent().length, 3);
  t.equal(bench.dropped(DropReason.unresolved), 1);
  t.equal(bench.neighbour('fd02::23'), undefined);
  t.end();
});

test('IPv6: a host that asks for our address is known from its question', (t) => {
  const bench = new BenchDirector({ isUnresolved: true });
  const asking6 = buildNeighbour({
    ethernet: { source: Mac.client, destination: '33:33:ff:00:01:00' },
    kind: 'solicitation',
    from: 'fd01::2',
    to: 'ff02::1:ff00:100',
    target: 'fd01::100',
    mac: Mac.client,
  });
  t.equal(bench.receive('clients', asking6), 'answer');
  const neighbour = bench.neighbour('fd01::2');
  t.equal(neighbour === undefined ? '' : macText(neighbour), Mac.client);
  t.end();
});

test('IPv6: a host that says unasked that it has moved is followed', (t) => {
  const bench = new BenchDirector();
  const moved = buildNeighbour({
    ethernet: { source: Mac.stranger, destination: '33:33:00:00:00:01' },
    kind: 'advertisement',
    from: 'fd02::23',
    to: 'ff02::1',
    target: 'fd02::23',
    flags: 'O',
    mac: Mac.stranger,
  });
  t.equal(bench.receive('servers', moved), 'answer');
  bench.receive('clients', fromClient(segment6));
  t.strictSame(bench.takeSent(), [delivered6(Mac.stranger)]);
  t.end();
});

test('IPv6: nobody can take a VIP from its holder, nor become a neighbour from nowhere', (t) => {
  const bench = new BenchDirector();
  bench.answerNeighbour('clients', Mac.stranger, 'fd01::100');
  t.equal(bench.neighbour('fd01::100'), undefined);
  const { size } = bench.director.neighbours;
  const probe = buildNeighbour({
    ethernet: { source: Mac.stranger, destination: '33:33:ff:00:01:00' },
    kind: 'solicitation',
    from: '::',
    to: 'ff02::1:ff00:100',
    target: 'fd01::100',
  });
  t.equal(bench.receive('clients', probe), 'answer');
  t.equal(bench.director.neighbours.size, size);
  t.end();
});

test('a real server’s MAC address that is learnt anew is used by the server that remembers it', (t) => {
  const bench = new BenchDirector();
  const server = bench.server('10.1.0.101', 80, '10.2.0.23');
  bench.receive('clients', segment('one'));
  const remembered = server.neighbour;
  t.ok(remembered?.isResolved);
  bench.wait(34);
  t.equal(remembered?.isResolved, false, 'forgotten, and those who remember it see it');
  bench.takeSent();
  t.equal(bench.receive('clients', segment('two')), 'hold');
  t.not(server.neighbour, remembered);
  t.end();
});
