import { toSeconds } from '../../../director/base/time.js';
import type { VrrpInstanceConfig } from '../../config/vrrp-config.js';
import type { VirtualRouter } from '../../member/virtual-router.js';
import type { ElectionSnapshot } from '../../vrrp/election-snapshot.js';
import type { VrrpState } from '../../vrrp/state.js';
import { wallClock } from '../clock.js';

/** keepalived's numbers of the states, which its JSON and the exporters use. */
export const StateNumbers: Readonly<Record<VrrpState, number>> = {
  initialize: 0,
  backup: 1,
  master: 2,
  fault: 3,
};

/** What keepalived counts of an instance, under the names of its JSON. */
export interface VrrpStats {
  readonly advert_rcvd: number;
  readonly advert_sent: number;
  readonly become_master: number;
  readonly release_master: number;
  readonly packet_len_err: number;
  readonly advert_interval_err: number;
  readonly ip_ttl_err: number;
  readonly invalid_type_rcvd: number;
  readonly addr_list_err: number;
  readonly invalid_authtype: number;
  readonly authtype_mismatch: number;
  readonly auth_failure: number;
  readonly pri_zero_rcvd: number;
  readonly pri_zero_sent: number;
}

/** An instance as keepalived's windows, and the exporters that read them, show it. */
export interface VrrpReport {
  readonly config: VrrpInstanceConfig;
  readonly source: string;
  readonly snapshot: ElectionSnapshot;
  /** Of the last change of state: seconds since the epoch. */
  readonly lastTransition: number;
  readonly advertSeconds: number;
  /** In keepalived's words: `ADDRESS/LENGTH dev DEVICE scope global`, and `set` while it is held. */
  readonly addresses: readonly string[];
  readonly excludedAddresses: readonly string[];
  /** What is known of the scripts that it tracks. */
  readonly scripts: ReadonlyMap<string, boolean>;
  readonly stats: VrrpStats;
}

export function vrrpReport(router: VirtualRouter): VrrpReport {
  const { config, election, adverts, counts, tracking } = router;
  const snapshot = election.snapshot();
  const suffix = snapshot.state === 'master' ? ' set' : '';
  const describe = ({
    address,
    prefixLength,
    device,
  }: VrrpInstanceConfig['virtualAddresses'][0]): string =>
    `${address}/${prefixLength} dev ${device} scope global${suffix}`;
  return {
    config,
    source: adverts.source,
    snapshot,
    lastTransition: wallClock(snapshot.since) / 1_000,
    advertSeconds: toSeconds(config.advertInterval),
    addresses: config.virtualAddresses.map(describe),
    excludedAddresses: config.excludedAddresses.map(describe),
    scripts: new Map(
      tracking
        .snapshot()
        .filter(({ kind, value }) => kind === 'script' && value !== undefined)
        .map(({ name, value }) => [name, value === true]),
    ),
    stats: statsOf(snapshot, counts, adverts.counters.malformed),
  };
}

/** Our reasons under the headings that keepalived has for them. */
function statsOf(
  snapshot: ElectionSnapshot,
  counts: VirtualRouter['counts'],
  malformed: number,
): VrrpStats {
  const { rejected } = snapshot;
  const sum = (...reasons: readonly string[]): number =>
    reasons.reduce((total, reason) => total + (rejected[reason] ?? 0), 0);
  return {
    advert_rcvd: snapshot.advertisementsReceived,
    advert_sent: snapshot.advertisementsSent,
    become_master: counts.becameMaster,
    release_master: counts.releasedMaster,
    packet_len_err: sum('too-short', 'count') + malformed,
    advert_interval_err: sum('interval', 'interval-mismatch'),
    ip_ttl_err: sum('ttl'),
    invalid_type_rcvd: sum('type', 'version', 'checksum'),
    addr_list_err: snapshot.addressMismatches,
    invalid_authtype: sum('auth-malformed', 'auth-missing'),
    authtype_mismatch: sum('auth-type'),
    auth_failure: sum('auth-password', 'auth-key', 'auth-hmac', 'auth-stale', 'auth-replay'),
    pri_zero_rcvd: counts.resignationsReceived,
    pri_zero_sent: counts.resignationsSent,
  };
}
