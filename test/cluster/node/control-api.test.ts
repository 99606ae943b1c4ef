import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { test, type Test } from 'tap';

import type { NodeEvent } from '../../../cluster/node/api.js';
import {
  ControlServer,
  type ApiHandlers,
  type CommandHandlers,
  type TextHandlers,
} from '../../../cluster/node/control-server.js';
import { UsageError } from '../../../director/base/errors.js';

const token = 'correct horse'.replace(' ', '-battery-staple-');

const nothing = (): never => {
  throw new Error('no such document is asked for in these tests');
};
const documents: ApiHandlers = {
  '/status': nothing,
  '/sessions': nothing,
  '/services': () => ({ services: [] }),
  '/vrrp': nothing,
  '/sync': nothing,
  '/events': nothing,
  '/health': nothing,
};

interface Opened {
  readonly port: number;
  /** What commands have been carried out. */
  readonly done: string[];
  /** Makes an event happen. */
  readonly happen: (event: NodeEvent) => void;
}

async function open(t: Test): Promise<Opened> {
  const done: string[] = [];
  const followers = new Set<(event: NodeEvent) => void>();
  const commands: CommandHandlers = {
    '/ipvsadm': async ({ argv }) => {
      done.push(argv.join(' '));
      return { exit: 0, stdout: '', stderr: '' };
    },
    '/preempt': async () => ({ tableComplete: true }),
    '/reload': async () => ({ differences: [], refusal: undefined }),
    '/weight': async () => {
      throw new UsageError({ code: 'no-service' }, 'no service TCP 10.0.0.1:80');
    },
    '/stand-down': async ({ isDown }) => {
      done.push(`stand down ${isDown}`);
      return { state: 'backup' };
    },
  };
  const texts: TextHandlers = {
    texts: new Map([['/metrics', { type: 'text/plain', read: async () => 'up 1\n' }]]),
    follow: (follower) => {
      followers.add(follower);
      return () => followers.delete(follower);
    },
  };
  const place = { host: '127.0.0.1', port: 0, token };
  const server = await ControlServer.openTcp(place, documents, commands, { texts });
  t.teardown(async () => server.close());
  const happen = (event: NodeEvent): void => {
    for (const follower of followers) follower(event);
  };
  return { port: server.port, done, happen };
}

interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly body?: string;
  readonly authorization?: string | undefined;
}

