import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Where Debian's keepalived package, and `scripts/prepare --tests` where packages come without documentation, puts samples. */
const Folders = [
  '/usr/share/doc/keepalived/samples',
  '/var/cache/baton-tests/keepalived/usr/share/doc/keepalived/samples',
];

/** A configuration that comes with keepalived. */
export interface PackagedSample {
  readonly name: string;
  readonly text: string;
}

/** The samples that are configurations; the package has scripts beside them. */
export function packagedSamples(): readonly PackagedSample[] {
  for (const folder of Folders) {
    const names = namesIn(folder).filter((name) => name.startsWith('keepalived.conf'));
    if (names.length === 0) continue;
    return names.map((name) => ({ name, text: readFileSync(path.join(folder, name), 'latin1') }));
  }
  throw new Error('the samples of keepalived are missing: scripts/prepare --tests gets them');
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}
