import { test, type Test } from 'tap';

import type { DirectorProcess } from './director-process.js';
import {
  answering,
  healthConfig,
  healthLab,
  startGreeter,
  startMaster,
  startProgram,
  timeUntil,
  type HealthLab,
} from './health-lab.js';

/** A service on a port, with TCP_CHECK for each of its servers. */
const service = (port: number, servers: readonly number[], rest = ''): string => `
virtual_server 10.9.0.100 ${port} {
  lvs_sched rr
  lvs_method DR
  protocol TCP
  delay_loop 1
  delay_before_retry 0.5
  warmup 0
  ${rest}
  ${servers.map((number) => `real_server 10.9.0.${number} ${port} {\n TCP_CHECK {\n }\n }`).join('\n')}
}
`;

/** Sends back what it gets, on port 7000. */
const echo = `require('net').createServer(s=>{s.on('error',()=>{});s.pipe(s)}).listen(7000)`;

/** Opens connections to port 7000 and sends on each every 100 ms; prints a line with the count of those that work. */
const echoClient = (count: number): string => `
const net = require('net');
let answered = 0, broken = 0;
for (let i = 0; i < ${count}; i += 1) {
  const socket = net.connect(7000, '10.9.0.100');
  socket.on('data', () => { answered += 1; });
  socket.on('error', () => { broken += 1; });
  socket.on('close', () => { broken += 1; });
  setTimeout(() => setInterval(() => socket.write('x'), 100), i);
}
setInterval(() => { console.log(JSON.stringify({ answered, broken })); answered = 0; }, 500);
`;

async function labWithEcho(t: Test): Promise<HealthLab> {
  const lab = await healthLab(t, 2);
  for (const server of lab.servers) {
    await startProgram(t, server, echo, 7000);
    await startGreeter(t, server);
  }
  return lab;
}

/** What the director counts that a reload must not touch. */
async function untouched(director: DirectorProcess): Promise<object> {
  const { transitions, state, since, advertisementsSent } = await director.instance();
  const { sessions, packets } = await director.status();
  const pools = await director.pools();
  const checks = pools.flatMap(({ servers }) =>
    servers.flatMap(({ checkers }) => checkers.map(({ checks }) => checks)),
  );
  return {
    vrrp: { transitions, state, since },
    sent: advertisementsSent > 0,
    sessions,
    forwarded: packets.forwarded > 0,
    checked: checks.every((count) => count > 0),
  };
}

