import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Test } from 'tap';

import { until } from '../../../cluster/lab/wait.js';
import type { Log, LogFields } from '../../../director/base/log.js';

/** A folder of the test's own. */
export function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'baton-node-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Waits, for as long as a busy machine may need. */
export const eventually = async (isTrue: () => boolean): Promise<boolean> =>
  (await until(() => isTrue() || undefined, { timeoutMs: 10_000, everyMs: 5 })) === true;

/** A log whose warnings the test looks at. */
export function listeningLog(): { readonly log: Log; readonly warnings: readonly LogFields[] } {
  const warnings: LogFields[] = [];
  const warn: Log['warn'] = (message, fields) => void warnings.push({ message, ...fields });
  return { log: { debug: () => {}, info: () => {}, warn }, warnings };
}
