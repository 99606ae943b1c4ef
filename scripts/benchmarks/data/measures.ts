import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { z } from 'zod';

import type { Running } from './forwarders.js';
import { Port, type Topology } from './topology.js';

const floodProgram = fileURLToPath(new URL('xdp-flood.js', import.meta.url));
const pingProgram = fileURLToPath(new URL('udp-ping.js', import.meta.url));

/** Numbers of flows that frames are sent of. */
export const FloodFlows = [1, 1_000, 100_000] as const;

/** How long each measurement of a round lasts, in seconds. */
export interface Durations {
  readonly flood: number;
  readonly connections: number;
  readonly bulk: number;
  readonly ping: number;
}

/** What is measured, by name; what a forwarder cannot do is absent. */
export type Figures = Partial<Record<Measure, number>>;

export const Measures = {
  pps1: 'packets/s, 1 flow',
  pps1k: 'packets/s, 1,000 flows',
  pps100k: 'packets/s, 100,000 flows',
  cps: 'new TCP connections/s',
  bulk1: 'Gb/s, 1 stream',
  bulk4: 'Gb/s, 4 streams',
  rtt50: 'UDP round trip, µs, p50',
  rtt99: 'UDP round trip, µs, p99',
  cpuPerPacket: 'CPU of the process, ns a packet',
  bytesPerConnection: 'memory, bytes a connection',
  falseElections: 'false elections, adverts every 100 ms',
} as const;
export type Measure = keyof typeof Measures;

const WarmUpSeconds = 1;

/** Carries out all measurements of one forwarder. Throws when bytes are not what they should be. */
export function measure(
  topology: Topology,
  { address, pid, sink = 'traffic' }: Running,
  carries: { readonly udp: boolean; readonly flood: boolean },
  durations: Durations,
): Figures {
  checkBytes(topology, address);
  // What a director does often is compiled when it begins to do it; all forwarders get the same time.
  connections(topology, address, WarmUpSeconds);
  bulk(topology, address, 4, WarmUpSeconds);
  const figures = {
    ...(carries.udp ? ping(topology, address, durations.ping) : {}),
    cps: connections(topology, address, durations.connections),
    bulk1: bulk(topology, address, 1, durations.bulk),
    bulk4: bulk(topology, address, 4, durations.bulk),
    ...(carries.flood ? flood(topology, { address, pid, sink }, durations.flood) : {}),
  };
  checkBytes(topology, address);
  return figures;
}

/** A file of random bytes has to come through as it is. */
function checkBytes({ client, server }: Topology, address: string): void {
  const expected = createHash('sha256')
    .update(readFileSync(bulkFile(server.holder)))
    .digest('hex');
  const got = client.run('sh', '-c', `curl -sS --max-time 20 http://${address}/bulk | sha256sum`);
  if (!got.startsWith(expected)) throw new Error('the bytes of a file have changed on their way');
}

/** The file that the web server of a bench gives out. */
export const bulkFile = (holder: number): string => `/tmp/baton-bench-${holder}/bulk`;

const Ping = z.object({ count: z.number(), lost: z.number(), p50: z.number(), p99: z.number() });

function ping({ client }: Topology, address: string, seconds: number): Figures {
  const words = [pingProgram, 'ping', address, String(Port.ping), String(seconds)];
  const { lost, count, p50, p99 } = Ping.parse(JSON.parse(client.run(process.execPath, ...words)));
  if (lost > 1 + count / 1_000) throw new Error(`${lost} of ${count} answers are wrong or missing`);
  return { rtt50: p50, rtt99: p99 };
}

/** Whole connections: handshake, request, answer, end, 64 of them at a time. */
function connections({ client }: Topology, address: string, seconds: number): number {
  const options = ['-q', '-r', '-c', '64', '-t', String(seconds), '-n', '10000000'];
  const text = client.run('ab', ...options, `http://${address}:${Port.web}/`);
  const complete = Number(/Complete requests:\s+(\d+)/.exec(text)?.[1]);
  const failed = Number(/Failed requests:\s+(\d+)/.exec(text)?.[1]);
  const took = Number(/Time taken for tests:\s+([\d.]+)/.exec(text)?.[1]);
  if (failed > complete / 1_000) throw new Error(`${failed} of ${complete} answers are wrong`);
  return (complete - failed) / took;
}

const Bulk = z.object({
  end: z.object({ sum_received: z.object({ bits_per_second: z.number() }) }),
});

function bulk({ client }: Topology, address: string, streams: number, seconds: number): number {
  const options = ['-c', address, '-p', String(Port.bulk), '-t', String(seconds)];
  const text = client.run('iperf3', ...options, '-P', String(streams), '-J');
  return Bulk.parse(JSON.parse(text)).end.sum_received.bits_per_second / 1e9;
}

function flood(
  topology: Topology,
  { address, pid, sink: hook }: Required<Pick<Running, 'address' | 'pid' | 'sink'>>,
  seconds: number,
): Figures {
  const { client, forwarder, sink } = topology;
  // Frames from XDP are taken by a link only that has NAPI, which comes with GRO.
  forwarder.run('ethtool', '-K', 'near', 'gro', 'on');
  sink.open(hook);
  const results: number[] = [];
  let cpu: number | undefined;
  const memory = pid === undefined ? NaN : residentBytes(pid);
  for (const flows of FloodFlows) {
    sink.take();
    const cpuBefore = pid === undefined ? NaN : cpuSeconds(pid);
    const words = [floodProgram, address, String(flows), String(seconds)];
    const [, took = 'NaN'] = client.run(process.execPath, ...words).split(' ');
    const arrived = sink.take();
    if (arrived === 0) throw new Error('nothing of the flood has arrived as it should');
    results.push(arrived / Number(took));
    if (pid !== undefined && flows === FloodFlows[1]) {
      cpu = ((cpuSeconds(pid) - cpuBefore) * 1e9) / arrived;
    }
  }
  sink.close();
  forwarder.run('ethtool', '-K', 'near', 'gro', 'off');
  const [pps1 = 0, pps1k = 0, pps100k = 0] = results;
  const perConnection =
    pid === undefined ? connectionOfKernel(address, topology) : (residentBytes(pid) - memory) / 1e5;
  return {
    pps1,
    pps1k,
    pps100k,
    ...(cpu === undefined ? {} : { cpuPerPacket: cpu }),
    ...(perConnection === undefined ? {} : { bytesPerConnection: perConnection }),
  };
}

/** The kernel tells how large its entries are, when it tracks any. */
function connectionOfKernel(_address: string, { forwarder }: Topology): number | undefined {
  if (!forwarder.run('nft', 'list', 'ruleset').includes('dnat')) return undefined;
  const slab = /^nf_conntrack\s+\d+\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/slabinfo', 'utf8'));
  return slab === null ? undefined : Number(slab[1]);
}

const ClockTicks = 100;

/** What all threads of a process have used so far, to a hundredth of a second. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / ClockTicks;
}

/** How often the main thread of a process has gone to sleep so far. */
export function wakeUps(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1]);
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1_024;
}
