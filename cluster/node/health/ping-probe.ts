import { isIpv6 } from '../../../director/base/address.js';
import type { EchoSocket } from '../../../director/io/echo-socket.js';
import type { PingCheckConfig } from '../../config/checker-config.js';
import { Attempt, type Probe } from './probe.js';

/** The sockets that echo requests are sent by, of the families that are asked for. */
export interface Pingers {
  readonly ipv4: EchoSocket | undefined;
  readonly ipv6: EchoSocket | undefined;
}

/** `PING_CHECK`: an ICMP echo request is answered. */
export function pingProbe({ connection }: PingCheckConfig, pingers: Pingers): Probe {
  const { address, timeout } = connection;
  return (_step, report) => {
    const attempt = new Attempt(timeout, report, 'no echo reply in time');
    const pinger = isIpv6(address) ? pingers.ipv6 : pingers.ipv4;
    if (pinger === undefined) attempt.fail('echo requests cannot be sent', false);
    const forget = pinger?.request(address, (error) => {
      if (error === undefined) attempt.succeed();
      else attempt.failBy(error);
    });
    if (forget !== undefined) attempt.holds(forget);
    return attempt.abandon;
  };
}
