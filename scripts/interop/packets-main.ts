import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { IoError, UsageError } from '../../director/base/errors.js';
import { oraclePackets } from '../oracle/packets-main.js';
import { withBench } from './bench.js';
import { showProgress, writeOutput } from './output.js';
import { generatePacketRuns, MostPacketRuns } from './packet-generator.js';
import { recordPackets } from './packet-recorder.js';

export interface PacketsOptions {
  readonly seed: number;
  readonly runs: number;
  /** The folder to keep the recordings in. */
  readonly output?: string;
}

/**
 * `packets`: plays random traffic through the real kernel and then, as a recording, to our director, which is to send the
 * same packets and to have the same tables. True when that is so in all runs.
 */
export async function judgePackets({ seed, runs, output }: PacketsOptions): Promise<boolean> {
  if (runs < 1 || runs > MostPacketRuns) {
    throw new UsageError({ code: 'usage' }, `--runs takes a number from 1 to ${MostPacketRuns}`);
  }
  const folder = output ?? mkdtempSync(path.join(tmpdir(), 'baton-interop-'));
  try {
    makeFolder(folder);
    await withBench(async (bench) => {
      for (const [index, run] of generatePacketRuns(seed, runs).entries()) {
        const { clientSide, text } = await recordPackets(bench, run);
        writeOutput(path.join(folder, `${run.name}.client.pcap`), clientSide);
        writeOutput(path.join(folder, `${run.name}.txt`), text);
        showProgress(index + 1, runs);
      }
    });
    return oraclePackets(folder) === 0;
  } finally {
    if (output === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IoError({ code: 'unwritable-file' }, `${folder}: ${reason}`, { cause });
  }
}
