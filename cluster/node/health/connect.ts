import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';

import { isIpv6 } from '../../../director/base/address.js';
import type { CheckConnection } from '../../config/checker-config.js';
import type { Attempt } from './probe.js';

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

/** Connects by TCP; the attempt fails when that does, and holds the socket. */
export function connectFor(attempt: Attempt, connection: CheckConnection): Socket {
  const socket = connect(connectionOptions(connection));
  socket.on('error', (error) => attempt.failBy(error));
  attempt.holds(() => socket.destroy());
  return socket;
}
