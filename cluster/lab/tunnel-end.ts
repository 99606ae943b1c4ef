import { loadRawSocket } from '../../director/io/native.js';
import * as ipv4 from '../../director/wire/ipv4.js';

/*
 * The far end of IPIP tunnels, run on a real server: unwraps what arrives and hands it to the kernel, as a tunl0 device
 * would. Not every kernel has that one, and this does not mind. Says `ready` when it listens.
 */

/** From linux/in.h: with it a raw socket sends packets that come with their IP header. */
const IpProtocol = 0;
const IpHeaderIncluded = 3;

const raw = await loadRawSocket();
const outer = raw.createSocket({ protocol: ipv4.Protocol.ipip, bufferSize: 65_535 });
const inner = raw.createSocket({ protocol: ipv4.Protocol.ipip, bufferSize: 65_535 });
inner.setOption(IpProtocol, IpHeaderIncluded, 1);

outer.on('message', (packet: Buffer) => {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  if (!ipv4.isValid(view, 0, packet.length)) return;
  const content = Buffer.from(packet.subarray(ipv4.headerLength(view, 0)));
  // The address of the service is one of this machine: what is sent there comes in again.
  const destination = content.subarray(16, 20).join('.');
  inner.wrap.send(content, 0, content.length, destination, () => {});
});
for (const socket of [outer, inner]) {
  socket.on('error', (error) => {
    process.stderr.write(`${String(error)}\n`);
  });
}
// A socket that nothing refers to is collected, and closed with that.
process.once('exit', () => [outer, inner].map((socket) => socket.close()));
process.stdout.write('ready\n');
