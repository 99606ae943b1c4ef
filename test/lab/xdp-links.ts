import { execFileSync } from 'node:child_process';

import { until } from '../../cluster/lab/wait.js';
import { IoError } from '../../director/base/errors.js';
import type { Interface } from '../../director/core/interfaces.js';
import { loadLibc } from '../../director/io/libc.js';
import { KernelOffload, type Attachment } from '../../director/offload/kernel-offload.js';

/*
 * Says on which links flows may leave by XDP, while that changes, and what is said about those that are no use at all. For a network
 * namespace of its own.
 */

const run = (program: string, ...words: readonly string[]): string =>
  execFileSync(program, words, { encoding: 'utf8' });
run('ip', 'link', 'add', 'name', 'near', 'type', 'veth', 'peer', 'name', 'far');
for (const name of ['near', 'far']) run('ip', 'link', 'set', name, 'up');

const libc = await loadLibc();
const makeOffload = (): KernelOffload => new KernelOffload(libc, 1_024, 'xdp');
const attach = (offload: KernelOffload, name: string): Attachment => {
  const owner: Interface = {
    index: 1,
    name,
    mac: { high: 0x0200, low: 1 },
    mtu: 1_500,
    addresses: [],
  };
  return offload.attach(owner, libc.if_nametoindex(name), []);
};

const offload = makeOffload();
const mayLeave = (): boolean => (offload.place.devices[1] ?? 0) !== 0;
const first = attach(offload, 'near');
// Another port takes its place.
attach(offload, 'near');
first.close();
const lines = [`other end without NAPI: ${mayLeave()}`];
run('ethtool', '-K', 'far', 'gro', 'on');
await until(() => mayLeave() || undefined, { timeoutMs: 10_000, everyMs: 50 });
lines.push(`with it: ${mayLeave()}`);
run('ethtool', '-K', 'far', 'gro', 'off');
await until(() => !mayLeave() || undefined, { timeoutMs: 10_000, everyMs: 50 });
lines.push(`without it again: ${mayLeave()}`);
for (const name of ['lo', 'near']) {
  try {
    attach(makeOffload(), name);
  } catch (error) {
    if (!(error instanceof IoError)) throw error;
    lines.push(error.message);
  }
}
process.stdout.write(`${lines.join('\n')}\n`);
process.exit(0);
