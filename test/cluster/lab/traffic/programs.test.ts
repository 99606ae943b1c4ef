import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { test } from 'tap';

type Program = ChildProcessByStdio<Writable, Readable, Readable>;

function start(program: 'client-main' | 'server-main', ...argv: readonly string[]): Program {
  const path = `../../../../cluster/lab/traffic/${program}.js`;
  const file = fileURLToPath(new URL(path, import.meta.url));
  return spawn(process.execPath, [file, ...argv], { stdio: ['pipe', 'pipe', 'pipe'] });
}

async function text(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

/** An address of loopback of our own, so that fixed ports do not meet those of other programs. */
const address = '127.83.66.1';

test('the server program says ready, serves the client program, and ends cleanly', async (t) => {
  const flags = ['--tcp', '18080', '--udp', '18053', '--address', address];
  const server = start('server-main', '--name', 's1', ...flags);
  const [line] = await once(createInterface({ input: server.stdout }), 'line');
  t.equal(line, 'ready');

  const second = start('server-main', '--name', 's2', ...flags);
  const complaint = await text(second.stderr);
  t.match(complaint, /^error: cannot listen on TCP port 18080 of 127\.83\.66\.1: [^\n]*\n$/);
  t.equal(second.exitCode ?? (await once(second, 'exit'))[0], 2);

  const targets = ['--tcp', `${address}:18080=3`, '--udp', `${address}:18053=2`];
  const client = start('client-main', ...targets, '--json');
  const events: { kind: string; name?: string; flows: { total?: number; length?: number } }[] = [];
  for await (const event of createInterface({ input: client.stdout })) {
    events.push(JSON.parse(event));
    const last = events.at(-1)?.kind;
    if (last === 'ready') client.stdin.write('mark here\n');
    if (last === 'mark') client.stdin.write('count\n');
    if (last === 'count') client.stdin.write('stop\n');
  }
  const kinds = events.map((event) => event.kind).filter((kind) => kind !== 'progress');
  t.same(kinds, ['ready', 'mark', 'count', 'report']);
  t.equal(events.find((event) => event.kind === 'mark')?.name, 'here');
  t.equal(events.at(-1)?.flows.length, 5);
  t.equal(client.exitCode ?? (await once(client, 'exit'))[0], 0);

  server.kill('SIGTERM');
  t.equal((await once(server, 'exit'))[0], 0);
});

test('the client program for people ends with a table, and with 1 when a flow broke', async (t) => {
  const client = start('client-main', '--tcp', `${address}:1=1`, '--duration', '300ms');
  const table = await text(client.stdout);
  t.match(table, /^service +flows +broken +exchanges/);
  t.match(table, `broken: TCP - ${address}:1: refused`);
  t.equal(client.exitCode ?? (await once(client, 'exit'))[0], 1);
});

test('a wrong command line ends with 2 and one line', async (t) => {
  const client = start('client-main', '--tcp', 'nowhere');
  t.equal(await text(client.stderr), 'error: "nowhere" is not ADDRESS:PORT=COUNT\n');
  t.equal(client.exitCode ?? (await once(client, 'exit'))[0], 2);
});
