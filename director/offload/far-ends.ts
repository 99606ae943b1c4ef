import { Buffer } from 'node:buffer';

import type { Libc } from '../io/libc.js';
import { attributeOf, Netlink, NetlinkFamily } from './netlink.js';

/** Numbers of the Linux interface (linux/rtnetlink.h, linux/if_link.h). */
const GetLink = 18;
/** `struct ifinfomsg`. */
const LinkMessage = { length: 16, index: 4 } as const;
const Link = { info: 18, otherNamespace: 37 } as const;
const InfoKind = 1;
const VirtualCable = 'veth\0';

/** Knows of which interfaces the other end is in another network namespace. */
export class FarEnds {
  readonly #netlink: Netlink;

  /** Throws an `IoError` when the kernel refuses the socket. */
  constructor(libc: Libc) {
    this.#netlink = new Netlink(libc, NetlinkFamily.route);
  }

  /** True for a veth interface whose other end is elsewhere; false for a number that no interface has. */
  isElsewhere(interfaceIndex: number): boolean {
    const question = Buffer.alloc(LinkMessage.length);
    question.writeInt32LE(interfaceIndex, LinkMessage.index);
    const attributes = this.#netlink.ask(GetLink, question).subarray(LinkMessage.length);
    const info = attributeOf(attributes, Link.info);
    const kind = info === undefined ? undefined : attributeOf(info, InfoKind);
    const isCable = kind?.toString('latin1') === VirtualCable;
    return isCable && attributeOf(attributes, Link.otherNamespace) !== undefined;
  }
}
