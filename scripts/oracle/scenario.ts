import { existsSync, readdirSync, readFileSync } from 'node:fs';
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

/** The names of a folder's scenarios: every NAME.txt with a NAME.client.pcap beside it. Throws a `ConfigError`. */
export function scenarioNames(directory: string): string[] {
  const files = new Set(listing(directory));
  const names = [...files]
    .filter((file) => file.endsWith('.txt'))
    .map((file) => file.slice(0, -'.txt'.length))
    .filter((name) => files.has(`${name}.client.pcap`));
  if (names.length > 0) return names.toSorted();
  const message = `${directory} holds no scenario: a NAME.txt with a NAME.client.pcap`;
  throw new ConfigError({ code: 'no-scenarios', file: directory }, message);
}

/** Reads one scenario of a folder. Throws a `ConfigError` when a file of it makes no sense. */
export function readScenario(directory: string, name: string): Scenario {
  const capture = (file: string): Capture => {
    const whole = path.join(directory, file);
    return existsSync(whole)
      ? readPcap(file, readFileSync(whole))
      : { name: file, frames: [], endsEarly: false };
  };
  const text = readFileSync(path.join(directory, `${name}.txt`), 'utf8');
  return {
    name,
    clientSide: capture(`${name}.client.pcap`),
    serverSide: capture(`${name}.server.pcap`),
    marks: parseScenarioText(`${name}.txt`, text),
  };
}

function listing(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    const message = `the folder ${directory} cannot be read`;
    throw new ConfigError({ code: 'no-folder', file: directory }, message, { cause: error });
  }
}
