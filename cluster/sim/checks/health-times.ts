import { milliseconds, type Duration, microseconds } from '../../../director/base/time.js';
import type { LabHealth } from '../../config/lab-config.js';
import { BootstrapDelay } from '../../health/checker.js';
import { SettlingTime } from '../../health/isolation.js';
import { AnswerTime } from '../../member/health/evidence.js';

/** For ways and turns. */
const Slop = milliseconds(300);

/** How long a director may take to find out how a real server is, in microseconds; all computed from its checkers' rules. */
export interface HealthTimes {
  /** Since the server refuses checks. */
  readonly refusal: Duration;
  /** Since it is silent. */
  readonly silence: Duration;
  /** Since the checker was made: it assumes the best until its first check. */
  readonly start: Duration;
  /** Since something ended that may have spoiled a check, besides what it takes anyway. */
  readonly recovery: Duration;
  /** Since everything is well, until every server that answers is known to be up. */
  readonly allUp: Duration;
}

export function healthTimes({
  delayLoop,
  timeout,
  retry,
  delayBeforeRetry,
}: LabHealth): HealthTimes {
  const unanswered = timeout + AnswerTime;
  const doubt = retry * delayBeforeRetry;
  const next = Math.max(delayLoop, delayBeforeRetry);
  return {
    refusal: microseconds(delayLoop + doubt + Slop),
    silence: microseconds(delayLoop + doubt + (retry + 1) * unanswered + Slop),
    start: microseconds(BootstrapDelay + delayLoop),
    // One check is under way, another meets hosts that have to ask for each other; and links take their time.
    recovery: microseconds(2 * (unanswered + next) + SettlingTime),
    allUp: microseconds(2 * (unanswered + next) + Slop),
  };
}
