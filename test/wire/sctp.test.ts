import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import * as sctp from '../../director/wire/sctp.js';
import { bytesOf, compact, hexOf, viewOf } from './hex.js';
import { crc32c, plainSctp } from './plain-packets.js';

/** 40000 to 80: SACK and DATA; the checksum comes from the plain computation of `crc32c`. */
const Packet = `
  9c400050 12345678 00000000
  03000010 00000001 0000ffff 00000000
  00030015 00000001 00000000 00000000 68656c6c6f 000000`;

function withChecksum(hex: string): DataView {
  const bytes = bytesOf(hex);
  const view = new DataView(bytes.buffer);
  view.setUint32(8, crc32c([...bytes]), true);
  return view;
}

test('the known answer of CRC32c', (t) => {
  t.equal(crc32c([...Buffer.from('123456789')]), 0xe3069283);
  t.end();
});

test('header and chunks read as they were sent', (t) => {
  const view = withChecksum(Packet);
  const end = view.byteLength;
  t.equal(sctp.isValid(0, end), true);
  t.equal(sctp.sourcePort(view, 0), 40_000);
  t.equal(sctp.destinationPort(view, 0), 80);
  t.equal(sctp.verificationTag(view, 0), 0x12345678);
  t.equal(sctp.chunkType(view, 0, end, 0), sctp.Chunk.sack);
  t.equal(sctp.chunkType(view, 0, end, 1), sctp.Chunk.data, 'behind the padding of the first');
  t.equal(sctp.chunkType(view, 0, end, 2), sctp.NoChunk);
  t.equal(sctp.isChecksumValid(view, 0, end), true);
  t.end();
});

test('chunks that are cut or have no length are none', (t) => {
  const bytes = bytesOf(Packet);
  for (let length = 12; length < bytes.length; length += 1) {
    const view = new DataView(bytes.buffer.slice(0, length));
    t.equal(sctp.chunkType(view, 0, length, 0), length >= 16 ? 3 : sctp.NoChunk, `${length}`);
    t.equal(sctp.chunkType(view, 0, length, 1), length >= 32 ? 0 : sctp.NoChunk, `${length}`);
    t.equal(sctp.chunkType(view, 0, length, 2), sctp.NoChunk, `${length}`);
  }
  const endless = viewOf('9c400050 12345678 00000000 03000000 00000000');
  t.equal(sctp.chunkType(endless, 0, endless.byteLength, 1), sctp.NoChunk);
  t.equal(sctp.isValid(0, 11), false);
  t.end();
});

test('a wrong byte anywhere breaks the checksum', (t) => {
  const { byteLength } = withChecksum(Packet);
  for (let position = 0; position < byteLength; position += 1) {
    const view = withChecksum(Packet);
    view.setUint8(position, view.getUint8(position) ^ 0x40);
    t.equal(sctp.isChecksumValid(view, 0, byteLength), false, `byte ${position}`);
  }
  t.end();
});

test('changed ports keep a right checksum right and a wrong one wrong by as much', (t) => {
  const random = new Prng(11);
  const wrong: string[] = [];
  for (let round = 0; round < 20_000; round += 1) {
    const payload = Array.from({ length: random.below(40) }, () => random.below(256));
    const ports = { source: random.below(0x1_0000), destination: random.below(0x1_0000) };
    const view = viewOf(Buffer.from(plainSctp(ports, payload).bytes).toString('hex'));
    const end = view.byteLength;
    const error = round % 2 === 0 ? 0 : random.uint32();
    sctp.setChecksum(view, 0, (sctp.checksum(view, 0) ^ error) >>> 0);
    sctp.setSourcePort(view, 0, end, random.below(0x1_0000));
    sctp.setDestinationPort(view, 0, end, random.below(0x1_0000));
    const right = sctp.computeChecksum(view, 0, end);
    if ((sctp.checksum(view, 0) ^ error) >>> 0 !== right) wrong.push(`round ${round}`);
  }
  t.strictSame(wrong.slice(0, 3), []);
  t.end();
});

test('the same ports change nothing', (t) => {
  const view = withChecksum(Packet);
  const before = hexOf(view);
  sctp.setSourcePort(view, 0, view.byteLength, 40_000);
  sctp.setDestinationPort(view, 0, view.byteLength, 80);
  t.equal(hexOf(view), compact(before));
  t.end();
});
