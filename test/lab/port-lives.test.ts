import { fileURLToPath } from 'node:url';

import { test } from 'tap';

import { runToEnd } from '../../cluster/lab/subprocess.js';
import { DriverNames } from '../../director/io/driver.js';

const program = fileURLToPath(new URL('port-lives.js', import.meta.url));

for (const driver of [...DriverNames, 'ring+2']) {
  test(`a port of ${driver} hears again when its link was down, and when it is another`, async (t) => {
    const { status, stdout, stderr } = await runToEnd(
      ['unshare', '--net', process.execPath, program, driver],
      { timeoutMs: 60_000 },
    );
    t.equal(stdout, 'true true true\n', stderr.slice(-1_000));
    t.equal(status, 0);
  });
}
