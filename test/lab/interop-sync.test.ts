import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { test } from 'tap';

import { runToEnd, type Finished } from '../../cluster/lab/subprocess.js';
import { readPcap } from '../../scripts/oracle/pcap.js';

const interop = async (...words: readonly string[]): Promise<Finished> =>
  runToEnd(['scripts/interop-ipvs', ...words], { timeoutMs: 240_000 });

for (const version of ['1', '0']) {
  test(`a real backup has all that a real master tells in version ${version}`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'baton-test-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const capture = join(folder, 'sync.pcap');
    const between = ['--master', 'kernel', '--backup', 'kernel'];
    const words = [...between, '--sync-version', version, '--output', capture];
    const { status, stdout, stderr } = await interop('sync', ...words);
    t.equal(stderr, '');
    t.match(stdout, version === '1' ? /^101 of 101 entries equal$/m : /^70 of 70 entries equal$/m);
    t.equal(status, 0);
    const { frames, endsEarly } = readPcap(capture, readFileSync(capture));
    const versions = frames.map(({ bytes }) => bytes[14 + 28 + 5]);
    if (version === '1') t.ok(versions.every((byte) => byte === 1));
    t.ok(frames.length > 0 && !endsEarly, 'its messages are in the capture file');

    const replayed = await interop('replay', capture, '--syncid', '5');
    t.match(
      replayed.stdout,
      /ESTABLISHED 10\.3\.0\.2:40000 +10\.1\.0\.100:80 +10\.2\.0\.1[12]:8080/,
    );
    t.equal(replayed.status, 0);
    const others = await interop('replay', capture, '--syncid', '6');
    t.notMatch(others.stdout, /10\.3\.0\.2/, 'a backup of another sync group learns nothing');
  });
}
