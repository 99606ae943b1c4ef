import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { test } from 'tap';

import { loadLab } from '../../../cluster/config/lab-file.js';
import { withDriver } from '../../../cluster/lab/demo-plan.js';
import { nodeScript, switchScript } from '../../../cluster/lab/topology.js';

const file = fileURLToPath(new URL('../../../../cluster/lab/default.yaml', import.meta.url));
const lab = loadLab(readFileSync(file, 'utf8'), file);

test('links have offloads with the driver ring, and none with pcap', (t) => {
  for (const [driver, hasNone] of [
    ['ring', false],
    ['pcap', true],
  ] as const) {
    const driven = withDriver(lab, driver);
    const scripts = [
      switchScript(driven, new Map()),
      ...driven.nodes.map((node) => nodeScript(driven, node)),
    ];
    for (const script of scripts) t.equal(/ethtool .* tso off/.test(script), hasNone, driver);
  }
  t.end();
});
