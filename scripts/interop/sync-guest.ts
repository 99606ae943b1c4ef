import { setTimeout as sleep } from 'node:timers/promises';

import type { IpAddress } from '../../director/base/address.js';
import { IoError } from '../../director/base/errors.js';
import { literalAddress } from '../../director/base/literal-address.js';
import { parseRawConnections, type ListedConnection } from '../oracle/connection-listing.js';
import { Protocol, type RecordedPacket } from '../oracle/frame.js';
import { parseServiceListing, type ListedService } from '../oracle/service-listing.js';
import type { Bench } from './bench.js';
import { udpPacket } from './frames.js';
import { GuestInterface } from './guest-init.js';
import { inParallel, playFlows } from './play-flows.js';
import { configurationScript, syncFlows } from './sync-scenario.js';

/** Where IPVS sends its sync messages unless it is told otherwise (ip_vs_sync.c). */
export const SyncGroup = {
  address: literalAddress('224.0.0.81'),
  mac: '01:00:5e:00:00:51',
  port: 8848,
} as const;

/** A message leaves two seconds after its first record at the latest, and the sender looks once a second. */
const QuietMs = 4_000;
const MostMs = 20_000;
const PollMs = 200;

export interface SyncOptions {
  readonly syncId: number;
  /** The format of the messages (sync_version). */
  readonly version: 0 | 1;
}

/** Makes the guest a director that tells its peers of its connections. */
export async function startMaster(bench: Bench, { syncId, version }: SyncOptions): Promise<void> {
  await bench.guest.run(`sysctl -qw net.ipv4.vs.sync_version=${version}`);
  await bench.guest.run(configurationScript());
  await startDaemon(bench, 'master', syncId);
}

/** Plays the scenario's connections through a master and hands on its datagrams, until no more come. */
export async function playMaster(
  { outside }: Pick<Bench, 'outside'>,
  listen: (datagram: RecordedPacket) => Promise<void>,
): Promise<void> {
  await playFlows(outside, inParallel(syncFlows()), async (_, sent) => {
    for (const packet of sent.filter(isSync)) await listen(packet);
  });
  let waited = 0;
  for (let quiet = 0; quiet < QuietMs && waited < MostMs; quiet += PollMs) {
    await sleep(PollMs);
    waited += PollMs;
    for (const packet of outside.take().filter(isSync)) {
      quiet = 0;
      await listen(packet);
    }
  }
}

/** Makes the guest a director with the same services that listens to its peers. */
export async function startBackup(bench: Bench, { syncId }: SyncOptions): Promise<void> {
  await bench.guest.run(configurationScript());
  await startDaemon(bench, 'backup', syncId);
}

/** Hands datagrams to a guest that listens, as coming from the host with this address. */
export async function tellBackup(
  { outside }: Pick<Bench, 'outside'>,
  datagrams: readonly Uint8Array[],
  source: IpAddress,
): Promise<void> {
  const { port, address: destination } = SyncGroup;
  for (const datagram of datagrams) {
    const ends = { source, sourcePort: port, destination, destinationPort: port };
    outside.sendTo(SyncGroup.mac, udpPacket(ends, datagram), source);
    await outside.barrier();
  }
}

async function startDaemon({ guest }: Bench, role: string, syncId: number): Promise<void> {
  await guest.run(
    `ipvsadm --start-daemon ${role} --mcast-interface ${GuestInterface} --syncid ${syncId}`,
  );
}

/** The guest's connection table, with where it knows each entry from. */
export async function readTable({ guest }: Bench): Promise<ListedConnection[]> {
  const text = await guest.run('cat /proc/net/ip_vs_conn_sync');
  return parseRawConnections(text.split('\n'), (line) => {
    throw new IoError({ code: 'guest' }, `cannot read this entry of the guest: ${line}`);
  });
}

/** The guest's services, with the connections that it counts. */
export async function readServices({ guest }: Bench): Promise<ListedService[]> {
  const text = await guest.run('ipvsadm -Ln');
  return parseServiceListing(text.split('\n'), (line) => {
    throw new IoError({ code: 'guest' }, `cannot read this line of the guest: ${line}`);
  });
}

/** True for a sync message on its way to the group. */
export const isSync = ({ header }: RecordedPacket): boolean =>
  header.protocol === Protocol.udp &&
  header.destination === SyncGroup.address &&
  header.destinationPort === SyncGroup.port;

/** The sync message in a datagram. */
export const messageOf = ({ bytes, header }: RecordedPacket): Uint8Array =>
  bytes.slice(header.payload + 8, header.end);
