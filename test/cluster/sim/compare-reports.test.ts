import { test } from 'tap';

import { compareReports, renderComparison } from '../../../cluster/sim/scenario/compare-reports.js';
import type { FlowOutcome } from '../../../cluster/sim/scenario/flow-groups.js';
import { loadScenario, type Scenario } from '../../../cluster/sim/scenario/scenario-file.js';
import {
  reportScenario,
  type ScenarioReport,
} from '../../../cluster/sim/scenario/scenario-report.js';
import { slotsOf } from '../../../cluster/sim/traffic/slots.js';

const scenarioOf = (expect: string): Scenario =>
  loadScenario(`name: x\nabout: y\ncluster: { advert: 100ms }\nexpect: ${expect}\n`, 'x.yaml');

const flow = (changes: Partial<FlowOutcome> = {}): FlowOutcome => ({
  protocol: 'UDP',
  virtual: '10.1.0.100:53',
  server: 's1',
  isShort: false,
  broken: undefined,
  waitMs: 400,
  ...changes,
});

const report = (
  scenario: Scenario,
  on: 'sim' | 'lab',
  outcomes: readonly FlowOutcome[],
): ScenarioReport =>
  reportScenario(scenario, {
    on,
    outcomes,
    timeline: [],
    masters: [],
    master: 'd1',
    violations: [],
  });

function differences(
  expect: string,
  simulated: readonly FlowOutcome[],
  measured: readonly FlowOutcome[],
): readonly string[] {
  const scenario = scenarioOf(expect);
  const [left, right] = [report(scenario, 'sim', simulated), report(scenario, 'lab', measured)];
  return compareReports(scenario, left, right).differences;
}

const wait = (waitMs: number): FlowOutcome[] => [flow({ waitMs })];
const tcp = (waitMs: number): FlowOutcome[] => [flow({ protocol: 'TCP', waitMs })];

const broken = { broken: 'real server failed' };
const excused = '{ lost-at-most: 9, excused: [real server failed] }';

test('reports agree when as many flows of each service and real server come to the same end', (t) => {
  const flows = [flow(), flow({ server: 's2', ...broken })];
  t.same(differences(excused, flows, flows), []);
  t.same(differences(excused, flows, [flow(broken), flow({ server: 's2' })]), [
    'UDP 10.1.0.100:53 by s1: 1 survived in the simulator, 0 survived, 1 broke here',
    'UDP 10.1.0.100:53 by s2: 0 survived, 1 broke in the simulator, 1 survived here',
  ]);
  t.match(
    differences(excused, flows, [...flows, flow({ server: undefined, ...broken })])[0],
    /never/,
  );
  t.end();
});

test('what is a matter of chance has only to break flows of the same services', (t) => {
  const chance = excused.replace('{', '{ by-chance: true,');
  const [one, other] = [
    [flow(broken), flow()],
    [flow({ server: 's2', ...broken }), flow(broken)],
  ];
  t.same(differences(chance, one, other), []);
  t.same(differences(chance, one, [flow(), flow()]), [
    'UDP flows to 10.1.0.100:53 broke only in the simulator',
  ]);
  const short = { isShort: true };
  t.same(differences(excused, [flow(), flow(short)], [flow(), flow({ ...short, ...broken })]), [
    'short UDP flows to 10.1.0.100:53 broke only on lab',
  ]);
  t.end();
});

test('a wait is compared with the one that was predicted', (t) => {
  // The default interval of 200 ms, 100 ms from one advertisement to the next, and 700 ms for late processes.
  t.same(differences('{}', wait(400), wait(1_399)), []);
  t.match(differences('{}', wait(400), wait(1_401)), [/1401 ms, is not between 0 and 1400 ms/]);
  t.match(differences('{}', wait(3_000), wait(1_900)), [/is not between 2000 and 4000 ms/]);
  t.same(differences('{}', tcp(3_000), tcp(6_200)), []);
  t.match(differences('{}', tcp(3_000), tcp(8_300)), [/is not between 400 and 8200 ms/]);
  t.end();
});

test('a report that failed agrees with nothing', (t) => {
  const scenario = scenarioOf('{ master: d2 }');
  const both = [report(scenario, 'sim', [flow()]), report(scenario, 'lab', [flow()])] as const;
  const comparison = compareReports(scenario, ...both);
  t.same(comparison.differences, ['it failed on sim', 'it failed on lab']);
  t.match(renderComparison(comparison), /^DISAGREE {2}x: 1 lasting flows/);
  t.end();
});

test('flows are dealt to services in turn, and of each service the last ones are short', (t) => {
  const slots = slotsOf(10, 50, 4);
  const kinds = [0, 1, 2, 3].map((service) =>
    slots
      .filter((slot) => slot.service === service)
      .map(({ isShort }) => (isShort ? 's' : 'l'))
      .join(''),
  );
  t.same(kinds, ['lss', 'lss', 'ls', 'ls']);
  t.end();
});

test('a scenario of which nothing breaks has to say so, and from which real servers', (t) => {
  const scenario = scenarioOf('{ lost-from: [s1], lost-at-least: 1 }');
  const passed = (outcomes: readonly FlowOutcome[]): boolean =>
    report(scenario, 'sim', outcomes).passed;
  t.equal(passed([flow(broken), flow({ server: 's2' })]), true);
  t.equal(passed([flow(), flow({ server: 's2' })]), false, 'nothing broke');
  t.equal(passed([flow(broken), flow({ server: 's2', ...broken })]), false, 'another server');
  t.end();
});
