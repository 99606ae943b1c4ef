import { systemError, type Libc } from './libc.js';

/**
 * `PROT_READ | PROT_WRITE`, and the two kinds of mapping. Memory of nothing is shared, too: the kernel may have pinned its pages, and
 * after a fork the parent would write to copies.
 */
const ReadWrite = 3;
const Shared = 1;
const SharedAnonymous = 0x21;
const PrivateAnonymous = 0x22;
/** Advice to `madvise`. */
const HugePages = 14;
const DontFork = 10;
/** No address of user space is that high: what is above is an error. */
const HighestAddress = 2 ** 47;

/** Memory outside of the engine's heap: the kernel is told its address, and it stays there until it is unmapped. */
export class MappedMemory {
  readonly address: number;
  readonly buffer: ArrayBuffer;
  readonly #libc: Libc;
  #isMapped = true;

  /** Maps so many bytes of a file descriptor, or zeros when there is none. Throws an `IoError` when the kernel refuses. */
  constructor(
    libc: Libc,
    length: number,
    fd?: number,
    offset = 0,
    flags = fd === undefined ? SharedAnonymous : Shared,
  ) {
    const address = Number(libc.mmap(0, length, ReadWrite, flags, fd ?? -1, offset));
    if (address >= HighestAddress) throw systemError(libc, `mapping ${length} bytes`);
    this.#libc = libc;
    this.address = address;
    this.buffer = libc.koffi.view(BigInt(address), length);
  }

  /** Gives the memory back. Nobody may touch `buffer` afterwards: that would end the process. */
  unmap(): void {
    if (!this.#isMapped) return;
    this.#isMapped = false;
    this.#libc.munmap(this.address, this.buffer.byteLength);
  }
}

/**
 * Maps zeros for a large table that is read here and there: in the largest pages that the kernel has for it, since the addresses of
 * many small ones are in nobody's cache. Programs that this process starts do not get it, or its pages would be copied, and cut into small ones,
 * whenever one is started. It is advice: a kernel that does not take it only makes the table slower. Throws an `IoError` when the kernel
 * refuses the memory.
 */
export function mapTable(libc: Libc, length: number): MappedMemory {
  const memory = new MappedMemory(libc, length, undefined, 0, PrivateAnonymous);
  for (const advice of [HugePages, DontFork]) libc.madvise(memory.address, length, advice);
  return memory;
}
