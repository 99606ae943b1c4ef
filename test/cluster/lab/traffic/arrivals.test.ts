import { createServer, type AddressInfo, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { test } from 'tap';

import { Arrivals } from '../../../../cluster/lab/traffic/arrivals.js';
import type { FlowRecord } from '../../../../cluster/lab/traffic/flow-record.js';
import { parsePlan, type ArrivalPlan } from '../../../../cluster/lab/traffic/plan.js';
import { TrafficServer } from '../../../../cluster/lab/traffic/server.js';

const address = '127.0.0.1';

function planOf(ports: readonly number[], changes: Partial<ArrivalPlan> = {}): ArrivalPlan {
  const targets = ports.map((port) => ({ protocol: 'TCP', address, port, count: 1 }));
  const { arrivals } = parsePlan({
    targets: [],
    arrivals: { targets, perSecond: 200, holdMs: 300, pauseMs: 50, intervalMs: 50, ...changes },
  });
  if (arrivals === undefined) throw new Error('the plan has arrivals');
  return arrivals;
}

/** Waits until nothing is under way any more, for up to ten seconds. */
async function drained(arrivals: Arrivals): Promise<void> {
  for (let round = 0; round < 500 && arrivals.report().underWay > 0; round += 1) await sleep(20);
}

/** A server that does with every connection what it is told. */
async function serverThat(deal: Parameters<typeof createServer>[1]): Promise<[Server, number]> {
  const server = createServer(deal);
  await new Promise<void>((resolve) => void server.listen(0, address, resolve));
  const bound: AddressInfo | string | null = server.address();
  return [server, bound === null || typeof bound === 'string' ? 0 : bound.port];
}

test('connections arrive at their rate, live for their time and are closed', async (t) => {
  const server = await TrafficServer.listen({
    name: 's1',
    tcp: [0, 0],
    udp: [],
    addresses: [address],
  });
  const broken: FlowRecord[] = [];
  const arrivals = new Arrivals(planOf(server.tcpPorts), 1, (record) => broken.push(record));
  arrivals.start();
  await sleep(1_500);
  const midway = arrivals.report();
  t.ok(midway.underWay > 0, 'some are under way');
  arrivals.pause();
  await drained(arrivals);
  const report = arrivals.stop();
  await server.close();

  t.ok(report.opened >= 150, `${report.opened} in a second and a half`);
  t.match(report, { connected: report.opened, completed: report.opened, broken: 0, underWay: 0 });
  t.ok(report.exchanges > report.opened, 'more than one exchange each');
  t.ok(report.bytesChecked > 0);
  t.strictSame(broken, []);
  t.equal(server.faults, 0);
  const { median, p90, p99, max } = report.connectMs;
  t.ok(median > 0 && median <= p90 && p90 <= p99 && p99 <= max);
  t.equal(report.connectMsByTarget.length, 2);
  t.equal(report.resent, 0);
});

test('a refused, a reset and a closed connection are broken, each for its reason', async (t) => {
  const [resetting, resetPort] = await serverThat((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.resetAndDestroy());
  });
  const [closing, closedPort] = await serverThat((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end());
  });
  const arrivals = new Arrivals(planOf([1, resetPort, closedPort]), 1, () => {});
  arrivals.start();
  await sleep(500);
  arrivals.pause();
  await drained(arrivals);
  const report = arrivals.stop();
  resetting.close();
  closing.close();

  t.equal(report.broken, report.opened);
  const reasons = new Map(report.breaks.map(({ virtual, reason }) => [virtual, reason]));
  t.strictSame(
    [...reasons].toSorted(([left], [right]) => (left < right ? -1 : 1)),
    [
      [`${address}:1`, 'refused'],
      [`${address}:${resetPort}`, 'reset'],
      [`${address}:${closedPort}`, 'closed'],
    ].toSorted(([left = ''], [right = '']) => (left < right ? -1 : 1)),
  );
  t.ok(report.breaks.every(({ at, openedAt }) => at >= openedAt));
});

test('the breaks that are told one by one are limited, and all are counted', async (t) => {
  const arrivals = new Arrivals(planOf([1], { perSecond: 1_000 }), 1, () => {});
  arrivals.start();
  await sleep(400);
  arrivals.pause();
  await drained(arrivals);
  const report = arrivals.stop();
  t.ok(report.broken > 100);
  t.equal(report.breaks.length, 100);
});
