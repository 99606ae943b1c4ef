import { fileURLToPath } from 'node:url';

import { test } from 'tap';

import { runToEnd } from '../../cluster/lab/subprocess.js';

const program = fileURLToPath(new URL('carrier-threads.js', import.meta.url));

test('threads take their share of all flows, and nothing is lost or overtaken when they join', async (t) => {
  const { status, stdout, stderr } = await runToEnd(
    ['unshare', '--net', process.execPath, program],
    { timeoutMs: 120_000 },
  );
  t.equal(status, 0, stderr.slice(-1_000));
  const { all, isTidy, broken, again } = JSON.parse(stdout);
  t.match(all, { heard: 25_600, late: 0, double: 0 });
  t.ok(all.byThreads > 5_000 && all.byThreads < 20_000, `${all.byThreads} by threads`);
  t.equal(isTidy, true, 'threads and descriptors are gone with the port');
  const warnings = ['an interface without carrier threads'];
  t.strictSame(broken, { warnings, threads: 2 }, 'the link was gone');
  t.match(again, { heard: 64, threads: 2 }, 'everything is heard by another link of that name');
  t.ok(again.byThreads > 10, `${again.byThreads} by threads`);
});
