import { randomInt } from 'node:crypto';

import type { Libc } from '../../../director/io/libc.js';
import type { DnsCheckConfig } from '../../config/checker-config.js';
import { encodeQuery, readResponse } from '../../health/dns.js';
import type { Probe } from '../../member/health/probe.js';
import { Attempt } from './attempt.js';
import { exchange } from './udp-probe.js';

/** `DNS_CHECK`: the server answers a query over UDP with the response code 0. */
export function dnsProbe({ connection, type, name }: DnsCheckConfig, libc?: Libc): Probe {
  return (_step, report) => {
    const attempt = new Attempt(connection.timeout, report);
    const id = randomInt(0x1_0000);
    const socket = exchange(attempt, { connection, libc }, encodeQuery({ id, name, type }));
    socket?.on('message', (message) => {
      const response = readResponse(message);
      // What does not answer this very question is left alone: the real answer may still come.
      if (response === undefined || response.id !== id) return;
      if (response.code === 0) attempt.succeed();
      else attempt.fail(`response code ${response.code}`, true);
    });
    return attempt.abandon;
  };
}