async function ask(
  port: number,
  { method = 'GET', path, body, authorization = `Bearer ${token}` }: Asked,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const headers = authorization === '' ? {} : { authorization };
    const options = { host: '127.0.0.1', port, method, path, agent: false, headers };
    const outgoing = request(options, (response) => {
      text(response).then(
        (all) => resolve({ status: response.statusCode ?? 0, body: all }),
        reject,
      );
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

test('who has the token gets documents, texts and commands', async (t) => {
  const { port, done } = await open(t);
  t.strictSame(await ask(port, { path: '/services' }), { status: 200, body: '{"services":[]}\n' });
  t.strictSame(await ask(port, { path: '/metrics' }), { status: 200, body: 'up 1\n' });
  const body = JSON.stringify({ isDown: true });
  t.equal((await ask(port, { method: 'POST', path: '/stand-down', body })).status, 200);
  t.strictSame(done, ['stand down true']);
});

for (const authorization of [
  '',
  'Bearer',
  `Bearer ${token}x`,
  `Bearer ${token.slice(1)}`,
  token,
  `Basic ${token}`,
]) {
  test(`the authorization ${JSON.stringify(authorization)} is refused and has no effect`, async (t) => {
    const { port, done } = await open(t);
    const body = JSON.stringify({ argv: ['-C'] });
    const answer = await ask(port, { method: 'POST', path: '/ipvsadm', body, authorization });
    t.equal(answer.status, 401);
    t.match(JSON.parse(answer.body), { error: /token/ });
    t.equal((await ask(port, { path: '/services', authorization })).status, 401);
    t.strictSame(done, []);
  });
}

const outside = [
  '/',
  '/etc/passwd',
  '/../../etc/passwd',
  '/services/',
  '/services?x',
  '/%2e%2e',
  '/__proto__',
  '/constructor',
];
for (const path of outside) {
  test(`there is nothing at ${path}`, async (t) => {
    const { port } = await open(t);
    t.equal((await ask(port, { path })).status, 404);
    t.equal((await ask(port, { path, method: 'POST', body: '{}' })).status, 404);
  });
}

test('methods that there are not are refused', async (t) => {
  const { port, done } = await open(t);
  for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    t.equal((await ask(port, { method, path: '/ipvsadm', body: '{"argv":["-C"]}' })).status, 404);
  }
  t.equal((await ask(port, { method: 'GET', path: '/ipvsadm' })).status, 404);
  t.strictSame(done, []);
});

test('a body that is too long is refused and has no effect', async (t) => {
  const { port, done } = await open(t);
  const body = JSON.stringify({ argv: ['-A', 'x'.repeat(10_000_000)] });
  t.equal((await ask(port, { method: 'POST', path: '/ipvsadm', body })).status, 413);
  t.strictSame(done, []);
});

const badForms: readonly (readonly [path: string, body: string])[] = [
  ['/weight', '{}'],
  ['/weight', '{"protocol":"TCP","virtual":"a","server":"b","weight":-1}'],
  ['/weight', '{"protocol":"TCP","virtual":"a","server":"b","weight":65536}'],
  ['/weight', '{"protocol":"TCP","virtual":"a","server":"b","weight":1.5}'],
  ['/weight', '{"protocol":"ICMP","virtual":"a","server":"b","weight":1}'],
  ['/weight', '{"protocol":"TCP","virtual":"","server":"b","weight":1}'],
  ['/stand-down', '{"isDown":"yes"}'],
  ['/stand-down', '{"isDown":true,"more":1}'],
  ['/reload', '[]'],
];
for (const [path, body] of badForms) {
  test(`${path} does not take ${body}`, async (t) => {
    const { port, done } = await open(t);
    const answer = await ask(port, { method: 'POST', path, body });
    t.equal(answer.status, 400);
    t.match(JSON.parse(answer.body), { error: /./ });
    t.strictSame(done, []);
  });
}

test('what cannot be done as asked is a conflict, with its reason and code', async (t) => {
  const { port } = await open(t);
  const body = '{"protocol":"TCP","virtual":"10.0.0.1:80","server":"10.0.1.1:80","weight":0}';
  const answer = await ask(port, { method: 'POST', path: '/weight', body });
  t.equal(answer.status, 409);
  t.strictSame(JSON.parse(answer.body), {
    error: 'no service TCP 10.0.0.1:80',
    code: 'no-service',
  });
});

test('the description names every path, and what each command takes', async (t) => {
  const { port } = await open(t);
  const { body } = await ask(port, { path: '/openapi.json' });
  const description = JSON.parse(body);
  t.match(description, { openapi: '3.1.0' });
  for (const path of Object.keys(documents)) t.ok(description.paths[path].get, path);
  const { schema } = description.paths['/weight'].post.requestBody.content['application/json'];
  t.strictSame(Object.keys(schema.properties), ['protocol', 'virtual', 'server', 'weight']);
  t.strictSame(schema.properties.weight.maximum, 65_535);
});

test('events come as they happen', async (t) => {
  const { port, happen } = await open(t);
  const heard = new Promise<string>((resolve) => {
    const options = { host: '127.0.0.1', port, path: '/events/stream', agent: false };
    const headers = { authorization: `Bearer ${token}` };
    request({ ...options, headers }, (response) => {
      let all = '';
      response.on('data', (piece: Buffer) => {
        all += piece.toString();
        if (all.includes(': events')) happen({ at: 1, node: 'd1', kind: 'master', text: 'VI_1' });
        if (!all.includes('data:')) return;
        response.destroy();
        resolve(all);
      });
    }).end();
  });
  t.match(
    await heard,
    /event: master\ndata: \{"at":1,"node":"d1","kind":"master","text":"VI_1"\}\n\n/,
  );
});

test('a thousand slow clients are refused, or cut off, and others are served afterwards', async (t) => {
  const { port } = await open(t);
  const sockets: Socket[] = [];
  const answers = Array.from({ length: 1_000 }, async () => {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.write('GET /services HTTP/1.1\r\nhost: x\r\n');
    let heard = '';
    return new Promise<string>((resolve) => {
      socket.on('data', (piece: Buffer) => {
        heard += piece.toString();
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(heard));
    });
  });
  const all = await Promise.all(answers);
  const refused = all.filter((answer) => answer.startsWith('HTTP/1.1 503')).length;
  const late = all.filter((answer) => answer.startsWith('HTTP/1.1 408')).length;
  t.ok(refused > 800, `${refused} refused`);
  t.ok(late > 0, `${late} too slow`);
  t.equal((await ask(port, { path: '/services' })).status, 200);
  for (const socket of sockets) socket.destroy();
});

test('a Unix socket needs no token: its owner has the file', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'control');
  const server = await ControlServer.open(path, documents, {
    '/ipvsadm': nothing,
    '/preempt': nothing,
    '/reload': nothing,
    '/weight': nothing,
    '/stand-down': nothing,
  });
  t.teardown(async () => server.close());
  const status = await new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: path, path: '/services', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
  t.equal(status, 200);
});
