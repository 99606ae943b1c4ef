import * as ethernet from './ethernet.js';
import * as icmpv6 from './icmpv6.js';
import * as ipv4 from './ipv4.js';
import * as ipv6 from './ipv6.js';

/** Byte offsets from the start of the ICMPv6 message (RFC 4861 §4.3, §4.4) and of an option (§4.6). */
const Field = { flags: 4, target: 8, options: 24, optionType: 0, optionLength: 1 } as const;

/** A message without options. */
export const Length = 24;
const LinkAddressLength = 8;

/** The options that carry the MAC address of the sender or of the target. */
export const Option = { sourceLinkAddress: 1, targetLinkAddress: 2 } as const;

/** The answer of `linkAddress` where there is no such option. */
export const NoOption = -1;

/** A neighbour message always has it: a packet from beyond the link never does (RFC 4861 §7.1). */
const NeighbourHopLimit = 255;

/** All nodes of the link, ff02::1. */
export const AllNodes = Uint32Array.of(0xff02_0000, 0, 0, 1);

/** Writes the solicited-node address of a target, ff02::1:ffXX:XXXX, into `words` (RFC 4291 §2.7.1). */
export function solicitedNode(target: Uint32Array, words: Uint32Array): void {
  words[0] = 0xff02_0000;
  words[1] = 0;
  words[2] = 1;
  words[3] = (0xff00_0000 | ((target[3] ?? 0) & 0xff_ffff)) >>> 0;
}

/** The MAC address that stands for an IPv6 multicast address (RFC 2464 §7). */
export const multicastMac = (words: Uint32Array): ethernet.MacAddress => ({
  high: 0x3333,
  low: words[3] ?? 0,
});

/**
 * True when the ICMPv6 message [offset, end) in the packet at `network` is a neighbour solicitation or advertisement
 * that may be believed (RFC 4861 §7.1), and every accessor below is safe.
 */
export function isValid(view: DataView, network: number, offset: number, end: number): boolean {
  if (end - offset < Length) return false;
  const type = icmpv6.type(view, offset);
  const isNeighbour =
    type === icmpv6.Type.neighbourSolicitation || type === icmpv6.Type.neighbourAdvertisement;
  if (!isNeighbour || icmpv6.code(view, offset) !== 0) return false;
  if (ipv6.hopLimit(view, network) !== NeighbourHopLimit) return false;
  if (view.getUint8(offset + Field.target) === 0xff) return false;
  if (!areOptionsWhole(view, offset + Field.options, end)) return false;
  if (isFromNowhere(view, network)) {
    if (type === icmpv6.Type.neighbourAdvertisement) return false;
    if (linkAddress(view, offset, end, Option.sourceLinkAddress) !== NoOption) return false;
  }
  return icmpv6.isChecksumValid(view, network, offset, end);
}

function areOptionsWhole(view: DataView, start: number, end: number): boolean {
  let option = start;
  while (option < end) {
    if (end - option < 8) return false;
    const length = view.getUint8(option + Field.optionLength) * 8;
    if (length === 0 || length > end - option) return false;
    option += length;
  }
  return true;
}

/** True for the unspecified source of a node that checks whether its address is free (RFC 4862 §5.4). */
export function isFromNowhere(view: DataView, network: number): boolean {
  for (let index = 0; index < 4; index += 1) {
    if (ipv6.sourceWord(view, network, index) !== 0) return false;
  }
  return true;
}

/** Copies the address that the message is about into `words`. */
export function readTarget(view: DataView, offset: number, words: Uint32Array): void {
  for (let index = 0; index < 4; index += 1) {
    words[index] = view.getUint32(offset + Field.target + index * 4);
  }
}

/** Flags of an advertisement: the sender is a router, it answers, it replaces what is known. */
export const Flag = { router: 0x80, solicited: 0x40, override: 0x20 } as const;

export const flags = (view: DataView, offset: number): number =>
  view.getUint8(offset + Field.flags);

