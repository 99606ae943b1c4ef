import * as ethernet from '../wire/ethernet.js';
import * as ipv4 from '../wire/ipv4.js';
import { finishChecksum } from '../wire/offload.js';
import type { Packet } from '../wire/packet.js';
import type { Director } from './director.js';
import type { Interface } from './interfaces.js';

/**
 * Cuts an IPv4 packet without DF into fragments that fit the interface (RFC 791 §3.2) and sends them, first to last. The
 * frame's Ethernet header goes in front of each. False when it must not be cut. Options are copied to all fragments,
 * which is allowed for those without the copy bit and simpler.
 */
export function sendFragments(director: Director, packet: Packet, out: Interface): boolean {
  const { view, bytes, start } = packet;
  finishChecksum(packet);
  const network = start + ethernet.HeaderLength;
  if (ethernet.type(view, start) !== ethernet.EtherType.ipv4) return false;
  if (ipv4.dontFragment(view, network)) return false;
  const header = ipv4.headerLength(view, network);
  const piece = (out.mtu - header) & ~7;
  if (piece < 8) return false;

  const { scratch } = director;
  const front = ethernet.HeaderLength + header;
  const data = start + front;
  const end = network + ipv4.totalLength(view, network);
  const shift = ipv4.fragmentOffset(view, network);
  const moreFollow = ipv4.moreFragments(view, network);
  for (let offset = 0; data + offset < end; offset += piece) {
    const length = Math.min(piece, end - data - offset);
    scratch.clear();
    scratch.bytes.set(bytes.subarray(start, data), scratch.start);
    scratch.bytes.set(bytes.subarray(data + offset, data + offset + length), scratch.start + front);
    scratch.end = scratch.start + front + length;
    const isLast = data + offset + length === end;
    ipv4.setFragment(scratch.view, scratch.start + ethernet.HeaderLength, {
      totalLength: header + length,
      offset: shift + offset,
      moreFragments: moreFollow || !isLast,
    });
    director.output.send(out.index, scratch);
  }
  return true;
}
