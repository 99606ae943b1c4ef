import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { ConfigError } from '../../director/base/errors.js';
import { readPcap, type Capture } from './pcap.js';
import { parseScenarioText, type Mark } from './scenario-text.js';

/** A recorded run: what both sides of the master saw, and the tables at its marks. */
export interface Scenario {
  readonly name: string;
  readonly clientSide: Capture;
  /** Without frames where one interface is both sides. */
  readonly serverSide: Capture;
  readonly marks: readonly Mark[];
}

/** The scenarios of a folder: every NAME.txt with a NAME.client.pcap beside it, by name. Throws a `ConfigError`. */
export function readScenarios(directory: string): Scenario[] {
  const files = new Set(listing(directory));
  const names = [...files]
    .filter((file) => file.endsWith('.txt'))
    .map((file) => file.slice(0, -'.txt'.length))
    .filter((name) => files.has(`${name}.client.pcap`));
  if (names.length === 0) {
    throw new ConfigError(
      { code: 'no-scenarios', file: directory },
      `${directory} holds no scenario: a NAME.txt with a NAME.client.pcap`,
    );
  }
  const capture = (file: string): Capture =>
    files.has(file)
      ? readPcap(file, readFileSync(path.join(directory, file)))
      : { name: file, frames: [], endsEarly: false };
  return names.toSorted().map((name) => ({
    name,
    clientSide: capture(`${name}.client.pcap`),
    serverSide: capture(`${name}.server.pcap`),
    marks: parseScenarioText(
      `${name}.txt`,
      readFileSync(path.join(directory, `${name}.txt`), 'utf8'),
    ),
  }));
}

function listing(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    const message = `the folder ${directory} cannot be read`;
    throw new ConfigError({ code: 'no-folder', file: directory }, message, { cause: error });
  }
}
