import { readdirSync, readFileSync } from 'node:fs';

import { test } from 'tap';

import { compareMessages, type MessageComparison } from '../../scripts/oracle/messages.js';
import { readPcap, type Capture } from '../../scripts/oracle/pcap.js';
import { vrrpMessages } from '../../scripts/oracle/vrrp-messages.js';

/** Tests run from dist/test. */
const fixtures = new URL('../../../test/fixtures/', import.meta.url).pathname;

const captures = (folder: string, ending: string): Capture[] =>
  readdirSync(fixtures + folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => readPcap(name, readFileSync(`${fixtures}${folder}/${name}`)));

/** The capture with one byte of a frame changed. */
const altered = (
  capture: Capture,
  frame: number,
  change: (bytes: Uint8Array) => void,
): Capture => ({
  ...capture,
  frames: capture.frames.map((recorded) => {
    if (recorded.number !== frame) return recorded;
    const bytes = Uint8Array.from(recorded.bytes);
    change(bytes);
    return { ...recorded, bytes };
  }),
});

for (const capture of captures('vrrp', '.pcap')) {
  test(`every advertisement of ${capture.name} is written as it was read`, (t) => {
    const { messages, differences } = compareMessages(capture, vrrpMessages);
    t.ok(messages >= 20, `${messages} advertisements`);
    t.same(differences, []);
    t.end();
  });
}

test('a capture that differs is said to differ, and where', (t) => {
  const [capture] = captures('vrrp', 'v3-ipv4.pcap');
  if (capture === undefined) throw new Error('the recording is there');
  const first = capture.frames.find(({ bytes }) => bytes[23] === 112)?.number ?? 0;
  const compare = (change: (bytes: Uint8Array) => void): MessageComparison =>
    compareMessages(altered(capture, first, change), vrrpMessages);
  const broken = compare((bytes) => bytes.set([0], 40));
  t.same(broken.differences, [`frame ${first}: not read: checksum`]);
  // A reserved bit that is set, with a checksum that is right again, is read and not written.
  const reserved = compare((bytes) => {
    const before = (bytes[40] ?? 0) * 256 + (bytes[41] ?? 0);
    const checksum = before < 0x8000 ? before + 0x7fff : before - 0x8000;
    bytes.set([0x80], 38);
    bytes.set([checksum >> 8, checksum & 0xff], 40);
  });
  t.match(reserved.differences[0], /^frame \d+: byte 4 is 0x80, ours 0x00$/);
  t.end();
});
