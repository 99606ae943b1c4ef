import type { Buffer } from 'node:buffer';

import { IoError } from '../base/errors.js';
import { loadKoffi, type Koffi } from './native.js';

/*
 * The C library of this process, called from TypeScript.
 */

/** The C library's `-1`: what went wrong is in `errno`. */
export const Failed = -1;

/** Names of the `errno` values that mean something to us. */
export const Errno = {
  perm: 1,
  again: 11,
  access: 13,
  busy: 16,
  invalid: 22,
  netDown: 100,
  noBuffers: 105,
  inProgress: 115,
} as const;

/**
 * The few functions of the C library that packet sockets and marked ones need and Node has no words for. Pointers are memory of ours,
 * or addresses as numbers that only pass through. Each call costs some tenths of a microsecond: one a batch, never one a
 * packet.
 */
export interface Libc {
  readonly koffi: Koffi;
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, name: number, value: Buffer, length: number): number;
  getsockopt(fd: number, level: number, name: number, value: Buffer, length: Buffer): number;
  bind(fd: number, address: Buffer, length: number): number;
  connect(fd: number, address: Buffer, length: number): number;
  readonly sendto: (
    ...given: readonly [
      fd: number,
      message: Buffer,
      length: number,
      flags: number,
      address: Buffer,
      addressLength: number,
    ]
  ) => number;
  /** The address of the mapping; all ones when there is none. Addresses fit a number: they are below 2^47. */
  readonly mmap: (
    ...given: readonly [
      at: number,
      length: number,
      protection: number,
      flags: number,
      fd: number,
      offset: number,
    ]
  ) => number | bigint;
  munmap(at: number, length: number): number;
  madvise(at: number, length: number, advice: number): number;
  close(fd: number): number;
  /** How many of the messages were sent; the error is that of the first which was not. */
  sendmmsg(fd: number, messages: number, count: number, flags: number): number;
  /** What it sends is in memory at that address, or in a ring that the socket has. */
  send(fd: number, buffer: number, length: number, flags: number): number;
  recv(fd: number, buffer: number, length: number, flags: number): number;
  /** `message` is the address of a `msghdr`. */
  recvmsg(fd: number, message: number, flags: number): number;
  eventfd(initial: number, flags: number): number;
  dup3(from: number, to: number, flags: number): number;
  /** The address of a function of the process, with 0 for the library; 0 when there is none. */
  dlsym(library: number, name: string): number | bigint;
  /** The handler is an address. */
  signal(number: number, handler: number | bigint): number | bigint;
  /** 0 when there is no such interface. */
  if_nametoindex(name: string): number;
}

let loaded: Promise<Libc> | undefined;

/** The C library of this process, loaded once. Throws an `IoError` when koffi does not load. */
export async function loadLibc(): Promise<Libc> {
  loaded ??= loadKoffi().then(bind);
  return loaded;
}

function bind(koffi: Koffi): Libc {
  const library = koffi.load(null);
  return {
    koffi,
    socket: library.func('int socket(int, int, int)'),
    setsockopt: library.func('int setsockopt(int, int, int, void *, uint32_t)'),
    getsockopt: library.func('int getsockopt(int, int, int, _Inout_ uint8_t *, _Inout_ uint8_t *)'),
    bind: library.func('int bind(int, void *, uint32_t)'),
    connect: library.func('int connect(int, void *, uint32_t)'),
    sendto: library.func('long sendto(int, void *, size_t, int, void *, uint32_t)'),
    mmap: library.func('uintptr_t mmap(uintptr_t, size_t, int, int, int, int64_t)'),
    munmap: library.func('int munmap(uintptr_t, size_t)'),
    madvise: library.func('int madvise(uintptr_t, size_t, int)'),
    close: library.func('int close(int)'),
    sendmmsg: library.func('int sendmmsg(int, uintptr_t, uint32_t, int)'),
    send: library.func('long send(int, uintptr_t, size_t, int)'),
    recv: library.func('long recv(int, uintptr_t, size_t, int)'),
    recvmsg: library.func('long recvmsg(int, uintptr_t, int)'),
    eventfd: library.func('int eventfd(uint32_t, int)'),
    dup3: library.func('int dup3(int, int, int)'),
    dlsym: library.func('uintptr_t dlsym(uintptr_t, const char *)'),
    signal: library.func('uintptr_t signal(int, uintptr_t)'),
    if_nametoindex: library.func('uint32_t if_nametoindex(const char *)'),
  };
}

/** The error of the call that has just failed. */
export function systemError(libc: Libc, action: string): IoError {
  const errno = libc.koffi.errno();
  const name =
    Object.entries(libc.koffi.os.errno).find(([, value]) => value === errno)?.[0] ?? String(errno);
  const isForbidden = errno === Errno.perm || errno === Errno.access;
  return new IoError(
    { code: isForbidden ? 'missing-capability' : 'packet-socket' },
    isForbidden
      ? `${action} needs the capability CAP_NET_RAW; run as root`
      : `${action} fails: ${name}`,
  );
}
