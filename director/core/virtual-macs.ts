import * as ethernet from '../wire/ethernet.js';
import { Family } from '../wire/flow.js';
import * as ipv4 from '../wire/ipv4.js';
import * as ipv6 from '../wire/ipv6.js';
import type { Packet } from '../wire/packet.js';
import type { Director, FloatingAddress } from './director.js';
import type { Interface } from './interfaces.js';

/** The MAC address of a virtual router, 1 to 255, which wanders with its addresses (RFC 9568 §7.3). */
export const virtualMac = (family: Family, virtualRouterId: number): ethernet.MacAddress => ({
  high: 0,
  low: (0x5e00_0000 | ((family === Family.ipv6 ? 2 : 1) << 8) | virtualRouterId) >>> 0,
});

/**
 * The MAC addresses of virtual routers that this node serves, by interface: it takes frames to them as if they were its
 * own.
 */
export class VirtualMacs {
  /** How many addresses live at a MAC address. */
  readonly #holders = new Map<number, number>();
  /** False as long as no address has a MAC address other than its interface's: then nothing is to be looked up. */
  isUsed = false;
  /** Counts whenever this node begins to serve a virtual MAC address, or ends to. */
  changes = 0;

  /** This node begins to serve an address, or ends to. */
  set(floating: FloatingAddress, isServed: boolean): void {
    const key = keyOf(floating.interface, floating.mac.low);
    const count = (this.#holders.get(key) ?? 0) + (isServed ? 1 : -1);
    if (count === 0) this.#holders.delete(key);
    else this.#holders.set(key, count);
    if (isServed ? count === 1 : count === 0) this.changes += 1;
  }

  /** True while this node serves an address at its MAC address. */
  isHeld({ interface: owner, mac }: FloatingAddress): boolean {
    return this.#holders.has(keyOf(owner, mac.low));
  }

  /** True for a frame to one of these MAC addresses. */
  isDestination(view: DataView, start: number, arrival: Interface): boolean {
    if (!this.isUsed || ethernet.destinationHigh(view, start) !== 0) return false;
    return this.#holders.has(keyOf(arrival, ethernet.destinationLow(view, start)));
  }
}

/** All virtual MAC addresses begin alike, and with nothing that an interface has. */
const keyOf = ({ index }: Interface, macLow: number): number => index * 0x1_0000_0000 + macLow;

const source = new Uint32Array(4);

/**
 * Lets a finished frame from an address with a virtual MAC address come from there, or switches would forget it. A node
 * that has been succeeded must not: the MAC address is on another port.
 */
export function useVirtualMac(director: Director, packet: Packet, out: Interface): void {
  const { view, start } = packet;
  const network = start + ethernet.HeaderLength;
  const isIpv6 = ethernet.type(view, start) === ethernet.EtherType.ipv6;
  if (isIpv6) ipv6.readSource(view, network, source);
  else source.fill(0, 0, 3)[3] = ipv4.source(view, network);
  const floating = director.floating.get(isIpv6 ? Family.ipv6 : Family.ipv4, source);
  if (floating?.isLive !== true || floating.interface !== out) return;
  ethernet.setSource(view, start, floating.mac.high, floating.mac.low);
}
