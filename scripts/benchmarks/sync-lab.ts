import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { z } from 'zod';

import { loadLab } from '../../cluster/config/lab-file.js';
import { withAdvertInterval } from '../../cluster/lab/demo-plan.js';
import { bringUp } from '../../cluster/lab/lab.js';
import type { RunningLab } from '../../cluster/lab/running-lab.js';
import { runToEnd } from '../../cluster/lab/subprocess.js';
import { TrafficProcess } from '../../cluster/lab/traffic/client-process.js';
import { until } from '../../cluster/lab/wait.js';
import { seconds } from '../../director/base/time.js';
import { flag, readOptions, wholeNumber } from './options.js';

/*
 * Session sync as it is lived with: real packets open flows at a rate through the master of a lab, which tells the backup
 * of each at its first packet. Then the backup starts anew and fetches the whole table. All the while the two elect a
 * master, and checked connections go on.
 */

const labFile = fileURLToPath(new URL('../../../cluster/lab/default.yaml', import.meta.url));
const floodProgram = fileURLToPath(new URL('flow-flood.js', import.meta.url));
const Master = 'd1';
const Backup = 'd2';
const Vip = '10.1.0.100';
const Port = '53';
const CheckedFlows = 20;
/** Of the flood, which nobody has. */
const FirstClient = '10.1.0.32';

const options = readOptions({
  flows: wholeNumber(1_000_000),
  rate: wholeNumber(20_000),
  advert: wholeNumber(100),
  json: flag,
});

const Link = z.array(z.object({ ifname: z.string(), address: z.string() }));

function run(lab: RunningLab, node: string, ...argv: readonly string[]): string {
  const [program = '', ...rest] = lab.execArgs(node, argv);
  return execFileSync(program, rest, { encoding: 'utf8' });
}

/** The device of a node in the network that this address is in, with its MAC address. */
function linkTo(lab: RunningLab, node: string, address: string): z.infer<typeof Link>[number] {
  const found = / dev (\S+)/.exec(run(lab, node, 'ip', 'route', 'get', address))?.[1] ?? '';
  const [link] = Link.parse(JSON.parse(run(lab, node, 'ip', '-json', 'link', 'show', found)));
  if (link === undefined) throw new Error(`${node} has no way to ${address}`);
  return link;
}

/** Makes real servers drop what the flood sends: answers would only be work for the machine. */
function silence(lab: RunningLab): void {
  const chain = 'ip bench arrivals';
  const hook = '{ type filter hook prerouting priority -300; }';
  const rules = `add table ip bench; add chain ${chain} ${hook}; add rule ${chain} udp dport ${Port} drop`;
  for (const { name, kind } of lab.config.nodes) {
    if (kind === 'real-server') run(lab, name, 'nft', rules);
  }
}

function megabytes(pid: number, line: 'VmRSS' | 'VmHWM'): number {
  const found = new RegExp(`${line}:\\s+(\\d+) kB`).exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'),
  );
  return Number(found?.[1]) / 1_024;
}

/** Waits until a node has so many sessions, or no longer gets more; how many it has. */
async function settle(lab: RunningLab, node: string, target: number): Promise<number> {
  let last = -1;
  const settled = async (): Promise<true | undefined> => {
    const before = last;
    ({ sessions: last } = await lab.request(node, '/status'));
    return last >= target || last === before || undefined;
  };
  await until(settled, { timeoutMs: 120_000, everyMs: 1_000 });
  return last;
}

/** Waits until the master serves and the backup knows its table. */
async function ready(lab: RunningLab): Promise<void> {
  const isReady = async (): Promise<true | undefined> => {
    const [master, backup] = [
      await lab.request(Master, '/status'),
      await lab.request(Backup, '/status'),
    ];
    return (master.state === 'master' && backup.tableComplete) || undefined;
  };
  const isUp = await until(isReady, { timeoutMs: 120_000, everyMs: 100 });
  if (isUp === undefined) throw new Error(`${Master} is not master, or ${Backup} has no table`);
}

async function transitions(lab: RunningLab, node: string): Promise<number> {
  const { instances } = await lab.request(node, '/vrrp');
  return instances.reduce((sum, instance) => sum + instance.transitions, 0);
}

interface Figures {
  readonly opened: number;
  readonly openingSeconds: number;
  readonly onMaster: number;
  readonly onBackup: number;
  /** Holes in the master's messages that the backup had to have filled by fetching. */
  readonly lost: number;
  readonly bulkSeconds: number;
  readonly bulkEntries: number;
  readonly backupPeakMb: number;
  readonly masterPeakMb: number;
  /** Of the elections of both, after the first: the backup's start alone is one. */
  readonly falseElections: number;
  readonly checkedFlows: number;
  readonly checkedBroken: number;
}

