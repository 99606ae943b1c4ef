import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { z } from 'zod';

import { fetchDocument, sendCommand } from '../../cluster/lab/control-client.js';
import { runToEnd } from '../../cluster/lab/subprocess.js';
import { until } from '../../cluster/lab/wait.js';
import type { NodeStatus } from '../../cluster/node/api.js';
import { director, DriverNames, type Running } from './data/forwarders.js';
import { Address, buildTopology, Mac, Port, type Topology } from './data/topology.js';
import { oneOf, flag, readOptions, wholeNumber } from './options.js';

/*
 * A table of a million live connections: opened by real packets at a rate, then left alone until all of them expire. Before,
 * meanwhile, in between and while they expire new connections are opened one by one, and it is measured how long each waits
 * for its first answer: what the slow path costs others is what this is about.
 */

const options = readOptions({
  connections: wholeNumber(1_000_000),
  rate: wholeNumber(50_000),
  driver: oneOf(DriverNames, 'ring'),
  json: flag,
});

const floodProgram = fileURLToPath(new URL('flow-flood.js', import.meta.url));
const pingProgram = fileURLToPath(new URL('data/udp-ping.js', import.meta.url));

/** Sources of the flood: nobody has them, and the server answers none. */
const FirstClient = '10.91.1.0';
const connections = options.connections;
const fillSeconds = connections / options.rate;
/** A phase in which only single connections are opened. */
const CalmSeconds = 5;
const hasOffload = options.driver === 'offload' || options.driver === 'xdp';
/** The third datagram without an answer is the one that has a flow carried by the kernel. */
const datagrams = hasOffload ? 3 : 1;
/** Longer than opening them all takes, so that all of them are there at once. */
const timeoutSeconds = Math.ceil(fillSeconds + (hasOffload ? 3 : 2) * CalmSeconds + 10);
/** A minute for what goes slower than it should. */
const PatienceMs = 60_000;

const Latency = z.object({
  count: z.number(),
  lost: z.number(),
  p50: z.number(),
  p99: z.number(),
  max: z.number(),
});
type Latency = z.infer<typeof Latency>;

/** Opens single connections for so long. */
async function probe({ client }: Topology, seconds: number): Promise<Latency> {
  const words = [pingProgram, 'fresh', Address.vip, String(Port.ping), String(seconds)];
  const command = client.enter(process.execPath, ...words);
  const { stdout, stderr } = await runToEnd(command, { timeoutMs: seconds * 1_000 + PatienceMs });
  if (stderr !== '') console.error(stderr.trim());
  return Latency.parse(JSON.parse(stdout));
}

/** Opens the connections; how many seconds it took. */
async function fill({ client }: Topology): Promise<number> {
  const target = ['eth0', Mac.near, Address.vip, String(Port.flood)];
  const flows = [connections, options.rate, FirstClient, datagrams].map(String);
  const words = [floodProgram, ...target, ...flows];
  const command = client.enter(process.execPath, ...words);
  const { stdout, stderr } = await runToEnd(command, {
    timeoutMs: fillSeconds * 3_000 + PatienceMs,
  });
  if (stderr !== '') console.error(stderr.trim());
  return Number(stdout);
}

async function statusOf(control: string): Promise<NodeStatus> {
  const status = await fetchDocument(control, '/status');
  if (status === undefined) throw new Error('the director does not answer');
  return status;
}

/** Waits until all have expired: when the first and the last did, in seconds from now, and what happened to others meanwhile. */
async function watchExpiry(
  topology: Topology,
  control: string,
): Promise<{ storm: Latency; seconds: number }> {
  const { sessions: before } = await statusOf(control);
  const hasBegun = async (): Promise<true | undefined> =>
    (await statusOf(control)).sessions < before - 1_000 || undefined;
  const patience = { timeoutMs: timeoutSeconds * 1_000 + PatienceMs, everyMs: 100 };
  if ((await until(hasBegun, patience)) === undefined) throw new Error('nothing expires');
  const start = performance.now();
  const few = connections / 100;
  const isEmpty = async (): Promise<true | undefined> =>
    (await statusOf(control)).sessions < few + timeoutSeconds * 1_000 || undefined;
  const emptied = until(isEmpty, patience).then((ended) =>
    ended === undefined ? undefined : (performance.now() - start) / 1_000,
  );
  const storm = await probe(topology, fillSeconds);
  const seconds = await emptied;
  if (seconds === undefined) throw new Error('connections stay in the table');
  return { storm, seconds };
}

/** What the kernel carried before and after the real server was removed, and what happened to others meanwhile. */
interface Withdrawal {
  readonly carried: number;
  readonly left: number;
  /** From the command to the moment when the last one is back. */
  readonly seconds: number;
  readonly withdrawing: Latency;
}

