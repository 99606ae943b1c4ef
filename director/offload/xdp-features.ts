import { Buffer } from 'node:buffer';

import { IoError } from '../base/errors.js';
import { Failed, type Libc } from '../io/libc.js';
import { MappedMemory } from '../io/mapped-memory.js';

/** Numbers of the Linux interface (linux/netlink.h, linux/genetlink.h, linux/netdev.h). */
const AfNetlink = 16;
const SockRaw = 3;
const CloseOnExec = 0o2000000;
const GenericNetlink = 16;
const IsRequest = 1;
const ErrorMessage = 2;
const Control = { family: 16, getFamily: 3, familyId: 1, familyName: 2 } as const;
const Device = { get: 1, index: 1, features: 3 } as const;

/** Of a message, before its attributes: `struct nlmsghdr` and `struct genlmsghdr`. */
const HeaderLength = 20;
const AttributeHeader = 4;
const AnswerBytes = 8_192;

/** What the driver of an interface can do with XDP programs (`enum netdev_xdp_act`). */
export const XdpFeature = { basic: 1, redirect: 2, transmit: 4 } as const;

/**
 * Asks the kernel which interfaces can run XDP programs, and which take frames from them. Of a veth interface the second depends on
 * its other end, and may change. Linux 6.3.
 */
export class XdpFeatures {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #answer: MappedMemory;
  readonly #family: number;

  /** Throws an `IoError` when the kernel is too old to say. */
  constructor(libc: Libc) {
    this.#libc = libc;
    this.#fd = libc.socket(AfNetlink, SockRaw | CloseOnExec, GenericNetlink);
    if (this.#fd === Failed) {
      throw new IoError({ code: 'netlink' }, 'opening a netlink socket fails');
    }
    this.#answer = new MappedMemory(libc, AnswerBytes);
    const name = Buffer.from('netdev\0');
    const answer = this.#ask(Control.family, Control.getFamily, Control.familyName, name);
    const family = attribute(answer, Control.familyId);
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
    const answer = this.#ask(this.#family, Device.get, Device.index, index);
    return attribute(answer, Device.features)?.readUInt32LE() ?? 0;
  }

  close(): void {
    this.#libc.close(this.#fd);
    this.#answer.unmap();
  }

  /** Sends a question with one attribute. The kernel has answered when the call returns; an error is an empty answer. */
  #ask(family: number, command: number, type: number, value: Buffer): Buffer {
    const message = Buffer.alloc(HeaderLength + AttributeHeader + Math.ceil(value.length / 4) * 4);
    message.writeUInt32LE(message.length, 0);
    message.writeUInt16LE(family, 4);
    message.writeUInt16LE(IsRequest, 6);
    message.writeUInt8(command, 16);
    message.writeUInt8(1, 17);
    message.writeUInt16LE(AttributeHeader + value.length, HeaderLength);
    message.writeUInt16LE(type, HeaderLength + 2);
    value.copy(message, HeaderLength + AttributeHeader);
    const toKernel = Buffer.alloc(12);
    toKernel.writeUInt16LE(AfNetlink);
    const { length } = message;
    const sent = this.#libc.sendto(this.#fd, message, length, 0, toKernel, toKernel.length);
    if (sent !== length) return NoAnswer;
    const got = this.#libc.recv(this.#fd, this.#answer.address, AnswerBytes, DoNotWait);
    const answer = Buffer.from(this.#answer.buffer, 0, Math.max(0, got));
    if (answer.length < HeaderLength || answer.readUInt16LE(4) === ErrorMessage) return NoAnswer;
    return answer;
  }
}

const DoNotWait = 0x40;
const NoAnswer = Buffer.alloc(0);

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

/** The value of an attribute of a message, when it has it and it holds a number. */
function attribute(message: Buffer, wanted: number): Buffer | undefined {
  let at = HeaderLength;
  while (at + AttributeHeader <= message.length) {
    const length = message.readUInt16LE(at);
    if (length < AttributeHeader) return undefined;
    if ((message.readUInt16LE(at + 2) & 0x3fff) === wanted) {
      return message.subarray(at + AttributeHeader, at + length);
    }
    at += (length + 3) & ~3;
  }
  return undefined;
}
