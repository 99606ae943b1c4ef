import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { z } from 'zod';

import { parseAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import { flag, readOptions, wholeNumber, words } from './options.js';
import { SyncPeer, type Punctuality } from './sync-peer.js';

/*
 * How fast session sync is, between two processes over loopback UDP: a joiner fetches a donor's whole table, and then
 * keeps up with new connections. Each process is one director with its session sync, without packets.
 */

/** What the main process asks of a node, and what it answers. */
const Order = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('open'), entries: z.number() }),
  z.object({ kind: z.literal('start'), port: z.number() }),
  z.object({ kind: z.literal('rate'), perSecond: z.number(), seconds: z.number() }),
  z.object({ kind: z.literal('watch'), entries: z.number(), limitMs: z.number() }),
  z.object({ kind: z.literal('report') }),
]);
type Order = z.infer<typeof Order>;

const Report = z.object({
  port: z.number(),
  entries: z.number(),
  datagrams: z.number(),
  bytesSent: z.number(),
  gaps: z.number(),
  residentMb: z.number(),
  processorMs: z.number(),
  elapsedMs: z.number(),
  longestTurnMs: z.number(),
  latestBeatMs: z.number(),
});
type Report = z.infer<typeof Report>;

const joinerAddress = parseAddress('127.0.0.3');
const donorAddress = parseAddress('127.0.0.2');

/** A node in this process, which does what it is told. */
async function runNode(name: string, capacity: number, isSigned: boolean): Promise<void> {
  assert(joinerAddress !== undefined && donorAddress !== undefined, 'both are addresses');
  const address = name === 'donor' ? joinerAddress : donorAddress;
  const peer = await SyncPeer.open(name, capacity, isSigned);
  let processor = process.cpuUsage();
  let since = performance.now();
  const report = (): Report => {
    const { user, system } = process.cpuUsage(processor);
    const snapshot = peer.sync.snapshot();
    const punctuality: Punctuality = peer.punctuality;
    return {
      port: peer.port,
      entries: peer.entries,
      datagrams: snapshot.sent.datagrams,
      bytesSent: peer.bytesSent,
      gaps: snapshot.reliability.gaps,
      residentMb: process.memoryUsage().rss / 1e6,
      processorMs: (user + system) / 1_000,
      elapsedMs: performance.now() - since,
      ...punctuality,
    };
  };
  const begin = (): void => {
    processor = process.cpuUsage();
    since = performance.now();
    peer.resetPunctuality();
  };
  const obey = async (order: Order): Promise<void> => {
    switch (order.kind) {
      case 'open':
        while (peer.entries < order.entries) {
          peer.openConnections(Math.min(10_000, order.entries - peer.entries));
          await sleep(0);
        }
        break;
      case 'start':
        begin();
        peer.start({ port: order.port, address });
        if (name === 'donor') peer.setMaster();
        break;
      case 'rate':
        begin();
        await openAtRate(peer, order.perSecond, order.seconds);
        break;
      case 'watch': {
        begin();
        const end = performance.now() + order.limitMs;
        while (peer.entries < order.entries && performance.now() < end) await sleep(2);
        break;
      }
      default:
        break;
    }
    process.send?.(report());
  };
  process.on('message', (message) => void obey(Order.parse(message)));
  process.send?.(report());
}

/** New connections as they come: some every few milliseconds. */
async function openAtRate(peer: SyncPeer, perSecond: number, duration: number): Promise<void> {
  const start = performance.now();
  const total = perSecond * duration;
  for (let opened = 0; opened < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - start) * perSecond) / 1_000));
    if (due > opened) peer.openConnections(due - opened);
    opened = Math.max(opened, due);
    await sleep(4);
  }
}

/** A node in a process of its own. */
class NodeProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(
    name: string,
    capacity: number,
    isSigned: boolean,
  ): Promise<{ node: NodeProcess; port: number }> {
    const args = [
      '--node',
      name,
      '--capacity',
      String(capacity),
      ...(isSigned ? ['--signed'] : []),
    ];
    const child = fork(fileURLToPath(import.meta.url), args, { execArgv: [] });
    const [first] = await once(child, 'message');
    return { node: new NodeProcess(child), port: Report.parse(first).port };
  }

  async tell(order: Order): Promise<Report> {
    const answer = once(this.#child, 'message');
    this.#child.send(order);
    const [report] = await answer;
    return Report.parse(report);
  }

  stop(): void {
    this.#child.kill();
  }
}

interface Figures {
  readonly signed: boolean;
  readonly bulk: { readonly donor: Report; readonly joiner: Report };
  readonly steady: { readonly sender: Report; readonly receiver: Report; readonly told: number };
}