test('20 reloads in a row break none of 200 connections', async (t) => {
  const lab = await labWithEcho(t);
  const both = service(7000, [2, 3], 'inhibit_on_failure');
  const director = await startMaster(t, lab, healthConfig(both));
  const client = lab.client.start(process.execPath, '-e', echoClient(200));
  const reports: { answered: number; broken: number }[] = [];
  client.stdout?.on('data', (text: Buffer) => {
    for (const line of text.toString().trim().split('\n')) reports.push(JSON.parse(line));
  });
  await timeUntil(async () => (await director.status()).sessions === 200, 20_000);
  await timeUntil(
    async () => (await director.pools())[0]?.servers[0]?.checkers[0]?.hasRun ?? false,
    5_000,
  );
  const before = await untouched(director);
  t.match(before, { sessions: 200 });
  for (let round = 0; round < 20; round += 1) {
    // Every second one brings another service, other weights and other timers; those between take them back.
    const isOdd = round % 2 === 1;
    const rest = 'inhibit_on_failure\nretry 3\npersistence_timeout 50';
    const other = `${service(7000, [2, 3], rest)}${service(80, [2, 3])}`;
    const answer = await director.reload(healthConfig(isOdd ? both : other));
    t.equal(answer.refusal, undefined);
    t.ok(answer.differences.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  t.strictSame(await untouched(director), before);
  reports.length = 0;
  await timeUntil(() => reports.length >= 4, 5_000);
  t.ok(
    reports.every(({ broken }) => broken === 0),
    JSON.stringify(reports.at(-1)),
  );
  t.ok(
    reports.slice(1).every(({ answered }) => answered > 400),
    JSON.stringify(reports),
  );
});

test('an unchanged file changes nothing, and a broken one says why and changes nothing', async (t) => {
  const lab = await labWithEcho(t);
  const good = healthConfig(service(80, [2, 3]));
  const director = await startMaster(t, lab, good);
  t.strictSame(await director.reload(), { differences: [] });
  const broken = await director.reload(good.replace('lvs_sched rr', 'lvs_schedule rr'));
  t.match(broken.refusal, /lvs_schedule/);
  const elsewhere = await director.reload(good.replace('interface eth0', 'interface eth7'));
  t.match(elsewhere.refusal, /eth7/);
  const other = await director.reload(good.replace('router_id d1', 'router_id d9'));
  t.match(other.refusal, /router_id/);
  t.strictSame(await answering(lab.client, 4), ['10.9.0.2', '10.9.0.3']);
  t.equal((await director.instance()).transitions, 2);
  const refusals = (await director.events()).filter(({ kind }) => kind === 'reload-refused');
  t.equal(refusals.length, 3);
  t.strictSame(
    await director.reload(good),
    { differences: [] },
    'what is in effect is still the first one',
  );
});

test('servers and services come and go by a reload', async (t) => {
  const lab = await labWithEcho(t);
  const director = await startMaster(t, lab, healthConfig(service(80, [2])));
  t.strictSame(await answering(lab.client, 4), ['10.9.0.2']);
  await director.reload(healthConfig(service(80, [2, 3])));
  t.strictSame(await answering(lab.client, 4), ['10.9.0.2', '10.9.0.3']);
  await director.reload(healthConfig(service(80, [3])));
  t.strictSame(await answering(lab.client, 4), ['10.9.0.3']);
  await director.reload(healthConfig(service(8080, [3])));
  t.strictSame(await answering(lab.client, 2), ['nobody']);
  const services = await director.services();
  t.strictSame(
    services.map(({ virtual }) => virtual),
    ['10.9.0.100:8080'],
  );
});

test('a changed instance that is master stays master, with another address', async (t) => {
  const lab = await labWithEcho(t);
  const good = healthConfig(service(80, [2, 3]));
  const director = await startMaster(t, lab, good);
  const changed = good.replace('10.9.0.100/24', '10.9.0.100/24\n10.9.0.101/24');
  t.match(await director.reload(changed.replace('priority 200', 'priority 190')), {
    differences: ['vrrp_instance VI_1 changed: priority, virtualAddresses'],
  });
  t.match(await director.instance(), { state: 'master', priority: 190 });
  t.strictSame(await answering(lab.client, 4), ['10.9.0.2', '10.9.0.3']);
  t.match(lab.client.run('ping', '-c', '1', '-W', '1', '10.9.0.101'), / 0% packet loss/);
  await director.reload(good);
  t.throws(() => lab.client.run('ping', '-c', '1', '-W', '1', '10.9.0.101'));
  t.strictSame(await answering(lab.client, 2), ['10.9.0.2', '10.9.0.3']);
});

test('instances come and go by a reload, and addresses go from one to another', async (t) => {
  const lab = await labWithEcho(t);
  const good = healthConfig(service(80, [2, 3]));
  const director = await startMaster(t, lab, good);
  const second = `vrrp_instance VI_2 {
  state BACKUP
  interface eth0
  virtual_router_id 52
  priority 100
  advert_int 0.1
  virtual_ipaddress {
    10.9.0.102/24
  }
}
`;
  const pings = (address: string): boolean => {
    try {
      lab.client.run('ping', '-c', '1', '-W', '1', address);
      return true;
    } catch {
      return false;
    }
  };
  t.match(await director.reload(`${good}${second}`), { differences: ['vrrp_instance VI_2 added'] });
  t.ok(await director.becomes('master', 'VI_2'));
  t.ok(pings('10.9.0.102'));
  t.match(
    await director.instance('VI_1'),
    { state: 'master', transitions: 2 },
    'the other one is as it was',
  );
  // The address of the first one goes to the second.
  const moved = `${good.replace('10.9.0.100/24', '10.9.0.103/24')}${second.replace('102', '100')}`;
  await director.reload(moved);
  t.match(await director.instances(), [{ state: 'master' }, { state: 'master' }]);
  t.strictSame(await answering(lab.client, 4), ['10.9.0.2', '10.9.0.3']);
  t.notOk(pings('10.9.0.102'));
  t.ok(pings('10.9.0.103'));
  t.match(await director.reload(good), {
    differences: ['vrrp_instance VI_2 removed', 'vrrp_instance VI_1 changed: virtualAddresses'],
  });
  t.equal((await director.instances()).length, 1);
  t.strictSame(await answering(lab.client, 4), ['10.9.0.2', '10.9.0.3']);
  t.notOk(pings('10.9.0.103'));
});
