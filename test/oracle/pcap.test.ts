import { test } from 'tap';

import { readPcap, writePcap } from '../../scripts/oracle/pcap.js';
import { bytesOf, hexOf } from './bytes.js';

/** Two frames of 3 and 2 bytes at 1.5 s and 2.000007 s; the second was 60 bytes long when it was captured. */
const little = `
  d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000
  01000000 20a10700 03000000 03000000 010203
  02000000 07000000 02000000 3c000000 0405`;

const big = `
  a1b23c4d 0002 0004 00000000 00000000 0000ffff 00000001
  00000001 1dcd6500 00000003 00000003 010203
  00000002 00001fff 00000002 0000003c 0405`;

for (const [order, hex] of [
  ['little-endian with microseconds', little],
  ['big-endian with nanoseconds', big],
] as const) {
  test(`a ${order} capture is read`, (t) => {
    const { frames, endsEarly } = readPcap('x.pcap', bytesOf(hex));
    t.strictSame(
      frames.map(({ number, at, bytes, isCut }) => [number, at, hexOf(bytes), isCut]),
      [
        [1, 1_500_000, '010203', false],
        [2, order.startsWith('little') ? 2_000_007 : 2_000_008, '0405', true],
      ],
    );
    t.notOk(endsEarly);
    t.end();
  });
}

test('a capture that is written is read again as it was', (t) => {
  const frames = [
    { at: 1_700_000_000_999_999, bytes: bytesOf('010203') },
    { at: 1_700_000_001_000_000, bytes: bytesOf('') },
  ];
  const capture = readPcap('x.pcap', writePcap(frames));
  t.strictSame(
    capture.frames.map(({ at, bytes }) => ({ at, bytes })),
    frames,
  );
  t.notOk(capture.endsEarly || capture.frames.some(({ isCut }) => isCut));
  t.end();
});

test('a capture that ends inside a frame is read up to there', (t) => {
  const whole = bytesOf(little);
  for (const missing of [1, 2, 5, 17]) {
    const { frames, endsEarly } = readPcap('x.pcap', whole.subarray(0, whole.length - missing));
    t.equal(frames.length, 1);
    t.ok(endsEarly, `${missing} bytes missing`);
  }
  t.end();
});

test('what is no capture of Ethernet frames is refused with its name', (t) => {
  const header = bytesOf(little).slice(0, 24);
  const cooked = Uint8Array.from(header);
  cooked[20] = 113;
  const huge = Uint8Array.from([...header, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 127, 0, 0, 0, 0]);
  for (const [bytes, what] of [
    [new Uint8Array(0), /no pcap file/],
    [bytesOf('0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffff ffffffff 1c000000'), /no pcap file/],
    [cooked, /link type 113/],
    [huge, /2147483647 bytes/],
  ] as const) {
    t.throws(() => readPcap('x.pcap', bytes), { message: what, name: 'ConfigError' });
  }
  t.end();
});
