import { Buffer } from 'node:buffer';

import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import { MailboxLength, MailboxReader, MailboxWriter } from '../../director/carriers/mailbox.js';
import { HeaderLength } from '../../director/io/offload-header.js';
import { LargestFrame, Packet } from '../../director/wire/packet.js';

/** A packet of so many bytes that says which one it is, and its offload header too. */
function numbered(packet: Packet, number: number, length: number): void {
  packet.clear();
  packet.end = packet.start + length;
  packet.bytes.fill(number & 255, packet.start, packet.end);
  packet.bytes.fill((number >> 8) & 255, packet.start - HeaderLength, packet.start);
}

const describe = ({ bytes, start, end }: Packet): string => {
  const [header, frame] = [bytes.subarray(start - HeaderLength, start), bytes.subarray(start, end)];
  const isPure = [header, frame].every((part) => part.every((byte) => byte === part[0]));
  return isPure ? `${header[0]} ${frame[0]} ${frame.length}` : 'torn';
};

const expected = (number: number, length: number): string =>
  `${(number >> 8) & 255} ${number & 255} ${length}`;

const lengthOf = (random: Prng): number =>
  random.below(8) === 0 ? 14 + random.below(LargestFrame - 14) : 14 + random.below(100);

test('what is put in comes out, in its order, whatever its length', (t) => {
  const memory = new ArrayBuffer(MailboxLength);
  const [writer, reader] = [new MailboxWriter(memory), new MailboxReader(memory)];
  const random = new Prng(11);
  const packet = new Packet();
  const waiting: string[] = [];
  let [number, full, wrong, bytes] = [0, 0, 0, 0];
  for (let step = 0; step < 400; step += 1) {
    for (let count = random.below(200); count > 0; count -= 1) {
      const length = lengthOf(random);
      numbered(packet, number, length);
      if (writer.put(packet, number & 7)) {
        waiting.push(`${number & 7} ${expected(number, length)}`);
        bytes += length;
        number += 1;
      } else {
        full += 1;
        break;
      }
    }
    writer.publish();
    // Now and then the reader is slow.
    for (
      let count = random.below(step % 100 < 50 ? 40 : 400);
      count > 0 && !reader.isEmpty;
      count -= 1
    ) {
      const arrival = reader.take();
      const { packet: taken } = reader;
      if (`${arrival} ${describe(taken)}` !== waiting.shift()) wrong += 1;
      if (taken.start % 4 !== 2 || taken.start - taken.floor < 100) wrong += 1;
    }
    reader.release();
  }
  t.equal(wrong, 0);
  t.ok(full > 5, `it was full ${full} times`);
  t.ok(bytes > 20 * MailboxLength, 'it was gone round many times');
  t.end();
});

test('nobody sees what has not been published, and the reader is woken when he had read everything', (t) => {
  const memory = new ArrayBuffer(MailboxLength);
  const [writer, reader] = [new MailboxWriter(memory), new MailboxReader(memory)];
  const packet = new Packet();
  numbered(packet, 1, 60);
  t.notOk(writer.publish(), 'there is nothing to publish');
  writer.put(packet, 0);
  t.ok(reader.isEmpty);
  t.ok(writer.publish());
  t.notOk(reader.isEmpty);
  writer.put(packet, 0);
  t.notOk(writer.publish(), 'the reader has been woken');
  reader.take();
  reader.release();
  writer.put(packet, 0);
  t.notOk(writer.publish(), 'there was one left');
  for (let taken = 0; taken < 2; taken += 1) reader.take();
  t.ok(reader.isEmpty);
  writer.put(packet, 0);
  t.notOk(writer.publish(), 'he has not said yet that he has read them');
  reader.take();
  reader.release();
  writer.put(packet, 0);
  t.ok(writer.publish());
  t.end();
});

test('a frame has its room until it is given back', (t) => {
  const memory = new ArrayBuffer(MailboxLength);
  const [writer, reader] = [new MailboxWriter(memory), new MailboxReader(memory)];
  const packet = new Packet();
  let count = 0;
  for (numbered(packet, 0, 60_000); writer.put(packet, 0); count += 1) {
    numbered(packet, count + 1, 60_000);
  }
  writer.publish();
  reader.take();
  const before = Buffer.from(reader.packet.copy());
  numbered(packet, 99, 60_000);
  t.notOk(writer.put(packet, 0));
  t.ok(before.equals(reader.packet.copy()));
  reader.release();
  t.ok(writer.put(packet, 0));
  t.end();
});
