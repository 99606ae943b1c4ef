import { VirtualRouter } from './hostile-arena.js';

/** Frames of connections that mean well: most of what clients and servers send once they know each other. */
export function isFriendly(frame: Uint8Array): boolean {
  const isIpv6 = frame[12] === 0x86;
  const protocol = frame[isIpv6 ? 20 : 23];
  if (frame[12] !== 8 && !isIpv6) return false;
  const flags = frame[isIpv6 ? 67 : 47] ?? 0;
  return protocol === 17 || (protocol === 6 && (flags & 0x17) === 0x10);
}

/** The same frame, for the MAC address of a virtual router. */
export function toVirtualRouter(frame: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(frame);
  copy.set([0, 0, 0x5e, 0, frame[12] === 0x86 ? 2 : 1, VirtualRouter]);
  return copy;
}
