import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import { Row } from '../../director/core/connection-row.js';
import { ConnectionTable } from '../../director/core/connections.js';
import { Prefetch } from '../../director/core/prefetch.js';
import { at } from '../base/values.js';
import { buildFrame, type FrameSpec } from '../packets/packet-builder.js';
import { batchOf, Offset, Portless, SlotLength, staysAsItIs } from './batches.js';
import { keyOf, type Endpoints } from './flows.js';

/** So large that endpoints of a test do not meet in a bucket, with this seed. */
const largeTable = (): ConnectionTable => new ConnectionTable({ capacity: 65_536, seed: 1 });

/** A connection of either family, and by one transport or another. */
const connectionOf = (number: number): Endpoints => {
  const protocol = [6, 17, 132][number % 3] ?? 6;
  const port = 40_000 + number;
  return number % 2 === 0
    ? { client: `10.1.0.2:${port}`, virtual: '10.1.0.100:80', real: '10.2.0.21:8080', protocol }
    : { client: `[fd01::2]:${port}`, virtual: '[fd01::64]:80', real: '[fd02::15]:8080', protocol };
};

const Connections = Array.from({ length: 60 }, (_, number) => connectionOf(number));

const Transports: Readonly<Record<number, Partial<FrameSpec>>> = {
  6: { tcp: 'A' },
  17: { udp: {} },
  132: { sctp: { chunk: 0 } },
};

const frameOf = (
  from: string,
  to: string,
  protocol = 6,
  more: Partial<FrameSpec> = {},
): Uint8Array => buildFrame({ from, to, ...Transports[protocol], ...more });

const request = ({ client, virtual, protocol }: Endpoints): Uint8Array =>
  frameOf(client, virtual, protocol);
const reply = ({ client, real, protocol }: Endpoints): Uint8Array =>
  frameOf(real, client, protocol);

function tableOf(connections: readonly Endpoints[]): ConnectionTable {
  const table = largeTable();
  for (const endpoints of connections) table.insert(keyOf(endpoints), at(0));
  return table;
}

test('what clients send and what real servers answer is found', (t) => {
  const prefetch = new Prefetch(tableOf(Connections));
  t.equal(prefetch.touch(batchOf(Connections.map(request))), 60, 'requests');
  t.equal(prefetch.touch(batchOf(Connections.map(reply))), 60, 'replies');
  t.equal(prefetch.touch(batchOf([])), 0, 'no frames');
  t.end();
});

test('ports stand behind the options of IPv4', (t) => {
  const connections = Connections.filter(({ client }) => !client.startsWith('['));
  const prefetch = new Prefetch(tableOf(connections));
  for (const words of [1, 5, 10]) {
    const options = { ipOptions: '01'.repeat(words * 4) };
    const requests = connections.map(({ client, virtual, protocol }) =>
      frameOf(client, virtual, protocol, options),
    );
    const replies = connections.map(({ client, real, protocol }) =>
      frameOf(real, client, protocol, options),
    );
    t.equal(prefetch.touch(batchOf(requests)), 30, `${words} words, requests`);
    t.equal(prefetch.touch(batchOf(replies)), 30, `${words} words, replies`);
  }
  t.end();
});

test('unknown clients and other transports are not found', (t) => {
  const prefetch = new Prefetch(tableOf(Connections));
  const strangers = Array.from({ length: 60 }, (_, number) => connectionOf(number + 1_000));
  t.equal(prefetch.touch(batchOf(strangers.map(request))), 0, 'requests');
  t.equal(prefetch.touch(batchOf(strangers.map(reply))), 0, 'replies');
  const others = Connections.map(({ client, virtual, protocol }) =>
    frameOf(client, virtual, protocol === 6 ? 17 : 6),
  );
  t.equal(prefetch.touch(batchOf(others)), 0, 'another transport');
  t.end();
});

test('for frames without ports nobody is asked', (t) => {
  const asked: number[] = [];
  const first = (protocol: number): number => asked.push(protocol);
  const prefetch = new Prefetch({ first, rows: new Uint32Array(64 * Row.words) });
  t.equal(prefetch.touch(batchOf(Portless)), 0);
  t.same(asked, []);
  t.equal(prefetch.touch(batchOf([...Portless, ...Connections.slice(0, 3).map(request)])), 3);
  t.same(asked, [6, 17, 132]);
  t.end();
});

/** Notes the bytes of frames that are read. */
class WatchedView extends DataView<ArrayBuffer> {
  readonly read: number[] = [];

  override getUint8(offset: number): number {
    this.read.push(offset);
    return super.getUint8(offset);
  }
}

test('each pass goes over all frames: headers, buckets, rows', (t) => {
  const table = tableOf(Connections.slice(0, 4));
  const view = new WatchedView(new ArrayBuffer(64 * SlotLength));
  const notes: string[] = [];
  const rows = new Proxy(table.rows, {
    get: (target, name) => {
      notes.push(`row ${Math.floor(Number(name) / Row.words)}`);
      return target[Number(name)];
    },
  });
  const first = (protocol: number, words: Uint32Array, port: number): number => {
    if (notes.length === 0) notes.push(`after ${view.read.length} bytes`);
    notes.push(`bucket of ${port}`);
    return table.first(protocol, words, port);
  };
  const prefetch = new Prefetch({ first, rows });
  const frames = [
    request(connectionOf(3)),
    reply(connectionOf(2)),
    request(connectionOf(1_000)),
    reply(connectionOf(1)),
    request(connectionOf(0)),
  ];
  prefetch.touch(batchOf(frames, view));
  const places = [0, 1, 2, 3, 4].map((slot) => slot * SlotLength + Offset);
  t.same(
    view.read.slice(0, 10),
    places.flatMap((start) => [start, start + 63]),
  );
  t.same(notes, [
    // With the version and the transport of the first.
    'after 12 bytes',
    'bucket of 40003',
    'bucket of 8080',
    'bucket of 40002',
    'bucket of 41000',
    'bucket of 80',
    'bucket of 8080',
    'bucket of 40001',
    'bucket of 40000',
    'row 3',
    'row 2',
    'row 1',
    'row 0',
  ]);
  t.end();
});

test('bytes of any kind, at any place, are read without harm', (t) => {
  const random = new Prng(1);
  const table = tableOf(Connections);
  const before = table.rows.slice(0, table.end * Row.words);
  const prefetch = new Prefetch(table);
  const protocols = [6, 17, 132];
  const dress = (bytes: Uint8Array, start: number): void => {
    if (random.below(4) === 0) return;
    const isIpv4 = random.below(2) === 0;
    const protocol = protocols[random.below(3)] ?? 6;
    bytes[start + 14] = (isIpv4 ? 0x40 : 0x60) + random.below(16);
    bytes[start + 14 + (isIpv4 ? 9 : 6)] = protocol;
  };
  const isSame = staysAsItIs(random, dress, (batch) => {
    if (prefetch.touch(batch) > batch.count) t.fail('more than there are');
  });
  t.ok(isSame, 'no frame has changed');
  t.same(table.rows.slice(0, table.end * Row.words), before);
  t.equal(table.size, Connections.length);
  t.end();
});
