import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

import { isIpv6 } from '../../../director/base/address.js';
import { IoError } from '../../../director/base/errors.js';
import { unreachable } from '../../../director/base/invariant.js';
import type { Libc } from '../../../director/io/libc.js';
import { openMarked } from '../../../director/io/marked-socket.js';
import type { TlsConfig } from '../../config/checker-config.js';
import type { ActiveConfig } from '../../member/health/active-check.js';
import type { Probe } from '../../member/health/probe.js';
import type { CommandRules } from '../user-command.js';
import { needsMarking, type Way } from './connect.js';
import { dnsProbe } from './dns-probe.js';
import { httpProbe, type TlsSettings } from './http-probe.js';
import { miscProbe } from './misc-probe.js';
import { pingProbe } from './ping-probe.js';
import type { Pingers } from './pingers.js';
import { smtpProbe } from './smtp-probe.js';
import { tcpProbe } from './tcp-probe.js';
import { udpProbe } from './udp-probe.js';

/** What probes need of the node. */
export interface ProbeEnvironment {
  readonly rules: CommandRules;
  readonly tls: TlsConfig | undefined;
  readonly pingers: Pingers;
  /** There when a checker needs it, see `needsMarking`. */
  readonly libc: Libc | undefined;
}

/**
 * Makes the probe of a checker; `weight` answers the configured weight of its server. Throws an `IoError` for a program that
 * must not be run, or a certificate that cannot be read.
 */
export function createProbe(
  config: ActiveConfig,
  weight: () => number,
  { rules, tls, pingers, libc }: ProbeEnvironment,
): Probe {
  if (config.kind === 'MISC_CHECK') return miscProbe(config, weight, rules);
  const { connection } = config;
  if (config.kind === 'PING_CHECK') return pingProbe(config, pingers.of(connection));
  tryMarking({ connection, libc });
  switch (config.kind) {
    case 'TCP_CHECK':
      return tcpProbe(config, libc);
    case 'HTTP_GET':
      return httpProbe(config, undefined, libc);
    case 'SSL_GET':
      return httpProbe(config, tlsSettings(tls), libc);
    case 'SMTP_CHECK':
      return smtpProbe(config, libc);
    case 'DNS_CHECK':
      return dnsProbe(config, libc);
    case 'UDP_CHECK':
      return udpProbe(config, libc);
    default:
      return unreachable(config);
  }
}

/** What the kernel refuses is to be known when a checker is made, not when it takes its server out. */
function tryMarking({ connection, libc }: Way): void {
  if (!needsMarking(connection) || libc === undefined) return;
  const { address, mark, bindDevice: device } = connection;
  const family = isIpv6(address) ? 'ipv6' : 'ipv4';
  const marking = { mark, device, bindAddress: undefined, bindPort: undefined };
  try {
    libc.close(openMarked(libc, family, 'stream', marking));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `a checker cannot have its fwmark or bind_if: ${reason}`;
    throw new IoError({ code: 'marked-socket' }, message, { cause });
  }
}

function tlsSettings(tls: TlsConfig | undefined): TlsSettings {
  const { ca, certificate, key, password } = tls ?? {};
  try {
    const context = createSecureContext({
      ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
      ...(certificate === undefined ? {} : { cert: readFileSync(certificate) }),
      ...(key === undefined ? {} : { key: readFileSync(key) }),
      ...(password === undefined ? {} : { passphrase: password }),
      minVersion: 'TLSv1',
    });
    return { context, verifies: ca !== undefined };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IoError({ code: 'tls' }, `SSL_GET cannot use its certificates: ${reason}`, { cause });
  }
}
