import { Buffer } from 'node:buffer';

import { addressBytes, isIpv6, type IpAddress } from '../base/address.js';
import { Errno, Failed, type Libc } from './libc.js';

/*
 * Sockets with what Node cannot ask of the kernel: a firewall mark, and a device that packets go out by. They are made here,
 * as descriptors, and handed to Node when they are ready.
 */

/** What packets of a socket are to have, and where it is bound. */
export interface SocketMarking {
  /** SO_MARK; 0 for none. Needs CAP_NET_ADMIN. */
  readonly mark: number;
  /** SO_BINDTODEVICE. */
  readonly device: string | undefined;
  readonly bindAddress: IpAddress | undefined;
  readonly bindPort: number | undefined;
}

/** An error as Node's own sockets have it: the kernel's name for it is the code. */
export type SocketError = Error & { readonly code: string };

const Domain = { ipv4: 2, ipv6: 10 };
const Type = { stream: 1, datagram: 2, echo: 3 };
/** `echo` is ICMP's, of whichever family. */
const EchoProtocol = { ipv4: 1, ipv6: 58 };
/** SOCK_NONBLOCK | SOCK_CLOEXEC. */
const Flags = 0o4000 | 0o2000000;
const SolSocket = 1;
const Option = { reuseAddress: 2, error: 4, bindToDevice: 25, mark: 36 };
const Writable = { writable: true };

/**
 * Opens a socket, marked and bound, in whose name nothing has been sent yet. The descriptor is the caller's. Throws a
 * `SocketError` when the kernel refuses something.
 */
export function openMarked(
  libc: Libc,
  family: 'ipv4' | 'ipv6',
  type: keyof typeof Type,
  marking: SocketMarking,
): number {
  const { mark, device, bindAddress, bindPort } = marking;
  const protocol = type === 'echo' ? EchoProtocol[family] : 0;
  const fd = libc.socket(Domain[family], Type[type] | Flags, protocol);
  if (fd === Failed) throw socketError(libc, 'socket');
  try {
    if (mark !== 0) set(libc, fd, 'mark', numberBytes(mark));
    if (device !== undefined) set(libc, fd, 'bindToDevice', Buffer.from(`${device}\0`));
    if (bindAddress === undefined && bindPort === undefined) return fd;
    if (bindPort !== undefined) set(libc, fd, 'reuseAddress', numberBytes(1));
    const any = family === 'ipv6' ? IPv6Any : IPv4Any;
    const own = socketAddress(libc, bindAddress, bindPort ?? 0, { any, device });
    if (libc.bind(fd, own, own.length) === Failed) throw socketError(libc, 'bind');
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/**
 * Connects a stream socket; `done` is called once, later, with the error if there is one. The descriptor is still the
 * caller's. What is returned ends the wait.
 */
export function connectMarked(
  libc: Libc,
  fd: number,
  { address, port, device }: { address: IpAddress; port: number; device: string | undefined },
  done: (error?: SocketError) => void,
): () => void {
  const target = socketAddress(libc, address, port, { any: IPv4Any, device });
  const isUnderWay =
    libc.connect(fd, target, target.length) !== Failed || libc.koffi.errno() === Errno.inProgress;
  const refusal = isUnderWay ? undefined : socketError(libc, 'connect');
  let isOver = false;
  const watcher = libc.koffi.node.poll(fd, Writable, () => {
    if (!end()) return;
    done(refusal ?? pendingError(libc, fd));
  });
  function end(): boolean {
    if (isOver) return false;
    isOver = true;
    watcher.close();
    return true;
  }
  return () => void end();
}

/** Sends a message by an `echo` socket. Throws a `SocketError` when the kernel refuses. */
export function sendMarked(
  libc: Libc,
  fd: number,
  message: Buffer,
  { address, device }: { address: IpAddress; device: string | undefined },
): void {
  const target = socketAddress(libc, address, 0, { any: IPv4Any, device });
  if (libc.sendto(fd, message, message.length, 0, target, target.length) === Failed) {
    throw socketError(libc, 'send');
  }
}

/** The error that a socket has met behind our back. */
function pendingError(libc: Libc, fd: number): SocketError | undefined {
  const value = Buffer.alloc(4);
  const length = numberBytes(value.length);
  libc.getsockopt(fd, SolSocket, Option.error, value, length);
  const errno = value.readInt32LE();
  return errno === 0 ? undefined : errorOf(libc, errno, 'connect');
}

const IPv4Any = Buffer.alloc(4);
const IPv6Any = Buffer.alloc(16);

/** A `sockaddr_in` or `sockaddr_in6`; a link-local address is one of the device. */
function socketAddress(
  libc: Libc,
  address: IpAddress | undefined,
  port: number,
  { any, device }: { any: Buffer; device: string | undefined },
): Buffer {
  const bytes = address === undefined ? any : Buffer.from(addressBytes(address));
  const isIpv4 = bytes.length === 4;
  const written = Buffer.alloc(isIpv4 ? 16 : 28);
  written.writeUInt16LE(isIpv4 ? Domain.ipv4 : Domain.ipv6, 0);
  written.writeUInt16BE(port, 2);
  bytes.copy(written, isIpv4 ? 4 : 8);
  if (address !== undefined && isIpv6(address) && device !== undefined) {
    written.writeUInt32LE(libc.if_nametoindex(device), 24);
  }
  return written;
}

function set(libc: Libc, fd: number, option: keyof typeof Option, value: Buffer): void {
  if (libc.setsockopt(fd, SolSocket, Option[option], value, value.length) === Failed) {
    throw socketError(libc, option === 'mark' ? 'SO_MARK' : option);
  }
}

function numberBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

const socketError = (libc: Libc, action: string): SocketError =>
  errorOf(libc, libc.koffi.errno(), action);

function errorOf(libc: Libc, errno: number, action: string): SocketError {
  const known = Object.entries(libc.koffi.os.errno).find(([, value]) => value === errno);
  const code = known?.[0] ?? `E${errno}`;
  return Object.assign(new Error(`${action} ${code}`), { code });
}
