import { test } from 'tap';

import { NewOnesToo } from '../../director/core/worth.js';
import { BenchDirector, type BenchOptions } from '../packets/bench-director.js';
import { fromClient, fromServer } from '../packets/packet-case.js';
import { Carrier } from './carrier.js';

/*
 * Flows of datagrams that the kernel carries from the first one on, while its table has room.
 */

const client = '10.1.0.2:40000';
const vip = '10.1.0.100:53';
const real = '10.2.0.23:5353';
const Udp = 17;

/** One client endpoint of many. */
const nameOf = (flow: number): string => `10.1.0.2:${41_000 + flow}`;

function scene(options: BenchOptions = {}, records = 64) {
  const bench = new BenchDirector({ settings: { sync_threshold: [0, 0] }, ...options });
  const carrier = new Carrier(bench, [3, 4], { records, whileRoomy: NewOnesToo });
  const ask = (from = client): unknown =>
    bench.receive('clients', fromClient({ from, to: vip, udp: {}, payload: 'who' }));
  const answer = (): unknown =>
    bench.receive('servers', fromServer({ from: real, to: client, udp: {}, payload: 'me' }));
  return { bench, carrier, ask, answer };
}

test('while there is room a flow is carried from its first datagram on, both ways', (t) => {
  const { carrier, ask } = scene();
  ask();
  t.ok(carrier.carries(client, vip, Udp));
  t.ok(carrier.carries(real, client, Udp));
  t.end();
});

test('one question and its answer are taken back when nothing follows for two seconds', (t) => {
  const { bench, carrier, ask } = scene();
  ask();
  t.ok(carrier.carry(real, client, 1, 100, Udp));
  bench.wait(1.5);
  t.ok(carrier.carries(client, vip, Udp));
  bench.wait(1);
  t.notOk(carrier.carries(client, vip, Udp));
  t.match(carrier.machine.counters, { carried: 0, withdrawn: 1, packets: 1 });
  t.equal(bench.director.connections.size, 1, 'its entry stays');
  bench.wait(1);
  ask();
  t.ok(carrier.carries(client, vip, Udp), 'another question is welcome');
  t.end();
});

test('what goes on stays carried in its pauses', (t) => {
  const { bench, carrier, ask } = scene();
  ask();
  bench.wait(1.5);
  t.ok(carrier.carry(client, vip, 1, 100, Udp));
  bench.wait(20);
  t.ok(carrier.carries(client, vip, Udp));
  t.match(carrier.machine.counters, { carried: 1, withdrawn: 0 });
  t.end();
});

test('answers alone keep a flow carried while they come', (t) => {
  const { bench, carrier, ask } = scene();
  ask();
  for (let second = 0; second < 5; second += 1) {
    t.ok(carrier.carry(real, client, 1, 100, Udp));
    bench.wait(1);
  }
  bench.wait(2.5);
  t.notOk(carrier.carries(client, vip, Udp));
  t.end();
});

test('the last eighth of the table is for flows that have shown to last', (t) => {
  const { carrier, ask } = scene({}, 128);
  // Of 64 places the first is nobody's.
  for (let flow = 0; flow < 60; flow += 1) {
    ask(nameOf(flow));
    carrier.machine.install();
  }
  t.equal(carrier.machine.counters.carried, 55);
  for (let more = 0; more < 2; more += 1) {
    t.notOk(carrier.carries(nameOf(59), vip, Udp));
    ask(nameOf(59));
  }
  t.ok(carrier.carries(nameOf(59), vip, Udp));
  t.end();
});

test('a full table of connections does not give up a flow of which the kernel has seen more', (t) => {
  const { bench, carrier, ask } = scene({ capacity: 1_024, mostOfClient: 1_024 }, 2_048);
  ask();
  t.ok(carrier.carry(client, vip, 1, 100, Udp));
  const { connections, counters } = bench.director;
  for (let flow = 0; counters.evicted < 1_100 && flow < 3_000; flow += 1) {
    ask(nameOf(flow));
  }
  t.equal(counters.evicted, 1_100);
  t.equal(connections.size, 1_024);
  t.ok(carrier.carries(client, vip, Udp));
  t.equal(connections.packets[0], 2);
  t.end();
});

test('in a full table of carried flows those that are idle make room', (t) => {
  const { bench, carrier, ask } = scene({}, 64);
  const places = 31;
  const { counters } = carrier.machine;
  const askThrice = (flow: number): void => {
    for (const _ of [1, 2, 3]) ask(nameOf(flow));
    carrier.machine.install();
  };
  for (let flow = 0; flow < places; flow += 1) askThrice(flow);
  t.match(counters, { carried: places, refused: 0 });
  askThrice(places);
  t.match(counters, { carried: places, refused: 1 });
  bench.wait(8);
  t.ok(carrier.carry(nameOf(3), vip, 1, 100, Udp));
  bench.wait(1);
  t.equal(counters.withdrawn, 0, 'nobody is idle yet');
  bench.wait(3);
  t.match(counters, { carried: 1, withdrawn: places - 1 });
  bench.resolveAll();
  askThrice(places);
  t.match(counters, { carried: 2, refused: 1 });
  t.end();
});

test('while a table of carried flows has room nobody has to go', (t) => {
  const { bench, carrier, ask } = scene({}, 64);
  for (let flow = 0; flow < 30; flow += 1) {
    for (const _ of [1, 2, 3]) ask(nameOf(flow));
    carrier.machine.install();
  }
  bench.wait(30);
  t.match(carrier.machine.counters, { carried: 30, withdrawn: 0 });
  t.end();
});
