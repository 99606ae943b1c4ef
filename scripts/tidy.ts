import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * The rules of structure that the compiler and the linter cannot see. Run from the root of the repository; prints one
 * line for each breach.
 */

/** Folders whose code is pure, with the folders each may import from besides itself. */
const pureFolders: Readonly<Record<string, readonly string[]>> = {
  'director/base': [],
  'director/wire': ['director/base'],
  'director/core': ['director/base', 'director/wire'],
  'director/bpf': ['director/base', 'director/wire', 'director/core'],
  'cluster/vrrp': ['director/base', 'director/wire'],
  'cluster/sync': ['director/base', 'director/wire'],
  'cluster/config': ['director/base', 'director/wire'],
  'cluster/ipvsadm': ['director/base'],
  'cluster/health': ['director/base'],
  'cluster/member': [
    'director/base',
    'director/wire',
    'director/core',
    'cluster/vrrp',
    'cluster/sync',
    'cluster/config',
    'cluster/health',
  ],
  'cluster/sim': [
    'director/base',
    'director/wire',
    'director/core',
    'cluster/vrrp',
    'cluster/sync',
    'cluster/config',
    'cluster/health',
    'cluster/member',
  ],
};

/** What only the edge may use: in a pure folder time and chance are arguments. */
const bannedInPure = [/\bDate\b/, /\bMath\.random\b/, /\bawait\b/, /\basync\b/, /'node:/];

const longestFile = 450;

async function sources(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

const withoutComments = (text: string): string =>
  text
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ''))
    .replaceAll(/\/\/.*$/gm, '');

function checkPure(
  file: string,
  text: string,
  folder: string,
  allowed: readonly string[],
): string[] {
  const breaches: string[] = [];
  for (const [index, line] of withoutComments(text).split('\n').entries()) {
    const banned = bannedInPure.find((pattern) => pattern.test(line));
    if (banned !== undefined) {
      breaches.push(`${file}:${index + 1}: ${banned.source} in a pure folder`);
    }
    const target = /from '(\.[^']+)'/.exec(line)?.[1];
    if (target === undefined) continue;
    const imported = path.join(path.dirname(file), target);
    if (![folder, ...allowed].some((root) => imported.startsWith(`${root}/`))) {
      breaches.push(`${file}:${index + 1}: imports ${imported}, which ${folder} must not know`);
    }
  }
  return breaches;
}

function checkAny(file: string, text: string): string[] {
  const breaches: string[] = [];
  const lines = text.split('\n').length;
  if (lines > longestFile) breaches.push(`${file}: ${lines} lines, more than ${longestFile}`);
  if (!file.startsWith('test/') && /from '[^']*\/test\//.test(text)) {
    breaches.push(`${file}: imports from test/`);
  }
  if (/\.(skip|todo|only)\(|[{,]\s*(skip|todo|only):/.test(text) && file.startsWith('test/')) {
    breaches.push(`${file}: a test that is skipped, or hides others`);
  }
  return breaches;
}

const breaches: string[] = [];
for (const top of ['director', 'cluster', 'scripts', 'test']) {
  for (const file of await sources(top)) {
    const text = await readFile(file, 'utf8');
    breaches.push(...checkAny(file, text));
    const pure = Object.entries(pureFolders).find(([folder]) => file.startsWith(`${folder}/`));
    if (pure !== undefined) breaches.push(...checkPure(file, text, ...pure));
  }
}
for (const breach of breaches) console.error(breach);
process.exit(breaches.length === 0 ? 0 : 1);
