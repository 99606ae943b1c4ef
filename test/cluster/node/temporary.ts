import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Test } from 'tap';

import { until } from '../../../cluster/lab/wait.js';

/** A folder of the test's own. */
export function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'baton-node-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Waits, for as long as a busy machine may need. */
export const eventually = async (isTrue: () => boolean): Promise<boolean> =>
  (await until(() => isTrue() || undefined, { timeoutMs: 10_000, everyMs: 5 })) === true;
