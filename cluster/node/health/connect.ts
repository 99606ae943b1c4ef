import { connect, Socket, type TcpNetConnectOpts } from 'node:net';

import { isIpv6 } from '../../../director/base/address.js';
import { assert } from '../../../director/base/invariant.js';
import type { Libc } from '../../../director/io/libc.js';
import { connectMarked, openMarked } from '../../../director/io/marked-socket.js';
import type { CheckConnection } from '../../config/checker-config.js';
import type { Attempt } from './attempt.js';

/** A connection, and the C library for one that wants of the kernel what Node cannot ask for. */
export interface Way {
  readonly connection: CheckConnection;
  /** There when `needsMarking` says so. */
  readonly libc: Libc | undefined;
}

/** True for a connection with a firewall mark or a device of its own. */
export const needsMarking = ({ mark, bindDevice }: CheckConnection): boolean =>
  mark !== 0 || bindDevice !== undefined;

/** Where Node is to connect to, and from where. A link-local address takes the interface. */
export function connectionOptions(connection: CheckConnection): TcpNetConnectOpts {
  const { address, port, bindAddress, bindPort, bindDevice } = connection;
  const zone = bindDevice === undefined || !/^fe[89ab]/i.test(address) ? '' : `%${bindDevice}`;
  return {
    host: `${address}${zone}`,
    port,
    family: isIpv6(address) ? 6 : 4,
    ...(bindAddress === undefined ? {} : { localAddress: bindAddress }),
    ...(bindPort === undefined ? {} : { localPort: bindPort }),
  };
}

/** Connects by TCP, and hands over the socket then; the attempt fails when it cannot, and holds the socket. */
export function connectFor(attempt: Attempt, way: Way, connected: (socket: Socket) => void): void {
  if (needsMarking(way.connection)) return connectMarkedFor(attempt, way, connected);
  const socket = connect(connectionOptions(way.connection));
  hold(attempt, socket);
  socket.once('connect', () => connected(socket));
}

function connectMarkedFor(
  attempt: Attempt,
  { connection, libc }: Way,
  connected: (socket: Socket) => void,
): void {
  const fd = openMarkedFor(attempt, { connection, libc }, 'stream');
  if (fd === undefined || libc === undefined) return;
  const { address, port, bindDevice: device } = connection;
  let isOurs = true;
  const giveUp = connectMarked(libc, fd, { address, port, device }, (error) => {
    if (error !== undefined) return attempt.failBy(error);
    isOurs = false;
    const socket = new Socket({ fd, readable: true, writable: true });
    hold(attempt, socket);
    connected(socket);
  });
  attempt.holds(() => {
    if (!isOurs) return;
    giveUp();
    libc.close(fd);
  });
}

/** The descriptor of a marked socket; undefined when the kernel refuses it, and the attempt has failed. */
export function openMarkedFor(
  attempt: Attempt,
  { connection, libc }: Way,
  type: 'stream' | 'datagram',
): number | undefined {
  assert(libc !== undefined, 'the C library is there for who needs it');
  const { address, mark, bindDevice: device, bindAddress, bindPort } = connection;
  try {
    const family = isIpv6(address) ? 'ipv6' : 'ipv4';
    return openMarked(libc, family, type, { mark, device, bindAddress, bindPort });
  } catch (error) {
    attempt.failBy(error instanceof Error ? error : new Error(String(error)));
    return undefined;
  }
}

function hold(attempt: Attempt, socket: Socket): void {
  socket.on('error', (error) => attempt.failBy(error));
  attempt.holds(() => socket.destroy());
}
