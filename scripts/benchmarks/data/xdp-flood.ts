import { Buffer } from 'node:buffer';
import { arch } from 'node:process';

import { loadLibc } from '../../../director/io/libc.js';
import { MappedMemory } from '../../../director/io/mapped-memory.js';
import { parseMac } from '../../../director/wire/ethernet.js';
import * as ethernet from '../../../director/wire/ethernet.js';
import * as ipv4 from '../../../director/wire/ipv4.js';
import { Address, Mac, Port } from './topology.js';

/*
 * Floods the forwarder with UDP datagrams in frames of 64 bytes: `DESTINATION FLOWS SECONDS`. The kernel makes them itself: it
 * runs a small XDP program again and again that writes the headers anew, with another source each time, and lets the
 * frame go out of `eth0` (`BPF_PROG_TEST_RUN` with live frames). Nothing else sends as fast. Writes how many were sent, and in
 * how many seconds.
 */

const [destination = '', flows = '1', seconds = '1'] = process.argv.slice(2);

const FrameLength = 64;
const HeaderLength = 48;
const Syscall = arch === 'arm64' ? 280 : 321;
const Command = { load: 5, run: 10 } as const;
const ProgramType = 6;
const LiveFrames = 2;
/** After each call the kernel is silent for some 25 ms, while it takes its memory down: that must not be much of the time. */
const FramesPerCall = 1 << 20;
const Transmit = 3;
const Random = 7;
/** Sources: so many ports of each address. */
const PortBits = 15;
const FirstPort = 1_024;

const libc = await loadLibc();
const { koffi } = libc;
const bpf: (call: number, command: number, attributes: Buffer, length: number) => number = koffi
  .load(null)
  .func('long syscall(long, int, void *, uint32_t)');

/** Instructions of eBPF: code, destination and source register, offset, immediate. */
type Instruction = readonly [code: number, to: number, from: number, offset: number, value: number];

const R0 = 0;
const R1 = 1;
const R6 = 6;
const R7 = 7;
const R8 = 8;

function header(): Buffer {
  const bytes = Buffer.alloc(HeaderLength);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [near, client] = [parseMac(Mac.near), parseMac(Mac.client)];
  if (near === undefined || client === undefined) throw new Error('the addresses are constants');
  ethernet.setDestination(view, 0, near.high, near.low);
  ethernet.setSource(view, 0, client.high, client.low);
  ethernet.setType(view, 0, ethernet.EtherType.ipv4);
  ipv4.write(view, 14, {
    totalLength: FrameLength - 14,
    identification: 0x0080,
    ttl: 64,
    protocol: ipv4.Protocol.udp,
    source: wordOf(Address.client),
    destination: wordOf(destination),
  });
  view.setUint16(34, FirstPort);
  view.setUint16(36, Port.flood);
  view.setUint16(38, FrameLength - 34);
  return bytes;
}

const wordOf = (address: string): number =>
  address.split('.').reduce((word, part) => word * 256 + Number(part), 0);

/** Writes the whole header each time, because the forwarder may have changed the memory, then a random source. */
function program(): Instruction[] {
  const bytes = header();
  const stores: Instruction[] = [];
  for (let at = 0; at < HeaderLength; at += 8) {
    stores.push([0x18, R1, 0, 0, bytes.readInt32LE(at)], [0, 0, 0, 0, bytes.readInt32LE(at + 4)]);
    stores.push([0x7b, R6, R1, at, 0]);
  }
  return [
    [0x61, R6, R1, 0, 0], // r6 = data
    [0x61, R7, R1, 4, 0], // r7 = data_end
    [0xbf, R8, R6, 0, 0],
    [0x07, R8, 0, 0, FrameLength],
    [0x3d, R7, R8, 2, 0], // if data_end >= r8 skip 2
    [0xb7, R0, 0, 0, 1],
    [0x95, 0, 0, 0, 0],
    ...stores,
    [0x85, 0, 0, 0, Random],
    [0x57, R0, 0, 0, 0x7fff_ffff],
    [0x97, R0, 0, 0, Number(flows)], // r0 %= flows
    [0xbf, R7, R0, 0, 0],
    [0x77, R7, 0, 0, PortBits], // r7 = which address
    [0x57, R0, 0, 0, (1 << PortBits) - 1],
    [0x07, R0, 0, 0, FirstPort],
    [0xdc, R0, 0, 0, 16], // to network order
    [0x6b, R6, R0, 34, 0],
    // What the source grows by the identification shrinks by: the checksum stays right.
    [0xb7, R8, 0, 0, 0x80],
    [0x1f, R8, R7, 0, 0],
    [0x73, R6, R8, 19, 0],
    [0x07, R7, 0, 0, Number(Address.client.split('.')[3])],
    [0x73, R6, R7, 29, 0],
    [0xb7, R0, 0, 0, Transmit],
    [0x95, 0, 0, 0, 0],
  ];
}

function assemble(instructions: readonly Instruction[]): Buffer {
  const code = Buffer.alloc(instructions.length * 8);
  for (const [index, [operation, to, from, offset, value]] of instructions.entries()) {
    code.writeUInt8(operation, index * 8);
    code.writeUInt8(to | (from << 4), index * 8 + 1);
    code.writeInt16LE(offset, index * 8 + 2);
    code.writeInt32LE(value | 0, index * 8 + 4);
  }
  return code;
}

/** Memory that the kernel is told the address of. */
function place(bytes: Uint8Array): bigint {
  const memory = new MappedMemory(libc, bytes.length);
  new Uint8Array(memory.buffer).set(bytes);
  return BigInt(memory.address);
}

function load(): number {
  const code = assemble(program());
  const log = new MappedMemory(libc, 65_536);
  const attributes = Buffer.alloc(128);
  attributes.writeUInt32LE(ProgramType, 0);
  attributes.writeUInt32LE(code.length / 8, 4);
  attributes.writeBigUInt64LE(place(code), 8);
  attributes.writeBigUInt64LE(place(Buffer.from('GPL\0')), 16);
  attributes.writeUInt32LE(1, 24);
  attributes.writeUInt32LE(65_536, 28);
  attributes.writeBigUInt64LE(BigInt(log.address), 32);
  const fd = bpf(Syscall, Command.load, attributes, attributes.length);
  if (fd < 0) {
    throw new Error(
      `no XDP program: errno ${koffi.errno()} ${Buffer.from(log.buffer).toString().split('\0')[0]}`,
    );
  }
  return fd;
}

const fd = load();
// `struct xdp_md`: where data begins and ends, and the interface.
const context = Buffer.alloc(24);
context.writeUInt32LE(FrameLength, 4);
context.writeUInt32LE(libc.if_nametoindex('eth0'), 12);
const attributes = Buffer.alloc(128);
attributes.writeUInt32LE(fd, 0);
attributes.writeUInt32LE(FrameLength, 8);
attributes.writeBigUInt64LE(place(Buffer.alloc(FrameLength)), 16);
attributes.writeUInt32LE(FramesPerCall, 32);
attributes.writeUInt32LE(context.length, 40);
attributes.writeBigUInt64LE(place(context), 48);
attributes.writeUInt32LE(LiveFrames, 64);
let sent = 0;
const start = performance.now();
while (performance.now() - start < Number(seconds) * 1_000) {
  if (bpf(Syscall, Command.run, attributes, attributes.length) < 0) {
    throw new Error(`the flood stops: errno ${koffi.errno()}`);
  }
  sent += FramesPerCall;
}
process.stdout.write(`${sent} ${(performance.now() - start) / 1_000}\n`);
