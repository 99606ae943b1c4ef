import { Buffer } from 'node:buffer';
import { fstatSync, readSync } from 'node:fs';

import { IoError } from '../base/errors.js';
import { Failed, systemError, type Libc } from './libc.js';

/** EFD_NONBLOCK | EFD_CLOEXEC, and O_CLOEXEC. */
const EventFlags = 0o4000 | 0o2000000;
const CloseOnExec = 0o2000000;
/** `SIG_ERR`, as an address. */
const HighestAddress = 2 ** 47;

/** A watcher that nobody holds is collected, and tells nothing any more. */
const watchers: object[] = [];

/**
 * Calls `handle` whenever this process gets a real-time signal, which Node does not offer: a signal that comes twice before
 * the event loop turns is told once. Throws an `IoError` when it cannot be had.
 *
 * A signal handler must be C, and touch next to nothing. The C library has one that fits as it is: `eventfd_write(fd, value)`.
 * The kernel calls a handler with the signal's number and the address of its details, so what is written to is the file
 * descriptor with the number of the signal, and what is written is not 0. That descriptor is an eventfd from now on, for ever.
 */
export function onRealTimeSignal(libc: Libc, signal: number, handle: () => void): void {
  if (isOpen(signal)) {
    const message = `the file descriptor ${signal} is in use`;
    throw new IoError({ code: 'real-time-signal' }, message);
  }
  const fd = libc.eventfd(0, EventFlags);
  if (fd === Failed || libc.dup3(fd, signal, CloseOnExec) === Failed) {
    throw systemError(libc, 'making an eventfd');
  }
  libc.close(fd);
  const writer = libc.dlsym(0, 'eventfd_write');
  if (Number(libc.signal(signal, writer)) >= HighestAddress) throw systemError(libc, 'signal');
  const count = Buffer.alloc(8);
  const watcher = libc.koffi.node.poll(signal, { readable: true }, () => {
    readSync(signal, count);
    handle();
  });
  watcher.unref();
  watchers.push(watcher);
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}
