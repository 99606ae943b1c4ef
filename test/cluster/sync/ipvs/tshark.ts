import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A UDP datagram in an Ethernet frame, from 10.3.0.1 to 224.0.0.81, port 8848 to 8848; the UDP checksum is left out. */
function frameOf(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(14 + 20 + 8 + payload.length);
  const view = new DataView(frame.buffer);
  frame.set([0x01, 0x00, 0x5e, 0x00, 0x00, 0x51, 0x02, 0, 0, 0, 0, 1, 0x08, 0x00]);
  frame.set([0x45, 0, 0, 0, 0, 1, 0, 0, 1, 17, 0, 0, 10, 3, 0, 1, 224, 0, 0, 81], 14);
  view.setUint16(16, frame.length - 14);
  let sum = 0;
  for (let offset = 14; offset < 34; offset += 2) sum += view.getUint16(offset);
  view.setUint16(24, 0xffff - ((sum % 0x1_0000) + Math.floor(sum / 0x1_0000)));
  view.setUint16(34, 8848);
  view.setUint16(36, 8848);
  view.setUint16(38, frame.length - 34);
  frame.set(payload, 42);
  return frame;
}

function pcapOf(payloads: readonly Uint8Array[]): Uint8Array {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(1, 20);
  const records = payloads.flatMap((payload, index) => {
    const frame = frameOf(payload);
    const record = Buffer.alloc(16);
    record.writeUInt32LE(index, 0);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return [record, frame];
  });
  return Buffer.concat([header, ...records]);
}

/**
 * What tshark reads in sync messages, one object a message: the values of each field as tshark prints them, in order.
 * `_ws.malformed` is there for a message that it cannot read to the end.
 */
export function dissect(
  payloads: readonly Uint8Array[],
  fields: readonly string[],
): Record<string, string[]>[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'baton-tshark-'));
  const file = path.join(folder, 'sync.pcap');
  const asked = [...fields, '_ws.malformed', '_ws.expert'];
  try {
    writeFileSync(file, pcapOf(payloads));
    const options = asked.flatMap((field) => ['-e', field]);
    const text = execFileSync(
      'tshark',
      ['-r', file, '-T', 'fields', '-E', 'separator=|', '-E', 'occurrence=a', ...options],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    return text
      .trimEnd()
      .split('\n')
      .map((line) => {
        const values = line.split('|');
        return Object.fromEntries(
          asked.map((field, index) => [field, values[index]?.split(',').filter(Boolean) ?? []]),
        );
      });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
