import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import { FlowCarrier, Up } from '../../director/core/flow-carrier.js';
import { shapeOf } from '../../director/core/flow-layout.js';
import { FlowPrefetch } from '../../director/core/flow-prefetch.js';
import { FlowTable } from '../../director/core/flow-table.js';
import type { Interface } from '../../director/core/interfaces.js';
import type { FrameBatch } from '../../director/wire/packet.js';
import { buildFrame } from '../packets/packet-builder.js';
import { packetOf } from '../packets/twists.js';
import { batchOf, Offset, Portless, SlotLength, staysAsItIs } from './batches.js';
import { pathOf } from './flows.js';

const Records = 1_024;
const Flows = 60;

const arrival: Interface = {
  index: 0,
  name: 'clients',
  mac: { high: 0x0200, low: 0x0000_0002 },
  mtu: 1_500,
  addresses: [],
};

/** What the packets of a flow say, of either family and by either transport, and how they leave. */
function flowOf(number: number): { from: string; to: string; leavesTo: string; protocol: number } {
  const protocol = number % 3 === 0 ? 17 : 6;
  const port = 40_000 + number;
  return number % 2 === 0
    ? { from: `10.1.0.2:${port}`, to: '10.1.0.100:80', leavesTo: '10.2.0.21:8080', protocol }
    : { from: `[fd01::2]:${port}`, to: '[fd01::64]:80', leavesTo: '[fd02::15]:8080', protocol };
}

function frameOf(number: number): Uint8Array {
  const { from, to, protocol } = flowOf(number);
  return buildFrame({ from, to, ...(protocol === 6 ? { tcp: 'A' } : { udp: {} }) });
}

interface Scene {
  readonly place: { readonly memory: ArrayBuffer; readonly records: number; readonly seed: number };
  readonly prefetch: FlowPrefetch;
}

/** A table that has every other flow. */
function scene(): Scene {
  const place = { memory: new ArrayBuffer(shapeOf(Records).byteLength), records: Records, seed: 7 };
  const table = new FlowTable(place.memory, Records, place.seed);
  for (let number = 0; number < Flows; number += 1) {
    if (!isKnown(number)) continue;
    table.write(number + 1, pathOf({ ...flowOf(number), device: 1 }));
    table.show(number + 1);
  }
  return { place, prefetch: new FlowPrefetch(place) };
}

const isKnown = (number: number): boolean => number % 4 < 2;

/** The numbers of the frames in a batch that are left. */
const restOf = ({ starts, count }: FrameBatch): number[] =>
  [...starts.subarray(0, count)].map((start) => (start - Offset) / SlotLength);

test('what no flow has is left for others, in its order', (t) => {
  const { place, prefetch } = scene();
  const numbers = Array.from({ length: Flows }, (_, number) => number);
  const frames = numbers.map(frameOf);
  const batch = batchOf(frames);
  const rest = prefetch.touch(batch);
  t.equal(rest.view, batch.view);
  t.same(
    restOf(rest),
    numbers.filter((number) => !isKnown(number)),
  );
  const carrier = new FlowCarrier(place, { isAlone: true });
  t.same(
    restOf(rest),
    numbers.filter((number) => carrier.carry(packetOf(frameOf(number)), arrival, 0) === Up),
    'and the carrier has all others',
  );
  t.same(restOf(prefetch.touch(batchOf([frameOf(0), frameOf(1)]))), [], 'nothing is left');
  t.same(restOf(prefetch.touch(batchOf([]))), [], 'no frames');
  t.end();
});

test('frames of other kinds are left', (t) => {
  const { prefetch } = scene();
  t.same(restOf(prefetch.touch(batchOf([frameOf(0), ...Portless, frameOf(1)]))), [1, 2, 3]);
  t.end();
});

test('bytes of any kind, at any place, are read without harm', (t) => {
  const random = new Prng(1);
  const { place, prefetch } = scene();
  const before = new Uint8Array(place.memory).slice();
  const dress = (bytes: Uint8Array, start: number): void => {
    if (random.below(2) === 0) bytes[start + 14] = random.below(2) === 0 ? 0x45 : 0x60;
  };
  const isSame = staysAsItIs(random, dress, (batch) => {
    if (prefetch.touch(batch).count > batch.count) t.fail('more than there are');
  });
  t.ok(isSame, 'no frame has changed');
  t.same(new Uint8Array(place.memory), before);
  t.end();
});
