import { BatonError } from '../../director/base/errors.js';
import type { Log } from '../../director/base/log.js';
import { checkAgainstInterfaces } from '../config/check-interfaces.js';
import { required, type ParsedKeepalived } from '../config/keepalived.js';
import { configError } from '../config/problem.js';
import type { ReloadAnswer } from './api.js';
import { readKeepalivedFile } from './config-file.js';
import type { Member } from './member.js';

/** Where a node's configuration is. */
export interface ConfigSource {
  readonly config: string;
  readonly configId: string;
}

/**
 * Reads a configuration and checks it against the machine's interfaces. Throws a `ConfigError` that lists all that is wrong.
 */
export function loadConfig(
  { config, configId }: ConfigSource,
  interfaces: Parameters<typeof checkAgainstInterfaces>[1],
): ParsedKeepalived {
  const parsed = required(readKeepalivedFile(config, configId));
  const problems = checkAgainstInterfaces(parsed, interfaces);
  if (problems.length > 0) throw configError(problems);
  return parsed;
}

/**
 * Lets a node read its configuration again, by SIGHUP and by command. A file with mistakes, and one that asks for what the
 * machine or a running node cannot do, changes nothing; the answer, the log and the timeline say why.
 */
export const reloader =
  (member: Member, source: ConfigSource, log: Log) => async (): Promise<ReloadAnswer> => {
    try {
      const { config } = loadConfig(source, member.plane.director.interfaces);
      const differences = await member.reload(config);
      log.info('reloaded', { differences: differences.length });
      return { differences, refusal: undefined };
    } catch (error) {
      if (!(error instanceof BatonError)) throw error;
      log.warn('the configuration is not reloaded', { reason: error.message });
      member.timeline.add('reload-refused', error.message);
      return { differences: [], refusal: error.message };
    }
  };
