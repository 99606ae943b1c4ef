import { assert } from '../../director/base/invariant.js';
import { Prng } from '../../director/base/prng.js';
import { Verdict } from '../../director/core/counters.js';
import { tuneEngine } from '../../director/io/engine.js';
import * as tcp from '../../director/wire/tcp.js';
import { icmpErrorLoad, replyLoad, requestLoad, type Load } from './frames.js';
import { allocationOf, medianTime } from './measure.js';
import { flag, readOptions, wholeNumber, wholeNumbers } from './options.js';
import { NatVip, NewConnections, RouteVip, wordOf, Workbench } from './workbench.js';

const VerdictNames = Object.keys(Verdict);

/** Clients by number, in random order: neighbours in time are strangers in memory. */
interface Clients {
  /** With a connection to the Masq service. */
  readonly masq: Uint32Array;
  /** With a connection to the Route service. */
  readonly route: Uint32Array;
  /** That no connection is known of. */
  readonly unknown: Uint32Array;
}

interface Case {
  readonly name: string;
  readonly load: Load;
  readonly clients: keyof Clients;
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
  const nat = wordOf(NatVip);
  return [
    { name: 'NAT request', load: requestLoad(nat, ack), clients: 'masq' },
    { name: 'NAT reply', load: replyLoad(bench.serverOf), clients: 'masq' },
    { name: 'DR request', load: requestLoad(wordOf(RouteVip), ack), clients: 'route' },
    { name: 'new NAT connection', load: requestLoad(nat, syn), clients: 'unknown' },
    { name: 'no service', load: requestLoad(nat, syn, 9_999), clients: 'unknown' },
    { name: 'unknown mid-stream TCP', load: requestLoad(nat, ack), clients: 'unknown' },
    { name: 'ICMP error', load: icmpErrorLoad(nat), clients: 'masq' },
  ];
};

/** So many numbers from `first` on, shuffled. */
function shuffled(first: number, count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => first + index);
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

/** A workbench with established connections, half of them to the Masq and half to the Route service. */
function benchWith(connections: number, { masq, route }: Clients): Workbench {
  const bench = new Workbench(connections);
  const { syn, ack } = tcp.Flag;
  for (const [vip, clients] of [
    [wordOf(NatVip), masq],
    [wordOf(RouteVip), route],
  ] as const) {
    bench.establish(clients.toSorted(), requestLoad(vip, syn), requestLoad(vip, ack));
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
  assert(bench.process(load, clients[0] ?? 0) === verdict, 'all packets fared like the first');
  end();
  return { name, loading, nanoseconds: time - loading, verdict: VerdictNames[verdict] ?? '?' };
}

async function measure(extent: Extent): Promise<Column> {
  const { connections, packets } = extent;
  const half = connections / 2;
  const clients: Clients = {
    masq: shuffled(0, half),
    route: shuffled(half, half),
    unknown: shuffled(connections, NewConnections),
  };
  const bench = benchWith(connections, clients);
  const figures = casesOf(bench).map((one) => {
    const count = one.clients === 'unknown' ? NewConnections : packets;
    return measureCase(bench, one, clients[one.clients], { ...extent, packets: count });
  });
  const hit = requestLoad(wordOf(NatVip), tcp.Flag.ack);
  const { grown, collections } = await allocationOf(() =>
    play(clients.masq, 10 * packets, (client) => void bench.process(hit, client)),
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

const values = readOptions({
  connections: wholeNumbers(1_000, 100_000, 1_000_000),
  packets: wholeNumber(1_000_000),
  runs: wholeNumber(7),
  json: flag,
});
const extents = values.connections.map((connections) => ({
  connections,
  packets: values.packets,
  runs: values.runs,
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