interface Extent {
  readonly entries: number;
  readonly rate: number;
  readonly seconds: number;
}

async function measure({ entries, rate, seconds }: Extent, signed: boolean): Promise<Figures> {
  const capacity = entries + rate * seconds + 10_000;
  const donor = await NodeProcess.start('donor', capacity, signed);
  const joiner = await NodeProcess.start('joiner', capacity, signed);
  try {
    await donor.node.tell({ kind: 'start', port: joiner.port });
    // Alone, and complete: then it tells of its entries, to nobody yet.
    await sleep(1_500);
    await donor.node.tell({ kind: 'open', entries });
    await sleep(1_000);
    await donor.node.tell({ kind: 'watch', entries: 0, limitMs: 0 });
    await joiner.node.tell({ kind: 'start', port: donor.port });
    const joined = await joiner.node.tell({ kind: 'watch', entries, limitMs: 120_000 });
    const donated = await donor.node.tell({ kind: 'report' });
    const told = rate * seconds;
    const [sender, receiver] = await Promise.all([
      donor.node.tell({ kind: 'rate', perSecond: rate, seconds }),
      joiner.node.tell({ kind: 'watch', entries: entries + told, limitMs: seconds * 2_000 }),
    ]);
    return {
      signed,
      bulk: { donor: donated, joiner: joined },
      steady: { sender, receiver, told: receiver.entries - entries },
    };
  } finally {
    donor.node.stop();
    joiner.node.stop();
  }
}

const row = (title: string, cells: readonly string[]): string =>
  title.padEnd(46) + cells.map((cell) => cell.padStart(14)).join('');

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const ms = (value: number): string => `${value.toFixed(1)} ms`;
const share = ({ processorMs, elapsedMs }: Report): string =>
  `${((100 * processorMs) / elapsedMs).toFixed(0)} %`;

function print(all: readonly Figures[], { entries, rate, seconds }: Extent): void {
  const line = (title: string, cellOf: (figures: Figures) => string): void =>
    console.log(row(title, all.map(cellOf)));
  line('', ({ signed }) => (signed ? 'signed' : 'unsigned'));
  console.log(`Bulk transfer of ${whole(entries)} entries to a node that starts`);
  line('  seconds', ({ bulk }) => (bulk.joiner.elapsedMs / 1_000).toFixed(2));
  line('  entries a second', ({ bulk }) =>
    whole((bulk.joiner.entries * 1_000) / bulk.joiner.elapsedMs),
  );
  line('  megabytes sent by the donor', ({ bulk }) => (bulk.donor.bytesSent / 1e6).toFixed(0));
  line('  longest turn (processor), joiner', ({ bulk }) => ms(bulk.joiner.longestTurnMs));
  line('  longest turn (processor), donor', ({ bulk }) => ms(bulk.donor.longestTurnMs));
  line('  latest timer of the joiner', ({ bulk }) => ms(bulk.joiner.latestBeatMs));
  line('  latest timer of the donor', ({ bulk }) => ms(bulk.donor.latestBeatMs));
  line('  memory of the joiner, MB', ({ bulk }) => whole(bulk.joiner.residentMb));
  line('  memory of the donor, MB', ({ bulk }) => whole(bulk.donor.residentMb));
  console.log(`${whole(rate)} new connections a second, for ${seconds} s, on top of these`);
  line('  received a second', ({ steady }) =>
    whole((steady.told * 1_000) / steady.receiver.elapsedMs),
  );
  line('  arrived, of those told', ({ steady }) => whole(steady.told));
  line('  gaps', ({ steady }) => whole(steady.receiver.gaps));
  line('  processor share of the receiver', ({ steady }) => share(steady.receiver));
  line('  processor share of the sender', ({ steady }) => share(steady.sender));
  line('  longest turn (processor), receiver', ({ steady }) => ms(steady.receiver.longestTurnMs));
  line('  latest timer of the receiver', ({ steady }) => ms(steady.receiver.latestBeatMs));
}

const values = readOptions({
  entries: wholeNumber(1_000_000),
  rate: wholeNumber(20_000),
  seconds: wholeNumber(10),
  json: flag,
  node: words,
  capacity: wholeNumber(0, 0),
  signed: flag,
});
if (values.node !== undefined) {
  await runNode(values.node, values.capacity, values.signed);
} else {
  const extent = {
    entries: values.entries,
    rate: values.rate,
    seconds: values.seconds,
  };
  const all: Figures[] = [];
  for (const signed of [false, true]) {
    console.error(`${whole(extent.entries)} entries, ${signed ? 'signed' : 'unsigned'} ...`);
    all.push(await measure(extent, signed));
  }
  if (values.json) console.log(JSON.stringify(all, null, 2));
  else print(all, extent);
}
