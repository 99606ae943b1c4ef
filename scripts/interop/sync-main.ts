import { readFileSync } from 'node:fs';

import { IoError } from '../../director/base/errors.js';
import { literalAddress } from '../../director/base/literal-address.js';
import { readFrame, type RecordedPacket } from '../oracle/frame.js';
import { readPcap, writePcap } from '../oracle/pcap.js';
import type { ListedService } from '../oracle/service-listing.js';
import { withBench, type Bench } from './bench.js';
import { frameOf } from './frames.js';
import { withDirector } from './our-director.js';
import { writeOutput } from './output.js';
import {
  isSync,
  messageOf,
  playMaster,
  readServices,
  readTable,
  startBackup,
  startMaster,
  tellBackup,
} from './sync-guest.js';
import { reportCounts, reportEntries, type SyncRun, type SyncTables } from './sync-report.js';

/** A master's peer is not the master, and a kernel takes nothing from its own address. */
const Teller = literalAddress('10.0.0.3');

const SyncId = 5;

/** What a run has come to. */
interface Outcome extends SyncTables {
  readonly datagrams: readonly RecordedPacket[];
  /** The backup's, with its counts. */
  readonly services: readonly ListedService[];
}

/**
 * `sync`: a master tells a backup of all kinds of connections, and the backup's table is compared with the master's.
 * `output` is the capture file to write the master's datagrams. True when all entries are equal in all runs.
 */
export async function judgeSync(runs: readonly SyncRun[], output?: string): Promise<boolean> {
  let isEqual = true;
  for (const run of runs) {
    console.log(`from ${run.master} to ${run.backup}, version ${run.version}:`);
    const outcome = await play(run);
    if (output !== undefined) writeOutput(output, captureOf(outcome.datagrams));
    console.log(`the master sent ${outcome.datagrams.length} sync messages`);
    const isCounted = reportCounts(run, outcome.services, outcome.backup);
    isEqual = reportEntries(run, outcome) && isCounted && isEqual;
  }
  return isEqual;
}

async function play(run: SyncRun): Promise<Outcome> {
  if (run.master === 'baton') return fromOurs(run);
  return run.backup === 'baton' ? toOurs(run) : betweenKernels(run);
}

const betweenKernels = async ({ version }: SyncRun): Promise<Outcome> =>
  withBench(async (master) =>
    withBench(async (backup) => {
      const options = { syncId: SyncId, version };
      await startBackup(backup, options);
      await startMaster(master, options);
      const datagrams = await playInto(master, backup);
      return { datagrams, ...(await readBackup(backup)), master: await readTable(master) };
    }),
  );

const toOurs = async ({ version }: SyncRun): Promise<Outcome> =>
  withBench(async (master) => {
    const options = { syncId: SyncId, version };
    await startMaster(master, options);
    const ours = { ...options, role: 'backup', folder: master.folder } as const;
    return withDirector(ours, async (backup) => {
      const datagrams = await playInto(master, backup);
      await backup.hasHeard(datagrams.length);
      const [table, services] = [await backup.readTable(), await backup.readServices()];
      return { datagrams, backup: table, services, master: await readTable(master) };
    });
  });

const fromOurs = async ({ version }: SyncRun): Promise<Outcome> =>
  withBench(async (backup) => {
    const options = { syncId: SyncId, version };
    await startBackup(backup, options);
    const ours = { ...options, role: 'master', folder: backup.folder } as const;
    return withDirector(ours, async (master) => {
      const datagrams = await playInto(master, backup);
      return { datagrams, ...(await readBackup(backup)), master: await master.readTable() };
    });
  });

const readBackup = async (bench: Bench): Promise<Pick<Outcome, 'backup' | 'services'>> => ({
  backup: await readTable(bench),
  services: await readServices(bench),
});

/** Plays the scenario through a master, whose backup gets its datagrams as they come; returns them. */
async function playInto(
  master: Pick<Bench, 'outside'>,
  backup: Pick<Bench, 'outside'>,
): Promise<RecordedPacket[]> {
  const datagrams: RecordedPacket[] = [];
  await playMaster(master, async (packet) => {
    datagrams.push(packet);
    await tellBackup(backup, [messageOf(packet)], Teller);
  });
  return datagrams;
}

/** `replay`: tells a real backup what the sync messages of a capture say, and prints its table. */
export async function replayCapture(file: string, syncId: number): Promise<void> {
  const messages = messagesOf(file);
  await withBench(async (bench: Bench) => {
    await startBackup(bench, { syncId, version: 1 });
    await tellBackup(bench, messages, Teller);
    console.log(`${messages.length} sync messages make this table:`);
    process.stdout.write(await bench.guest.run('ipvsadm -Lnc; cat /proc/net/ip_vs_conn_sync'));
  });
}

function messagesOf(file: string): Uint8Array[] {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IoError({ code: 'unreadable-file' }, `${file}: ${reason}`, { cause });
  }
  return readPcap(file, bytes).frames.flatMap((frame) => {
    const packet = readFrame(frame);
    return packet !== undefined && isSync(packet) ? [messageOf(packet)] : [];
  });
}

const captureOf = (packets: readonly RecordedPacket[]): Uint8Array =>
  writePcap(
    packets.map(({ at, bytes, sourceMac, destinationMac }) => ({
      at,
      bytes: frameOf(bytes, sourceMac, destinationMac),
    })),
  );
