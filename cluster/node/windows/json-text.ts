import { toSeconds } from '../../../director/base/time.js';
import { StateNumbers, type VrrpReport } from './vrrp-report.js';

/** What keepalived writes into keepalived.json: one object for each instance. */
export const jsonText = (reports: readonly VrrpReport[]): string =>
  `${JSON.stringify(reports.map((report) => ({ data: dataOf(report), stats: report.stats })))}\n`;

const flag = (isSet: boolean): 0 | 1 => (isSet ? 1 : 0);

function dataOf(report: VrrpReport): object {
  const { config, snapshot, lastTransition, advertSeconds } = report;
  const { announce } = config;
  const state = StateNumbers[snapshot.state];
  return {
    iname: config.name,
    dont_track_primary: 0,
    skip_check_adv_addr: 0,
    strict_mode: 0,
    vmac_ifname: '',
    ifp_ifname: config.device,
    master_priority: snapshot.state === 'master' ? 0 : (snapshot.masterPriority ?? 0),
    last_transition: lastTransition,
    garp_delay: toSeconds(announce.delay),
    garp_refresh: toSeconds(announce.refresh),
    garp_rep: announce.repeat,
    garp_refresh_rep: announce.refreshRepeat,
    garp_lower_prio_delay: toSeconds(announce.lowerPriorityDelay),
    garp_lower_prio_rep: announce.lowerPriorityRepeat,
    lower_prio_no_advert: flag(config.lowerPriorityNoAdvert),
    higher_prio_send_advert: flag(config.higherPrioritySendsAdvert),
    vrid: config.virtualRouterId,
    base_priority: config.priority,
    effective_priority: snapshot.effectivePriority,
    vipset: snapshot.state === 'master',
    promote_secondaries: false,
    adver_int: advertSeconds,
    master_adver_int: advertSeconds,
    accept: 1,
    nopreempt: !config.preempt,
    preempt_delay: toSeconds(config.preemptDelay),
    state,
    wantstate: state,
    version: config.version,
    smtp_alert: false,
    notify_deleted: false,
    vips: report.addresses,
    ...(report.excludedAddresses.length === 0 ? {} : { evips: report.excludedAddresses }),
    auth_type: config.authentication?.kind === 'pass' ? 1 : 0,
  };
}
