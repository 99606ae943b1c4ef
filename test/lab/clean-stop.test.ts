import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { test } from 'tap';

import { TrafficProcess } from '../../cluster/lab/traffic/client-process.js';
import { until } from '../../cluster/lab/wait.js';
import { labThatCommits, surviveEnds } from '../../scripts/benchmarks/end-rounds.js';
import { labWith, reaches, runLab } from './cluster.js';

test('a director that is stopped hands over without a broken flow', async (t) => {
  const running = await runLab(t, labWith(1_000));
  const targets = [
    { protocol: 'TCP', address: '10.1.0.100', port: 80, count: 20 },
    { protocol: 'TCP', address: '10.1.0.101', port: 80, count: 20 },
    { protocol: 'UDP', address: '10.1.0.100', port: 53, count: 10 },
  ] as const;
  const client = new TrafficProcess(running.execArgs('client', []), {
    targets,
    durationMs: 60_000,
  });
  t.teardown(() => client.kill());
  const settled = await until(
    async () => {
      const { alive, leastExchanges } = await client.count();
      return (alive === 50 && leastExchanges >= 3) || undefined;
    },
    { timeoutMs: 15_000, everyMs: 100 },
  );
  t.ok(settled, 'every flow is established');

  const stoppedAt = performance.timeOrigin + performance.now();
  await running.stopNode('d1');
  t.ok(await reaches(running, 'd2', 'master', 5_000), 'd2 is master');
  const { events } = await running.request('d2', '/events');
  const master = events.find(({ kind, at }) => kind === 'master' && at > stoppedAt);
  const took = (master?.at ?? Infinity) - stoppedAt;
  // Priority 0 shortens the wait to the skew time, 0.61 s for priority 100, from a master-down interval of 3.61 s. Between
  // them is room for a busy machine.
  t.ok(took < 3_000, `d2 took over ${Math.round(took)} ms after the stop`);

  await client.mark('after');
  await sleep(1_500);
  const after = await client.count();
  t.equal(after.broken, 0, 'no flow broke');
  t.equal(after.answered, 50, 'every flow goes on');
  const report = await client.stop();
  t.equal(report.flows.length, 50);
});

test('a connection below the sync threshold survives a planned stop', async (t) => {
  const running = await runLab(t, labWith(100));
  // The client says nothing after the handshake: two client packets, one less than the threshold.
  const program = `
    const socket = require('node:net').connect(80, '10.1.0.100', () => console.log('connected'));
    socket.on('error', (error) => { console.log(error.code); process.exit(); });
    process.stdin.once('data', () => socket.write(Buffer.from('x')));
    setTimeout(() => { console.log('open'); process.exit(); }, 6000);`;
  const [command = '', ...rest] = running.execArgs('client', [process.execPath, '-e', program]);
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const lines: string[] = [];
  child.stdout.on('data', (text: Buffer) => lines.push(...text.toString().trim().split('\n')));
  await once(child.stdout, 'data');
  t.strictSame(lines, ['connected']);
  const { sessions: unsynced } = await running.request('d2', '/sessions');
  t.strictSame(unsynced, [], 'd2 does not know the connection yet');

  await running.stopNode('d1');
  t.ok(await reaches(running, 'd2', 'master', 5_000));
  const { sessions } = await running.request('d2', '/sessions');
  t.match(sessions, [{ protocol: 'TCP', state: 'ESTABLISHED' }]);
  child.stdin.write('\n');
  await once(child, 'exit');
  t.strictSame(lines, ['connected', 'open'], 'the connection was neither reset nor refused');
});

for (const commit of ['none', 'acked'] as const) {
  test(`connections that arrive during planned stops and returns are opened at once by one node or the other, commit ${commit}`, async (t) => {
    const lab = await runLab(t, labThatCommits(labWith(1_000), commit));
    const { arrivals } = await surviveEnds(lab, {
      end: 'stop',
      rounds: 5,
      perSecond: 200,
      seed: 20_261_120,
      progress: (text) => t.comment(text),
    });
    t.strictSame(arrivals.breaks, []);
    t.equal(arrivals.completed, arrivals.opened);
    t.ok(arrivals.opened > 1_000, `${arrivals.opened} connections`);
    // A SYN that nobody takes is sent again after a second. A busy machine loses some by itself; half a second without a
    // node that opens connections, at each stop and return, would be a quarter of them.
    t.ok(arrivals.resent < arrivals.opened / 20, `${arrivals.resent} were not opened at once`);
  });
}
