import { test } from 'tap';

import { virtualMac } from '../../director/core/virtual-macs.js';
import { Family } from '../../director/wire/flow.js';
import { ip } from '../base/values.js';
import { BenchDirector } from '../packets/bench-director.js';
import { fromServer } from '../packets/packet-case.js';
import { Carrier } from './carrier.js';
import { send } from './entries.js';

/*
 * By which interfaces and with which MAC addresses carried packets leave.
 */

const client = '10.1.0.2:40000';
const vip = '10.1.0.100:80';
const real = '10.2.0.23:8080';

/** An established connection by Masq. */
function establish(bench: BenchDirector): void {
  send(bench, client, vip);
  bench.receive('servers', fromServer({ from: real, to: client, tcp: 'SA' }));
  send(bench, client, vip, 'A');
}

const answer = (bench: BenchDirector): unknown =>
  bench.receive('servers', fromServer({ from: real, to: client, tcp: 'A' }));

const newBench = (isActiveActive = false): BenchDirector =>
  new BenchDirector({ settings: { sync_threshold: [0, 0] }, isActiveActive });

test('a connection whose answers cannot leave is carried one way, and not begun anew with each of them', (t) => {
  const bench = newBench();
  const carrier = new Carrier(bench, [0, 4]);
  establish(bench);
  t.ok(carrier.carries(client, vip));
  for (let count = 0; count < 3; count += 1) {
    answer(bench);
    t.notOk(carrier.carries(real, client));
  }
  t.match(carrier.machine.counters, { carried: 1, installed: 1 });
  t.end();
});

test('a connection comes back when its packets are to leave by another device', (t) => {
  const bench = newBench();
  const carrier = new Carrier(bench);
  establish(bench);
  t.ok(carrier.carries(client, vip));
  carrier.useDevices([5, 4]);
  t.notOk(carrier.carries(client, vip));
  send(bench, client, vip, 'A');
  t.ok(carrier.carries(client, vip));
  carrier.useDevices([5, 4]);
  t.ok(carrier.carries(client, vip), 'the same ones');
  t.end();
});

test('answers leave from a virtual MAC address only as long as this node holds it', (t) => {
  const bench = newBench(true);
  const owner = bench.floating('10.1.0.100').interface;
  bench.director.addFloating(ip('10.1.0.100'), owner, virtualMac(Family.ipv4, 51));
  bench.director.setLive(ip('10.1.0.100'), true);
  const carrier = new Carrier(bench);
  establish(bench);
  t.equal(carrier.sourceOf(real, client), '00005e000133');
  bench.director.setLive(ip('10.1.0.100'), false);
  t.notOk(carrier.carries(real, client), 'another node answers from there now');
  send(bench, client, vip, 'A');
  t.equal(carrier.sourceOf(real, client), '02000000010b');
  t.end();
});

test('the program knows which virtual MAC addresses this node holds, and where', (t) => {
  const bench = newBench();
  const owner = bench.floating('10.1.0.100').interface;
  bench.director.addFloating(ip('10.1.0.100'), owner, virtualMac(Family.ipv4, 51));
  bench.director.addFloating(ip('fd01::100'), owner, virtualMac(Family.ipv6, 255));
  const carrier = new Carrier(bench);
  const held = (): readonly string[] => carrier.holdings(owner.index);
  t.strictSame(held(), []);
  bench.director.setLive(ip('10.1.0.100'), true);
  t.strictSame(held(), ['1.51']);
  bench.director.setLive(ip('fd01::100'), true);
  t.strictSame(held(), ['1.51', '2.255']);
  bench.director.retire(ip('10.1.0.100'));
  t.strictSame(held(), ['1.51', '2.255'], 'some still send to it');
  bench.director.setLive(ip('10.1.0.100'), false);
  t.strictSame(held(), ['2.255']);
  bench.director.removeFloating(ip('fd01::100'));
  t.strictSame(held(), []);
  t.strictSame(carrier.holdings(1), []);
  t.end();
});
