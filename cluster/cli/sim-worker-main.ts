import { reportOf } from '../sim/report.js';
import { run } from '../sim/simulation.js';
import { outcomeOf } from '../sim/swarm-tally.js';
import { drawPlan, type SwarmLimits } from '../sim/swarm.js';
import { hmac } from './hmac.js';

/** What `runSeeds` hands to a process of its own. */
interface Work {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly limits: SwarmLimits;
}

const work: Work = JSON.parse(process.argv[2] ?? '');
const parent = process.ppid;
// Nothing wakes this loop when whoever wants the outcomes has been killed.
const isWanted = (): boolean => process.ppid === parent;
for (let seed = work.from; seed < work.to && isWanted(); seed += work.step) {
  const report = reportOf(run(drawPlan(seed, work.limits), { hmac }));
  process.stdout.write(`${JSON.stringify(outcomeOf(report))}\n`);
}
