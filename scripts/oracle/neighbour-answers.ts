import { addressFromBytes, type IpAddress } from '../../director/base/address.js';
import { internetSum } from './checksums.js';

/** The hosts of one interface, which answer when a director asks for their MAC addresses. */
export type Neighbours = Pick<ReadonlyMap<IpAddress, string>, 'get'>;

/**
 * The frame with which a recorded host answers an ARP request or a neighbour solicitation (RFC 826, RFC 4861 §4.4), or
 * undefined when the frame is no such question or nobody has the address. The recordings hold no such frames.
 */
export function answerTo(frame: Uint8Array, neighbours: Neighbours): Uint8Array | undefined {
  switch ((frame[12] ?? 0) * 256 + (frame[13] ?? 0)) {
    case 0x0806:
      return answerArp(frame, neighbours);
    case 0x86dd:
      return answerSolicitation(frame, neighbours);
    default:
      return undefined;
  }
}

/** True for a question that `answerTo` may know the answer to, and for a director's announcement of itself. */
export function isDiscovery(frame: Uint8Array): boolean {
  const type = (frame[12] ?? 0) * 256 + (frame[13] ?? 0);
  const message = frame[54] ?? 0;
  return (
    type === 0x0806 || (type === 0x86dd && frame[20] === 58 && message >= 133 && message <= 137)
  );
}

function answerArp(frame: Uint8Array, neighbours: Neighbours): Uint8Array | undefined {
  const isRequest = frame[20] === 0 && frame[21] === 1;
  const address = addressFromBytes(frame.subarray(38, 42));
  const mac = address === undefined ? undefined : neighbours.get(address);
  if (!isRequest || mac === undefined) return undefined;
  const sender = [...macBytes(mac), ...frame.subarray(38, 42)];
  const target = frame.subarray(22, 32);
  const type = [0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 2];
  const asker = frame.subarray(22, 28);
  return Uint8Array.from([...asker, ...macBytes(mac), ...type, ...sender, ...target]);
}

const NeighbourSolicitation = 135;

function answerSolicitation(frame: Uint8Array, neighbours: Neighbours): Uint8Array | undefined {
  if (frame[20] !== 58 || frame[54] !== NeighbourSolicitation) return undefined;
  const target = frame.subarray(62, 78);
  const address = addressFromBytes(target);
  const mac = address === undefined ? undefined : neighbours.get(address);
  if (mac === undefined) return undefined;
  const asker = frame.subarray(22, 38);
  // Solicited and override, and the target's link-layer address as option.
  const message = [136, 0, 0, 0, 0x60, 0, 0, 0, ...target, 2, 1, ...macBytes(mac)];
  const pseudo = Uint8Array.from([...target, ...asker, 0, 0, 0, message.length, 0, 0, 0, 58]);
  const checksum = 0xffff - internetSum([pseudo, Uint8Array.from(message)]);
  message.splice(2, 2, checksum >> 8, checksum & 0xff);
  const type = [0x86, 0xdd, 0x60, 0, 0, 0, 0, message.length, 58, 255];
  const ends = [...frame.subarray(6, 12), ...macBytes(mac)];
  return Uint8Array.from([...ends, ...type, ...target, ...asker, ...message]);
}

export const macBytes = (mac: string): number[] =>
  mac.split(':').map((digits) => Number.parseInt(digits, 16));
