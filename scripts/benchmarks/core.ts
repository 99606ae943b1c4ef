import { parseArgs } from 'node:util';

import { assert } from '../../director/base/invariant.js';
import { Prng } from '../../director/base/prng.js';
import { Verdict } from '../../director/core/counters.js';
import { tuneEngine } from '../../director/io/engine.js';
import * as tcp from '../../director/wire/tcp.js';
import { icmpErrorLoad, replyLoad, requestLoad, type Load } from './frames.js';
import { allocationOf, medianTime } from './measure.js';
import { NatVip, NewConnections, RouteVip, wordOf, Workbench } from './workbench.js';

const VerdictNames = Object.keys(Verdict);

interface Case {
  readonly name: string;
  readonly load: Load;
  /** Packets of clients that no connection is known of. */
  readonly isNew?: boolean;
}

interface Figure {
  readonly name: string;
  readonly nanoseconds: number;
  readonly verdict: string;
}

interface Column {
  readonly connections: number;
  readonly figures: readonly Figure[];
  /** Nanoseconds to make a packet, which the figures do not hold. */
  readonly loading: number;
  readonly bytesPerConnection: number;
  readonly allocatedPerPacket: number;
  readonly collections: number;
}

/** How much is measured: connections in the table, packets a run, runs. */
interface Extent {
  readonly connections: number;
  readonly packets: number;
  readonly runs: number;
}

const casesOf = (bench: Workbench): readonly Case[] => {
  const { syn, ack } = tcp.Flag;
  return [
    { name: 'NAT request', load: requestLoad(wordOf(NatVip), ack) },
    { name: 'NAT reply', load: replyLoad(bench.serverOf) },
    { name: 'DR request', load: requestLoad(wordOf(RouteVip), ack) },
    { name: 'new NAT connection', load: requestLoad(wordOf(NatVip), syn), isNew: true },
    { name: 'no service', load: requestLoad(wordOf(NatVip), syn, 9_999), isNew: true },
    { name: 'unknown mid-stream TCP', load: requestLoad(wordOf(NatVip), ack), isNew: true },
    { name: 'ICMP error', load: icmpErrorLoad(wordOf(NatVip)) },
  ];
};

/** Clients in random order, each once: neighbours in time are strangers in memory. */
function shuffled(count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  const random = new Prng(42);
  for (let index = count - 1; index > 0; index -= 1) {
    const other = random.below(index + 1);
    const moved = order[index] ?? 0;
    order[index] = order[other] ?? 0;
    order[other] = moved;
  }
  return order;
}

/** Runs packets of the clients in `order` through `handle`, round and round. */
function play(order: Uint32Array, packets: number, handle: (client: number) => void): void {
  let position = 0;
  for (let packet = 0; packet < packets; packet += 1) {
    handle(order[position] ?? 0);
    position += 1;
    if (position === order.length) position = 0;
  }
}

/** A workbench on which each client has a Masq and a Route connection. */
function benchWith(connections: number): Workbench {
  const bench = new Workbench(connections);
  const { syn, ack } = tcp.Flag;
  for (const vip of [RouteVip, NatVip]) {
    const word = wordOf(vip);
    bench.establish(connections / 2, requestLoad(word, syn), requestLoad(word, ack));
  }
  assert(bench.director.connections.size === connections, 'every connection is there');
  return bench;
}

function measureCase(
  bench: Workbench,
  { name, load }: Case,
  clients: Uint32Array,
  { packets, runs }: Extent,
): Figure & { readonly loading: number } {
  const verdict = bench.process(load, clients[0] ?? 0);
  bench.closeNew();
  const empty = (client: number): void => void load(bench.packet, client);
  const full = (client: number): void => void bench.process(load, client);
  const end = (): void => bench.closeNew();
  play(clients, Math.min(packets, 100_000), full);
  end();
  const loading = medianTime(runs, () => play(clients, packets, empty)) / packets;
  const time = medianTime(runs, () => play(clients, packets, full), end) / packets;
  return { name, loading, nanoseconds: time - loading, verdict: VerdictNames[verdict] ?? '?' };
}

async function measure(extent: Extent): Promise<Column> {
  const { connections, packets } = extent;
  const bench = benchWith(connections);
  const known = shuffled(connections / 2);
  const unknown = shuffled(NewConnections).map((client) => client + connections / 2);
  const figures = casesOf(bench).map((one) =>
    one.isNew === true
      ? measureCase(bench, one, unknown, { ...extent, packets: NewConnections })
      : measureCase(bench, one, known, extent),
  );
  const hit = requestLoad(wordOf(NatVip), tcp.Flag.ack);
  const { grown, collections } = await allocationOf(() =>
    play(known, 10 * packets, (client) => void bench.process(hit, client)),
  );
  const { connections: table } = bench.director;
  return {
    connections,
    figures,
    bytesPerConnection: table.byteLength / table.capacity,
    loading: figures[0]?.loading ?? 0,
    allocatedPerPacket: grown / (10 * packets),
    collections,
  };
}

const row = (title: string, cells: readonly string[]): string =>
  title.padEnd(34) + cells.map((cell) => cell.padStart(12)).join('');

function print(columns: readonly Column[], { packets, runs }: Extent): void {
  const count = packets.toLocaleString('en');
  console.log(`Nanoseconds a packet: median of ${runs} runs of ${count} packets in random order,`);
  console.log('without the time to make the packet.\n');
  console.log(
    row(
      'connections',
      columns.map(({ connections }) => connections.toLocaleString('en')),
    ),
  );
  for (const [index, { name, verdict }] of (columns[0]?.figures ?? []).entries()) {
    const times = columns.map(({ figures }) => figures[index]?.nanoseconds.toFixed(0) ?? '');
    console.log(row(`${name} (${verdict})`, times));
  }
  console.log();
  const line = (title: string, cellOf: (column: Column) => string): void =>
    console.log(row(title, columns.map(cellOf)));
  line('to make the packet, ns', ({ loading }) => loading.toFixed(0));
  line('bytes a connection', ({ bytesPerConnection }) => bytesPerConnection.toFixed(0));
  line('bytes allocated a packet', ({ allocatedPerPacket }) => allocatedPerPacket.toFixed(2));
  line(`collections in ${(10 * packets).toLocaleString('en')} packets`, ({ collections }) =>
    String(collections),
  );
}

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '1000,100000,1000000' },
    packets: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '7' },
    json: { type: 'boolean', default: false },
  },
});
const extents = values.connections.split(',').map((connections) => ({
  connections: Number(connections),
  packets: Number(values.packets),
  runs: Number(values.runs),
}));
// The engine as the director sets it.
tuneEngine();
const columns: Column[] = [];
for (const extent of extents) {
  console.error(`${extent.connections.toLocaleString('en')} connections ...`);
  columns.push(await measure(extent));
}
if (values.json) console.log(JSON.stringify(columns, null, 2));
else if (extents[0] !== undefined) print(columns, extents[0]);
