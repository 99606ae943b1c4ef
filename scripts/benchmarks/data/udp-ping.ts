import { Buffer } from 'node:buffer';

import { loadLibc } from '../../../director/io/libc.js';

/*
 * `echo ADDRESS PORT` answers datagrams; `ping ADDRESS PORT SECONDS` sends one, waits for the answer, compares it, and so on, and
 * writes how many microseconds that took, as JSON. `fresh` is the same with a new socket, and so a new flow, each time, about
 * once a millisecond. All wait in the system call itself: an event loop would be most of
 * what is measured.
 */

const [mode = '', address = '', port = '', seconds = '1'] = process.argv.slice(2);

const Length = 32;
const AfInet = 2;
const SockDgram = 2;
const SolSocket = 1;
const ReceiveTimeout = 20;
const Failed = -1;

const libc = await loadLibc();
const { koffi } = libc;
const library = koffi.load(null);
const socket: (domain: number, type: number, protocol: number) => number = library.func(
  'int socket(int, int, int)',
);
const withAddress = 'int, void *, uint32_t';
const bind: (fd: number, address: Buffer, length: number) => number = library.func(
  `int bind(${withAddress})`,
);
const connect: typeof bind = library.func(`int connect(${withAddress})`);
const setOption: (
  fd: number,
  level: number,
  name: number,
  value: Buffer,
  length: number,
) => number = library.func('int setsockopt(int, int, int, void *, uint32_t)');
const send: (fd: number, bytes: Buffer, length: number, flags: number) => number = library.func(
  'long send(int, void *, size_t, int)',
);
const receive: typeof send = library.func('long recv(int, _Out_ uint8_t *, size_t, int)');
const sendTo: (...given: readonly [number, Buffer, number, number, Buffer, number]) => number =
  library.func('long sendto(int, void *, size_t, int, void *, uint32_t)');
const receiveFrom: (...given: readonly [number, Buffer, number, number, Buffer, Buffer]) => number =
  library.func(
    'long recvfrom(int, _Out_ uint8_t *, size_t, int, _Out_ uint8_t *, _Inout_ uint8_t *)',
  );

const place = Buffer.alloc(16);
place.writeUInt16LE(AfInet);
place.writeUInt16BE(Number(port), 2);
for (const [index, part] of address.split('.').entries()) place.writeUInt8(Number(part), 4 + index);
const open = (): number => socket(AfInet, SockDgram, 0);

function echo(): void {
  const fd = open();
  if (bind(fd, place, place.length) === Failed) throw new Error(`errno ${koffi.errno()}`);
  process.stdout.write('ready\n');
  const bytes = Buffer.alloc(2_048);
  const from = Buffer.alloc(16);
  const length = Buffer.alloc(4);
  for (;;) {
    length.writeUInt32LE(from.length);
    const size = receiveFrom(fd, bytes, bytes.length, 0, from, length);
    if (size > 0) sendTo(fd, bytes, size, 0, from, from.length);
  }
}

/** A socket that sends to the address and waits a second for an answer. */
function opened(): number {
  const fd = open();
  const patience = Buffer.alloc(16);
  patience.writeBigInt64LE(1n);
  setOption(fd, SolSocket, ReceiveTimeout, patience, patience.length);
  if (connect(fd, place, place.length) === Failed) throw new Error(`errno ${koffi.errno()}`);
  return fd;
}

const question = Buffer.alloc(Length, 'baton');
const answer = Buffer.alloc(Length);

/** How long the answer to this question took, in microseconds; undefined when there is none, or a wrong one. */
function ask(fd: number, number: number): number | undefined {
  question.writeUInt32LE(number);
  const start = performance.now();
  send(fd, question, Length, 0);
  const size = receive(fd, answer, Length, 0);
  const took = (performance.now() - start) * 1_000;
  return size === Length && answer.equals(question) ? took : undefined;
}

function print(times: readonly number[], lost: number): void {
  const sorted = times.toSorted((left, right) => left - right);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
  const count = times.length + lost;
  const result = { count, lost, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0 };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** Asks until the time is up, each time by the socket that `next` gives, and rests between. */
function ping(next: () => number, done: (fd: number) => void): void {
  const times: number[] = [];
  let lost = 0;
  const end = performance.now() + Number(seconds) * 1_000;
  for (let number = 0; performance.now() < end; number += 1) {
    const fd = next();
    const took = ask(fd, number);
    if (took === undefined) lost += 1;
    else times.push(took);
    done(fd);
  }
  print(times, lost);
}

if (mode === 'echo') {
  echo();
} else if (mode === 'fresh') {
  const bell = new Int32Array(new SharedArrayBuffer(4));
  ping(opened, (fd) => {
    libc.close(fd);
    Atomics.wait(bell, 0, 0, 1);
  });
} else {
  const fd = opened();
  ping(
    () => fd,
    () => {},
  );
}
