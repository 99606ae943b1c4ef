import { readdirSync, readFileSync } from 'node:fs';

import { test } from 'tap';

import { loadScenario } from '../../../cluster/sim/scenario/scenario-file.js';
import { runScenario } from '../../../cluster/sim/scenario/scenario-run.js';
import { hmac } from './quiet-cluster.js';

const folder = 'test/scenarios';

for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
  const scenario = loadScenario(readFileSync(`${folder}/${file}`, 'utf8'), file);
  if ('sim' in scenario.not) continue;
  test(`in the simulator: ${scenario.name}`, (t) => {
    const { report } = runScenario(scenario, 1, { hmac });
    for (const { text, measured, passed } of report.expectations) {
      t.ok(passed, `${text}: ${measured}`);
    }
    t.end();
  });
}

test('a scenario file that makes no sense is refused with its lines', (t) => {
  const text = 'name: x\nabout: y\nfaults:\n  - { at: 1s, for: 1s, kind: flood, director: d1 }\n';
  t.throws(() => loadScenario(text, 'x.yaml'), /x\.yaml:4/);
  t.throws(() => loadScenario('name: x\nabout: y\nlenght: 3s\n', 'x.yaml'), /lenght|nrecognized/);
  t.end();
});
