import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import {
  Bucket,
  FlowTable,
  NoRecord,
  shapeOf,
  Wrapping,
  type FlowPath,
} from '../../director/core/flow-table.js';

const Records = 64;

const path = (sourcePort: number): FlowPath => ({
  protocol: 6,
  source: 0x0a01_0002,
  destination: 0x0a01_0064,
  sourcePort,
  destinationPort: 80,
  newSource: 0x0a01_0002,
  newDestination: 0x0a02_0015,
  newSourcePort: sourcePort,
  newDestinationPort: 8_080,
  toHigh: 0x0200,
  toLow: 21,
  fromHigh: 0x0200,
  fromLow: 11,
  device: 3,
  mtu: 1_500,
  wrapping: Wrapping.none,
});

function newTable(): { readonly table: FlowTable; readonly memory: ArrayBuffer } {
  const memory = new ArrayBuffer(shapeOf(Records).byteLength);
  return { memory, table: new FlowTable(memory, Records, 7) };
}

test('a record is found from when it is shown until it is hidden', (t) => {
  const { table } = newTable();
  table.write(2, path(1_000));
  table.write(4, path(1_000));
  t.equal(table.findLike(4), NoRecord);
  t.ok(table.show(2));
  t.equal(table.findLike(4), 2);
  table.write(4, { ...path(1_000), protocol: 17 });
  t.equal(table.findLike(4), NoRecord, 'datagrams are another flow');
  table.hide(2);
  table.write(4, path(1_000));
  t.equal(table.findLike(4), NoRecord);
  t.end();
});

test('hiding a record that is not shown leaves the one alone that looks like it', (t) => {
  const { table } = newTable();
  table.write(2, path(1_000));
  table.write(4, path(1_000));
  table.show(2);
  t.notOk(table.show(4), 'the program could not tell them apart');
  table.hide(4);
  t.equal(table.findLike(4), 2);
  t.end();
});

test('a bucket has room for so many, and all that are shown are found', (t) => {
  const memory = new ArrayBuffer(shapeOf(2).byteLength + Records * 64);
  // One bucket only.
  const table = new FlowTable(memory, 2, 7);
  const random = new Prng(1);
  const shown: number[] = [];
  for (let record = 1; record < Records; record += 1) {
    table.write(record, path(random.below(65_536)));
    if (table.show(record)) shown.push(record);
  }
  t.equal(shown.length, Bucket.ways);
  for (const record of shown) {
    t.equal(table.findLike(record), record);
    table.hide(record);
    t.equal(table.findLike(record), NoRecord);
  }
  t.end();
});

test('counts of 64 bits are read whole, and begin at zero again', (t) => {
  const { table, memory } = newTable();
  table.write(2, path(1_000));
  const at = shapeOf(Records).recordsAt + 2 * 64;
  const view = new DataView(memory);
  view.setBigUint64(at + 48, 0x1_0000_0002n, true);
  view.setBigUint64(at + 56, 0x1f_ffff_ffff_ffffn, true);
  t.equal(table.packets(2), 0x1_0000_0002);
  t.equal(table.bytes(2), Number.MAX_SAFE_INTEGER);
  table.write(2, path(1_000));
  t.strictSame([table.packets(2), table.bytes(2)], [0, 0]);
  t.end();
});
