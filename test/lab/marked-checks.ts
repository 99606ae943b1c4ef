import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import process from 'node:process';

import type { CheckConnection, UdpCheckConfig } from '../../cluster/config/checker-config.js';
import { pingProbe } from '../../cluster/node/health/ping-probe.js';
import { Pingers } from '../../cluster/node/health/pingers.js';
import { tcpProbe } from '../../cluster/node/health/tcp-probe.js';
import { udpProbe } from '../../cluster/node/health/udp-probe.js';
import { loadLibc } from '../../director/io/libc.js';
import { ip } from '../base/values.js';
import { connectionTo, findingOf, timing } from '../cluster/node/health/probing.js';

/*
 * Checks on a loopback interface of its own, with marks, devices and sources: prints what each has found. What the packets
 * were like is counted by who started it.
 */

const listening = 7_000;
const refusing = 7_001;

const tcpServer = createServer((socket) => socket.destroy()).listen(listening, '::');
const udpServer = createSocket('udp6').bind(listening, '::');
udpServer.on('message', (message, { port, address }) => udpServer.send(message, port, address));

const libc = await loadLibc();

const to = (address: string, change: Partial<CheckConnection>): CheckConnection => ({
  ...connectionTo(listening, 1_000),
  address: ip(address),
  ...change,
});

const tcp = async (connection: CheckConnection): Promise<string> =>
  findingOf(tcpProbe({ kind: 'TCP_CHECK', ...timing, connection }, libc));

async function udp(connection: CheckConnection): Promise<string> {
  const reply = {
    data: Buffer.alloc(0),
    mask: Buffer.alloc(0),
    minimumLength: 1,
    maximumLength: 99,
  };
  const config: UdpCheckConfig = {
    kind: 'UDP_CHECK',
    ...timing,
    connection,
    payload: Buffer.from('hello'),
    reply,
  };
  return findingOf(udpProbe(config, libc));
}

async function ping(connection: CheckConnection): Promise<string> {
  const pingers = new Pingers();
  await pingers.open(connection);
  const pinger = pingers.of(connection);
  const finding = await findingOf(pingProbe({ kind: 'PING_CHECK', ...timing, connection }, pinger));
  pingers.close();
  return finding;
}

const marked = { mark: 7, bindDevice: 'lo' };
const elsewhere = { bindDevice: 'side0', timeout: connectionTo(0, 300).timeout };
const findings = {
  tcp: await tcp(to('127.0.0.1', { ...marked, bindAddress: ip('127.0.0.2') })),
  tcp6: await tcp(to('fd00::1', { ...marked, bindAddress: ip('fd00::2'), bindPort: 7_777 })),
  refused: await tcp(to('127.0.0.1', { ...marked, port: refusing })),
  unreachable: await tcp(to('192.0.2.9', { mark: 7 })),
  missing: await tcp(to('127.0.0.1', { bindDevice: 'none0' })),
  unbindable: await tcp(to('127.0.0.1', { mark: 7, bindAddress: ip('192.0.2.1') })),
  elsewhere: await tcp(to('127.0.0.1', elsewhere)),
  udp: await udp(to('127.0.0.1', { ...marked, bindAddress: ip('127.0.0.2') })),
  udp6: await udp(to('fd00::1', marked)),
  ping: await ping(to('127.0.0.1', { ...marked, bindAddress: ip('127.0.0.2') })),
  ping6: await ping(to('fd00::1', { ...marked, bindAddress: ip('fd00::2') })),
  plain: await ping(to('127.0.0.1', {})),
};
process.stdout.write(`${JSON.stringify(findings)}\n`);
tcpServer.close();
udpServer.close();
