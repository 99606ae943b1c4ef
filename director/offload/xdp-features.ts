import { Buffer } from 'node:buffer';

import { IoError } from '../base/errors.js';
import type { Libc } from '../io/libc.js';
import { attributeOf, Netlink, NetlinkFamily, writeAttribute } from './netlink.js';

/** Numbers of the Linux interface (linux/genetlink.h, linux/netdev.h). */
const Control = { family: 16, getFamily: 3, familyId: 1, familyName: 2 } as const;
const Device = { get: 1, index: 1, features: 3 } as const;
/** `struct genlmsghdr`. */
const HeaderLength = 4;

/** What the driver of an interface can do with XDP programs (`enum netdev_xdp_act`). */
export const XdpFeature = { basic: 1, redirect: 2, transmit: 4 } as const;

/**
 * Asks the kernel which interfaces can run XDP programs, and which take frames from them. Of a veth interface the second depends on
 * its other end, and may change. Linux 6.3.
 */
export class XdpFeatures {
  readonly #netlink: Netlink;
  readonly #family: number;

  /** Throws an `IoError` when the kernel is too old to say. */
  constructor(libc: Libc) {
    this.#netlink = new Netlink(libc, NetlinkFamily.generic);
    const name = writeAttribute(Control.familyName, Buffer.from('netdev\0'));
    const family = attributeOf(
      this.#ask(Control.family, Control.getFamily, name),
      Control.familyId,
    );
    if (family === undefined) {
      this.close();
      const message = 'the kernel does not say what drivers can do with XDP (Linux 6.3)';
      throw new IoError({ code: 'netlink' }, message);
    }
    this.#family = family.readUInt16LE();
  }

  /** Bits of `XdpFeature` of an interface; 0 when there is none of this number. */
  of(interfaceIndex: number): number {
    const index = Buffer.alloc(4);
    index.writeUInt32LE(interfaceIndex);
    const answer = this.#ask(this.#family, Device.get, writeAttribute(Device.index, index));
    return attributeOf(answer, Device.features)?.readUInt32LE() ?? 0;
  }

  close(): void {
    this.#netlink.close();
  }

  /** The attributes of the answer to a question with one. */
  #ask(family: number, command: number, attribute: Buffer): Buffer {
    const header = Buffer.from([command, 1, 0, 0]);
    return this.#netlink.ask(family, Buffer.concat([header, attribute])).subarray(HeaderLength);
  }
}

/** What keeps interfaces from being used by the driver `xdp`, one clause for each; none when all can be. */
export function xdpTroubles(libc: Libc, devices: readonly string[]): string[] {
  const features = new XdpFeatures(libc);
  const troubles = devices.flatMap((device) => {
    const bits = features.of(libc.if_nametoindex(device));
    if ((bits & XdpFeature.basic) === 0) return [`${device} runs no XDP programs`];
    const takesFrames = (bits & XdpFeature.transmit) !== 0;
    return takesFrames
      ? []
      : [`nothing can leave by ${device} (of veth: \`gro off\` at the other end)`];
  });
  features.close();
  return troubles;
}
