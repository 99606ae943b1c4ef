import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

import { IoError } from '../../../director/base/errors.js';
import type { TlsConfig } from '../../config/checker-config.js';
import type { CommandRules } from '../user-command.js';
import type { ActiveConfig } from './active-check.js';
import { dnsProbe } from './dns-probe.js';
import { httpProbe, type TlsSettings } from './http-probe.js';
import { miscProbe } from './misc-probe.js';
import { pingProbe, type Pingers } from './ping-probe.js';
import type { Probe } from './probe.js';
import { smtpProbe } from './smtp-probe.js';
import { tcpProbe } from './tcp-probe.js';
import { udpProbe } from './udp-probe.js';

/** What probes need of the node. */
export interface ProbeEnvironment {
  readonly rules: CommandRules;
  readonly tls: TlsConfig | undefined;
  readonly pingers: Pingers;
}

/**
 * Makes the probe of a checker; `weight` answers the configured weight of its server. Throws an `IoError` for a program that
 * must not be run, a certificate that cannot be read, or a regular expression that JavaScript does not know.
 */
export function createProbe(
  config: ActiveConfig,
  weight: () => number,
  { rules, tls, pingers }: ProbeEnvironment,
): Probe {
  switch (config.kind) {
    case 'TCP_CHECK':
      return tcpProbe(config);
    case 'HTTP_GET':
      return httpProbe(config, undefined);
    case 'SSL_GET':
      return httpProbe(config, tlsSettings(tls));
    case 'SMTP_CHECK':
      return smtpProbe(config);
    case 'DNS_CHECK':
      return dnsProbe(config);
    case 'UDP_CHECK':
      return udpProbe(config);
    case 'PING_CHECK':
      return pingProbe(config, pingers);
    default:
      return miscProbe(config, weight, rules);
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
