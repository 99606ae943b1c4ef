import type { EchoSocket } from '../../../director/io/echo-socket.js';
import type { PingCheckConfig } from '../../config/checker-config.js';
import type { Probe } from '../../member/health/probe.js';
import { Attempt } from './attempt.js';

/** `PING_CHECK`: an ICMP echo request is answered. */
export function pingProbe({ connection }: PingCheckConfig, pinger: EchoSocket): Probe {
  const { address, timeout } = connection;
  return (_step, report) => {
    const attempt = new Attempt(timeout, report, 'no echo reply in time');
    const forget = pinger.request(address, (error) => {
      if (error === undefined) attempt.succeed();
      else attempt.failBy(error);
    });
    attempt.holds(forget);
    return attempt.abandon;
  };
}