/** Removes the real server of all connections in the middle of a phase, and puts it back. */
async function withdraw(topology: Topology, control: string): Promise<Withdrawal> {
  const { offload: before } = await statusOf(control);
  const probing = probe(topology, CalmSeconds);
  await sleep((CalmSeconds * 1_000) / 2);
  const server = ['-u', `${Address.vip}:${Port.flood}`, '-r', `${Address.server}:${Port.flood}`];
  const start = performance.now();
  await command(control, ['-d', ...server]);
  // The single connections of the phase may be carried, too.
  const few = (before?.carried ?? 0) / 10;
  const isBack = async (): Promise<true | undefined> =>
    ((await statusOf(control)).offload?.carried ?? 0) < few || undefined;
  await until(isBack, { timeoutMs: PatienceMs, everyMs: 20 });
  const seconds = (performance.now() - start) / 1_000;
  const { offload: after } = await statusOf(control);
  const withdrawing = await probing;
  await command(control, ['-a', ...server, '-m']);
  return { carried: before?.carried ?? 0, left: after?.carried ?? 0, seconds, withdrawing };
}

async function command(control: string, argv: readonly string[]): Promise<void> {
  const { exit, stderr } = await sendCommand(control, '/ipvsadm', { argv });
  if (exit !== 0) throw new Error(`ipvsadm ${argv.join(' ')}: ${stderr}`);
}

type Phase = 'empty' | 'opening' | 'full' | 'withdrawing' | 'expiring';

interface Figures {
  readonly phases: Readonly<Partial<Record<Phase, Latency>>>;
  readonly openingSeconds: number;
  readonly expiringSeconds: number;
  readonly live: number;
  readonly residentMb: number;
  /** Frames given up unread, and refused by the kernel. */
  readonly shed: number;
  readonly refused: number;
  /** Received less what became of them: zero when the counters are right. */
  readonly unaccounted: number;
  /** Only with a driver that has the kernel carry connections. */
  readonly withdrawal?: Omit<Withdrawal, 'withdrawing'>;
}

async function measure(topology: Topology, running: Running): Promise<Figures> {
  const { control, pid } = running;
  if (control === undefined || pid === undefined) throw new Error('no director of ours');
  // Compiled first, as everywhere.
  await probe(topology, 1);
  const empty = await probe(topology, CalmSeconds);
  console.error(`${connections} connections at ${options.rate} a second ...`);
  const [openingSeconds, opening] = await Promise.all([
    fill(topology),
    probe(topology, fillSeconds),
  ]);
  const { sessions: live } = await statusOf(control);
  const residentMb = residentOf(pid);
  const full = await probe(topology, CalmSeconds);
  const withdrawal = hasOffload ? await withdraw(topology, control) : undefined;
  console.error(`${live} live; they expire ${timeoutSeconds} s after their packet ...`);
  const { storm: expiring, seconds: expiringSeconds } = await watchExpiry(topology, control);
  await sleep(1_000);
  const { packets, ports } = await statusOf(control);
  const dropped = Object.values(packets.dropped).reduce((sum, count) => sum + count, 0);
  const { received, forwarded, answered, held } = packets;
  return {
    phases: {
      empty,
      opening,
      full,
      ...(withdrawal && { withdrawing: withdrawal.withdrawing }),
      expiring,
    },
    ...(withdrawal && { withdrawal }),
    openingSeconds,
    expiringSeconds,
    live,
    residentMb,
    shed: ports.shed,
    refused: ports.refused,
    unaccounted: received - forwarded - answered - held - dropped,
  };
}

const residentOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;

const whole = (value: number): string => Math.round(value).toLocaleString('en');

const row = (title: string, cells: readonly string[]): string =>
  title.padEnd(30) + cells.map((cell) => cell.padStart(10)).join('');

function print(figures: Figures): void {
  const columns = ['opened', 'lost', 'p50 µs', 'p99 µs', 'max µs'];
  console.log(row(`single connections, ${options.driver}`, columns));
  for (const [phase, { count, lost, p50, p99, max }] of Object.entries(figures.phases)) {
    console.log(row(phase, [count, lost, p50, p99, max].map(whole)));
  }
  const perSecond = (seconds: number): string => whole(connections / seconds);
  console.log(`live at once: ${whole(figures.live)}, ${whole(figures.residentMb)} MB resident`);
  console.log(`opened ${perSecond(figures.openingSeconds)} a second`);
  console.log(`expired ${perSecond(figures.expiringSeconds)} a second`);
  if (figures.withdrawal !== undefined) {
    const { carried, left, seconds } = figures.withdrawal;
    const time = (seconds * 1_000).toFixed(0);
    console.log(`carried by the kernel: ${whole(carried)}; ${whole(left)} left ${time} ms later`);
  }
  console.log(
    `frames given up unread: ${whole(figures.shed)}, refused: ${whole(figures.refused)}, ` +
      `not accounted for: ${whole(figures.unaccounted)}`,
  );
}

const capacity = 2 ** Math.ceil(Math.log2(connections * 1.2));
const further = `
global_defs {
  lvs_timeouts udp ${timeoutSeconds}
}
@baton baton {
@baton   connection_table ${capacity}
@baton   offload_table ${Math.min(capacity, 1_048_576)}
@baton }
`;
const topology = await buildTopology();
try {
  topology.server.start(process.execPath, pingProgram, 'echo', Address.server, String(Port.ping));
  const running = await director(options.driver, further).start(topology);
  try {
    const figures = await measure(topology, running);
    if (options.json) console.log(JSON.stringify(figures, undefined, 2));
    else print(figures);
    process.exitCode = figures.unaccounted === 0 ? 0 : 1;
  } finally {
    await running.close();
  }
} finally {
  await topology.close();
}
