import { test } from 'tap';

import { createScheduler } from '../../director/core/schedulers/create.js';
import type { SchedulerName } from '../../director/core/schedulers/scheduler.js';
import { Method } from '../../director/core/services.js';
import { ip } from '../base/values.js';
import { BenchDirector, Mac } from '../packets/bench-director.js';
import { fromClient } from '../packets/packet-case.js';
import { readText } from '../packets/recordings.js';

/** One line of kernel-schedulers.txt: a run of connections one after the other, and the servers that got them. */
interface Run {
  readonly title: string;
  /** `hold`: connections stay open. `rst-even`: every second one, from the first on, is reset at once. */
  readonly kind: string;
  readonly scheduler: SchedulerName;
  readonly weights: readonly number[];
  readonly chosen: readonly string[];
}

function readRuns(): Run[] {
  const line =
    /^tcp (vport=\d+ (hold|rst-even|edit) sched=(rr|wlc) opt="" weights=\[([\d, ]+)\]) .* : (.*)$/;
  return readText('schedulers/kernel-schedulers.txt')
    .split('\n')
    .flatMap((text) => {
      const [, title, kind, scheduler, weights, chosen] = line.exec(text) ?? [];
      if (title === undefined || kind === undefined) return [];
      return [
        {
          title,
          kind,
          scheduler: scheduler === 'rr' ? 'rr' : 'wlc',
          weights: (weights ?? '').split(',').map(Number),
          chosen: (chosen ?? '').split(' '),
        } as const,
      ];
    });
}

const Vip = '10.1.0.101';

/** A bench whose only Route service on port 8000 has the run's scheduler and servers r1, r2, r3. */
function benchFor(run: Run): BenchDirector {
  const bench = new BenchDirector({ isMaster: false });
  const { services } = bench.director;
  const service = services.addService(
    { address: ip(Vip), port: 8_000, protocol: 6 },
    createScheduler(run.scheduler),
  );
  for (const [index, weight] of run.weights.entries()) {
    const address = ip(`10.2.0.${21 + index}`);
    services.addServer(service, { address, port: 8_000, method: Method.route, weight });
  }
  bench.setMaster(true);
  return bench;
}

const ServerOfMac: Readonly<Record<string, string>> = {
  [Mac.server1]: 'r1',
  [Mac.server2]: 'r2',
  [Mac.server3]: 'r3',
};

/** Opens one connection through the packet path and says which server's MAC address it went to. */
function connect(bench: BenchDirector, number: number, isReset: boolean): string {
  const segment = { from: `10.1.0.2:${30_000 + number}`, to: `${Vip}:8000` };
  for (const tcp of ['S', 'A', ...(isReset ? ['R'] : [])]) {
    bench.receive('clients', fromClient({ ...segment, tcp }));
  }
  const [syn] = bench.takeSent();
  const mac = [...(syn?.frame.subarray(0, 6) ?? [])].map((byte) =>
    byte.toString(16).padStart(2, '0'),
  );
  return ServerOfMac[mac.join(':')] ?? 'none';
}

/** What the recorded `edit` run did between its connections. */
function edit(bench: BenchDirector, number: number): void {
  const { servers } = bench.service(Vip, 8_000);
  if (number === 8) bench.server(Vip, 8_000, '10.2.0.22').weight = 9;
  if (number === 16) servers.splice(servers.indexOf(bench.server(Vip, 8_000, '10.2.0.21')), 1);
}

const runs = readRuns();

test('the recording holds runs of both schedulers', (t) => {
  t.equal(runs.filter((run) => run.scheduler === 'rr').length, 8);
  t.equal(runs.filter((run) => run.scheduler === 'wlc').length, 1);
  t.end();
});

for (const run of runs) {
  test(`the kernel and we choose the same servers: ${run.title}`, (t) => {
    const bench = benchFor(run);
    const chosen = run.chosen.map((_, number) => {
      if (run.kind === 'edit') edit(bench, number);
      return connect(bench, number, run.kind === 'rst-even' && number % 2 === 0);
    });
    t.strictSame(chosen.join(' '), run.chosen.join(' '));
    t.end();
  });
}
