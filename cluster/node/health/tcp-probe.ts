import type { Libc } from '../../../director/io/libc.js';
import type { TcpCheckConfig } from '../../config/checker-config.js';
import type { Probe } from '../../member/health/probe.js';
import { Attempt } from './attempt.js';
import { connectFor } from './connect.js';

/** `TCP_CHECK`: a connection is established, and closed again. */
export function tcpProbe({ connection }: TcpCheckConfig, libc?: Libc): Probe {
  return (_step, report) => {
    const attempt = new Attempt(connection.timeout, report, 'no connection in time');
    connectFor(attempt, { connection, libc }, () => attempt.succeed());
    return attempt.abandon;
  };
}
