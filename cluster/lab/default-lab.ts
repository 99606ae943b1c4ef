import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { UsageError } from '../../director/base/errors.js';
import type { LabConfig } from '../config/lab-config.js';
import { loadLab } from '../config/lab-file.js';

/** The lab that comes with baton, in the source tree: it is not compiled. */
export const defaultLabFile = fileURLToPath(
  new URL('../../../cluster/lab/default.yaml', import.meta.url),
);

/** Reads a lab file. Throws a `UsageError` when it cannot be read, and a `ConfigError` for what is wrong in it. */
export function readLabFile(file: string): LabConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError({ code: 'cannot-read' }, `cannot read the lab file ${file}`, {
      cause: error,
    });
  }
  return loadLab(text, file);
}
