import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { mutations, type Mutation } from './mutations/list.js';

/*
 * Puts mistakes into a copy of the compiled code, one after the other, and lets the simulator look for them: each has to
 * make one of the first seeds fail. Prints a table; exit status 1 when a mistake was not found.
 *
 *     node dist/scripts/mutate-sim.js [--seeds 200] [--jobs 2] [part of a name]
 */

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

const option = (name: string, otherwise: string): string => {
  const place = process.argv.indexOf(`--${name}`);
  return place < 0 ? otherwise : (process.argv[place + 1] ?? otherwise);
};
const seeds = option('seeds', '200');
const jobs = option('jobs', '2');
const only = process.argv.slice(2).findLast((word, place, all) => {
  return !word.startsWith('--') && all[place - 1]?.startsWith('--') !== true;
});

interface Finding {
  readonly mutation: Mutation;
  /** The first seeds that failed, and how; empty when none did. */
  readonly text: string;
  readonly seconds: number;
}

async function makeCopy(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'baton-mutant-'));
  await cp(path.join(root, 'dist'), path.join(folder, 'dist'), { recursive: true });
  for (const shared of ['node_modules', 'proto', 'package.json']) {
    await symlink(path.join(root, shared), path.join(folder, shared));
  }
  return folder;
}

/** Changes the copy, and answers what undoes it. */
async function apply(folder: string, { name, patches }: Mutation): Promise<() => Promise<void>> {
  const originals: { readonly file: string; readonly text: string }[] = [];
  for (const { file, find, replace } of patches) {
    const place = path.join(folder, 'dist', file);
    const text = await readFile(place, 'utf8');
    if (text.split(find).length !== 2) throw new Error(`${name}: ${file} has not one '${find}'`);
    originals.push({ file: place, text });
    await writeFile(place, text.replace(find, replace));
  }
  return async () => {
    for (const { file, text } of originals) await writeFile(file, text);
  };
}

interface Summary {
  readonly failures: readonly { readonly seed: number; readonly invariant: string }[];
}

async function runSeeds(folder: string): Promise<Summary> {
  const program = path.join(folder, 'dist/cluster/cli/main.js');
  const words = ['sim', 'run', '--seeds', seeds, '--jobs', jobs, '--fail-fast', '--json'];
  const child = spawn(process.execPath, [program, ...words], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.on('data', (piece: Uint8Array) => (output += String(piece)));
  await once(child, 'close');
  const summary: Summary = JSON.parse(output);
  return summary;
}

/** How a mistake was noticed: the invariant that did not hold. */
function describe({ failures: [first] }: Summary): string {
  return first === undefined ? '' : `seed ${first.seed}: ${first.invariant}`;
}

const folder = await makeCopy();
const findings: Finding[] = [];
try {
  const usual = await runSeeds(folder);
  console.log(`${'nothing changed'.padEnd(52)} ${describe(usual) || 'passes'}`);
  for (const mutation of mutations) {
    if (only !== undefined && !mutation.name.includes(only)) continue;
    const start = performance.now();
    const undo = await apply(folder, mutation);
    const text = describe(await runSeeds(folder));
    await undo();
    const seconds = (performance.now() - start) / 1_000;
    findings.push({ mutation, text, seconds });
    const verdict = text === '' ? `NOT FOUND in ${seeds} seeds` : text;
    console.log(`${mutation.name.padEnd(52)} ${verdict.padEnd(40)} ${seconds.toFixed(1)} s`);
  }
} finally {
  await rm(folder, { recursive: true });
}
const missed = findings.filter(({ text }) => text === '').length;
console.log(`${findings.length - missed} of ${findings.length} mistakes were found`);
process.exit(missed === 0 ? 0 : 1);
