import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { test } from 'tap';

import { until } from '../../cluster/lab/wait.js';
import { linkNodes } from './linked-nodes.js';

const program = fileURLToPath(new URL('link-watcher.js', import.meta.url));

const Wait = { timeoutMs: 5_000, everyMs: 10 };

const some = <T>(values: readonly T[]): readonly T[] | undefined =>
  values.length === 0 ? undefined : values;

/** The processes that a program has started and that run. */
function childrenOf(pid: number | undefined): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map(Number);
}

test('every change of an interface is seen, also while nobody listened', async (t) => {
  const [node] = await linkNodes(t, 1);
  if (node === undefined) throw new Error('a node was asked for');
  const watcher = node.start(process.execPath, program, 'eth0', 'gone0');
  const lines: string[] = [];
  watcher.stderr?.pipe(process.stderr);
  if (watcher.stdout !== null) {
    createInterface(watcher.stdout).on('line', (line) => lines.push(line));
  }
  const says = async (line: string): Promise<boolean> =>
    (await until(() => lines.includes(line) || undefined, { timeoutMs: 10_000, everyMs: 5 })) ===
    true;
  const expectLine = async (line: string, why: string): Promise<void> => {
    t.ok(await says(line), why);
    lines.length = 0;
  };

  await expectLine('start eth0=true gone0=false', 'the state at the start is known');
  t.ok(await until(() => childrenOf(watcher.pid).length === 1 || undefined, Wait), 'it listens');
  node.plug(false);
  await expectLine('eth0 false', 'a pulled cable');
  node.plug(true);
  await expectLine('eth0 true', 'a cable that is plugged in again');
  node.run('ip', 'link', 'set', 'dev', 'eth0', 'down');
  await expectLine('eth0 false', 'an interface that is set down');
  node.run('ip', 'link', 'set', 'dev', 'eth0', 'up');
  await expectLine('eth0 true', 'and up again');
  node.run('ip', 'link', 'add', 'gone0', 'type', 'veth', 'peer', 'name', 'far0');
  node.run('ip', 'link', 'set', 'dev', 'far0', 'up');
  node.run('ip', 'link', 'set', 'dev', 'gone0', 'up');
  await expectLine('gone0 true', 'an interface that comes into being');
  node.run('ip', 'link', 'delete', 'gone0');
  await expectLine('gone0 false', 'an interface that goes');

  const [monitor] = childrenOf(watcher.pid);
  if (monitor !== undefined) process.kill(monitor, 'SIGKILL');
  node.plug(false);
  await expectLine('eth0 false', 'a change that happened while no monitor ran');

  const [second] = (await until(() => some(childrenOf(watcher.pid)), Wait)) ?? [];
  t.ok(second, 'another monitor runs');
  watcher.kill('SIGKILL');
  t.ok(
    await until(() => second === undefined || !existsSync(`/proc/${second}`) || undefined, Wait),
    'it does not outlive a node that is killed',
  );
});
