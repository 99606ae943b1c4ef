import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Writes proto/gen/NAME.js and NAME.d.ts for each proto/NAME.proto. With `--check` it writes elsewhere, compares, and
 * exits with 1 when what is committed is not what the .proto files give.
 */
const root = fileURLToPath(new URL('../../', import.meta.url));
const committed = join(root, 'proto/gen');

function generate(directory: string): string[] {
  const pbjs = createRequire(import.meta.url).resolve('protobufjs-cli/bin/pbjs');
  const written: string[] = [];
  for (const file of readdirSync(join(root, 'proto')).toSorted()) {
    if (!file.endsWith('.proto')) continue;
    const name = basename(file, '.proto');
    const options =
      '-t static-module -w esm --dts --force-number --no-verify --no-convert --no-delimited ' +
      '--no-typeurl --no-create --no-service --dependency protobufjs/minimal.js';
    execFileSync(
      process.execPath,
      [
        pbjs,
        ...options.split(' '),
        '-r',
        `baton-${name}`,
        '-o',
        join(directory, `${name}.js`),
        join('proto', file),
      ],
      { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    written.push(`${name}.js`, `${name}.d.ts`);
  }
  return written;
}

function read(directory: string, file: string): string | undefined {
  try {
    return readFileSync(join(directory, file), 'utf8');
  } catch {
    return undefined;
  }
}

/** The generated files that differ from the committed ones. */
function differences(): string[] {
  const fresh = mkdtempSync(join(tmpdir(), 'baton-proto-'));
  try {
    return generate(fresh).filter((file) => read(fresh, file) !== read(committed, file));
  } finally {
    rmSync(fresh, { recursive: true });
  }
}

if (process.argv.includes('--check')) {
  const stale = differences();
  for (const file of stale) {
    console.error(`proto/gen/${file} is not what proto/ generates: run npm run proto`);
  }
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const file of generate(committed)) console.log(`wrote proto/gen/${file}`);
}
