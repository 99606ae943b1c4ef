import { type Duration, seconds } from '../../director/base/time.js';
import type { Draft, ReadContext } from './read-context.js';
import type { Keyword, Range } from './statement-reader.js';
import type { AnnounceConfig } from './vrrp-config.js';

/** What an instance or `global_defs` says itself; what it leaves out is said elsewhere. */
export type AnnounceDraft = Draft<Omit<AnnounceConfig, 'interval'>>;

/**
 * keepalived's `VRRP_GARP_*`; the two of lower priority are those of a new master unless they are given. But keepalived does not
 * refresh: a host that has missed both bursts would go on sending to a director that is not master any more, or dead.
 */
const Defaults = { repeat: 5, delay: seconds(5), refresh: seconds(5), refreshRepeat: 1 };

/** A burst is a packet for each address, in one go: more of them than this is a flood. */
const RepeatRange = { minimum: 1, maximum: 1_000 };

/** keepalived counts delays in microseconds, in 32 bits. */
const DelayRange = { minimum: 0, maximum: 4_294 };

const RefreshRange = { minimum: 0, maximum: 4_294_967 };

/** The keywords of `vrrp_instance`, or with the prefix `vrrp_` of `global_defs`. Times are whole seconds. */
export function announceKeywords(
  prefix: '' | 'vrrp_',
  draft: AnnounceDraft,
  { reader }: ReadContext,
): Record<string, Keyword> {
  type Times = 'delay' | 'refresh' | 'lowerPriorityDelay';
  type Counts = 'repeat' | 'refreshRepeat' | 'lowerPriorityRepeat';
  const time = (field: Times, range: Range): Keyword => ({
    read: (statement) => {
      const count = reader.wholeNumber(reader.value(statement, 'seconds'), range);
      if (count !== undefined) draft[field] = seconds(count);
    },
  });
  const count = (field: Counts, range: Range): Keyword => ({
    read: (statement) => {
      draft[field] = reader.wholeNumber(reader.value(statement), range);
    },
  });
  return {
    [`${prefix}garp_master_delay`]: time('delay', DelayRange),
    [`${prefix}garp_master_repeat`]: count('repeat', RepeatRange),
    [`${prefix}garp_master_refresh`]: time('refresh', RefreshRange),
    [`${prefix}garp_master_refresh_repeat`]: count('refreshRepeat', RepeatRange),
    [`${prefix}garp_lower_prio_delay`]: time('lowerPriorityDelay', DelayRange),
    [`${prefix}garp_lower_prio_repeat`]: count('lowerPriorityRepeat', {
      ...RepeatRange,
      minimum: 0,
    }),
  };
}

/** What holds for an instance: its own keywords, else the global ones, else keepalived's defaults. */
export function completeAnnounce(
  instance: AnnounceDraft,
  globals: AnnounceDraft,
  interval: Duration,
): AnnounceConfig {
  const shared = { ...Defaults, ...given(globals) };
  const lower = { lowerPriorityRepeat: shared.repeat, lowerPriorityDelay: shared.delay };
  return { ...lower, ...shared, ...given(instance), interval };
}

/** Without the fields that are undefined, which would hide others in a spread. */
function given(draft: AnnounceDraft): Partial<AnnounceConfig> {
  return Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined));
}
