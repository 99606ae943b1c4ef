import { readFileSync } from 'node:fs';

import { test } from 'tap';

import { hmac } from '../../cluster/cli/hmac.js';
import { runInLab } from '../../cluster/lab/scenario/run-in-lab.js';
import { compareReports, renderComparison } from '../../cluster/sim/scenario/compare-reports.js';
import { loadScenario } from '../../cluster/sim/scenario/scenario-file.js';
import { runScenario } from '../../cluster/sim/scenario/scenario-run.js';

const files = ['s01-kill-fast', 's08-expire-nodest', 's09-round-robin'];

for (const file of files) {
  const scenario = loadScenario(readFileSync(`test/scenarios/${file}.yaml`, 'utf8'), file);
  test(`the simulator predicts which flows survive in a lab: ${scenario.name}`, async (t) => {
    const { signal } = new AbortController();
    const measured = await runInLab(scenario, { signal, progress: () => {} });
    const { report: predicted } = runScenario(scenario, 1, { hmac });
    const comparison = compareReports(scenario, predicted, measured);
    t.comment(renderComparison(comparison));
    t.same(comparison.differences, []);
    t.ok(comparison.flows > 0);
  });
}
