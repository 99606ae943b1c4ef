import { toMilliseconds } from '../../../director/base/time.js';
import type { Scenario } from './scenario-file.js';
import type { ExpectationOutcome } from './scenario-report.js';

/** What was measured of a run, wherever it took place. */
export interface Measured {
  readonly lost: Readonly<Record<string, number>>;
  readonly outageMs: number;
  readonly master: string | undefined;
  /** How often a director became master after the first one had. */
  readonly transitions: number;
  /** Broken invariants, in words; where nobody checks them there are none. */
  readonly violations: readonly string[];
}

/** Compares what was measured with what a scenario asks for. */
export function judge({ expect }: Scenario, measured: Measured): ExpectationOutcome[] {
  const excused: readonly string[] = expect.excused;
  const all = Object.entries(measured.lost);
  const total = all.reduce((sum, [, count]) => sum + count, 0);
  const counted = all.reduce((sum, [why, count]) => sum + (excused.includes(why) ? 0 : count), 0);
  const outcomes: ExpectationOutcome[] = [];
  const { master, 'lost-at-least': least, 'outage-at-most': outage } = expect;
  if (least === 0) {
    const most = expect['lost-at-most'];
    const exceptions = excused.length === 0 ? '' : `, but for ${excused.join(', ')}`;
    outcomes.push(
      outcome(`at most ${most} flows break${exceptions}`, `${counted}`, counted <= most),
    );
  }
  if (least > 0) {
    outcomes.push(outcome(`at least ${least} flows break`, `${total}`, total >= least));
  }
  if (outage !== undefined) {
    const limit = toMilliseconds(outage);
    const text = `no flow waits longer than ${limit} ms`;
    const found = `${measured.outageMs.toFixed(0)} ms`;
    outcomes.push(outcome(text, found, measured.outageMs <= limit));
  }
  if (master !== undefined) {
    const found = measured.master ?? 'none';
    outcomes.push(outcome(`${master} is master at the end`, found, found === master));
  }
  const most = expect['transitions-at-most'];
  if (most !== undefined) {
    const text = `at most ${most} directors become master`;
    outcomes.push(outcome(text, `${measured.transitions}`, measured.transitions <= most));
  }
  if (expect.invariants) {
    const { violations } = measured;
    const found = violations.length === 0 ? 'none was' : violations.join('; ');
    outcomes.push(outcome('no invariant is broken', found, violations.length === 0));
  }
  return outcomes;
}

const outcome = (text: string, measured: string, passed: boolean): ExpectationOutcome => ({
  text,
  measured,
  passed,
});
