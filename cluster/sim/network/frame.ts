import { Packet } from '../../../director/wire/packet.js';

/** An empty frame of so many bytes in memory of its own. Once sent, its bytes are never changed: several may hold it. */
export function newFrame(length: number): Packet {
  const frame = new Packet(new ArrayBuffer(length));
  frame.end = length;
  return frame;
}

/** A frame with a copy of what another packet holds. */
export function frameOf(packet: Packet): Packet {
  const frame = new Packet(packet.bytes.buffer.slice(packet.start, packet.end));
  frame.end = packet.length;
  return frame;
}
