import { once } from 'node:events';

import { test } from 'tap';

import { startDirector } from './director-process.js';
import { healthConfig, healthLab, startProgram } from './health-lab.js';

/*
 * A connection of IPv6 that the kernel carries both ways, with all that senders leave to their links: unfinished checksums and
 * super-frames; also to and from a virtual MAC address.
 */

const Virtual = 'fd09::100';
const Megabytes = 64;

const echo = `require('net').createServer(s=>{s.on('error',()=>{});s.pipe(s)}).listen(80,'fd09::2')`;

/** Sends many bytes and says whether they have come back as they were. */
const stream = `
const { createHash, randomBytes } = require('node:crypto');
const socket = require('net').connect(80, '${Virtual}');
const [sent, got] = [createHash('sha256'), createHash('sha256')];
let [left, due] = [${Megabytes}, ${Megabytes} * 2 ** 20];
function write() {
  for (let more = true; more && left > 0; left -= 1) {
    const piece = randomBytes(2 ** 20);
    sent.update(piece);
    more = socket.write(piece);
  }
}
socket.on('connect', write);
socket.on('drain', write);
socket.on('data', (piece) => {
  got.update(piece);
  due -= piece.length;
  if (due > 0) return;
  console.log(sent.digest('hex') === got.digest('hex') ? 'the same' : 'others');
  socket.end();
});
`;

const localAddresses = `
@baton baton {
@baton     local_addresses fd09::250
@baton }`;

const serviceOf = (line: string): string => `
vrrp_instance VI_6 {
  state MASTER
  ${line}
  interface eth0
  virtual_router_id 52
  priority 200
  advert_int 0.1
  virtual_ipaddress {
    ${Virtual}/64
    fd09::250/64
  }
}
virtual_server ${Virtual} 80 {
  lvs_sched rr
  lvs_method FULLNAT
  protocol TCP
  real_server fd09::2 80 {
  }
}`;

for (const line of ['', 'use_vmac']) {
  test(`a connection of IPv6 is carried both ways, and its bytes are right ${line}`, async (t) => {
    const lab = await healthLab(t, 1, 'on');
    const [server] = lab.servers;
    if (server === undefined) throw new Error('one server');
    await startProgram(t, server, echo, 80);
    const director = await startDirector(t, lab.director, {
      config: healthConfig(serviceOf(line), localAddresses),
      options: ['--driver=offload'],
    });
    t.ok(await director.becomes('master', 'VI_6'));

    const client = lab.client.start('timeout', '60', process.execPath, '-e', stream);
    let said = '';
    client.stdout?.on('data', (piece: Buffer) => {
      said += piece.toString();
    });
    const [status] = await once(client, 'close');
    t.strictSame([status, said.trim()], [0, 'the same']);

    const { offload } = await director.status();
    t.equal(offload?.installed, 1);
    const [packets, bytes] = [offload?.packets ?? 0, 2 * Megabytes * 2 ** 20];
    t.ok(packets > 2 * Megabytes, `${packets} packets`);
    t.ok(bytes / packets > 1_500, 'super-frames among them');
  });
}
