import { Buffer } from 'node:buffer';
import { arch } from 'node:process';

import { IoError } from '../base/errors.js';
import { InstructionLength } from '../bpf/assembler.js';
import { Errno, type Libc } from '../io/libc.js';
import { MappedMemory } from '../io/mapped-memory.js';

/** Number of the system call bpf(2). */
const Syscall = arch === 'arm64' ? 280 : 321;

/** Commands, kinds and flags of linux/bpf.h. */
const Command = { createMap: 0, loadProgram: 5, run: 10, createLink: 28, updateLink: 29 } as const;
const ArrayMap = 2;
const Mappable = 1 << 10;
/** Kinds of links; the driver of an interface is to run the program itself, or nobody (`XDP_FLAGS_DRV_MODE`). */
const AttachType = { tcxIngress: 46, xdp: 37 } as const;
const InDriver = 1 << 2;
/** The program copes with frames in several pieces (`BPF_F_XDP_HAS_FRAGS`), of which it reads the first. */
const InPieces = 1 << 5;
export const ProgramType = { socketFilter: 1, traffic: 3, xdp: 6 } as const;
export type ProgramType = (typeof ProgramType)[keyof typeof ProgramType];

/** As long as `union bpf_attr` is anywhere. What is beyond a kernel's own has to be zero. */
const AttributesLength = 128;
const LogBytes = 65_536;
/** How much of the verifier's log an error quotes. */
const QuotedLog = 600;
/** How often a program is loaded that the verifier gives up on. */
const MostAttempts = 10;
const LongestName = 15;
const License = 'GPL\0';

interface LinkRequest {
  readonly program: number;
  readonly interfaceIndex: number;
  readonly type: number;
  readonly flags: number;
}

/** What a run of a program over one frame gave. */
export interface TestRun {
  readonly result: number;
  readonly frame: Buffer;
}

/**
 * The calls of bpf(2) that the offload needs. What they make are file descriptors: when the process ends, however it ends,
 * the kernel closes them, and programs, links and maps are gone.
 */
