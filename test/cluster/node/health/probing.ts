import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import type { Test } from 'tap';

import type { CheckConnection, CheckTiming } from '../../../../cluster/config/checker-config.js';
import type { Probe, ProbeAnswer } from '../../../../cluster/member/health/probe.js';
import { parseAddress } from '../../../../director/base/address.js';
import { milliseconds, seconds } from '../../../../director/base/time.js';

const loopback = parseAddress('127.0.0.1');

/** keepalived's defaults. */
export const timing: CheckTiming = {
  delayLoop: seconds(60),
  retry: 1,
  delayBeforeRetry: seconds(1),
  warmup: seconds(60),
  alpha: false,
  logAllFailures: false,
};

/** Where a probe asks: a port of this machine, with half a second for the answer. */
export function connectionTo(port: number, timeoutMs = 500): CheckConnection {
  if (loopback === undefined) throw new Error('an address');
  return {
    address: loopback,
    port,
    bindAddress: undefined,
    bindPort: undefined,
    bindDevice: undefined,
    mark: 0,
    timeout: milliseconds(timeoutMs),
  };
}

/** Asks once. Throws when a probe reports twice. */
export async function answerOf(probe: Probe, step = 0): Promise<ProbeAnswer> {
  let count = 0;
  return new Promise((resolve, reject) => {
    probe(step, (answer) => {
      count += 1;
      if (count > 1) reject(new Error('a probe reports once'));
      // Whatever follows the first report comes soon.
      setTimeout(() => resolve(answer), 20);
    });
  });
}

/** What a probe has found, as text: `success`, or the reason; a `?` behind it when nobody has answered. */
export async function findingOf(probe: Probe, step = 0): Promise<string> {
  const answer = await answerOf(probe, step);
  if (answer.kind === 'success') return 'success';
  return answer.isAnswered ? answer.reason : `${answer.reason}?`;
}

/** A TCP server on the loopback interface that does with every connection what the test says. */
export async function listen(t: Test, serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return portOf(server);
}

export async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (!isAddressInfo(address)) throw new Error('a port');
  return address.port;
}

const isAddressInfo = (address: AddressInfo | string | null): address is AddressInfo =>
  typeof address === 'object' && address !== null;

/** A port that nobody listens on. */
export async function closedPort(t: Test): Promise<number> {
  const server = createServer();
  const port = await portOf(server);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  t.ok(port > 0);
  return port;
}
