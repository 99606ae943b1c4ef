import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { test } from 'tap';

import { runToEnd } from '../../cluster/lab/subprocess.js';
import { HealthOfEverything } from '../cluster/config/health-sample.js';
import { packagedSamples } from '../cluster/config/packaged-samples.js';

/** What keepalived 2.2.7 does not know, or does not survive in the guest. */
const Newer =
  /^.*\b(?:sni_name|tls_compliant|regex\w*|dynamic|10\.1\.0\.120-\S+|10\.1\.0\.128\/30)\b.*\n/gm;

/** Its process for BFD writes between the lines of the one for checks. */
const Sessions = /^bfd_instance [^}]*\}\n|^ *BFD_CHECK [^}]*\}\n/gm;

test('real keepalived makes of every sample, and of all that checkers know, what we make of it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const { name, text } of packagedSamples()) {
    writeFileSync(join(folder, name), text, 'latin1');
  }
  const health = HealthOfEverything.replaceAll(Newer, '').replaceAll(Sessions, '');
  writeFileSync(join(folder, 'keepalived.conf.health'), health);
  const { status, stdout } = await runToEnd(
    ['scripts/interop-ipvs', 'config', folder, '--config-id', 'high'],
    { timeoutMs: 240_000 },
  );
  t.equal(stdout, '26 of 26 configurations equal\n');
  t.equal(status, 0);
});

test('a difference is told, and has its exit code', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-test-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  // keepalived leaves out the second of two equal servers; we refuse the file.
  const server = '  real_server 10.0.0.2 80 {\n  }\n';
  const text = `virtual_server 10.0.0.1 80 {\n  lvs_sched rr\n  lvs_method NAT\n  protocol TCP\n${server}${server}}\n`;
  writeFileSync(join(folder, 'keepalived.conf'), text);
  const { status, stdout } = await runToEnd(['scripts/interop-ipvs', 'config', folder], {
    timeoutMs: 240_000,
  });
  t.match(stdout, /is already defined on line 5[^]*\n0 of 1 configurations equal\n$/);
  t.equal(status, 1);
});
