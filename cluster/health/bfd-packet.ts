/** The states of a session by their numbers on the wire (RFC 5880 §4.1). */
export const BfdState = { adminDown: 0, down: 1, init: 2, up: 3 } as const;
export type BfdState = (typeof BfdState)[keyof typeof BfdState];

/** Why a session went down (RFC 5880 §4.1). */
export const Diagnostic = {
  none: 0,
  expired: 1,
  neighbourDown: 3,
  administrative: 7,
} as const;

/** A BFD control packet without authentication (RFC 5880 §4.1). Intervals are microseconds. */
export interface BfdPacket {
  readonly state: BfdState;
  readonly diagnostic: number;
  readonly poll: boolean;
  readonly final: boolean;
  /** How many packets have to be missing. */
  readonly multiplier: number;
  /** The sender's number of the session, never 0, and the receiver's as the sender knows it, or 0. */
  readonly mine: number;
  readonly yours: number;
  readonly desiredTransmit: number;
  readonly requiredReceive: number;
}

const Length = 24;
const Version = 1;
/** The flag bits beside the state in the second byte. */
const Flag = { poll: 0x20, final: 0x10, authentication: 0x04, demand: 0x02, multipoint: 0x01 };

export function encodeBfd(packet: BfdPacket): Uint8Array {
  const bytes = new Uint8Array(Length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, (Version << 5) | packet.diagnostic);
  const flags = (packet.poll ? Flag.poll : 0) | (packet.final ? Flag.final : 0);
  view.setUint8(1, (packet.state << 6) | flags);
  view.setUint8(2, packet.multiplier);
  view.setUint8(3, Length);
  view.setUint32(4, packet.mine);
  view.setUint32(8, packet.yours);
  view.setUint32(12, packet.desiredTransmit);
  view.setUint32(16, packet.requiredReceive);
  // No echo packets: they would have to come back through the neighbour's forwarding.
  view.setUint32(20, 0);
  return bytes;
}

/**
 * Reads a control packet by the rules of RFC 5880 §6.8.6 that need no session: undefined for one of another version, with
 * authentication, too short, or without its sender's number.
 */
export function decodeBfd(bytes: Uint8Array): BfdPacket | undefined {
  if (bytes.length < Length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const first = view.getUint8(0);
  const second = view.getUint8(1);
  const length = view.getUint8(3);
  const multiplier = view.getUint8(2);
  const [mine, yours] = [view.getUint32(4), view.getUint32(8)];
  const state = stateOf(second >> 6);
  const isUnknown = first >> 5 !== Version || length < Length || length > bytes.length;
  const isForeign = (second & (Flag.authentication | Flag.multipoint)) !== 0;
  if (isUnknown || isForeign || multiplier === 0 || mine === 0) return undefined;
  // Only who knows nobody yet may name nobody.
  if (yours === 0 && state !== BfdState.down && state !== BfdState.adminDown) return undefined;
  return {
    state,
    diagnostic: first & 0x1f,
    poll: (second & Flag.poll) !== 0,
    final: (second & Flag.final) !== 0,
    multiplier,
    mine,
    yours,
    desiredTransmit: view.getUint32(12),
    requiredReceive: view.getUint32(16),
  };
}

const States = [BfdState.adminDown, BfdState.down, BfdState.init, BfdState.up] as const;

const stateOf = (number: number): BfdState => States[number & 3] ?? BfdState.down;
