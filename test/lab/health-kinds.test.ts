import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { test, type Test } from 'tap';

import type { DirectorProcess } from './director-process.js';
import {
  answering,
  healthConfig,
  healthLab,
  startMaster,
  startProgram,
  virtualAddress,
  type HealthLab,
  type ServerProgram,
} from './health-lab.js';
import { HealthWatch } from './health-watch.js';
import type { LinkedNode } from './linked-nodes.js';

/*
 * Every kind of checker at once: one service each, with a server that dies and comes back, and one that lives. What clients
 * talk to lives on; what the checker asks dies.
 */

/** Seconds: delay_loop, delay_before_retry with one retry, connect_timeout. */
const Loop = 2;
const BeforeRetry = 1;
const Timeout = 1;
/** How far from what the settings say is too far; besides, what a machine under load takes. */
const Tolerance = 0.1;
const SlackMs = 150;

interface Kind {
  readonly port: number;
  readonly checker: string;
  /** Seconds from the beginning of the last good check until it is out, and of the last bad one until it is back. */
  readonly down: number;
  readonly up: number;
  readonly die: () => void | Promise<void>;
  readonly revive: () => void | Promise<void>;
}

/** A program on the server that dies and is started again. */
async function dying(
  t: Test,
  server: LinkedNode,
  text: string,
  port: number,
): Promise<Pick<Kind, 'die' | 'revive'>> {
  let program: ServerProgram = await startProgram(t, server, text, port);
  return {
    die: async () => program.kill(),
    revive: async () => {
      program = await startProgram(t, server, text, port);
    },
  };
}

const smtp = `require('net').createServer(s=>{s.on('error',()=>{});s.write('220 hello\\r\\n');
s.on('data',d=>s.write(/^HELO/.test(d)?'250 nice\\r\\n':'221 bye\\r\\n'))}).listen(9004)`;
const dns = `const u=require('dgram').createSocket('udp4');
u.on('message',(m,f)=>{m.writeUInt16BE(0x8180,2);u.send(m,f.port,f.address)}).bind(9005)`;
const udp = `const u=require('dgram').createSocket('udp4');
u.on('message',(m,f)=>u.send('pong',f.port,f.address)).bind(9006)`;
const http = `require('http').createServer((q,r)=>r.end('all is well')).listen(9002)`;

function https(folder: string): string {
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=s', '-days', '1', '-newkey', 'rsa:2048', '-nodes'];
  const files = ['-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', ...subject, ...files], { stdio: 'ignore' });
  const options = JSON.stringify({
    key: readFileSync(key, 'utf8'),
    cert: readFileSync(cert, 'utf8'),
  });
  return `require('https').createServer(${options},(q,r)=>r.end('well')).listen(9003)`;
}

async function kinds(t: Test, server: LinkedNode, folder: string): Promise<Kind[]> {
  const quick = { down: Loop + BeforeRetry, up: Loop };
  // The URL that failed has to answer, and then all of them.
  const confirmed = { down: Loop + BeforeRetry, up: 2 * Loop };
  const flag = path.join(folder, 'flag');
  const file = path.join(folder, 'file');
  const setEcho = (isIgnored: boolean): void => {
    server.run('sh', '-c', `echo ${isIgnored ? 1 : 0} > /proc/sys/net/ipv4/icmp_echo_ignore_all`);
  };
  writeFileSync(flag, '');
  const url = 'url {\n path /\n }';
  return [
    {
      port: 8001,
      checker: 'TCP_CHECK {\n connect_port 9001',
      ...quick,
      ...(await dying(t, server, `require('net').createServer(s=>s.destroy()).listen(9001)`, 9001)),
    },
    {
      port: 8002,
      checker: `HTTP_GET {\n ${url}\n connect_port 9002`,
      ...confirmed,
      ...(await dying(t, server, http, 9002)),
    },
    {
      port: 8003,
      checker: `SSL_GET {\n ${url}\n connect_port 9003`,
      ...confirmed,
      ...(await dying(t, server, https(folder), 9003)),
    },
    {
      port: 8004,
      checker: 'SMTP_CHECK {\n connect_port 9004',
      ...quick,
      ...(await dying(t, server, smtp, 9004)),
    },
    {
      port: 8005,
      checker: 'DNS_CHECK {\n connect_port 9005',
      ...quick,
      ...(await dying(t, server, dns, 9005)),
    },
    {
      port: 8006,
      checker: 'UDP_CHECK {\n require_reply\n connect_port 9006',
      ...quick,
      ...(await dying(t, server, udp, 9006)),
    },
    {
      port: 8007,
      checker: 'PING_CHECK {',
      // Nobody refuses: each check lasts as long as it may.
      down: Loop + BeforeRetry + 2 * Timeout,
      up: Timeout + Loop,
      die: () => setEcho(true),
      revive: () => setEcho(false),
    },
    {
      port: 8008,
      checker: `MISC_CHECK {\n misc_path "/usr/bin/test -e ${flag}"`,
      ...quick,
      die: () => rmSync(flag),
      revive: () => writeFileSync(flag, ''),
    },
    {
      port: 8009,
      checker: 'FILE_CHECK {\n track_file health',
      down: 0,
      up: 0,
      die: () => writeFileSync(file, '1\n'),
      revive: () => writeFileSync(file, '0\n'),
    },
  ];
}

