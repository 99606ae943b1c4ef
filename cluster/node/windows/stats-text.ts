import type { VrrpReport } from './vrrp-report.js';

/** What keepalived writes into keepalived.stats on SIGUSR2. */
export function statsText(reports: readonly VrrpReport[]): string {
  return reports.map((report) => `${statsLines(report).join('\n')}\n`).join('');
}

const statsLines = ({ config, stats }: VrrpReport): string[] => [
  `VRRP Instance: ${config.name}`,
  '  Advertisements:',
  `    Received: ${stats.advert_rcvd}`,
  `    Sent: ${stats.advert_sent}`,
  `  Became master: ${stats.become_master}`,
  `  Released master: ${stats.release_master}`,
  '  Packet Errors:',
  `    Length: ${stats.packet_len_err}`,
  `    TTL: ${stats.ip_ttl_err}`,
  `    Invalid Type: ${stats.invalid_type_rcvd}`,
  `    Advertisement Interval: ${stats.advert_interval_err}`,
  `    Address List: ${stats.addr_list_err}`,
  '  Authentication Errors:',
  `    Invalid Type: ${stats.invalid_authtype}`,
  `    Type Mismatch: ${stats.authtype_mismatch}`,
  `    Failure: ${stats.auth_failure}`,
  '  Priority Zero:',
  `    Received: ${stats.pri_zero_rcvd}`,
  `    Sent: ${stats.pri_zero_sent}`,
];
