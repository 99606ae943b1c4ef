import { fileURLToPath } from 'node:url';

import { test } from 'tap';

import { runToEnd } from '../../cluster/lab/subprocess.js';

const program = fileURLToPath(new URL('far-ends.js', import.meta.url));

test('what is carried goes to the far end of a cable at once, where that is in another namespace', async (t) => {
  const { stdout, stderr } = await runToEnd(['unshare', '--net', process.execPath, program], {
    timeoutMs: 120_000,
  });
  t.strictSame(
    stdout.trim().split('\n'),
    [
      'both ends here: by the link',
      'the far end in another namespace: to the far end',
      'which takes frames by GRO: by the link',
      'and no longer: to the far end',
      'no cables: true, true',
    ],
    stderr,
  );
});
