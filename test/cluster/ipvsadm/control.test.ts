import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { test, type Test } from 'tap';

import { sendCommand } from '../../../cluster/lab/control-client.js';
import { ControlServer } from '../../../cluster/node/control-server.js';

const nothing = (): never => {
  throw new Error('no document is asked for in these tests');
};
const documents = {
  '/status': nothing,
  '/sessions': nothing,
  '/services': nothing,
  '/vrrp': nothing,
  '/sync': nothing,
  '/events': nothing,
  '/health': nothing,
};

/** A control socket that answers a command with its arguments. */
async function openSocket(t: Test): Promise<string> {
  // The path of a socket is short: t.testdir() would be too long for it.
  const folder = mkdtempSync(join(tmpdir(), 'baton-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'control');
  const server = await ControlServer.open(path, documents, {
    '/ipvsadm': async ({ argv }) => ({ exit: argv.length, stdout: argv.join('|'), stderr: '' }),
    '/preempt': async () => ({ tableComplete: false }),
    '/reload': async () => ({ differences: [], refusal: undefined }),
    '/weight': async () => ({ before: 0, connections: 0 }),
    '/stand-down': async () => ({ state: 'backup' }),
  });
  t.teardown(async () => server.close());
  return path;
}

async function post(
  socketPath: string,
  body: string,
  path = '/ipvsadm',
): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path, method: 'POST', agent: false }, (response) => {
      text(response).then(
        (answer) => resolve({ status: response.statusCode, body: answer }),
        reject,
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

test('a command is carried out with its arguments as they were', async (t) => {
  const socket = await openSocket(t);
  const argv = ['-A', '-t', '[fd00::1]:80', 'a b', '', '"'];
  t.strictSame(await sendCommand(socket, '/ipvsadm', { argv }), {
    exit: 6,
    stdout: argv.join('|'),
    stderr: '',
  });
});

test('a request that is no command is answered with 400 and why', async (t) => {
  const socket = await openSocket(t);
  const bodies = ['', '{', 'null', '[]', '{"argv":"-L"}', '{"argv":[1]}', '{"argv":[],"more":1}'];
  bodies.push(JSON.stringify({ argv: Array.from({ length: 65 }, () => '-n') }));
  bodies.push(JSON.stringify({ argv: ['x'.repeat(1_025)] }));
  for (const body of bodies) {
    const answer = await post(socket, body);
    t.equal(answer.status, 400, body.slice(0, 40));
    t.match(JSON.parse(answer.body), { error: /./ });
  }
});

test('a request that is too long is answered with 413, and another path with 404', async (t) => {
  const socket = await openSocket(t);
  t.equal((await post(socket, 'x'.repeat(1_000_000))).status, 413);
  t.equal((await post(socket, '{"argv":[]}', '/status')).status, 404);
});

test('a client that breaks off in the middle does the socket no harm', async (t) => {
  const socket = await openSocket(t);
  await new Promise<void>((resolve) => {
    const client = connect(socket, () => {
      client.write('POST /ipvsadm HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"argv"');
      client.end();
      client.destroy();
    });
    client.on('close', () => resolve());
  });
  t.equal((await sendCommand(socket, '/ipvsadm', { argv: ['-L'] })).stdout, '-L');
});
