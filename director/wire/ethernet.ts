/** Byte offsets from the start of the frame (IEEE 802.3, Ethernet II). */
const Field = { destination: 0, source: 6, type: 12 } as const;

export const HeaderLength = 14;

export const EtherType = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd } as const;

/**
 * A MAC address as two numbers, because 48 bits do not fit the integers that engines keep unboxed: the first two bytes
 * and the last four.
 */
export interface MacAddress {
  readonly high: number;
  readonly low: number;
}

export const Broadcast: MacAddress = { high: 0xffff, low: 0xffff_ffff };

/** True when every accessor below is safe. */
export const isValid = (offset: number, end: number): boolean => end - offset >= HeaderLength;

export const type = (view: DataView, offset: number): number => view.getUint16(offset + Field.type);
export const destinationHigh = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.destination);
export const destinationLow = (view: DataView, offset: number): number =>
  view.getUint32(offset + Field.destination + 2);
export const sourceHigh = (view: DataView, offset: number): number =>
  view.getUint16(offset + Field.source);
export const sourceLow = (view: DataView, offset: number): number =>
  view.getUint32(offset + Field.source + 2);

/** True for a frame to a group, and for one to everybody. */
export const isMulticast = (view: DataView, offset: number): boolean =>
  (view.getUint8(offset + Field.destination) & 0x01) !== 0;

export function setDestination(view: DataView, offset: number, high: number, low: number): void {
  view.setUint16(offset + Field.destination, high);
  view.setUint32(offset + Field.destination + 2, low);
}

export function setSource(view: DataView, offset: number, high: number, low: number): void {
  view.setUint16(offset + Field.source, high);
  view.setUint32(offset + Field.source + 2, low);
}

export function setType(view: DataView, offset: number, value: number): void {
  view.setUint16(offset + Field.type, value);
}

/** Reads `00:00:5e:00:01:33`, or undefined when the text is no MAC address. */
export function parseMac(text: string): MacAddress | undefined {
  if (!/^([\da-f]{2}:){5}[\da-f]{2}$/i.test(text)) return undefined;
  const digits = text.replaceAll(':', '');
  return {
    high: Number.parseInt(digits.slice(0, 4), 16),
    low: Number.parseInt(digits.slice(4), 16),
  };
}

/** The usual text of a MAC address. */
export function describeMac(mac: MacAddress): string {
  const digits = mac.high.toString(16).padStart(4, '0') + mac.low.toString(16).padStart(8, '0');
  return (digits.match(/../g) ?? []).join(':');
}

/** Which frames, by their length in bytes. */
export type FrameLengths = { readonly upTo: number } | { readonly above: number };
