import { ConfigError } from '../../director/base/errors.js';
import { planReplay } from './replay.js';
import { readScenario, scenarioNames } from './scenario.js';
import { replayInBestOrder, type OrderedResult } from './server-order.js';

/** Of more differences than this in one scenario only the number is told. */
const MostDifferences = 40;

/**
 * Plays every recording of a folder to our director and prints how it compares with the recorded one, and at the end how
 * many are equal. A recording that makes no sense is not equal. Answers the exit code: 0 when all are equal. Throws a
 * `ConfigError` for a folder without recordings.
 */
export function oraclePackets(directory: string): number {
  const names = scenarioNames(directory);
  let equal = 0;
  for (const name of names) {
    try {
      const plan = planReplay(readScenario(directory, name));
      const result = replayInBestOrder(plan);
      if (result.differences.length === 0) equal += 1;
      console.log(report(name, plan.assumptions, result));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      console.log(`${name}: cannot be replayed, ${error.message}`);
    }
  }
  console.log(`${equal} of ${names.length} scenarios equal`);
  return equal === names.length ? 0 : 1;
}

function report(name: string, assumptions: readonly string[], result: OrderedResult): string {
  const { differences, notes, equalPackets, recordedPackets } = result;
  const verdict = differences.length === 0 ? 'equal' : `${differences.length} differences`;
  const lines = [`${name}: ${verdict}, ${equalPackets} of ${recordedPackets} packets the same`];
  for (const text of [...assumptions, ...result.assumptions]) lines.push(`  assumed: ${text}`);
  for (const text of notes) lines.push(`  note: ${text}`);
  for (const text of differences.slice(0, MostDifferences)) lines.push(`  differs: ${text}`);
  const more = differences.length - MostDifferences;
  if (more > 0) lines.push(`  and ${more} more differences`);
  return lines.join('\n');
}
