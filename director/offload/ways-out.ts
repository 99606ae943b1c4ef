import { ToFarEnd } from '../core/flow-layout.js';
import type { Libc } from '../io/libc.js';
import { FarEnds } from './far-ends.js';
import { XdpFeature, XdpFeatures } from './xdp-features.js';

/** By which interfaces carried packets may leave, and how: for the flow program at one of its hooks. */
export interface WaysOut {
  /** The number of a device for the table of flows; 0 when nothing may leave by it. It may change at any time. */
  of(device: number): number;
  /** False when the driver of the interface runs no XDP programs. Only asked for those. */
  runsPrograms(device: number): boolean;
}

/**
 * From traffic control everything leaves by every interface. Where that is one end of a virtual cable, and the other end is in
 * another network namespace, packets are put there at once, which saves the way through the interface's queue; not when
 * frames are taken there by a program of XDP or by GRO, which would not see them.
 */
export class TrafficWays implements WaysOut {
  readonly #farEnds: FarEnds;
  readonly #features: XdpFeatures;

  /** Throws an `IoError` when the kernel does not say what interfaces can do. */
  constructor(libc: Libc) {
    this.#farEnds = new FarEnds(libc);
    this.#features = new XdpFeatures(libc);
  }

  of(device: number): number {
    const isTaken = (this.#features.of(device) & XdpFeature.transmit) !== 0;
    return this.#farEnds.isElsewhere(device) && !isTaken ? device + ToFarEnd : device;
  }

  runsPrograms(): boolean {
    return true;
  }
}

/** Frames that an interface does not take from XDP would be lost. Of veth that depends on the other end. */
export class XdpWays implements WaysOut {
  readonly #features: XdpFeatures;

  /** Throws an `IoError` when the kernel does not say what interfaces can do. */
  constructor(libc: Libc) {
    this.#features = new XdpFeatures(libc);
  }

  of(device: number): number {
    return (this.#features.of(device) & XdpFeature.transmit) === 0 ? 0 : device;
  }

  runsPrograms(device: number): boolean {
    return (this.#features.of(device) & XdpFeature.basic) !== 0;
  }
}
