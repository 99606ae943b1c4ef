import { fileURLToPath } from 'node:url';

import { test } from 'tap';

import { runToEnd } from '../../cluster/lab/subprocess.js';

const churnProgram = fileURLToPath(new URL('capture-churn.js', import.meta.url));

test('captures that end, or never begin, leave the memory of the process whole', async (t) => {
  // glibc overwrites what is freed, so that whoever still uses it comes to grief at once.
  const node = `MALLOC_PERTURB_=165 exec ${process.execPath} --expose-gc ${churnProgram}`;
  const { status, stdout, stderr } = await runToEnd(
    ['unshare', '--net', 'sh', '-c', `ip link set lo up && ${node}`],
    { timeoutMs: 60_000 },
  );
  t.equal(stdout, 'all closed\n', stderr.slice(-2000));
  t.equal(status, 0);
});
