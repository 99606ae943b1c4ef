import { parseArgs } from 'node:util';

import { BatonError, UsageError } from '../../director/base/errors.js';
import { judgeConfigs } from './config-main.js';
import { judgePackets } from './packets-main.js';
import { judgeSchedulers, recordAgain } from './schedulers-main.js';
import { judgeSync, replayCapture } from './sync-main.js';
import type { SyncRun } from './sync-report.js';

/**
 * Compares us with a real IPVS: with the one of a Linux kernel that runs as a process. Exits with 0 when all is equal,
 * with 1 when something differs, and with 2 when it could not be found out.
 */
const usage = `usage: interop-ipvs schedulers [--seed N] [--runs N] [--output FILE]
       interop-ipvs record FILE [--output FILE]
       interop-ipvs packets [--seed N] [--runs N] [--output DIR]
       interop-ipvs sync [--master WHO] [--backup WHO] [--sync-version 0|1] [--output FILE]
       interop-ipvs replay FILE [--syncid N]
       interop-ipvs config DIR [--config-id ID]

schedulers  makes random runs of all schedulers, lets the real kernel choose, and compares our choices with it
record      plays the runs of a recording again in the real kernel, and compares its choices with the recorded ones
packets     plays random traffic through the real kernel and through our director, and compares what comes out of them
sync        lets a master tell a backup of connections of every kind, and compares their tables: a real kernel tells one
            of our directors, and one of our directors tells a real kernel, both in both formats
replay      tells a real backup what the sync messages of a capture file say, and prints its table
config      lets real keepalived read the files keepalived.conf* of a folder, and compares what it makes of them with ours

--seed N           the seed of the random runs; the same seed makes the same runs (1)
--runs N           how many runs (100)
--master WHO       who tells, 'kernel' or 'baton'; the backup is the other one unless --backup says so too
--backup WHO       who is told
--sync-version N   only this format of the messages, net.ipv4.vs.sync_version
--config-id ID     the id of the @ lines that are read (keepalived)
--syncid N         the sync group that the backup listens to; 0 is all of them (0)
--output FILE      writes what the kernel did: its choices, in the format of 'npm run oracle schedulers FILE', its sync
                   messages, as a capture file, or a folder with its traffic, for 'npm run oracle packets DIR'
`;

/** What each verb does; true when all is equal. */
const verbs: ReadonlyMap<string, (file: string, values: Values) => Promise<boolean>> = new Map([
  [
    'schedulers',
    async (_, values) =>
      judgeSchedulers({
        seed: numberOf('seed', values.seed ?? '1'),
        runs: numberOf('runs', values.runs ?? '100'),
        ...outputOf(values),
      }),
  ],
  [
    'packets',
    async (_, values) =>
      judgePackets({
        seed: numberOf('seed', values.seed ?? '1'),
        runs: numberOf('runs', values.runs ?? '100'),
        ...outputOf(values),
      }),
  ],
  ['record', async (file, values) => recordAgain({ file, ...outputOf(values) })],
  [
    'sync',
    async (_, values) => {
      const runs = syncRuns(values);
      if (values.output !== undefined && runs.length > 1) {
        const needed = '--master or --backup, and --sync-version';
        throw new UsageError(
          { code: 'usage' },
          `--output of sync needs ${needed}: one run has one`,
        );
      }
      return judgeSync(runs, values.output);
    },
  ],
  [
    'replay',
    async (file, values) => {
      await replayCapture(file, numberOf('syncid', values.syncid ?? '0'));
      return true;
    },
  ],
  [
    'config',
    async (folder, values) =>
      judgeConfigs({ folder, configId: values['config-id'] ?? 'keepalived' }),
  ],
]);

/** The verbs that are about a file. */
const needsFile: ReadonlySet<string> = new Set(['record', 'replay', 'config']);

async function main(words: readonly string[]): Promise<number> {
  const { values, positionals } = parse(words);
  const [verb = '', file, ...rest] = positionals;
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const run = verbs.get(verb);
  if (run !== undefined && rest.length === 0 && needsFile.has(verb) === (file !== undefined)) {
    return (await run(file ?? '', values)) ? 0 : 1;
  }
  process.stderr.write(usage);
  return 2;
}

type Values = ReturnType<typeof parseWords>['values'];

const outputOf = ({ output }: Values): { output?: string } =>
  output === undefined ? {} : { output };

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
      'sync-version': { type: 'string' },
      master: { type: 'string' },
      backup: { type: 'string' },
      syncid: { type: 'string' },
      'config-id': { type: 'string' },
      output: { type: 'string' },
    },
  });

/** All runs that the options leave. */
function syncRuns(values: Values): SyncRun[] {
  const versions = { 0: 0, 1: 1 } as const;
  const whos = { kernel: 'kernel', baton: 'baton' } as const;
  const version = choice('sync-version', values['sync-version'], versions);
  const master = choice('master', values.master, whos);
  const backup = choice('backup', values.backup, whos);
  if (master === 'baton' && backup === 'baton') {
    throw new UsageError({ code: 'usage' }, 'there is no kernel in a sync from baton to baton');
  }
  const other = { kernel: 'baton', baton: 'kernel' } as const;
  const masters = master ?? (backup === undefined ? undefined : other[backup]);
  return (version === undefined ? ([1, 0] as const) : [version]).flatMap((each) =>
    (masters === undefined ? (['kernel', 'baton'] as const) : [masters]).map((who) => ({
      version: each,
      master: who,
      backup: backup ?? other[who],
    })),
  );
}

function choice<T>(
  name: string,
  text: string | undefined,
  values: Readonly<Record<string, T>>,
): T | undefined {
  if (text === undefined || Object.hasOwn(values, text)) return values[text ?? ''];
  const known = Object.keys(values).join(' or ');
  throw new UsageError({ code: 'usage' }, `--${name} is ${known}, not '${text}'`);
}

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