export class Bpf {
  readonly #libc: Libc;
  readonly #call: (call: number, command: number, attributes: Buffer, length: number) => number;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#call = libc.koffi.load(null).func('long syscall(long, int, void *, uint32_t)');
  }

  /** An array map of one value of so many bytes, all zero. Throws an `IoError` when the kernel refuses. */
  createTable(byteLength: number, name: string): number {
    const attributes = Buffer.alloc(AttributesLength);
    attributes.writeUInt32LE(ArrayMap, 0);
    attributes.writeUInt32LE(4, 4);
    attributes.writeUInt32LE(byteLength, 8);
    attributes.writeUInt32LE(1, 12);
    attributes.writeUInt32LE(Mappable, 16);
    attributes.write(name.slice(0, LongestName), 28);
    return this.#do(Command.createMap, attributes, 'making a BPF map');
  }

  /** The memory of a map made by `createTable`. */
  map(fd: number, byteLength: number): MappedMemory {
    return new MappedMemory(this.#libc, byteLength, fd);
  }

  /**
   * Loads a program. Throws an `IoError`, with what the verifier says when it is the one who refuses.
   */
  load(type: ProgramType, code: Uint8Array, name: string): number {
    const program = this.#place(code);
    const license = this.#place(Buffer.from(License));
    const attributes = Buffer.alloc(AttributesLength);
    attributes.writeUInt32LE(type, 0);
    attributes.writeUInt32LE(code.length / InstructionLength, 4);
    attributes.writeBigUInt64LE(BigInt(program.address), 8);
    attributes.writeBigUInt64LE(BigInt(license.address), 16);
    attributes.writeUInt32LE(type === ProgramType.xdp ? InPieces : 0, 44);
    attributes.write(name.slice(0, LongestName), 48);
    const fd = this.#tryLoad(attributes);
    const errno = this.#libc.koffi.errno();
    // The log costs time and room, so only a program that was refused has one.
    const log = fd < 0 && !isForbidden(errno) ? this.#logOf(attributes) : '';
    program.unmap();
    license.unmap();
    if (fd < 0) throw this.#error('loading a BPF program', errno, log);
    return fd;
  }

  /** Lets a program see what comes in by an interface, for as long as the file descriptor is open. */
  attachIngress(program: number, interfaceIndex: number): number {
    return this.#link(
      { program, interfaceIndex, type: AttachType.tcxIngress, flags: 0 },
      'attaching a BPF program (TCX, Linux 6.6)',
    );
  }

  /**
   * The same for a program that the interface's driver runs. Throws an `IoError` when the driver cannot, and when there is
   * such a program already.
   */
  attachXdp(program: number, interfaceIndex: number): number {
    return this.#link(
      { program, interfaceIndex, type: AttachType.xdp, flags: InDriver },
      'attaching a native XDP program',
    );
  }

  /** Puts another program in the place of one that is attached; no frame is missed. Throws an `IoError` when the kernel refuses. */
  replace(link: number, program: number): void {
    const attributes = Buffer.alloc(AttributesLength);
    attributes.writeUInt32LE(link, 0);
    attributes.writeUInt32LE(program, 4);
    this.#do(Command.updateLink, attributes, 'replacing a BPF program');
  }

  /** Runs a program over a frame that arrives on an interface, and nothing leaves. For tests. */
  run(program: number, frame: Uint8Array, context: Uint8Array): TestRun {
    const given = this.#place(frame);
    const out = new MappedMemory(this.#libc, frame.length + 256);
    const about = context.length === 0 ? undefined : this.#place(context);
    const attributes = Buffer.alloc(AttributesLength);
    attributes.writeUInt32LE(program, 0);
    attributes.writeUInt32LE(frame.length, 8);
    attributes.writeUInt32LE(frame.length + 256, 12);
    attributes.writeBigUInt64LE(BigInt(given.address), 16);
    attributes.writeBigUInt64LE(BigInt(out.address), 24);
    attributes.writeUInt32LE(context.length, 40);
    attributes.writeBigUInt64LE(BigInt(about?.address ?? 0), 48);
    this.#do(Command.run, attributes, 'running a BPF program');
    const length = attributes.readUInt32LE(12);
    const left = Buffer.from(Buffer.from(out.buffer, 0, length));
    for (const memory of [given, out, about]) memory?.unmap();
    return { result: attributes.readInt32LE(4), frame: left };
  }

  close(fd: number): void {
    this.#libc.close(fd);
  }

  /** The verifier gives up when the process gets a signal meanwhile: then it is asked again. */
  #tryLoad(attributes: Buffer): number {
    for (let left = MostAttempts; ; left -= 1) {
      const fd = this.#call(Syscall, Command.loadProgram, attributes, attributes.length);
      if (fd >= 0 || left === 1 || this.#libc.koffi.errno() !== Errno.again) return fd;
    }
  }

  #logOf(attributes: Buffer): string {
    const log = new MappedMemory(this.#libc, LogBytes);
    attributes.writeUInt32LE(1, 24);
    attributes.writeUInt32LE(LogBytes, 28);
    attributes.writeBigUInt64LE(BigInt(log.address), 32);
    const fd = this.#call(Syscall, Command.loadProgram, attributes, attributes.length);
    if (fd >= 0) this.close(fd);
    const text = Buffer.from(log.buffer).toString('latin1').split('\0', 1)[0] ?? '';
    log.unmap();
    return text.trim().slice(-QuotedLog);
  }

  #link(link: LinkRequest, action: string): number {
    const attributes = Buffer.alloc(AttributesLength);
    attributes.writeUInt32LE(link.program, 0);
    attributes.writeUInt32LE(link.interfaceIndex, 4);
    attributes.writeUInt32LE(link.type, 8);
    attributes.writeUInt32LE(link.flags, 12);
    return this.#do(Command.createLink, attributes, action);
  }

  /** Memory that the kernel is told the address of. */
  #place(bytes: Uint8Array): MappedMemory {
    const memory = new MappedMemory(this.#libc, bytes.length);
    new Uint8Array(memory.buffer).set(bytes);
    return memory;
  }

  #do(command: number, attributes: Buffer, action: string): number {
    const result = this.#call(Syscall, command, attributes, attributes.length);
    if (result < 0) throw this.#error(action, this.#libc.koffi.errno());
    return result;
  }

  #error(action: string, errno: number, log = ''): IoError {
    if (isForbidden(errno)) {
      return new IoError(
        { code: 'missing-capability' },
        `${action} needs the capabilities CAP_BPF and CAP_NET_ADMIN; run as root`,
      );
    }
    const names = Object.entries(this.#libc.koffi.os.errno);
    const name = names.find(([, value]) => value === errno)?.[0] ?? String(errno);
    const quoted = log === '' ? '' : `; the verifier says: ...${log}`;
    return new IoError({ code: 'bpf' }, `${action} fails: ${name}${quoted}`);
  }
}

/** The verifier refuses by EACCES, so only this one is about capabilities. */
const isForbidden = (errno: number): boolean => errno === Errno.perm;
