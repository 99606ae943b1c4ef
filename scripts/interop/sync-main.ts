import { readFileSync } from 'node:fs';

import { isIpv6 } from '../../director/base/address.js';
import { IoError } from '../../director/base/errors.js';
import { compareConnections } from '../oracle/compare-tables.js';
import { connectionName, type ListedConnection } from '../oracle/connection-listing.js';
import { readFrame, type RecordedPacket } from '../oracle/frame.js';
import { readPcap, writePcap } from '../oracle/pcap.js';
import { withBench, type Bench } from './bench.js';
import { frameOf } from './frames.js';
import { literalAddress } from './literal-address.js';
import { writeOutput } from './output.js';
import {
  isSync,
  messageOf,
  playMaster,
  readTable,
  startBackup,
  startMaster,
  tellBackup,
  type SyncOptions,
} from './sync-guest.js';
import { isTold, syncFlows } from './sync-scenario.js';

/**
 * A connection is told up to three seconds after the packet that made it worth telling, and what the peer then counts
 * down from is its whole timeout; the tables are read one after the other.
 */
const ExpiryTolerance = 5;

/** A master's peer is not the master, and a kernel takes nothing from its own address. */
const Teller = literalAddress('10.0.0.3');

const SyncId = 5;

export interface SyncJudgeOptions {
  readonly version: SyncOptions['version'];
  /** The capture file to write the master's datagrams. */
  readonly output?: string;
}

/**
 * `sync`: a real master tells a real backup of all kinds of connections, and the backup's table is compared with the
 * master's. True when all entries are equal.
 */
export async function judgeSync({ version, output }: SyncJudgeOptions): Promise<boolean> {
  const options = { syncId: SyncId, version };
  return withBench(async (master) =>
    withBench(async (backup) => {
      await startBackup(backup, options);
      await startMaster(master, options);
      const datagrams: RecordedPacket[] = [];
      await playMaster(master, async (packet) => {
        datagrams.push(packet);
        await tellBackup(backup, [messageOf(packet)], Teller);
      });
      if (output !== undefined) writeOutput(output, captureOf(datagrams));
      console.log(`the master sent ${datagrams.length} sync messages`);
      return reportEntries(await readTable(backup), await readTable(master), version);
    }),
  );
}

/**
 * Prints how a peer's table differs from the master's; entries that a peer is not told of do not count. True when all
 * others are equal.
 */
export function reportEntries(
  peer: readonly ListedConnection[],
  master: readonly ListedConnection[],
  version: SyncOptions['version'],
): boolean {
  const untold = new Set(syncFlows().flatMap((flow) => (isTold(flow) ? [] : [flow.name])));
  const worth = (entry: ListedConnection): boolean => !untold.has(connectionName(entry));
  const told = version === 0 ? master.flatMap(entryInVersion0) : master;
  const expected = told.filter(worth);
  const differences = compareConnections(peer, expected, ExpiryTolerance);
  for (const line of differences) console.log(line);
  const below = told.length - expected.length;
  if (below > 0) console.log(`${below} entries of the master are below its sync threshold`);
  const known = new Set(expected.map(connectionName));
  const extra = peer.filter((entry) => !known.has(connectionName(entry))).length;
  const equal = expected.length - (differences.length - extra);
  console.log(`${equal} of ${expected.length} entries equal`);
  return differences.length === 0;
}

/** A template that came in a message without timeouts lives for three minutes (IP_VS_SYNC_CONN_TIMEOUT). */
const TimeoutWithoutMessage = 180;

/** The entry that a peer makes of a message of version 0, which knows neither IPv6 nor timeouts. */
function entryInVersion0(entry: ListedConnection): ListedConnection[] {
  if (isIpv6(entry.virtual.address)) return [];
  const isTemplate = entry.client.port === 0;
  return [isTemplate ? { ...entry, expires: TimeoutWithoutMessage - ExpiryTolerance / 2 } : entry];
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
