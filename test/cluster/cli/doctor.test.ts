import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { test } from 'tap';
import { z } from 'zod';

import { baton } from './baton.js';

const Document = z.object({
  driver: z.string().optional(),
  findings: z.array(z.object({ subject: z.string(), isFine: z.boolean(), text: z.string() })),
});

test('doctor says of each driver whether it works, and directors use the first that does', async (t) => {
  const state = mkdtempSync(path.join(tmpdir(), 'baton-test-'));
  t.teardown(() => rmSync(state, { recursive: true }));
  const { status, stdout } = await baton(state, 'doctor', '--json');
  const { driver, findings } = Document.parse(JSON.parse(stdout));
  const subjects = findings.map(({ subject }) => subject);
  const drivers = ['offload', 'ring', 'pcap', 'xdp', 'auto'].map((name) => `driver ${name}`);
  t.strictSame(subjects, ['labs', ...drivers]);
  const working = findings.filter(
    ({ subject, isFine }) => /offload|ring|pcap/.test(subject) && isFine,
  );
  t.equal(driver, working[0]?.subject.replace('driver ', ''));
  const isNeededMissing = findings.some(
    ({ subject, isFine }) => !isFine && !/offload|ring|xdp/.test(subject),
  );
  t.equal(status, isNeededMissing ? 1 : 0);
  for (const { isFine, text } of findings) {
    if (!isFine) t.match(text, /needs|not installed|missing|too old|does not load|no packet|fails/);
  }
});
