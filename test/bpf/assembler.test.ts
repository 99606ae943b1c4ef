import { Buffer } from 'node:buffer';

import { test } from 'tap';

import {
  addressInMap,
  assemble,
  atomicAdd,
  call,
  compute,
  compute32,
  exit,
  fromNetwork16,
  jump,
  jumpIf,
  label,
  load,
  loadFromPacket,
  R0,
  R1,
  R10,
  R2,
  R6,
  store,
  type Line,
  withOwnLabels,
} from '../../director/bpf/assembler.js';

const hex = (program: readonly Line[]): string[] =>
  Buffer.from(assemble(program)).toString('hex').match(/.{16}/g) ?? [];

/** What the assembler of LLVM makes of the same lines. */
const cases: readonly (readonly [string, Line, string])[] = [
  ['r0 = 2', compute(R0, '=', 2), 'b700000002000000'],
  ['r0 = -1', compute(R0, '=', -1), 'b7000000ffffffff'],
  ['r6 = r1', compute(R6, '=', R1), 'bf16000000000000'],
  ['r1 += r2', compute(R1, '+=', R2), '0f21000000000000'],
  ['r2 >>= 16', compute(R2, '>>=', 16), '7702000010000000'],
  ['w2 ^= -1', compute32(R2, '^=', -1), 'a4020000ffffffff'],
  ['w2 *= w1', compute32(R2, '*=', R1), '2c12000000000000'],
  ['r2 = be16 r2', fromNetwork16(R2), 'dc02000010000000'],
  ['r2 = *(u32 *)(r1 + 76)', load(4, R2, R1, 76), '61124c0000000000'],
  ['r2 = *(u64 *)(r10 - 8)', load(8, R2, R10, -8), '79a2f8ff00000000'],
  ['*(u8 *)(r1 + 22) = r2', store(1, R1, 22, R2), '7321160000000000'],
  ['lock *(u64 *)(r1 + 48) += r2', atomicAdd(R1, 48, R2), 'db21300000000000'],
  ['r0 = *(u16 *)skb[12]', loadFromPacket(2, 12), '280000000c000000'],
  ['call 23', call(23), '8500000017000000'],
  ['exit', exit(), '9500000000000000'],
];

for (const [text, line, bytes] of cases) {
  test(`${text} is what other assemblers make of it`, (t) => {
    t.strictSame(hex([line]), [bytes]);
    t.end();
  });
}

test('jumps count from the instruction behind them, in both directions', (t) => {
  const program = [
    label('start'),
    jumpIf(R1, '!=', 8, 'end'),
    jumpIf(R1, '>', R2, 'start'),
    jump('end'),
    label('end'),
    exit(),
  ];
  t.strictSame(hex(program), [
    '5501020008000000',
    '2d21feff00000000',
    '0500000000000000',
    '9500000000000000',
  ]);
  t.end();
});

test('the address of a byte in a map takes two instructions', (t) => {
  t.strictSame(hex(addressInMap(R1, 5, 4_096)), ['1821000005000000', '0000000000100000']);
  t.end();
});

test('a jump to nowhere, and a place with two names alike, are mistakes', (t) => {
  t.throws(() => assemble([jump('nowhere')]), { message: 'no label nowhere' });
  t.throws(() => assemble([label('here'), exit(), label('here')]), { message: 'two labels here' });
  t.end();
});

test('lines with labels of their own can stand in a program twice', (t) => {
  const part = [jumpIf(R1, '==', 0, 'skip'), jump('end'), label('skip')];
  const twice = [...withOwnLabels('one', part), ...withOwnLabels('two', part), label('end')];
  const skip = '1501010000000000';
  t.strictSame(hex(twice), [skip, '0500020000000000', skip, '0500000000000000']);
  t.end();
});
