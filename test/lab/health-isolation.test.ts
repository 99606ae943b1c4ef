import { setTimeout as delay } from 'node:timers/promises';

import { test } from 'tap';

import {
  answering,
  healthConfig,
  healthLab,
  startGreeter,
  startMaster,
  timeUntil,
} from './health-lab.js';

const service = (rest: string): string => `
virtual_server 10.9.0.100 80 {
  lvs_sched rr
  lvs_method DR
  protocol TCP
  delay_loop 0.5
  retry 1
  delay_before_retry 0.3
  warmup 0
  ${rest}
  real_server 10.9.0.2 80 {
    TCP_CHECK {
      connect_timeout 0.5
    }
  }
  real_server 10.9.0.3 80 {
    TCP_CHECK {
      connect_timeout 0.5
    }
  }
}
`;

test('a node that is cut off keeps its pool, and serves at once when it is back', async (t) => {
  const lab = await healthLab(t, 2);
  for (const server of lab.servers) await startGreeter(t, server);
  // In fault a node without its link is silent: here it is to go on, so that its pool can be seen.
  const config = healthConfig(service('')).replace(
    'priority 200',
    'priority 200\n dont_track_primary',
  );
  const director = await startMaster(t, lab, config);
  t.strictSame(await answering(lab.client, 4), ['10.9.0.2', '10.9.0.3']);
  lab.director.plug(false);
  await delay(6_000);
  const pools = await director.pools();
  t.match(pools[0], { quorum: { isUp: true }, servers: [{ isUp: true }, { isUp: true }] });
  const voids = pools[0]?.servers.map(({ checkers }) => checkers[0]?.voids ?? 0) ?? [];
  t.ok(
    voids.every((count) => count >= 3),
    `checks without meaning: ${voids.join(', ')}`,
  );
  lab.director.plug(true);
  const back = await timeUntil(
    async () => (await answering(lab.client, 4)).join(' ') === '10.9.0.2 10.9.0.3',
    10_000,
  );
  t.ok(back !== undefined, 'both servers serve');
  const kinds = (await director.events()).map(({ kind }) => kind);
  t.notOk(kinds.includes('server-down'), 'no server was ever down');
});

test('servers that a switch hides from a node with carrier are kept as well, when nobody is heard', async (t) => {
  const lab = await healthLab(t, 2);
  for (const server of lab.servers) await startGreeter(t, server);
  const director = await startMaster(t, lab, healthConfig(service('')));
  await delay(1_500);
  for (const node of [...lab.servers, lab.client]) node.plug(false);
  await delay(6_000);
  t.match((await director.pools())[0], { servers: [{ isUp: true }, { isUp: true }] });
  for (const node of [...lab.servers, lab.client]) node.plug(true);
  const back = await timeUntil(
    async () => (await answering(lab.client, 4)).join(' ') === '10.9.0.2 10.9.0.3',
    10_000,
  );
  t.ok(back !== undefined, 'both servers serve');
});

test('servers that are all gone while clients are heard are taken out, and come back', async (t) => {
  const lab = await healthLab(t, 2);
  for (const server of lab.servers) await startGreeter(t, server);
  const director = await startMaster(t, lab, healthConfig(service('')));
  lab.client.start('ping', '-i', '0.2', '10.9.0.100');
  await delay(1_500);
  for (const node of lab.servers) node.plug(false);
  const down = await timeUntil(async () => {
    const [pool] = await director.pools();
    return pool?.servers.every(({ isUp }) => !isUp) === true && !pool.quorum.isUp;
  }, 6_000);
  t.ok(down !== undefined, 'all are down');
  for (const node of lab.servers) node.plug(true);
  const back = await timeUntil(
    async () => (await answering(lab.client, 4)).join(' ') === '10.9.0.2 10.9.0.3',
    10_000,
  );
  t.ok(back !== undefined, 'both servers serve');
});

test('with inhibit_on_failure no client is refused after a server was taken out', async (t) => {
  const lab = await healthLab(t, 2);
  const [first, second] = lab.servers;
  if (first === undefined || second === undefined) throw new Error('two servers');
  const dying = await startGreeter(t, first);
  await startGreeter(t, second);
  const director = await startMaster(t, lab, healthConfig(service('inhibit_on_failure')));
  await delay(1_500);
  const script = `
const net = require('net');
setInterval(() => {
  const at = Date.now();
  const socket = net.connect(80, '10.9.0.100');
  let text = '';
  socket.on('data', (piece) => { text += piece; });
  socket.on('error', () => {});
  socket.on('close', () => console.log(JSON.stringify({ at, text })));
}, 10);`;
  const results: { at: number; text: string }[] = [];
  lab.client.start(process.execPath, '-e', script).stdout?.on('data', (lines: Buffer) => {
    for (const line of lines.toString().trim().split('\n')) results.push(JSON.parse(line));
  });
  await timeUntil(() => results.length > 100, 10_000);
  await dying.kill();
  const isDown = async (): Promise<boolean> =>
    (await director.events()).at(-1)?.kind === 'server-down';
  await timeUntil(isDown, 5_000);
  const removedAt = (await director.events()).at(-1)?.at ?? 0;
  await timeUntil(() => results.filter(({ at }) => at > removedAt).length > 150, 20_000);
  const failures = results.filter(({ text }) => text === '');
  t.ok(failures.length > 0, 'before that the dead server was met');
  const late = failures.filter(({ at }) => at > removedAt + 20);
  const afterwards = results.filter(({ at }) => at > removedAt);
  t.ok(afterwards.length > 100, `${afterwards.length} connections afterwards`);
  t.strictSame(late, [], 'none of them has failed');
  const [view] = await director.services();
  t.match(
    view?.realServers.find(({ address }) => address === '10.9.0.2:80'),
    { isPlaced: true, weight: 0, health: { isUp: false, reason: 'connection refused' } },
  );
  results.length = 0;
  await startGreeter(t, first);
  const back = await timeUntil(() => results.some(({ text }) => text === '10.9.0.2'), 5_000);
  t.ok(back !== undefined);
});
