import type { Fault } from './faults/fault.js';
import type { RunPlan, RunResult } from './simulation.js';

/**
 * The plan with the fewest faults that still breaks the invariant which the whole plan breaks first; undefined when that
 * breaks none. Faults are left out in ever smaller groups, and what is left is then made shorter (delta debugging).
 */
export function shrink(
  plan: RunPlan,
  run: (plan: RunPlan) => RunResult,
  progress: (faults: number) => void = () => {},
): RunPlan | undefined {
  const invariant = run(plan).violations[0]?.invariant;
  if (invariant === undefined) return undefined;
  const fails = (faults: readonly Fault[]): boolean =>
    run({ ...plan, faults }).violations.some((violation) => violation.invariant === invariant);
  let faults = [...plan.faults];
  for (let size = Math.ceil(faults.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < faults.length;) {
      const fewer = faults.toSpliced(start, size);
      if (fails(fewer)) {
        faults = fewer;
        progress(faults.length);
      } else start += size;
    }
  }
  for (const [place, fault] of faults.entries()) {
    const shorter = faults.with(place, { ...fault, for: Math.round(fault.for * 500) / 1_000 });
    if (fails(shorter)) faults = shorter;
  }
  return { ...plan, faults };
}
