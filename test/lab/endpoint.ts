import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { until } from '../../cluster/lab/wait.js';
import type { LinkedNode } from './linked-nodes.js';

const program = fileURLToPath(new URL('vrrp-endpoint.js', import.meta.url));

/** What the program writes: a message that it has received, or that it has carried out a command. */
export interface Message {
  readonly source: string;
  readonly destination: string;
  readonly ttl: number;
  readonly hex: string;
}

interface Line {
  readonly message?: Message;
  readonly isStalled?: boolean;
  readonly done?: string;
}

/** The program of `vrrp-endpoint.ts` on a node: somebody who sends and receives VRRP messages as it is told. */
export class Endpoint {
  readonly lines: Line[] = [];
  readonly #child;

  constructor(node: LinkedNode, argv: readonly string[]) {
    this.#child = node.start(process.execPath, program, ...argv);
    this.#child.stderr?.pipe(process.stderr);
    const { stdout } = this.#child;
    if (stdout !== null) {
      createInterface(stdout).on('line', (line) => this.lines.push(JSON.parse(line)));
    }
  }

  async has(done: string): Promise<void> {
    const isDone = (): true | undefined =>
      this.lines.some((line) => line.done === done) || undefined;
    if ((await until(isDone, { timeoutMs: 10_000, everyMs: 5 })) === undefined) {
      throw new Error(`the endpoint does not ${done}`);
    }
  }

  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** The messages so far; waits until there are so many. */
  async messages(count: number): Promise<Message[]> {
    const messages = (): Message[] =>
      this.lines.flatMap(({ message }) => (message === undefined ? [] : [message]));
    await until(() => messages().length >= count || undefined, { timeoutMs: 2_000, everyMs: 5 });
    return messages();
  }

  async end(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}

/** Starts the program; `rest` is the group, or `-` for unicast, and the TTL of what is sent. */
export async function openEndpoint(
  node: LinkedNode,
  source: string,
  ...rest: readonly string[]
): Promise<Endpoint> {
  const endpoint = new Endpoint(node, ['eth0', source, ...rest]);
  await endpoint.has('open');
  return endpoint;
}
