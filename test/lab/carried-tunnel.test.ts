import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { test } from 'tap';

import { runToEnd } from '../../cluster/lab/subprocess.js';
import { startDirector } from './director-process.js';
import { healthConfig, healthLab, startProgram, virtualAddress } from './health-lab.js';

/*
 * A real server behind a tunnel, whose connection the kernel carries: with nobody's words between the client's TCP and the server's.
 */

const Rounds = 300;
const tunnelEnd = fileURLToPath(new URL('../../cluster/lab/tunnel-end.js', import.meta.url));

const echo = `require('net').createServer(s=>{s.on('error',()=>{});s.pipe(s)}).listen(80,'${virtualAddress}')`;

/** Sends a message and waits until all of it has come back, round after round; says in how many it was the same. */
const talk = `
const socket = require('net').connect(80, '${virtualAddress}');
socket.setNoDelay(true);
let [round, same, got] = [0, 0, ''];
const message = () => (round + ' ').repeat(1 + (round * 7) % 400);
socket.on('connect', () => socket.write(message()));
socket.on('data', (piece) => {
  got += piece;
  if (got.length < message().length) return;
  same += got === message();
  got = '';
  round += 1;
  if (round < ${Rounds}) socket.write(message());
  else { console.log(same); socket.end(); }
});
`;

const service = `
virtual_server ${virtualAddress} 80 {
  lvs_sched rr
  lvs_method TUN
  protocol TCP
  real_server 10.9.0.2 80 {
  }
}`;

test('a connection by a tunnel is carried, and what comes out at its other end is right', async (t) => {
  const lab = await healthLab(t, 1);
  const [server] = lab.servers;
  if (server === undefined) throw new Error('one server');
  const end = server.start(process.execPath, tunnelEnd);
  if (end.stdout === null) throw new Error('no pipe');
  await once(createInterface(end.stdout), 'line');
  await startProgram(t, server, echo, 80);
  const director = await startDirector(t, lab.director, {
    config: healthConfig(service),
    options: ['--driver=offload'],
  });
  t.ok(await director.becomes('master'));

  const client = lab.client.start('timeout', '30', process.execPath, '-e', talk);
  let said = '';
  client.stdout?.on('data', (piece: Buffer) => {
    said += piece.toString();
  });
  const [status] = await once(client, 'close');
  t.strictSame([status, said.trim()], [0, String(Rounds)]);

  const { offload, ports } = await director.status();
  t.equal(offload?.installed, 1);
  // A segment a round, and its acknowledgement; the first ones and the last ones come up.
  t.ok((offload?.packets ?? 0) > Rounds, `${offload?.packets} packets`);
  t.ok(ports.fast > 0 && ports.fast <= ports.sent, `${ports.fast} of ${ports.sent} by AF_XDP`);
});

test('a super-frame for a tunnel goes up, between segments that are carried', async (t) => {
  const program = fileURLToPath(new URL('wrapped-super-frame.js', import.meta.url));
  const { stdout, stderr } = await runToEnd(['unshare', '--net', process.execPath, program], {
    timeoutMs: 60_000,
  });
  t.equal(stdout.trim(), '{"carried":2,"wentUp":[1254]}', stderr);
});
