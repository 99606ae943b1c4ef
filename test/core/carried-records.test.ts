import { test } from 'tap';

import { CarriedRecords, Direction } from '../../director/core/carried-records.js';
import { Record, shapeOf } from '../../director/core/flow-layout.js';
import { FlowTable } from '../../director/core/flow-table.js';
import { toWords } from '../../director/wire/address-words.js';
import { ip } from '../base/values.js';
import { BenchDirector } from '../packets/bench-director.js';
import { pathOf } from './flows.js';

const Records = 64;
const Slot = 3;

test('what was counted between two looks is taken once, also past the lower half of the counts', (t) => {
  const memory = new ArrayBuffer(shapeOf(Records).byteLength);
  const records = new CarriedRecords(new FlowTable(memory, Records, 7));
  const { family, words } = toWords(ip('10.2.0.21'));
  const hop = new BenchDirector().director.neighbours.find(family, words);
  if (hop === undefined) throw new Error('a neighbour');
  const path = pathOf({ from: '10.1.0.2:999', to: '10.1.0.100:80', leavesTo: '10.2.0.21:8080' });
  records.write(Slot, Direction.requests, path, hop);
  const counts = new BigUint64Array(
    memory,
    shapeOf(Records).recordsAt + Slot * 2 * Record.byteLength + Record.packets,
    2,
  );
  const tally = { packets: 0, bytes: 0 };
  for (const [packets, bytes] of [
    [0xffff_fffe, 0xffff_fff0],
    [5, 400],
    [0, 0],
    [0, 60],
    [0xffff_ffff, 1e12],
  ] as const) {
    counts[0] = (counts[0] ?? 0n) + BigInt(packets);
    counts[1] = (counts[1] ?? 0n) + BigInt(bytes);
    t.equal(records.isQuiet(Slot), packets === 0);
    records.take(Slot, Direction.requests, tally);
    t.strictSame(tally, { packets, bytes });
  }
  records.take(Slot, Direction.replies, tally);
  t.strictSame(tally, { packets: 0, bytes: 0 }, 'a way that is not written down');
  t.end();
});
