import { test } from 'tap';

import { runToEnd } from '../../cluster/lab/subprocess.js';

test('our director sends what a real kernel sends, and has the same tables, in random traffic', async (t) => {
  const words = ['packets', '--seed', '45', '--runs', '45'];
  const { status, stdout, stderr } = await runToEnd(['scripts/interop-ipvs', ...words], {
    timeoutMs: 240_000,
  });
  t.equal(stderr, '');
  t.match(stdout, /\n45 of 45 scenarios equal\n$/);
  t.equal(status, 0);
});
