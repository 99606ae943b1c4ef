import { readFileSync } from 'node:fs';

import { addressFromBytes, type IpAddress } from '../../../director/base/address.js';

/** A VRRP message of a recording, with what its IP header says. `at` counts microseconds from the first frame. */
export interface RecordedMessage {
  readonly at: number;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly ttl: number;
  readonly message: Uint8Array;
}

const fixtures = new URL('../../../../test/fixtures/vrrp/', import.meta.url);

/** The VRRP messages of a little-endian pcap file of Ethernet frames, in order. */
export function readRecording(name: string): RecordedMessage[] {
  const file = readFileSync(new URL(name, fixtures));
  const messages: RecordedMessage[] = [];
  let origin: number | undefined;
  for (let offset = 24; offset < file.length;) {
    const at = file.readUInt32LE(offset) * 1_000_000 + file.readUInt32LE(offset + 4);
    const length = file.readUInt32LE(offset + 8);
    origin ??= at;
    const message = messageOf(file.subarray(offset + 16, offset + 16 + length), at - origin);
    if (message !== undefined) messages.push(message);
    offset += 16 + length;
  }
  return messages;
}

function messageOf(frame: Buffer, at: number): RecordedMessage | undefined {
  const packet = frame.subarray(14);
  switch (frame.readUInt16BE(12)) {
    case 0x0800: {
      if (packet[9] !== 112) return undefined;
      return {
        at,
        source: addressAt(packet, 12, 4),
        destination: addressAt(packet, 16, 4),
        ttl: packet.readUInt8(8),
        message: Uint8Array.from(
          packet.subarray((packet.readUInt8(0) % 16) * 4, packet.readUInt16BE(2)),
        ),
      };
    }
    case 0x86dd: {
      if (packet[6] !== 112) return undefined;
      return {
        at,
        source: addressAt(packet, 8, 16),
        destination: addressAt(packet, 24, 16),
        ttl: packet.readUInt8(7),
        message: Uint8Array.from(packet.subarray(40, 40 + packet.readUInt16BE(4))),
      };
    }
    default:
      return undefined;
  }
}

function addressAt(packet: Buffer, offset: number, length: number): IpAddress {
  const address = addressFromBytes(packet.subarray(offset, offset + length));
  if (address === undefined) throw new Error('the recording ends inside an IP header');
  return address;
}
