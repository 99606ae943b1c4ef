import { test } from 'tap';

import { createScheduler } from '../../director/core/schedulers/create.js';
import type { SchedulerName } from '../../director/core/schedulers/scheduler.js';
import { Method, ServiceTable, type VirtualService } from '../../director/core/services.js';
import { Flow } from '../../director/wire/flow.js';
import { ip } from '../base/values.js';

const flow = new Flow();

/** A service with real servers r1, r2 … of these weights, added in this order. */
function serviceWith(scheduler: SchedulerName, weights: readonly number[]): VirtualService {
  const services = new ServiceTable();
  const service = services.addService(
    { address: ip('10.0.0.100'), port: 80, protocol: 6 },
    createScheduler(scheduler),
  );
  for (const [index, weight] of weights.entries()) {
    const address = ip(`10.0.0.${21 + index}`);
    services.addServer(service, { address, port: 80, method: Method.route, weight });
  }
  return service;
}

function choose(service: VirtualService): string {
  const server = service.scheduler.choose(service, flow);
  return server === undefined ? 'none' : `r${server.id + 1}`;
}

const chooseMany = (service: VirtualService, count: number): string =>
  Array.from({ length: count }, () => choose(service)).join(' ');

test('the server added last comes first, as in the kernel', (t) => {
  t.equal(chooseMany(serviceWith('rr', [1, 1, 1]), 4), 'r3 r2 r1 r3');
  t.equal(choose(serviceWith('wlc', [1, 1, 1])), 'r3');
  t.end();
});

test('round robin goes on after the server used last, whatever the weights', (t) => {
  const service = serviceWith('rr', [9, 1, 1]);
  t.equal(chooseMany(service, 2), 'r3 r2');
  const [third] = service.servers;
  if (third !== undefined) third.weight = 0;
  t.equal(chooseMany(service, 3), 'r1 r2 r1', 'a quiesced server is passed over');
  if (third !== undefined) third.weight = 1;
  t.equal(chooseMany(service, 3), 'r3 r2 r1', 'and comes back in its place');
  t.end();
});

test('wlc takes the smallest load for its weight, and the first on a tie', (t) => {
  const service = serviceWith('wlc', [1, 2, 1]);
  const [third, second, first] = service.servers;
  if (first === undefined || second === undefined || third === undefined) throw new Error('three');
  t.equal(choose(service), 'r3');
  third.active = 1;
  t.equal(choose(service), 'r2');
  second.active = 1;
  t.equal(choose(service), 'r1');
  first.active = 1;
  t.equal(choose(service), 'r2', 'half the load for its weight');
  second.active = 2;
  t.equal(choose(service), 'r3', 'all equal: the first in the list');
  third.inactive = 1;
  t.equal(choose(service), 'r2', 'an inactive connection weighs something');
  first.active = 0;
  first.inactive = 256;
  second.active = 3;
  t.equal(choose(service), 'r1', 'and an active one more than 256 of them');
  t.end();
});

test('the load counts an active connection as the kernel since 6.1 does', (t) => {
  const [server] = serviceWith('wlc', [1]).servers;
  if (server === undefined) throw new Error('one server');
  server.active = 3;
  server.inactive = 5;
  t.equal(server.overhead, 3 * 256 + (3 + 5));
  t.end();
});

test('wlc compares exactly, with weights and loads at their limits', (t) => {
  const service = serviceWith('wlc', [65_535, 65_534]);
  const [second, first] = service.servers;
  if (first === undefined || second === undefined) throw new Error('two servers');
  first.active = 65_535 * 16;
  second.active = 65_534 * 16;
  t.equal(choose(service), 'r2', 'equal ratios: the first in the list');
  second.inactive = 1;
  t.equal(choose(service), 'r1', 'one connection among millions decides');
  t.end();
});

test('no server is chosen when there is none to choose', (t) => {
  for (const scheduler of ['rr', 'wlc'] as const) {
    t.equal(choose(serviceWith(scheduler, [])), 'none', scheduler);
    t.equal(chooseMany(serviceWith(scheduler, [0, 0]), 2), 'none none', scheduler);
    t.equal(chooseMany(serviceWith(scheduler, [0, 1]), 2), 'r2 r2', scheduler);
  }
  t.end();
});
