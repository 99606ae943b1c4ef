import { writeFileSync } from 'node:fs';

import { IoError } from '../../director/base/errors.js';

/** Writes what was asked for with --output. Throws an IoError that names the file. */
export function writeOutput(file: string, contents: string | Uint8Array): void {
  try {
    writeFileSync(file, contents);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IoError({ code: 'unwritable-file' }, `${file}: ${reason}`, { cause });
  }
}

/** Says on a terminal how many of the runs are done, and nothing any more when all are. */
export function showProgress(done: number, all: number): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(done < all ? `\r${done} of ${all} runs ` : '\r\u001B[K');
}
