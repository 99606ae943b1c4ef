import { test } from 'tap';

import { after, instant, milliseconds, seconds } from '../../director/base/time.js';
import { HeldFragments } from '../../director/core/held-fragments.js';
import { Flow, parseIpv4 } from '../../director/wire/flow.js';
import { Packet } from '../../director/wire/packet.js';
import { plainFrame, plainIp } from '../wire/plain-packets.js';

const packet = new Packet();
const flow = new Flow();
const start = instant(5_000_000_000);
const route = { source: [10, 1, 0, 2], destination: [10, 1, 0, 100] };

/** Reads a part of datagram `identification`, whose first byte tells it apart. */
function load(identification: number, offset: number, mark = 0): void {
  const fragment = { offset, more: true };
  const content = { protocol: 17, bytes: [mark, 0, 0, 53, 0, 99, 0, 0] };
  packet.load(plainFrame(plainIp(route, content, { fragment, identification })));
  parseIpv4(packet, flow);
}

const Mark = 34;

test('parts wait for their first one and come out in the order of arrival', (t) => {
  const held = new HeldFragments();
  load(1, 16, 10);
  t.equal(held.hold(flow, packet, 7, start), true);
  load(2, 16, 20);
  t.equal(held.hold(flow, packet, 8, start), true);
  load(1, 8, 11);
  t.equal(held.hold(flow, packet, 9, start), true);
  load(1, 0);
  const released = held.release(flow, after(start, milliseconds(5)));
  t.strictSame(
    released.map(({ frame, arrival }) => [frame[Mark], arrival]),
    [
      [10, 7],
      [11, 9],
    ],
  );
  t.equal(held.size, 1);
  t.strictSame(held.release(flow, start), [], 'once');
  t.end();
});

test('the frames are copies', (t) => {
  const held = new HeldFragments();
  load(1, 8, 10);
  held.hold(flow, packet, 0, start);
  packet.bytes.fill(0xee);
  load(1, 0);
  t.equal(held.release(flow, start)[0]?.frame[Mark], 10);
  t.end();
});

test('a first part that comes too late finds nothing', (t) => {
  const held = new HeldFragments();
  load(1, 8);
  held.hold(flow, packet, 0, start);
  load(1, 0);
  t.strictSame(held.release(flow, after(start, seconds(1))), []);
  t.equal(held.expired, 1);
  t.equal(held.size, 0);
  t.end();
});

test('few parts of one datagram and not too many at all may wait', (t) => {
  const held = new HeldFragments();
  for (let count = 0; count < 10; count += 1) {
    load(1, 8);
    t.equal(held.hold(flow, packet, 0, start), count < 8);
  }
  for (let count = 0; count < 300; count += 1) {
    load(100 + count, 8);
    held.hold(flow, packet, 0, start);
  }
  t.equal(held.size, 256);
  t.equal(held.refused, 2 + 300 - 248);
  load(1_000, 8);
  t.equal(
    held.hold(flow, packet, 0, after(start, seconds(1))),
    true,
    'a second later there is room',
  );
  t.equal(held.expired, 256);
  t.end();
});
