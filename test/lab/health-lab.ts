import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import type { Test } from 'tap';

import { until } from '../../cluster/lab/wait.js';
import { killGroup } from '../../cluster/node/user-command.js';
import { startDirector, type DirectorProcess } from './director-process.js';
import { linkNodes, type LinkedNode, type Offloads } from './linked-nodes.js';

/*
 * One network with a director, real servers that hold the VIP on their loopback interface (Route), and a client:
 * 10.9.0.1, 10.9.0.2 and so on, and the last one.
 */

export const virtualAddress = '10.9.0.100';

/** Says who it is to everybody who connects, and hangs up. */
const greeter = (name: string, port: number): string =>
  `require('net').createServer(s=>{s.on('error',()=>{});s.end('${name}')}).listen(${port})`;

export interface HealthLab {
  readonly director: LinkedNode;
  readonly servers: readonly LinkedNode[];
  readonly client: LinkedNode;
}

/** Makes the network. Nothing runs on it. */
export async function healthLab(
  t: Test,
  servers: number,
  offloads: Offloads = 'off',
): Promise<HealthLab> {
  const nodes = await linkNodes(t, servers + 2, offloads);
  const [director, ...others] = nodes;
  const client = others.pop();
  if (director === undefined || client === undefined) throw new Error('too few nodes');
  for (const server of others) {
    server.run(
      'sh',
      '-euc',
      'cd /proc/sys/net/ipv4/conf/all; echo 1 > arp_ignore; echo 2 > arp_announce',
    );
    server.run('ip', 'address', 'add', `${virtualAddress}/32`, 'dev', 'lo');
  }
  return { director, servers: others, client };
}

/** A program on a real server that can be killed. */
export interface ServerProgram {
  kill(): Promise<void>;
}

/** Starts the program of JavaScript text on a node and waits until the port is open. */
export async function startProgram(
  t: Test,
  node: LinkedNode,
  text: string,
  port: number,
): Promise<ServerProgram> {
  const child: ChildProcess = node.start(process.execPath, '-e', text);
  const isOpen = (): true | undefined =>
    node.run('ss', '-Hltun', `sport = ${port}`).trim() !== '' || undefined;
  if ((await until(isOpen, { timeoutMs: 10_000, everyMs: 20 })) === undefined) {
    throw new Error(`nothing listens on port ${port}`);
  }
  t.teardown(() => killGroup(child));
  return {
    kill: async () => {
      killGroup(child);
      await until(() => (isOpen() === undefined ? true : undefined), {
        timeoutMs: 5_000,
        everyMs: 5,
      });
    },
  };
}

/** A server that says its name on each connection. */
export const startGreeter = async (t: Test, node: LinkedNode, port = 80): Promise<ServerProgram> =>
  startProgram(t, node, greeter(node.address, port), port);

/** What the client is told when it connects to the VIP; undefined when it is refused, or hears nothing for five seconds. */
export async function ask(client: LinkedNode, port = 80): Promise<string | undefined> {
  const script = `exec 3<>/dev/tcp/${virtualAddress}/${port} && cat <&3`;
  const child = client.start('timeout', '5', 'bash', '-c', script);
  let text = '';
  child.stdout?.on('data', (piece: Buffer) => {
    text += piece.toString();
  });
  const [status] = await once(child, 'close');
  return status === 0 && text !== '' ? text : undefined;
}

/** Who answers when the client asks so often, without repetition, in order. */
export async function answering(client: LinkedNode, times: number, port = 80): Promise<string[]> {
  const names = new Set<string>();
  for (let time = 0; time < times; time += 1) names.add((await ask(client, port)) ?? 'nobody');
  return [...names].toSorted();
}

/** The configuration of a director that is alone and master, with these virtual servers; `top` goes before them. */
export const healthConfig = (services: string, top = ''): string => `
global_defs {
  router_id d1
  vrrp_version 3
}
${top}
vrrp_instance VI_1 {
  state MASTER
  interface eth0
  virtual_router_id 51
  priority 200
  advert_int 0.1
  virtual_ipaddress {
    ${virtualAddress}/24
  }
}
${services}
`;

/** Starts a director and waits until it is master. */
export async function startMaster(
  t: Test,
  lab: HealthLab,
  config: string,
): Promise<DirectorProcess> {
  const director = await startDirector(t, lab.director, { config });
  if (!(await director.becomes('master'))) throw new Error('the director is not master');
  return director;
}

/** How long it takes until something is so, in milliseconds; undefined when it takes longer than the limit. */
export async function timeUntil(
  isSo: () => boolean | Promise<boolean>,
  limitMs: number,
): Promise<number | undefined> {
  const start = performance.now();
  const reached = await until(async () => ((await isSo()) ? true : undefined), {
    timeoutMs: limitMs,
    everyMs: 10,
  });
  return reached === undefined ? undefined : performance.now() - start;
}
