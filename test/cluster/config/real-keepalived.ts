import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What `keepalived -t` says about a file, a line each. */
export function complaintsOf(text: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'keepalived-'));
  try {
    const file = join(folder, 'keepalived.conf');
    writeFileSync(file, text);
    // The id is given because it defaults to the name of the machine, which may be ours.
    const { error, stderr } = spawnSync('keepalived', ['-t', '-i', 'keepalived', '-f', file], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    if (error !== undefined) throw error;
    return stderr
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^\(.*?: Line \d+\) /, ''));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
