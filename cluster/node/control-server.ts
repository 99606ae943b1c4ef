import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { z } from 'zod';

import { IoError } from '../../director/base/errors.js';
import type { Api, Commands } from './api.js';
import { readJson } from './request-body.js';

/** One function for each path of the API. */
export type ApiHandlers = { readonly [Path in keyof Api]: () => Api[Path] };

/** One function for each path that takes commands. */
export type CommandHandlers = {
  readonly [Path in keyof Commands]: (
    request: Commands[Path]['request'],
  ) => Promise<Commands[Path]['answer']>;
};

const IpvsadmRequest = z.strictObject({ argv: z.array(z.string().max(1_024)).max(64) });
const EmptyRequest = z.strictObject({});

/**
 * The control socket: HTTP over a Unix socket, so that `curl --unix-socket` is enough to look inside. Only the owner of
 * the socket file may connect, or also its group. A file that is left of a process which was killed is replaced.
 */
export class ControlServer {
  readonly #server: Server;
  readonly #path: string;

  private constructor(server: Server, path: string) {
    this.#server = server;
    this.#path = path;
  }

  static async open(
    path: string,
    handlers: ApiHandlers,
    commands: CommandHandlers,
    { isForGroup }: { readonly isForGroup: boolean } = { isForGroup: false },
  ): Promise<ControlServer> {
    const answers = new Map<string, () => unknown>(Object.entries(handlers));
    const server = createServer((request, response) => {
      const url = request.url ?? '';
      if (request.method === 'POST' && url === '/ipvsadm') {
        void carryOut(request, response, IpvsadmRequest, commands[url]);
        return;
      }
      if (request.method === 'POST' && url === '/preempt') {
        void carryOut(request, response, EmptyRequest, commands[url]);
        return;
      }
      const answer = request.method === 'GET' ? answers.get(url) : undefined;
      if (answer !== undefined) {
        end(response, 200, answer());
        return;
      }
      const paths = [...answers.keys()];
      end(response, 404, { error: 'no such document', paths, commands: Object.keys(commands) });
    });
    await rm(path, { force: true });
    const umask = process.umask(isForGroup ? 0o007 : 0o077);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(path, resolve);
      });
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause);
      throw new IoError({ code: 'control-socket' }, `cannot listen on ${path}: ${text}`, { cause });
    } finally {
      process.umask(umask);
    }
    return new ControlServer(server, path);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    await rm(this.#path, { force: true });
  }
}

async function carryOut<Request>(
  request: IncomingMessage,
  response: ServerResponse,
  schema: z.ZodType<Request>,
  command: (asked: Request) => Promise<unknown>,
): Promise<void> {
  const body = await readJson(request, schema);
  if ('error' in body) end(response, body.status, { error: body.error });
  else end(response, 200, await command(body.value));
}

function end(response: ServerResponse, status: number, document: unknown): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  response.end(`${JSON.stringify(document)}\n`);
}
