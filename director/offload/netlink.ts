import { Buffer } from 'node:buffer';

import { IoError } from '../base/errors.js';
import { Failed, type Libc } from '../io/libc.js';
import { MappedMemory } from '../io/mapped-memory.js';

/** Numbers of the Linux interface (linux/netlink.h). */
const AfNetlink = 16;
const SockRaw = 3;
const CloseOnExec = 0o2000000;
const IsRequest = 1;
const ErrorMessage = 2;
const DoNotWait = 0x40;
/** `struct nlmsghdr`. */
const HeaderLength = 16;
const AttributeHeader = 4;
const AnswerBytes = 16_384;
const NoAnswer = Buffer.alloc(0);

/** Families of netlink. */
export const NetlinkFamily = { route: 0, generic: 16 } as const;

/** Asks the kernel questions that have one message as their answer. */
export class Netlink {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #answer: MappedMemory;

  /** Throws an `IoError` when the kernel refuses the socket. */
  constructor(libc: Libc, family: number) {
    this.#libc = libc;
    this.#fd = libc.socket(AfNetlink, SockRaw | CloseOnExec, family);
    if (this.#fd === Failed) {
      throw new IoError({ code: 'netlink' }, 'opening a netlink socket fails');
    }
    this.#answer = new MappedMemory(libc, AnswerBytes);
  }

  /**
   * Sends a question: what stands behind the header of its message. What stands there in the answer; empty when that is an error.
   * The kernel has answered when the call returns. The bytes are a copy.
   */
  ask(type: number, body: Buffer): Buffer {
    const header = Buffer.alloc(HeaderLength);
    header.writeUInt32LE(HeaderLength + body.length, 0);
    header.writeUInt16LE(type, 4);
    header.writeUInt16LE(IsRequest, 6);
    const message = Buffer.concat([header, body]);
    const toKernel = Buffer.alloc(12);
    toKernel.writeUInt16LE(AfNetlink);
    const { length } = message;
    const sent = this.#libc.sendto(this.#fd, message, length, 0, toKernel, toKernel.length);
    if (sent !== length) return NoAnswer;
    const got = this.#libc.recv(this.#fd, this.#answer.address, AnswerBytes, DoNotWait);
    const answer = Buffer.from(this.#answer.buffer, 0, Math.max(0, got));
    if (answer.length < HeaderLength || answer.readUInt16LE(4) === ErrorMessage) return NoAnswer;
    return Buffer.from(answer.subarray(HeaderLength, answer.readUInt32LE(0)));
  }

  close(): void {
    this.#libc.close(this.#fd);
    this.#answer.unmap();
  }
}

/** An attribute as it is sent. */
export function writeAttribute(type: number, value: Buffer): Buffer {
  const attribute = Buffer.alloc(AttributeHeader + Math.ceil(value.length / 4) * 4);
  attribute.writeUInt16LE(AttributeHeader + value.length, 0);
  attribute.writeUInt16LE(type, 2);
  value.copy(attribute, AttributeHeader);
  return attribute;
}

/** The value of the first attribute of a type, if there is one and it is whole. */
export function attributeOf(attributes: Buffer, wanted: number): Buffer | undefined {
  let at = 0;
  while (at + AttributeHeader <= attributes.length) {
    const length = attributes.readUInt16LE(at);
    if (length < AttributeHeader || at + length > attributes.length) return undefined;
    if ((attributes.readUInt16LE(at + 2) & 0x3fff) === wanted) {
      return attributes.subarray(at + AttributeHeader, at + length);
    }
    at += (length + 3) & ~3;
  }
  return undefined;
}
