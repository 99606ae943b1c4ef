import { fileURLToPath } from 'node:url';

import { test } from 'tap';

import { runToEnd } from '../../cluster/lab/subprocess.js';

const program = fileURLToPath(new URL('xdp-links.js', import.meta.url));

test('flows leave by an interface that takes frames from XDP, as long as it does', async (t) => {
  const { stdout, stderr } = await runToEnd(['unshare', '--net', process.execPath, program], {
    timeoutMs: 60_000,
  });
  t.strictSame(
    stdout.trim().split('\n'),
    [
      'other end without NAPI: false',
      'with it: true',
      'without it again: false',
      'lo cannot be used by the driver xdp: its own driver runs no XDP programs',
      'near cannot be used by the driver xdp: attaching a native XDP program fails: EBUSY',
    ],
    stderr,
  );
});
