import { type Duration, seconds } from '../../director/base/time.js';
import type { CheckTiming } from './checker-config.js';
import type { Draft, ReadContext } from './read-context.js';
import type { Keyword, Range } from './statement-reader.js';

/** What a block says about its checks: a virtual server lends it to its real servers, and those to their checkers. */
export type TimingDraft = Draft<CheckTiming & { readonly connectTimeout: Duration }>;

/** Values for what no block says. */
export type TimingDefaults = Required<Pick<CheckTiming, 'retry'>> & {
  /** Undefined for the delay loop. */
  readonly delayBeforeRetry: Duration | undefined;
};

/** keepalived's `KEEPALIVED_DEFAULT_DELAY` and `DEFAULT_CONNECTION_TIMEOUT`. */
const Defaults = { delayLoop: seconds(60), connectTimeout: seconds(5) };

/** In seconds; keepalived counts microseconds, and refuses 0. */
const TimeoutRange = { minimum: 0.000_001, maximum: 4_294 };
const LoopRange = { minimum: 0.000_001, maximum: 999_999 };
const DelayRange = { minimum: 0, maximum: 999_999 };

const CountRange = { minimum: 0, maximum: 4_294_967_295 };

/** Which values of `retry` and `alpha` a block takes: a virtual server has no BOOL, and only checkers may not retry. */
export type TimingLevel = 'virtual_server' | 'real_server' | 'checker';

/** The keywords of checks that virtual servers, real servers and checkers share. */
export function timingKeywords(
  draft: TimingDraft,
  level: TimingLevel,
  { reader }: ReadContext,
): Record<string, Keyword> {
  const time = (field: 'delayLoop' | 'delayBeforeRetry' | 'warmup', range: Range): Keyword => ({
    read: (statement) => {
      draft[field] = reader.duration(reader.value(statement, 'seconds'), range);
    },
  });
  return {
    delay_loop: time('delayLoop', LoopRange),
    delay_before_retry: time('delayBeforeRetry', DelayRange),
    warmup: time('warmup', DelayRange),
    retry: {
      read: (statement) => {
        const range = level === 'checker' ? CountRange : { ...CountRange, minimum: 1 };
        draft.retry = reader.wholeNumber(reader.value(statement), range);
      },
    },
    alpha: {
      read: (statement) => {
        draft.alpha = level === 'virtual_server' ? reader.mark(statement) : reader.flag(statement);
      },
    },
  };
}

/** `connect_timeout`, which everything has that may connect. */
export const connectTimeoutKeyword = (
  draft: Pick<TimingDraft, 'connectTimeout'>,
  { reader }: ReadContext,
): Keyword => ({
  read: (statement) => {
    draft.connectTimeout = reader.duration(reader.value(statement, 'seconds'), TimeoutRange);
  },
});

/** What the inner block says, or else the outer one. */
export function inheritTiming(inner: TimingDraft, outer: TimingDraft): TimingDraft {
  const given = Object.entries(inner).filter(([, value]) => value !== undefined);
  return { ...outer, ...Object.fromEntries(given) };
}

/** Fills in what neither a checker nor its servers say. */
export function completeTiming(draft: TimingDraft, defaults: TimingDefaults): CheckTiming {
  const { delayLoop = Defaults.delayLoop, retry = defaults.retry } = draft;
  const { delayBeforeRetry = defaults.delayBeforeRetry ?? delayLoop, warmup = delayLoop } = draft;
  const { alpha = false, logAllFailures = false } = draft;
  return { delayLoop, retry, delayBeforeRetry, warmup, alpha, logAllFailures };
}

/** The time that a peer has for an answer. */
export const completeTimeout = ({ connectTimeout }: TimingDraft): Duration =>
  connectTimeout ?? Defaults.connectTimeout;