/** Where the MAC address in an option of the kind stands, for the two accessors below, or `NoOption`. */
export function linkAddress(view: DataView, offset: number, end: number, kind: number): number {
  let option = offset + Field.options;
  while (end - option >= LinkAddressLength) {
    if (view.getUint8(option + Field.optionType) === kind) return option + 2;
    option += view.getUint8(option + Field.optionLength) * 8;
  }
  return NoOption;
}

export const macHigh = (view: DataView, position: number): number => view.getUint16(position);
export const macLow = (view: DataView, position: number): number => view.getUint32(position + 2);

/** A question for a neighbour's MAC address. Addresses are four words. */
export interface SolicitationFields {
  readonly sender: ethernet.MacAddress;
  readonly source: Uint32Array;
  readonly target: Uint32Array;
}

/** Writes a whole frame with a solicitation to the target's solicited-node group and returns its end. */
export function writeSolicitation(
  view: DataView,
  offset: number,
  fields: SolicitationFields,
): number {
  const destination = new Uint32Array(4);
  solicitedNode(fields.target, destination);
  return writeFrame(view, offset, {
    ...fields,
    destination,
    destinationMac: multicastMac(destination),
    type: icmpv6.Type.neighbourSolicitation,
    flags: 0,
    option: Option.sourceLinkAddress,
  });
}

/** An answer to a neighbour, or a word to all of them: the target is at the sender's MAC address. */
export interface AdvertisementFields {
  readonly sender: ethernet.MacAddress;
  readonly source: Uint32Array;
  readonly destinationMac: ethernet.MacAddress;
  readonly destination: Uint32Array;
  readonly target: Uint32Array;
  /** Of `Flag`. */
  readonly flags: number;
}

/** Writes a whole frame with an advertisement and returns its end. */
export function writeAdvertisement(
  view: DataView,
  offset: number,
  fields: AdvertisementFields,
): number {
  const type = icmpv6.Type.neighbourAdvertisement;
  return writeFrame(view, offset, { ...fields, type, option: Option.targetLinkAddress });
}

/** Tells all nodes of the link that an address has moved to this MAC address (RFC 4861 §7.2.6). */
export function writeUnsolicited(
  view: DataView,
  offset: number,
  sender: ethernet.MacAddress,
  target: Uint32Array,
): number {
  return writeAdvertisement(view, offset, {
    sender,
    source: target,
    destinationMac: multicastMac(AllNodes),
    destination: AllNodes,
    target,
    flags: Flag.override,
  });
}

interface FrameFields extends AdvertisementFields {
  readonly type: number;
  readonly option: number;
}

function writeFrame(view: DataView, offset: number, fields: FrameFields): number {
  const network = offset + ethernet.HeaderLength;
  const message = network + ipv6.HeaderLength;
  const option = message + Field.options;
  const end = option + LinkAddressLength;
  ethernet.setDestination(view, offset, fields.destinationMac.high, fields.destinationMac.low);
  ethernet.setSource(view, offset, fields.sender.high, fields.sender.low);
  ethernet.setType(view, offset, ethernet.EtherType.ipv6);
  ipv6.write(view, network, {
    payloadLength: end - message,
    nextHeader: ipv4.Protocol.icmpv6,
    hopLimit: NeighbourHopLimit,
    source: fields.source,
    destination: fields.destination,
  });
  view.setUint32(message, (fields.type << 24) >>> 0);
  view.setUint32(message + Field.flags, (fields.flags << 24) >>> 0);
  for (let index = 0; index < 4; index += 1) {
    view.setUint32(message + Field.target + index * 4, fields.target[index] ?? 0);
  }
  view.setUint8(option + Field.optionType, fields.option);
  view.setUint8(option + Field.optionLength, LinkAddressLength / 8);
  view.setUint16(option + 2, fields.sender.high);
  view.setUint32(option + 4, fields.sender.low);
  icmpv6.setChecksum(view, network, message, end);
  return end;
}
