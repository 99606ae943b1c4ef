import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import { Bucket, shapeOf } from '../../director/core/flow-layout.js';
import { FlowTable, NoRecord, type FlowPath } from '../../director/core/flow-table.js';
import { pathOf } from './flows.js';

const Records = 64;

const path = (sourcePort: number): FlowPath =>
  pathOf({ from: `10.1.0.2:${sourcePort}`, to: '10.1.0.100:80', leavesTo: '10.2.0.21:8080' });

const widePath = (from: string, protocol = 6): FlowPath =>
  pathOf({ from, to: '[fd01::100]:80', leavesTo: '[fd02::15]:8080', protocol });

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

test('flows of IPv6 are told apart by every word of their addresses', (t) => {
  const { table } = newTable();
  const shown = ['fd01::2', 'fd02::2', 'fd01:0:1::2', 'fd01::1:0:2', 'fd01::3', '::10.1.0.2'];
  for (const [index, client] of shown.entries()) {
    table.write(index + 1, widePath(`[${client}]:1000`));
    t.ok(table.show(index + 1));
  }
  for (const [index, client] of shown.entries()) {
    table.write(40, widePath(`[${client}]:1000`));
    t.equal(table.findLike(40), index + 1);
  }
  for (const client of ['fd01::4', 'fd01:1::2', 'fd01::1:2']) {
    table.write(40, widePath(`[${client}]:1000`));
    t.equal(table.findLike(40), NoRecord);
  }
  table.write(40, widePath('[fd01::2]:1000', 17));
  t.equal(table.findLike(40), NoRecord, 'datagrams are another flow');
  t.end();
});

test('a record that was one of IPv6 becomes one of IPv4, and back', (t) => {
  const { table } = newTable();
  for (const next of [widePath('[fd01::2]:1000'), path(1_000), widePath('[fd01::2]:1000')]) {
    table.write(2, next);
    t.ok(table.show(2));
    table.write(4, next);
    t.equal(table.findLike(4), 2);
    table.hide(2);
    t.equal(table.findLike(4), NoRecord);
  }
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

test('bytes are read whole, of packets the lower half, and both begin at zero again', (t) => {
  const { table, memory } = newTable();
  table.write(2, path(1_000));
  const at = shapeOf(Records).recordsAt + 2 * 64;
  const view = new DataView(memory);
  view.setBigUint64(at + 48, 0x1_0000_0002n, true);
  view.setBigUint64(at + 56, 0x1f_ffff_ffff_ffffn, true);
  t.equal(table.packets(2), 2);
  t.equal(table.bytes(2), Number.MAX_SAFE_INTEGER);
  table.write(2, path(1_000));
  t.strictSame([table.packets(2), table.bytes(2)], [0, 0]);
  t.end();
});
