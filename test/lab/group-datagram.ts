import process from 'node:process';

import { SyncSocket } from '../../director/io/sync-socket.js';
import { ip } from '../base/values.js';

/* Sends datagrams to a group on eth0, or prints the first one that comes and who has sent it: WHAT GROUP ADDRESS. */

const [what, group = '', address = ''] = process.argv.slice(2);
const place = {
  device: 'eth0',
  address: ip(address),
  group: ip(group),
  port: 8_848,
  ttl: 1,
  peers: [],
};
const socket = await SyncSocket.open({ ...place, listens: what === 'listen' }, (bytes, source) => {
  process.stdout.write(`${Buffer.from(bytes).toString()} ${source}\n`);
  process.exit(0);
});
process.stdout.write('open\n');
if (what === 'send') setInterval(() => socket.send(Buffer.from('hello')), 50);
