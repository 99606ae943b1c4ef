import { readlinkSync } from 'node:fs';

import { IoError } from '../../director/base/errors.js';
import type { LabConfig, LabNode } from '../config/lab-config.js';
import type { StateFolder } from './state-folder.js';
import { launch, runHelper } from './subprocess.js';
import { nodeScript, switchScript } from './topology.js';
import { until } from './wait.js';

/** A holder unshares before it does anything else; on a machine out of breath that still takes a moment. */
const unshareTimeoutMs = 5_000;

/** The prefix of a command line that runs the rest in the network namespace that process `holder` keeps open. */
export const enter = (holder: number): string[] => ['nsenter', '-t', String(holder), '--net', '--'];

/**
 * Builds the nodes' network namespaces, their links and addresses. Each namespace exists as long as the process that
 * holds it: nothing is ever registered with the host or moved through its namespace.
 */
export async function buildTopology(
  folder: StateFolder,
  lab: LabConfig,
  signal: AbortSignal,
): Promise<void> {
  const hub = await holdNamespace(folder, 'switch', '');
  const held: { readonly node: LabNode; readonly holder: number }[] = [];
  for (const node of lab.nodes) {
    signal.throwIfAborted();
    held.push({ node, holder: await holdNamespace(folder, 'node', node.name) });
  }
  for (const holder of [hub, ...held.map((each) => each.holder)]) {
    await waitUntilUnshared(holder, signal);
  }
  await runScript(
    hub,
    switchScript(lab, new Map(held.map((each) => [each.node.name, each.holder]))),
  );
  for (const { node, holder } of held) {
    signal.throwIfAborted();
    await runScript(holder, nodeScript(lab, node));
  }
}

async function holdNamespace(
  folder: StateFolder,
  role: 'switch' | 'node',
  node: string,
): Promise<number> {
  const argv = ['unshare', '--net', '--', 'sleep', 'infinity'];
  const { pid } = await launch(folder, { role, node, argv });
  return pid;
}

/** Waits until the holder is in a namespace other than ours: entering it earlier would configure the host. */
async function waitUntilUnshared(holder: number, signal: AbortSignal): Promise<void> {
  const ours = readlinkSync('/proc/self/ns/net');
  const wait = { timeoutMs: unshareTimeoutMs, everyMs: 2, signal };
  const isUnshared = await until(() => namespaceOf(holder) !== ours || undefined, wait);
  if (isUnshared === undefined) {
    throw new IoError({ code: 'no-namespace' }, 'unshare --net has not made a network namespace');
  }
}

function namespaceOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${String(pid)}/ns/net`);
  } catch (error) {
    throw new IoError({ code: 'no-namespace' }, 'unshare --net cannot make a network namespace', {
      cause: error,
    });
  }
}

const runScript = async (holder: number, script: string): Promise<void> => {
  await runHelper([...enter(holder), 'sh', '-s'], script);
};
