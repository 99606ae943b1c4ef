import { Packet } from '../../../director/wire/packet.js';

/** Frames share memory of this size: making it costs more than filling it. It is given back when none of them is held. */
const SlabLength = 65_536;
/** Frames begin two bytes past a multiple of this, so that IP headers are aligned. */
const Alignment = 16;

let slab = new Packet(new ArrayBuffer(SlabLength));
let used = 0;

/** An empty frame of so many bytes, from `start` on. Once sent, its bytes are never changed: several may hold it. */
export function newFrame(length: number): Packet {
  const room = Alignment + length;
  if (used + room > SlabLength) {
    slab = new Packet(new ArrayBuffer(Math.max(SlabLength, room)));
    used = 0;
  }
  const frame = new Packet(slab);
  frame.start = used + 2;
  frame.end = frame.start + length;
  used = Math.ceil(frame.end / Alignment) * Alignment;
  return frame;
}

/** A frame with a copy of what another packet holds. */
export function frameOf(packet: Packet): Packet {
  const frame = newFrame(packet.length);
  frame.bytes.set(packet.bytes.subarray(packet.start, packet.end), frame.start);
  return frame;
}
