/*
 * An assembler for eBPF (Linux Documentation/bpf/standardization/instruction-set.rst): a program is a list of instructions
 * and labels, written with the functions below, and `assemble` makes of it what the kernel loads. So a program needs no
 * compiler on the machine that it runs on.
 */

/** R1 to R5 carry arguments and are lost in a call, R0 its result; R6 to R9 stay; R10 is the end of the stack. */
export interface Register {
  readonly register: number;
}

const register = (number: number): Register => ({ register: number });
export const R0 = register(0);
export const R1 = register(1);
export const R2 = register(2);
export const R3 = register(3);
export const R4 = register(4);
export const R5 = register(5);
export const R6 = register(6);
export const R7 = register(7);
export const R8 = register(8);
export const R9 = register(9);
export const R10 = register(10);

interface Instruction {
  readonly code: number;
  readonly to?: Register;
  readonly from?: Register | undefined;
  readonly offset?: number;
  /** A signed or unsigned number of 32 bits. */
  readonly value?: number | undefined;
  /** Where it jumps to; replaces the offset. */
  readonly target?: string;
}

interface Label {
  readonly label: string;
}

export type Line = Instruction | Label;

/** Bytes of an instruction. */
export const InstructionLength = 8;

/** Classes of instructions. */
const Class = {
  load: 0x00,
  loadX: 0x01,
  storeX: 0x03,
  alu32: 0x04,
  jump: 0x05,
  alu64: 0x07,
} as const;
/** The second operand is a register, not the value. */
const FromRegister = 0x08;
const MemoryMode = 0x60;
const AtomicMode = 0xc0;
const AbsoluteMode = 0x20;

const Operations = {
  '+=': 0x00,
  '-=': 0x10,
  '*=': 0x20,
  '|=': 0x40,
  '&=': 0x50,
  '<<=': 0x60,
  '>>=': 0x70,
  '^=': 0xa0,
  '=': 0xb0,
} as const;
type Operation = keyof typeof Operations;

const Comparisons = {
  '==': 0x10,
  '>': 0x20,
  '>=': 0x30,
  '!=': 0x50,
  '<': 0xa0,
  '<=': 0xb0,
} as const;
type Comparison = keyof typeof Comparisons;

const Sizes = { 1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18 } as const;
export type Size = keyof typeof Sizes;

/** The second operand as a field of an instruction. A value is extended by its sign when 64 bits are meant. */
const operand = (value: Register | number): Pick<Instruction, 'from' | 'value'> =>
  typeof value === 'number' ? { value } : { from: value };
const sourceBit = (value: Register | number): number =>
  typeof value === 'number' ? 0 : FromRegister;

/** Arithmetic on 64 bits. */
export const compute = (
  to: Register,
  operation: Operation,
  value: Register | number,
): Instruction => ({
  code: Class.alu64 | Operations[operation] | sourceBit(value),
  to,
  ...operand(value),
});

/** Arithmetic on 32 bits; the upper half of the result is zero. */
export const compute32 = (
  to: Register,
  operation: Operation,
  value: Register | number,
): Instruction => ({
  code: Class.alu32 | Operations[operation] | sourceBit(value),
  to,
  ...operand(value),
});

/** Turns the lower 16 bits from network order into a number; the rest becomes zero. */
export const fromNetwork16 = (to: Register): Instruction => ({
  code: Class.alu32 | 0xd0 | FromRegister,
  to,
  value: 16,
});

/** `to` = the bytes at an address plus an offset, as a number of the machine. */
export const load = (size: Size, to: Register, from: Register, offset: number): Instruction => ({
  code: Class.loadX | MemoryMode | Sizes[size],
  to,
  from,
  offset,
});

/** Writes the lower bytes of `from`. */
export const store = (size: Size, to: Register, offset: number, from: Register): Instruction => ({
  code: Class.storeX | MemoryMode | Sizes[size],
  to,
  from,
  offset,
});

/** Adds `from` to 64 bits in memory, whoever else does. */
export const atomicAdd = (to: Register, offset: number, from: Register): Instruction => ({
  code: Class.storeX | AtomicMode | Sizes[8],
  to,
  from,
  offset,
  value: Operations['+='],
});

/**
 * R0 = bytes of the packet in R6, in network order: for socket filters. A packet that is too short ends the program with 0.
 */
export const loadFromPacket = (size: 1 | 2 | 4, offset: number): Instruction => ({
  code: Class.load | AbsoluteMode | Sizes[size],
  value: offset,
});

/** `to` = the address of a byte of the only value of an array map. */
export const addressInMap = (to: Register, mapFd: number, offset: number): Line[] => [
  { code: WideLoad, to, from: PseudoMapValue, value: mapFd },
  { code: 0, value: offset },
];
const WideLoad = 0x18;
const PseudoMapValue = register(2);

export const jump = (target: string): Instruction => ({ code: Class.jump, target });

/** Compares 64 bits, without sign. A value is extended by its sign. */
export const jumpIf = (
  left: Register,
  comparison: Comparison,
  right: Register | number,
  target: string,
): Instruction => ({
  code: Class.jump | Comparisons[comparison] | sourceBit(right),
  to: left,
  ...operand(right),
  target,
});

/** Calls a function of the kernel by its number (`enum bpf_func_id`). */
export const call = (helper: number): Instruction => ({ code: Class.jump | 0x80, value: helper });

export const exit = (): Instruction => ({ code: Class.jump | 0x90 });

export const label = (name: string): Label => ({ label: name });

/** The same lines with labels of their own, so that they can stand in a program twice; jumps to labels elsewhere stay. */
export function withOwnLabels(name: string, lines: readonly Line[]): Line[] {
  const own = new Set(lines.flatMap((line) => ('label' in line ? [line.label] : [])));
  return lines.map((line) => {
    if ('label' in line) return label(`${name}: ${line.label}`);
    const { target } = line;
    if (target === undefined || !own.has(target)) return line;
    return { ...line, target: `${name}: ${target}` };
  });
}

/** The bytes of a program. Throws a `RangeError` for a jump to nowhere, or to two places, which is a mistake in the program. */
export function assemble(program: readonly Line[]): Uint8Array<ArrayBuffer> {
  const instructions: Instruction[] = [];
  const places = new Map<string, number>();
  for (const line of program) {
    if (!('label' in line)) instructions.push(line);
    else if (places.has(line.label)) throw new RangeError(`two labels ${line.label}`);
    else places.set(line.label, instructions.length);
  }
  const code = new Uint8Array(instructions.length * InstructionLength);
  const view = new DataView(code.buffer);
  for (const [index, instruction] of instructions.entries()) {
    const { to, from, target, value = 0 } = instruction;
    const at = index * InstructionLength;
    const place = target === undefined ? undefined : places.get(target);
    if (target !== undefined && place === undefined) throw new RangeError(`no label ${target}`);
    view.setUint8(at, instruction.code);
    view.setUint8(at + 1, (to?.register ?? 0) | ((from?.register ?? 0) << 4));
    view.setInt16(
      at + 2,
      place === undefined ? (instruction.offset ?? 0) : place - index - 1,
      true,
    );
    view.setInt32(at + 4, value | 0, true);
  }
  return code;
}
