import { test } from 'tap';

import { runToEnd } from '../../cluster/lab/subprocess.js';

/** Half a minute on an idle machine. */
const TimeoutMs = 180_000;

test('our backup has all that a real master tells', { timeout: TimeoutMs }, async (t) => {
  const argv = ['scripts/interop-ipvs', 'sync', '--master', 'kernel', '--backup', 'baton'];
  const { status, stdout, stderr } = await runToEnd(argv, { timeoutMs: TimeoutMs });
  t.equal(stderr, '');
  t.match(stdout, /^from kernel to baton, version 1:$[^:]*^98 of 98 entries equal$/m);
  t.match(stdout, /^from kernel to baton, version 0:$[^:]*^70 of 70 entries equal$/m);
  t.equal(status, 0);
});
