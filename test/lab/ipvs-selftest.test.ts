import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { test, type Test } from 'tap';

import { loadLab } from '../../cluster/config/lab-file.js';
import type { RunningLab } from '../../cluster/lab/running-lab.js';
import { baton } from '../cluster/cli/baton.js';
import { onNode, runLab } from './cluster.js';
import { stateFolder } from './state-folder.js';

/*
 * The Linux kernel's own test of IPVS (tools/testing/selftests/net/netfilter/ipvs.sh): a client, a director and a real
 * server; 32 random bytes through one TCP connection by each forwarding method; and our command line in place of
 * ipvsadm. Addresses are that test's, but for two. Its VIP, 207.175.44.110, is in no subnet and routed to the director;
 * ours is answered for by ARP, so it is one of the client's subnet. Its DIP is the director's own address; ours is the
 * gateway address that a cluster has for real servers.
 */

const vip = '10.0.0.110';
const port = 8080;
const service = `${vip}:${port}`;
const realServer = `172.16.0.2:${port}`;

const lab = loadLab(
  `
name: selftest
networks: { clients: 10.0.0.0/24, servers: 172.16.0.0/24 }
nodes:
  client: { kind: client, links: { clients: 10.0.0.2 } }
  director: { kind: director, priority: 100, links: { clients: 10.0.0.1, servers: 172.16.0.11 } }
  server: { kind: real-server, links: { clients: 10.0.0.3, servers: 172.16.0.2 } }
cluster:
  virtual-router-id: 51
  advert: 100ms
  addresses: [${vip}]
  gateway: 172.16.0.1
  sync: { network: servers, bulk-timeout: 0s }
services: []
`,
  'selftest.yaml',
);

/** Starts a program on a node and waits for its first line; it is ended with the test. */
async function startOn(
  t: Test,
  running: RunningLab,
  node: string,
  argv: readonly string[],
): Promise<ChildProcess> {
  const [program = '', ...rest] = running.execArgs(node, [process.execPath, ...argv]);
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'readable');
  t.match(String(child.stdout.read()), 'ready', `${argv[0] ?? ''} runs on ${node}`);
  return child;
}

/** Takes one connection, and writes what came as hexadecimal digits to its standard error. */
const receive = `
  require('node:net').createServer((socket) => {
    const chunks = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => {
      process.stderr.write(Buffer.concat(chunks).toString('hex'));
      socket.end(() => process.exit());
    });
  }).listen(${port}, () => process.stdout.write('ready'));`;

/** Sends 32 bytes and ends when the other side has. */
const send = (data: Buffer): string => `
  const socket = require('node:net').connect(${port}, '${vip}');
  socket.setTimeout(10_000, () => process.exit(3));
  socket.on('error', (error) => { process.stderr.write(error.message); process.exit(2); });
  socket.on('close', () => process.exit(0));
  socket.resume();
  socket.end(Buffer.from('${data.toString('hex')}', 'hex'));`;

async function transfer(t: Test, running: RunningLab): Promise<void> {
  const data = randomBytes(32);
  const server = await startOn(t, running, 'server', ['-e', receive]);
  if (server.stderr === null) throw new Error('the standard error is a pipe');
  const received = text(server.stderr);
  const [program = '', ...rest] = running.execArgs('client', [process.execPath, '-e', send(data)]);
  const client = spawn(program, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
  const [complaint, [status]] = await Promise.all([text(client.stderr), once(client, 'close')]);
  t.equal(status, 0, `the client is served${complaint === '' ? '' : `: ${complaint}`}`);
  if (status !== 0) server.kill('SIGKILL');
  t.equal(await received, data.toString('hex'), 'the bytes arrive as they were sent');
}

test('the self-test of the kernel passes with our command line', async (t) => {
  const running = await runLab(t, lab);
  const state = process.env['BATON_STATE'] ?? stateFolder(t);
  const ipvsadm = async (t: Test, ...argv: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await baton(state, 'ipvsadm', ...argv);
    t.equal(status, 0, `ipvsadm ${argv.join(' ')}${stderr === '' ? '' : `: ${stderr}`}`);
    return stdout;
  };
  const withVip = (t: Test): void => {
    onNode(running, 'server', 'ip', 'address', 'add', `${vip}/32`, 'dev', 'lo');
    t.teardown(() => onNode(running, 'server', 'ip', 'address', 'del', `${vip}/32`, 'dev', 'lo'));
  };

  /** One connection by a forwarding method, and the traces that it leaves on the director. */
  const passes = async (t: Test, method: string, name: string): Promise<void> => {
    await ipvsadm(t, '-A', '-t', service, '-s', 'rr');
    await ipvsadm(t, '-a', '-t', service, '-r', realServer, method);
    await transfer(t, running);
    t.match(await ipvsadm(t, '-Ln'), new RegExp(`-> ${realServer} +${name} +1 `));
    t.match(await ipvsadm(t, '-Lnc'), new RegExp(`10\\.0\\.0\\.2:\\d+ +${service} +${realServer}`));
    t.match(await ipvsadm(t, '-Ln', '--stats'), new RegExp(`TCP  ${service} +1 +[1-9]`));
    await ipvsadm(t, '-C');
  };

  await t.test('by direct routing', async (t) => {
    withVip(t);
    await passes(t, '-g', 'Route');
  });
  await t.test('by address translation', async (t) => {
    await passes(t, '-m', 'Masq');
  });
  await t.test('through a tunnel', async (t) => {
    withVip(t);
    // Unlike a tunl0 device this end reads what is in the tunnel as bytes, so the client has to finish its checksums.
    onNode(running, 'client', 'ethtool', '-K', 'clients', 'tx', 'off', 'tso', 'off');
    const end = fileURLToPath(new URL('../../cluster/lab/tunnel-end.js', import.meta.url));
    await startOn(t, running, 'server', [end]);
    await passes(t, '-i', 'Tunnel');
  });
});
