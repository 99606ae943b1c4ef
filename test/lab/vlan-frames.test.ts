import { fileURLToPath } from 'node:url';

import { test } from 'tap';

import { runToEnd } from '../../cluster/lab/subprocess.js';
import { DriverNames } from '../../director/io/driver.js';

const program = fileURLToPath(new URL('vlan-frames.js', import.meta.url));

for (const driver of DriverNames) {
  test(`a port of ${driver} takes no frame of a VLAN for one without`, async (t) => {
    const { stdout, stderr } = await runToEnd(
      ['unshare', '--net', process.execPath, program, driver],
      { timeoutMs: 20_000 },
    );
    t.equal(stdout.trim(), '20 0 20 20 0 20 20 0 20', stderr);
  });
}
