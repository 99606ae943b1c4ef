import { test } from 'tap';

import { runToEnd } from '../../cluster/lab/subprocess.js';

/** Half a minute on an idle machine. */
const TimeoutMs = 180_000;

test('a real backup has all that our master tells', { timeout: TimeoutMs }, async (t) => {
  const argv = ['scripts/interop-ipvs', 'sync', '--master', 'baton', '--backup', 'kernel'];
  const { status, stdout, stderr } = await runToEnd(argv, { timeoutMs: TimeoutMs });
  t.equal(stderr, '');
  t.match(stdout, /^from baton to kernel, version 1:$[^:]*^101 of 101 entries equal$/m);
  t.match(stdout, /^from baton to kernel, version 0:$[^:]*^70 of 70 entries equal$/m);
  t.equal(status, 0);
});

test('who tells whom is asked for in words that make sense', async (t) => {
  for (const [words, complaint] of [
    [['--master', 'baton', '--backup', 'baton'], 'there is no kernel in a sync'],
    [['--master', 'cisco'], "--master is kernel or baton, not 'cisco'"],
    [['--output', '/dev/null'], '--output of sync needs'],
  ] as const) {
    const argv = ['scripts/interop-ipvs', 'sync', ...words];
    const { status, stderr } = await runToEnd(argv, { timeoutMs: TimeoutMs });
    t.equal(status, 2);
    t.ok(stderr.startsWith(`error: ${complaint}`), complaint);
  }
});
