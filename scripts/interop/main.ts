import { parseArgs } from 'node:util';

import { BatonError, UsageError } from '../../director/base/errors.js';
import { judgeSchedulers, recordAgain } from './schedulers-main.js';

/**
 * Compares us with a real IPVS: with the one of a Linux kernel that runs as a process. Exits with 0 when all is equal,
 * with 1 when something differs, and with 2 when it could not be found out.
 */
const usage = `usage: interop-ipvs schedulers [--seed N] [--runs N] [--output FILE]
       interop-ipvs record FILE [--output FILE]

schedulers  makes random runs of all schedulers, lets the real kernel choose, and compares our choices with it
record      plays the runs of a recording again in the real kernel, and compares its choices with the recorded ones

--seed N       the seed of the random runs; the same seed makes the same runs (1)
--runs N       how many runs (100)
--output FILE  writes what the kernel chose, in the format that 'npm run oracle schedulers FILE' reads
`;

async function main(words: readonly string[]): Promise<number> {
  const { values, positionals } = parse(words);
  const [verb, file, ...rest] = positionals;
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const output = values.output === undefined ? {} : { output: values.output };
  if (verb === 'schedulers' && file === undefined) {
    const seed = numberOf('seed', values.seed ?? '1');
    const runs = numberOf('runs', values.runs ?? '100');
    return (await judgeSchedulers({ seed, runs, ...output })) ? 0 : 1;
  }
  if (verb === 'record' && file !== undefined && rest.length === 0) {
    return (await recordAgain({ file, ...output })) ? 0 : 1;
  }
  process.stderr.write(usage);
  return 2;
}

function parse(words: readonly string[]): ReturnType<typeof parseWords> {
  try {
    return parseWords(words);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError({ code: 'usage' }, `${reason}\n${usage.trimEnd()}`, { cause });
  }
}

const parseWords = (words: readonly string[]) =>
  parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      seed: { type: 'string' },
      runs: { type: 'string' },
      output: { type: 'string' },
    },
  });

function numberOf(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError({ code: 'usage' }, `--${name} takes a number, not '${text}'`);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BatonError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 2;
}
