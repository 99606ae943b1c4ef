import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { IoError } from '../../director/base/errors.js';
import { writeKeepalived } from '../config/keepalived-writer.js';
import { directorsOf, type LabConfig, type LabNode } from '../config/lab-config.js';
import type { NodeStatus } from '../node/api.js';
import { fetchDocument, isNoAnswer } from './control-client.js';
import { enter } from './namespaces.js';
import { isRunning } from './process-identity.js';
import type { JournalEntry, StateFolder } from './state-folder.js';
import { launch } from './subprocess.js';
import { until } from './wait.js';

/** The compiled programs that run on the nodes. */
export const directorProgram = fileURLToPath(new URL('../node/main.js', import.meta.url));
const tunnelEndProgram = fileURLToPath(new URL('tunnel-end.js', import.meta.url));
export const serverProgram = fileURLToPath(new URL('traffic/server-main.js', import.meta.url));

/** How long a program may take from its start to its first answer. */
const startTimeoutMs = 15_000;

/** As many of a log's last lines as tell why a program has ended. */
const tailLines = 10;

/** A program on a node, started and not yet known to be ready. */
export interface Member {
  readonly entry: JournalEntry;
  /** Where this run's output begins in the node's log. */
  readonly logOffset: number;
}

/** Writes each director's keepalived.conf. An interface of a node is called like its network. */
export function writeConfigurations(folder: StateFolder, lab: LabConfig): void {
  for (const { name } of directorsOf(lab)) writeConfiguration(folder, lab, name);
}

/** Writes that of one director. */
export function writeConfiguration(folder: StateFolder, lab: LabConfig, director: string): void {
  folder.write(
    `${director}.conf`,
    writeKeepalived(lab, director, (network) => network),
  );
}

/** Starts the director of a node from its keepalived.conf. */
export async function startDirector(
  folder: StateFolder,
  node: string,
  holder: number,
): Promise<Member> {
  const files = ['--config', folder.file(`${node}.conf`), '--control', folder.socket(node)];
  files.push('--dumps', folder.file(`${node}.windows`));
  return start(folder, { role: 'director', node }, [
    ...enter(holder),
    process.execPath,
    directorProgram,
    ...files,
  ]);
}

/** Starts the traffic server of a real server, on every port that a service needs there. */
export async function startServer(
  folder: StateFolder,
  lab: LabConfig,
  node: LabNode,
  holder: number,
): Promise<Member> {
  const ports = new Set(
    lab.services.flatMap(({ protocol, realServers }) =>
      realServers
        .filter((realServer) => realServer.node === node.name)
        .map(({ port }) => `--${protocol}=${String(port)}`),
    ),
  );
  return start(folder, { role: 'real-server', node: node.name }, [
    ...enter(holder),
    process.execPath,
    serverProgram,
    `--name=${node.name}`,
    ...ports,
  ]);
}

/** Starts the far end of IPIP tunnels on a real server that some service reaches by one. It says `ready` as well. */
export async function startTunnelEnd(
  folder: StateFolder,
  node: string,
  holder: number,
): Promise<Member> {
  const argv = [...enter(holder), process.execPath, tunnelEndProgram];
  return start(folder, { role: 'tunnel-end', node }, argv);
}

async function start(
  folder: StateFolder,
  owner: {
    readonly role: 'director' | 'real-server' | 'tunnel-end';
    readonly node: string;
  },
  argv: readonly string[],
): Promise<Member> {
  const log = folder.log(owner.node);
  const logOffset = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  return { entry: await launch(folder, { ...owner, argv, log }), logOffset };
}

/** Waits until a director answers. Throws an `IoError` with the end of its log when it ends or stays silent. */
export async function waitForDirector(
  folder: StateFolder,
  member: Member,
  signal: AbortSignal | undefined,
): Promise<NodeStatus> {
  const socket = folder.socket(member.entry.node);
  return waitForMember(folder, member, signal, async () => {
    try {
      const status = await fetchDocument(socket, '/status');
      // The socket of an earlier run could answer for as long as that run has not quite ended.
      return status.pid === member.entry.pid ? status : undefined;
    } catch (error) {
      if (isNoAnswer(error)) return undefined;
      throw error;
    }
  });
}

/** Waits until a traffic server listens, which it says with a line `ready`. */
export async function waitForServer(
  folder: StateFolder,
  member: Member,
  signal: AbortSignal | undefined,
): Promise<void> {
  await waitForMember(
    folder,
    member,
    signal,
    () => /^ready$/m.test(outputOf(folder, member)) || undefined,
  );
}

async function waitForMember<T>(
  folder: StateFolder,
  member: Member,
  signal: AbortSignal | undefined,
  probe: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const { role, node } = member.entry;
  const answer = await until(
    () => {
      if (!isRunning(member.entry)) {
        throw new IoError({ code: 'member-ended' }, withTail(`${role} ${node} has ended`));
      }
      return probe();
    },
    { timeoutMs: startTimeoutMs, everyMs: 20, signal },
  );
  if (answer !== undefined) return answer;
  throw new IoError({ code: 'member-silent' }, withTail(`${role} ${node} does not answer`));

  function withTail(sentence: string): string {
    const lines = outputOf(folder, member).trimEnd().split('\n').slice(-tailLines);
    return `${sentence}; the end of its log:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  }
}

const outputOf = (folder: StateFolder, { entry, logOffset }: Member): string =>
  readFileSync(folder.log(entry.node)).subarray(logOffset).toString();
