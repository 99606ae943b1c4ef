import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

import { test } from 'tap';

import { loadLibc } from '../../director/io/libc.js';
import { mapTable, MappedMemory } from '../../director/io/mapped-memory.js';

const Length = 8 * 1_024 * 1_024;
const libc = await loadLibc();

/** The kernel's flags of the mapping at an address (proc(5), `VmFlags`); undefined when there is none. */
function flagsOf(address: number): readonly string[] | undefined {
  const mappings = readFileSync('/proc/self/smaps', 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  const mapping = mappings.find((text) => {
    const [start, end] = text.split(/[- ]/, 2).map((word) => Number.parseInt(word, 16));
    return start !== undefined && end !== undefined && start <= address && address < end;
  });
  return /^VmFlags: (.*)$/m
    .exec(mapping ?? '')?.[1]
    ?.trim()
    .split(' ');
}

test('a table is zeros in large pages, which programs that are started do not get', (t) => {
  const memory = mapTable(libc, Length);
  const bytes = new Uint8Array(memory.buffer);
  t.equal(bytes.length, Length);
  t.ok(bytes.every((byte) => byte === 0));
  bytes.fill(7);
  execFileSync('true');
  t.ok(bytes.every((byte) => byte === 7));
  const flags = flagsOf(memory.address) ?? [];
  t.ok(flags.includes('dc'), 'it is not copied when a program is started');
  const hasLargePages = existsSync('/sys/kernel/mm/transparent_hugepage');
  t.equal(flags.includes('hg'), hasLargePages, 'large pages are asked for where there are any');
  memory.unmap();
  t.equal(flagsOf(memory.address), undefined, 'and it is gone afterwards');
  t.end();
});

test('other memory is shared, as what the kernel has pinned has to be', (t) => {
  const memory = new MappedMemory(libc, Length);
  const flags = flagsOf(memory.address) ?? [];
  t.ok(flags.includes('sh'));
  t.notOk(flags.includes('dc'));
  memory.unmap();
  t.end();
});
