import * as ethernet from './ethernet.js';

/** Byte offsets from the start of the ARP packet, for Ethernet and IPv4 (RFC 826). */
const Field = {
  hardwareType: 0,
  protocolType: 2,
  hardwareLength: 4,
  protocolLength: 5,
  operation: 6,
  senderMac: 8,
  senderAddress: 14,
  targetMac: 18,
  targetAddress: 24,
} as const;

export const Length = 28;

export const Operation = { request: 1, reply: 2 } as const;

/** True when the packet is ARP for IPv4 over Ethernet and every accessor below is safe. */
export function isValid(view: DataView, offset: number, end: number): boolean {
  return (
    end - offset >= Length &&
    view.getUint16(offset + Field.hardwareType) === 1 &&
    view.getUint16(offset + Field.protocolType) === ethernet.EtherType.ipv4 &&
    view.getUint8(offset + Field.hardwareLength) === 6 &&
    view.getUint8(offset + Field.protocolLength) === 4
  );
}

export const operation = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.operation);
export const senderMacHigh = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.senderMac);
export const senderMacLow = (view: DataView, offset: number): number =>
  view.getUint32(offset + Field.senderMac + 2);
export const senderAddress = (view: DataView, offset: number): number =>
  view.getUint32(offset + Field.senderAddress);
export const targetAddress = (view: DataView, offset: number): number =>
  view.getUint32(offset + Field.targetAddress);

/** What an ARP packet says: who asks or answers, and about whom. Addresses are 32-bit words. */
export interface ArpFields {
  readonly operation: number;
  readonly sender: ethernet.MacAddress;
  readonly senderAddress: number;
  readonly target: ethernet.MacAddress;
  readonly targetAddress: number;
}

/** Writes a whole ARP packet at `offset`. */
export function write(view: DataView, offset: number, fields: ArpFields): void {
  view.setUint16(offset + Field.hardwareType, 1);
  view.setUint16(offset + Field.protocolType, ethernet.EtherType.ipv4);
  view.setUint8(offset + Field.hardwareLength, 6);
  view.setUint8(offset + Field.protocolLength, 4);
  view.setUint16(offset + Field.operation, fields.operation);
  view.setUint16(offset + Field.senderMac, fields.sender.high);
  view.setUint32(offset + Field.senderMac + 2, fields.sender.low);
  view.setUint32(offset + Field.senderAddress, fields.senderAddress);
  view.setUint16(offset + Field.targetMac, fields.target.high);
  view.setUint32(offset + Field.targetMac + 2, fields.target.low);
  view.setUint32(offset + Field.targetAddress, fields.targetAddress);
}

/** Writes a whole Ethernet frame with an ARP packet at `offset` and returns its end. */
export function writeFrame(
  view: DataView,
  offset: number,
  destination: ethernet.MacAddress,
  fields: ArpFields,
): number {
  ethernet.setDestination(view, offset, destination.high, destination.low);
  ethernet.setSource(view, offset, fields.sender.high, fields.sender.low);
  ethernet.setType(view, offset, ethernet.EtherType.arp);
  write(view, offset + ethernet.HeaderLength, fields);
  return offset + ethernet.HeaderLength + Length;
}
