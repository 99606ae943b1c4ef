import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Test } from 'tap';

/** A folder for the state of labs. Its path is short: control sockets allow 107 bytes, and tap's folders take more. */
export function stateFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'baton-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const state = join(folder, 'state');
  mkdirSync(state);
  return state;
}
