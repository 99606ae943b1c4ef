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