/** Opens the flows, and says in how many seconds. */
async function flood(lab: RunningLab): Promise<number> {
  const { ifname } = linkTo(lab, 'client', Vip);
  const { address: router } = linkTo(lab, Master, Vip);
  const target = [ifname, router, Vip, Port];
  const words = [floodProgram, ...target, String(options.flows), String(options.rate), FirstClient];
  const { stdout, stderr } = await runToEnd(lab.execArgs('client', [process.execPath, ...words]), {
    timeoutMs: 600_000,
  });
  if (stderr !== '') console.error(stderr.trim());
  return Number(stdout);
}

/** Lets the backup start anew, and says in how many seconds it has the whole table. */
async function fetchAnew(lab: RunningLab): Promise<{ seconds: number; peakMb: number }> {
  await lab.killNode(Backup);
  await sleep(1_000);
  await lab.startNode(Backup);
  await ready(lab);
  const { events } = await lab.request(Backup, '/events');
  const at = (kind: string): number => events.find((event) => event.kind === kind)?.at ?? NaN;
  const { pid } = await lab.request(Backup, '/status');
  const seconds = (at('bulk-complete') - at('bulk-started')) / 1_000;
  return { seconds, peakMb: megabytes(pid, 'VmHWM') };
}

async function measure(lab: RunningLab): Promise<Figures> {
  silence(lab);
  await ready(lab);
  const checked = new TrafficProcess(lab.execArgs('client', []), {
    targets: [{ protocol: 'TCP', address: Vip, port: 80, count: CheckedFlows }],
    durationMs: 290_000,
  });
  try {
    const before = (await transitions(lab, Master)) + (await transitions(lab, Backup));
    console.error(`${options.flows} flows at ${options.rate} a second ...`);
    const openingSeconds = await flood(lab);
    const { sessions: onMaster } = await lab.request(Master, '/status');
    const onBackup = await settle(lab, Backup, onMaster);
    const { peers } = await lab.request(Backup, '/sync');
    const during = (await transitions(lab, Master)) + (await transitions(lab, Backup));
    const atFetch = await transitions(lab, Master);
    console.error(`${onBackup} on the backup, which starts anew ...`);
    const { seconds, peakMb } = await fetchAnew(lab);
    await sleep(2_000);
    const { sessions: bulkEntries } = await lab.request(Backup, '/status');
    const { pid } = await lab.request(Master, '/status');
    const isBackup = (await lab.request(Backup, '/status')).state === 'backup';
    const { events } = await lab.request(Backup, '/events');
    const wasMaster = events.some(({ kind }) => kind === 'master');
    const report = await checked.stop();
    return {
      opened: options.flows,
      openingSeconds,
      onMaster,
      onBackup,
      lost: peers.reduce((sum, peer) => sum + peer.lost, 0),
      bulkSeconds: seconds,
      bulkEntries,
      backupPeakMb: peakMb,
      masterPeakMb: megabytes(pid, 'VmHWM'),
      falseElections:
        during -
        before +
        (await transitions(lab, Master)) -
        atFetch +
        (isBackup && !wasMaster ? 0 : 1),
      checkedFlows: report.flows.length,
      checkedBroken: report.flows.filter(({ broken }) => broken !== undefined).length,
    };
  } finally {
    checked.kill();
  }
}

const whole = (value: number): string => Math.round(value).toLocaleString('en');

function print(figures: Figures): void {
  const perSecond = figures.opened / figures.openingSeconds;
  const lines: readonly (readonly [string, string])[] = [
    ['flows opened, a second', `${whole(figures.opened)}, ${whole(perSecond)}`],
    ['known to the master', whole(figures.onMaster)],
    ['known to the backup', whole(figures.onBackup)],
    ['holes filled by fetching', whole(figures.lost)],
    ['the whole table for a backup that starts', `${figures.bulkSeconds.toFixed(2)} s`],
    ['its entries then', whole(figures.bulkEntries)],
    ['memory of the backup, at most', `${whole(figures.backupPeakMb)} MB`],
    ['memory of the master, at most', `${whole(figures.masterPeakMb)} MB`],
    ['false elections', whole(figures.falseElections)],
    ['checked connections, broken', `${figures.checkedFlows}, ${figures.checkedBroken}`],
  ];
  for (const [title, value] of lines) console.log(title.padEnd(42) + value.padStart(20));
}

const base = loadLab(readFileSync(labFile, 'utf8'), labFile);
const { dataPlane, sync } = base.cluster;
const connectionCapacity = 2 ** Math.ceil(Math.log2(options.flows * 1.1));
const cluster = {
  ...base.cluster,
  dataPlane: { ...dataPlane, connectionCapacity },
  sync: { ...sync, threshold: 1, bulkTimeout: seconds(60) },
};
const config = withAdvertInterval({ ...base, cluster }, options.advert);
const lab = await bringUp(config, { signal: AbortSignal.timeout(1_200_000), progress: () => {} });
try {
  const figures = await measure(lab);
  if (options.json) console.log(JSON.stringify(figures, undefined, 2));
  else print(figures);
  process.exitCode = figures.falseElections + figures.checkedBroken === 0 ? 0 : 1;
} finally {
  await lab.down();
}
