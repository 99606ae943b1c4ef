import type { IpAddress } from '../../director/base/address.js';
import { type Duration, seconds } from '../../director/base/time.js';
import { announceKeywords, type AnnounceDraft } from './keepalived-announce.js';
import { OwnUser, readUser, type ScriptUser } from './keepalived-command.js';
import { readPath } from './keepalived-pipe.js';
import type { Statement } from './keepalived-statements.js';
import { readGroup } from './keepalived-transport.js';
import type { AddressFamily } from './node-config.js';
import type { ReadContext } from './read-context.js';
import { describeFamily, familyOf } from './service-values.js';
import type { Keyword } from './statement-reader.js';

/** What `global_defs` says for instances that do not say it themselves. */
export interface VrrpGlobals {
  /** keepalived's own default is 2. IPv6 is always of version 3. Undefined when it was refused. */
  version: 2 | 3 | undefined;
  checksumAsV2: boolean;
  readonly groups: Partial<Record<AddressFamily, IpAddress>>;
  checkUnicastSource: boolean;
  downTimerAdverts: number;
  higherPrioritySendsAdvert: boolean;
  lowerPriorityNoAdvert: boolean;
  readonly announce: AnnounceDraft;
  /** Between gratuitous ARPs, and between unsolicited neighbour advertisements. */
  readonly intervals: Record<AddressFamily, Duration>;
  user: ScriptUser;
  scriptSecurity: boolean;
  notifyFifo: string | undefined;
}

/** The limits of `down_timer_adverts`. */
export const DownTimerRange = { minimum: 1, maximum: 100 };

/** In seconds; a burst of five would take as many times as long. */
const IntervalRange = { minimum: 0, maximum: 60 };

/** keepalived's defaults, but for `higher_prio_send_advert`: `ElectionConfig` says why. */
export const newVrrpGlobals = (): VrrpGlobals => ({
  version: 2,
  checksumAsV2: false,
  groups: {},
  checkUnicastSource: false,
  downTimerAdverts: 3,
  higherPrioritySendsAdvert: true,
  lowerPriorityNoAdvert: false,
  announce: {},
  intervals: { ipv4: seconds(0), ipv6: seconds(0) },
  user: OwnUser,
  scriptSecurity: false,
  notifyFifo: undefined,
});

/** The keywords of `global_defs` about elections. */
export function vrrpGlobalKeywords(
  draft: VrrpGlobals,
  context: ReadContext,
): Record<string, Keyword> {
  const { reader } = context;
  return {
    vrrp_version: {
      read: (statement) => {
        draft.version = readVersion(statement, context);
      },
    },
    v3_checksum_as_v2: {
      read: (statement) => {
        draft.checksumAsV2 = reader.flag(statement) ?? draft.checksumAsV2;
      },
    },
    vrrp_mcast_group4: groupKeyword('ipv4', draft, context),
    vrrp_mcast_group6: groupKeyword('ipv6', draft, context),
    vrrp_check_unicast_src: {
      read: (statement) => {
        draft.checkUnicastSource = reader.mark(statement);
      },
    },
    vrrp_down_timer_adverts: {
      read: (statement) => {
        const count = reader.wholeNumber(reader.value(statement), DownTimerRange);
        draft.downTimerAdverts = count ?? draft.downTimerAdverts;
      },
    },
    vrrp_higher_prio_send_advert: {
      read: (statement) => {
        const isOn = reader.flag(statement);
        draft.higherPrioritySendsAdvert = isOn ?? draft.higherPrioritySendsAdvert;
      },
    },
    vrrp_lower_prio_no_advert: {
      read: (statement) => {
        draft.lowerPriorityNoAdvert = reader.flag(statement) ?? draft.lowerPriorityNoAdvert;
      },
    },
    ...announceKeywords('vrrp_', draft.announce, context),
    vrrp_garp_interval: intervalKeyword('ipv4', draft, context),
    vrrp_gna_interval: intervalKeyword('ipv6', draft, context),
    ...scriptKeywords(draft, context),
  };
}

/** Reads `vrrp_version` or `version`. */
export const readVersion = (statement: Statement, { reader }: ReadContext): 2 | 3 | undefined =>
  reader.choice(reader.value(statement, '2 or 3'), { 2: 2, 3: 3 } as const);

const groupKeyword = (
  family: AddressFamily,
  { groups }: VrrpGlobals,
  context: ReadContext,
): Keyword => ({
  read: (statement) => {
    const group = readGroup(context.reader.value(statement, 'an address'), context);
    if (group === undefined) return;
    groups[family] = group;
    if (familyOf(group) === family) return;
    const message = `${statement.keyword} has to be an ${describeFamily(family)} group, not ${group}`;
    context.problems.add(statement.line, 'wrong-value', message);
  },
});

const intervalKeyword = (
  family: AddressFamily,
  { intervals }: VrrpGlobals,
  { reader }: ReadContext,
): Keyword => ({
  read: (statement) => {
    const interval = reader.duration(reader.value(statement, 'seconds'), IntervalRange);
    intervals[family] = interval ?? intervals[family];
  },
});

function scriptKeywords(draft: VrrpGlobals, context: ReadContext): Record<string, Keyword> {
  const { reader } = context;
  return {
    script_user: {
      read: (statement) => {
        draft.user = readUser(statement, context) ?? draft.user;
      },
    },
    enable_script_security: {
      read: (statement) => {
        draft.scriptSecurity = reader.mark(statement);
      },
    },
    vrrp_notify_fifo: {
      read: (statement) => {
        draft.notifyFifo = readPath(statement, context);
      },
    },
  };
}
