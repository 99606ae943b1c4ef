import { test } from 'tap';

import { FlowCarrier, Up } from '../../director/core/flow-carrier.js';
import { Head, Record, shapeOf } from '../../director/core/flow-layout.js';
import { FlowTable } from '../../director/core/flow-table.js';
import type { Interface } from '../../director/core/interfaces.js';
import type { Packet } from '../../director/wire/packet.js';
import * as udp from '../../director/wire/udp.js';
import { isFriendly, toVirtualRouter } from '../packets/friendly-frames.js';
import { VirtualRouter } from '../packets/hostile-arena.js';
import { frameOf, Link, segment } from '../packets/hostile-seeds.js';
import { packetOf } from '../packets/twists.js';
import { pathOf } from './flows.js';

const Records = 64;
const place = (): { memory: ArrayBuffer; records: number; seed: number } => ({
  memory: new ArrayBuffer(shapeOf(Records).byteLength),
  records: Records,
  seed: 5,
});

const arrival: Interface = {
  index: 1,
  name: 'clients',
  mac: { high: 0x0200, low: 0x0000_010b },
  mtu: 1_500,
  addresses: [],
};

const from = '10.1.0.2:40000';
const to = '10.1.0.100:53';
const path = pathOf({ from, to, leavesTo: '10.2.0.23:5353', protocol: 17, device: 2 });

/** A datagram of that flow with two bytes of data; its own checksum is right. */
function datagram(data: number): Packet {
  const body = segment(17, 40_000, 53, 0, 2);
  body.splice(-2, 2, data >> 8, data & 255);
  const header = [0x45, 0, 0, 30, 0x12, 0x34, 0x40, 0, 64, 17, 0, 0, 10, 1, 0, 2, 10, 1, 0, 100];
  const { frame } = frameOf(Link.clients, 0x0800, [...header, ...body]);
  const packet = packetOf(frame);
  udp.setChecksum(packet.view, packet.start + 34, packet.end, 0x0a01 + 2 + 0x0a01 + 100 + 17 + 10);
  return packet;
}

function scene(isAlone = true): { carrier: FlowCarrier; table: FlowTable; memory: ArrayBuffer } {
  const parts = place();
  const table = new FlowTable(parts.memory, Records, parts.seed);
  table.write(2, path);
  table.show(2);
  return { carrier: new FlowCarrier(parts, { isAlone }), table, memory: parts.memory };
}

test('a datagram never loses its checksum, whatever it becomes', (t) => {
  const { carrier } = scene();
  let allOnes = 0;
  let wrong = 0;
  for (let data = 0; data < 0x1_0000; data += 1) {
    const packet = datagram(data);
    if (carrier.carry(packet, arrival, 0) === Up) wrong += 1;
    const { view, start, end } = packet;
    const sum = udp.checksum(view, start + 34);
    if (sum === 0xffff) allOnes += 1;
    const carried = packetOf(packet.copy());
    udp.setChecksum(carried.view, start + 34, end, 0x0a01 + 2 + 0x0a02 + 23 + 17 + 10);
    if (udp.checksum(carried.view, carried.start + 34) !== sum) wrong += 1;
  }
  t.equal(wrong, 0);
  t.equal(allOnes, 1, 'zero would mean that there is none');
  t.end();
});

test('counts pass the end of their lower half', (t) => {
  for (const isAlone of [true, false]) {
    t.strictSame(countsAtTheEnd(isAlone), [[30, 1], [60, 2], [90, 3], [7]], `alone ${isAlone}`);
  }
  t.end();
});

/** What a record has counted more than before, packet by packet, and when the last one came. */
function countsAtTheEnd(isAlone: boolean): number[][] {
  const { carrier, table, memory } = scene(isAlone);
  const words = new Uint32Array(memory, shapeOf(Records).recordsAt + 2 * Record.byteLength, 16);
  const near = 0x1_0000_0000 - 45;
  words[Record.bytes / 4] = near;
  words[Record.packets / 4] = 0xffff_ffff;
  const counted = [1, 2, 3].map((data) => {
    carrier.carry(datagram(data), arrival, 7);
    const packets = (words[Record.packets / 4 + 1] ?? 0) * 0x1_0000_0000 + table.packets(2);
    return [table.bytes(2) - near, packets - 0xffff_ffff];
  });
  return [...counted, [table.lastUsed(2)]];
}

test('frames to virtual MAC addresses are carried where this node holds them, and nowhere else', (t) => {
  const { carrier, table } = scene();
  const frame = datagram(1).copy();
  t.ok(isFriendly(frame));
  const carry = (mac: readonly number[], at = arrival): boolean => {
    const copy = toVirtualRouter(frame);
    copy.set(mac);
    return carrier.carry(packetOf(copy), at, 0) !== Up;
  };
  const virtual = [0, 0, 0x5e, 0, 1, VirtualRouter];
  t.notOk(carry(virtual));
  const holds = (family: 1 | 2, isHeld: boolean): void =>
    table.setHolding(arrival, (0x5e00_0000 | (family << 8) | VirtualRouter) >>> 0, isHeld);
  holds(1, true);
  t.ok(carry(virtual));
  // What is held on its neighbours is none of its business.
  table.setHolding({ ...arrival, index: 0 }, 0x5e00_0200 | VirtualRouter, true);
  table.setHolding({ ...arrival, index: 2 }, 0x5e00_0100 | VirtualRouter, true);
  const others = [
    [0, 0, 0x5e, 0, 1, VirtualRouter + 1],
    [0, 0, 0x5e, 0, 2, VirtualRouter],
    [0, 0, 0x5e, 0, 0, VirtualRouter],
    [0, 0, 0x5e, 0, 3, VirtualRouter],
    [0, 0, 0x5f, 0, 1, VirtualRouter],
    [0, 1, 0x5e, 0, 1, VirtualRouter],
    [2, 0, 0, 0, 1, 0x0c],
    [255, 255, 255, 255, 255, 255],
  ];
  for (const mac of others) t.notOk(carry(mac), mac.join(':'));
  t.notOk(carry(virtual, { ...arrival, index: 3 }), 'on another interface');
  t.notOk(carry(virtual, { ...arrival, index: 1_000 }), 'on one of too many');
  holds(2, true);
  t.ok(carry([0, 0, 0x5e, 0, 2, VirtualRouter]));
  holds(1, false);
  t.notOk(carry(virtual));
  t.end();
});

test('nothing is to be carried when the lease is over', (t) => {
  const { carrier, table, memory } = scene();
  table.lease = 3;
  t.strictSame(
    [2, 3, 4, 0xffff_fff0].map((tick) => carrier.isAttended(tick)),
    [true, true, false, true],
  );
  t.equal(new Uint32Array(memory)[Head.lease / 4], 3);
  t.end();
});
