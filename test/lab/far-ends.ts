import { execFileSync, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';

import { until } from '../../cluster/lab/wait.js';
import { ToFarEnd } from '../../director/core/flow-layout.js';
import { loadLibc } from '../../director/io/libc.js';
import { KernelOffload } from '../../director/offload/kernel-offload.js';

/*
 * Says how carried packets may leave by links, while their other ends come and go. For a network namespace of its own.
 */

const patience = { timeoutMs: 10_000, everyMs: 50 };
const run = (program: string, ...words: readonly string[]): string =>
  execFileSync(program, words, { encoding: 'utf8' });
const namespaceOf = (pid: number | 'self'): string => readlinkSync(`/proc/${pid}/ns/net`);

const holder = spawn('unshare', ['--net', 'sleep', '60'], { stdio: 'ignore' });
const { pid = 0 } = holder;
await until(() => namespaceOf(pid) !== namespaceOf('self') || undefined, patience);
const there = (...words: readonly string[]): string =>
  run('nsenter', `--net=/proc/${pid}/ns/net`, ...words);

run('ip', 'link', 'add', 'name', 'near', 'type', 'veth', 'peer', 'name', 'far');
run('ip', 'link', 'add', 'name', 'dull', 'type', 'bridge');
run('ip', 'link', 'set', 'near', 'up');
const libc = await loadLibc();
const offload = new KernelOffload(libc, 1_024, 'traffic');
const device = libc.if_nametoindex('near');
const words = new Map([
  [device, 'by the link'],
  [device + ToFarEnd, 'to the far end'],
]);
for (const [index, name] of ['near', 'dull', 'lo'].entries()) {
  const mac = { high: 0x0200, low: 1 };
  offload.attach({ index, name, mac, mtu: 1_500, addresses: [] }, libc.if_nametoindex(name), []);
}
const way = (): string => words.get(offload.place.devices[0] ?? 0) ?? 'not at all';
const lines: string[] = [];
async function note(what: string, expected: string): Promise<void> {
  await until(() => way() === expected || undefined, patience);
  lines.push(`${what}: ${way()}`);
}

await note('both ends here', 'by the link');
run('ip', 'link', 'set', 'far', 'netns', String(pid));
there('ip', 'link', 'set', 'far', 'up');
await note('the far end in another namespace', 'to the far end');
there('ethtool', '-K', 'far', 'gro', 'on');
await note('which takes frames by GRO', 'by the link');
there('ethtool', '-K', 'far', 'gro', 'off');
await note('and no longer', 'to the far end');
const others = offload.place.devices.slice(1).map((number) => number < ToFarEnd);
lines.push(`no cables: ${others.join(', ')}`);
holder.kill();
process.stdout.write(`${lines.join('\n')}\n`);
process.exit(0);