const poolOf = ({ port }: Kind): string => `virtual_server ${virtualAddress} ${port} tcp`;

function configOf(all: readonly Kind[], folder: string): string {
  const services = all.map(({ port, checker }) => {
    const isPlain = checker.startsWith('FILE');
    const timeout = isPlain || checker.startsWith('MISC') ? '' : `connect_timeout ${Timeout}`;
    const retry = isPlain ? '' : 'retry 1';
    return `
virtual_server ${virtualAddress} ${port} {
  lvs_sched rr
  lvs_method DR
  protocol TCP
  delay_loop ${Loop}
  delay_before_retry ${BeforeRetry}
  warmup 0
  inhibit_on_failure
  real_server 10.9.0.2 ${port} {
    ${checker}
      ${timeout}
      ${retry}
    }
  }
  real_server 10.9.0.3 ${port} {
  }
}`;
  });
  const files = `track_file health {
  file ${path.join(folder, 'file')}
  weight 0
  init_file 0
}`;
  return healthConfig(services.join('\n'), files);
}

const greetOnAll = (name: string, ports: readonly number[]): string =>
  `for (const port of ${JSON.stringify(ports)}) require('net').createServer(s=>{s.on('error',()=>{});s.end('${name}')}).listen(port)`;

function isNear(t: Test, what: string, tookMs: number | undefined, expectedSeconds: number): void {
  const expected = expectedSeconds * 1_000;
  const bound = expected * Tolerance + SlackMs;
  const isGood = tookMs !== undefined && Math.abs(tookMs - expected) <= bound;
  t.ok(isGood, `${what} after ${Math.round(tookMs ?? 0)} ms, by its settings after ${expected}`);
}

async function dieAndRevive(
  t: Test,
  kind: Kind,
  lab: HealthLab,
  watch: HealthWatch,
): Promise<void> {
  const pool = poolOf(kind);
  const name = kind.checker.split(' ', 1)[0] ?? '';
  const isPassive = name === 'FILE_CHECK';
  if (!isPassive) await watch.nextCheck(pool);
  // The check that has just begun shall still succeed.
  const beginsDown = performance.now();
  await delay(isPassive ? 0 : 200);
  await kind.die();
  const died = await watch.until(() => !watch.checker(pool).isUp, 15_000);
  isNear(t, `${name}: out`, died && performance.now() - beginsDown, kind.down);
  t.strictSame(
    await answering(lab.client, 4, kind.port),
    ['10.9.0.3'],
    `${name}: clients are served, by the other one`,
  );
  if (!isPassive) await watch.nextCheck(pool);
  const beginsUp = performance.now();
  await delay(isPassive ? 0 : 200);
  await kind.revive();
  const back = await watch.until(() => watch.checker(pool).isUp, 15_000);
  isNear(t, `${name}: back`, back && performance.now() - beginsUp, kind.up);
  t.strictSame(
    await answering(lab.client, 4, kind.port),
    ['10.9.0.2', '10.9.0.3'],
    `${name}: clients see both`,
  );
}

test('each kind of checker takes a dying server out, and brings it back, when its settings say', async (t) => {
  const lab = await healthLab(t, 2);
  const folder = t.testdir();
  const [first, second] = lab.servers;
  if (first === undefined || second === undefined) throw new Error('two servers');
  const all = await kinds(t, first, folder);
  const ports = all.map(({ port }) => port);
  for (const server of lab.servers) {
    await startProgram(t, server, greetOnAll(server.address, ports), 8001);
  }
  const director: DirectorProcess = await startMaster(t, lab, configOf(all, folder));
  const watch = new HealthWatch(t, director);
  await watch.until(() => all.every((kind) => watch.checker(poolOf(kind)).hasRun), 10_000);
  for (const kind of all) {
    t.match(watch.checker(poolOf(kind)), { isUp: true, hasRun: true }, kind.checker);
  }
  await Promise.all(all.map(async (kind) => dieAndRevive(t, kind, lab, watch)));
});
