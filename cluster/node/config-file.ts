import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import process from 'node:process';

import { ConfigError } from '../../director/base/errors.js';
import { type KeepalivedResult, parseKeepalivedSource } from '../config/keepalived.js';
import type { Inclusion, SourceFile, Surroundings } from '../config/source-text.js';
import { pathPatterns } from './path-pattern.js';

/** A larger file is no configuration. */
const MaximumSize = 16 * 1024 * 1024;

/** How many files one `include` may name. */
const MaximumMatches = 1_000;

/** keepalived's default: the name of the machine up to its first dot. */
export const defaultConfigId = (): string => hostname().split('.', 1)[0] ?? '';

/**
 * Reads a keepalived.conf of this machine, with the files that it includes. Throws a `ConfigError` when the file itself
 * cannot be read; what is wrong with its text is in the answer.
 */
export function readKeepalivedFile(file: string, configId = defaultConfigId()): KeepalivedResult {
  const text = readConfig(file);
  const folder = path.dirname(path.resolve(file));
  return parseKeepalivedSource({ name: file, folder, text }, surroundings(configId));
}

/** The text of a configuration file; throws a `ConfigError` when it cannot be read. */
export function readConfig(file: string): string {
  try {
    return readText(file);
  } catch (cause) {
    throw new ConfigError({ code: 'unreadable', file }, `cannot read ${file}: ${reasonOf(cause)}`);
  }
}

const surroundings = (configId: string): Surroundings => ({
  configId,
  hostName: hostname().split('.', 1)[0] ?? 'localhost',
  include,
  environment: (name) => process.env[name],
  random: (minimum, maximum) => randomInt(minimum, maximum + 1),
});

/** Bytes are characters here: a file in another encoding than UTF-8 is read, too. */
function readText(file: string): string {
  const { size, mode } = statSync(file);
  // A pipe would keep us waiting, and a device has no end.
  if (!statSync(file).isFile()) throw new Error('it is no regular file');
  if ((mode & 0o111) !== 0) throw new Error('it is executable, which keepalived refuses');
  if (size > MaximumSize) throw new Error(`it is larger than ${MaximumSize} bytes`);
  return readFileSync(file, 'utf8');
}

function include(pattern: string, folder: string): Inclusion {
  const failures: string[] = [];
  const files: SourceFile[] = [];
  for (const name of pathPatterns(pattern).flatMap((one) => matches(one, folder))) {
    if (files.length === MaximumMatches) {
      failures.push(`${pattern} names more than ${MaximumMatches} files`);
      break;
    }
    try {
      files.push({ name, folder: path.dirname(name), text: readText(name) });
    } catch (cause) {
      failures.push(`cannot read ${name}: ${reasonOf(cause)}`);
    }
  }
  if (files.length === 0 && failures.length === 0) failures.push(`no file is named ${pattern}`);
  return { files, failures };
}

/** The paths of existing files that fit, in the order of their names; a path without wildcards need not exist. */
function matches(pattern: readonly (string | RegExp)[], folder: string): readonly string[] {
  const [first, ...parts] = pattern;
  let found = first === '' ? ['/'] : [folder];
  for (const part of first === '' ? parts : pattern) {
    found =
      typeof part === 'string'
        ? found.map((place) => path.join(place, part))
        : found.flatMap((place) => namesIn(place, part).map((name) => path.join(place, name)));
    found = found.slice(0, MaximumMatches + 1);
  }
  return found;
}

function namesIn(folder: string, part: RegExp): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => part.test(name))
      .toSorted();
  } catch {
    // A folder that is not there has no files.
    return [];
  }
}

const reasonOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);
