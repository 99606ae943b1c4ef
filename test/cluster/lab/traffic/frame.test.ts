import { test } from 'tap';

import {
  encodeFault,
  encodePatternFrame,
  faultText,
  FrameHeaderLength,
  FrameParser,
  MaxFrameBody,
  parseDatagram,
  type Frame,
} from '../../../../cluster/lab/traffic/frame.js';
import { findMismatch } from '../../../../cluster/lab/traffic/pattern.js';
import { Prng } from '../../../../director/base/prng.js';

const request = { seed: 7, flow: 3, sequence: 0, sender: '' };
const answer = { ...request, sender: 's1' };

const stream = Buffer.concat([
  encodePatternFrame('request', request, 1),
  encodePatternFrame('request', { ...request, sequence: 1 }, 37),
  encodePatternFrame('answer', answer, 20),
  encodeFault(answer, 'byte 3 is wrong'),
]);

const describe = (frame: Frame): string =>
  `${frame.kind} ${frame.flow}.${frame.sequence} ${frame.sender} ${frame.payload.length}`;

const whole = ['request 3.0  1', 'request 3.1  37', 'answer 3.0 s1 20', 'fault 3.0 s1 15'];

test('a stream gives the same frames however it is split in two', (t) => {
  for (let split = 0; split <= stream.length; split += 1) {
    const parser = new FrameParser();
    const frames = [
      ...parser.push(stream.subarray(0, split)),
      ...parser.push(stream.subarray(split)),
    ];
    t.same(frames.map(describe), whole, `split at ${split}`);
    t.equal(parser.fault, undefined);
  }
  t.end();
});

test('a stream that comes byte by byte gives the same frames, with right payloads', (t) => {
  const parser = new FrameParser();
  const frames = [...stream].flatMap((byte) => parser.push(Uint8Array.of(byte)));
  t.same(frames.map(describe), whole);
  for (const frame of frames.slice(0, 3)) t.equal(findMismatch(frame.payload, frame), undefined);
  t.same(frames.slice(3).map(faultText), ['byte 3 is wrong']);
  t.end();
});

test('one damaged bit anywhere in a frame is noticed', (t) => {
  const good = encodePatternFrame('answer', answer, 24);
  for (let bit = 0; bit < good.length * 8; bit += 1) {
    const bytes = Uint8Array.from(good);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const frame = parseDatagram(bytes);
    const noticed = typeof frame === 'string' || findMismatch(frame.payload, frame) !== undefined;
    t.ok(noticed, `bit ${bit}`);
  }
  t.end();
});

test('a datagram of any other length than its header says is refused', (t) => {
  const good = encodePatternFrame('answer', answer, 24);
  for (let length = 0; length < good.length; length += 1) {
    const expected = length < FrameHeaderLength ? 'short datagram' : 'length differs';
    t.equal(parseDatagram(good.subarray(0, length)), expected);
  }
  t.equal(parseDatagram(Buffer.concat([good, Buffer.of(0)])), 'length differs');
  t.end();
});

test('a request that claims to be from a server, and an answer without a name, are refused', (t) => {
  t.equal(parseDatagram(encodePatternFrame('request', answer, 4)), 'bad name');
  t.equal(parseDatagram(encodePatternFrame('answer', request, 4)), 'bad name');
  t.equal(parseDatagram(encodePatternFrame('answer', { ...answer, sender: 'a b' }, 4)), 'bad name');
  t.end();
});

test('a frame longer than the limit is refused at its header', (t) => {
  const parser = new FrameParser();
  const long = encodePatternFrame('request', request, MaxFrameBody + 1);
  t.same(parser.push(long.subarray(0, FrameHeaderLength)), []);
  t.equal(parser.fault, 'frame too long');
  t.end();
});

test('hostile bytes end in a fault, and after it nothing is parsed', (t) => {
  const random = new Prng(1);
  for (let round = 0; round < 300; round += 1) {
    const parser = new FrameParser();
    const noise = Uint8Array.from({ length: 64 }, () => random.below(256));
    t.same(parser.push(noise), []);
    t.not(parser.fault, undefined);
    t.same(parser.push(stream), [], 'a good stream comes too late');
  }
  t.end();
});

test("a server's complaint is printable and short whatever it says", (t) => {
  const frame = parseDatagram(encodeFault(answer, `\u001b[31m${'x'.repeat(9_000)}`));
  const text = typeof frame === 'string' ? frame : faultText(frame);
  t.match(text, /^\?\[31mx+$/);
  t.equal(text.length, 200);
  t.end();
});
