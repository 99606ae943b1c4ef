import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';

import { IoError } from '../../director/base/errors.js';
import type { Api } from './api.js';

/** One function for each path of the API. */
export type ApiHandlers = { readonly [Path in keyof Api]: () => Api[Path] };

/**
 * The control socket: HTTP over a Unix socket, so that `curl --unix-socket` is enough to look inside. Only the owner of
 * the socket file may connect. A file that is left of a process which was killed is replaced.
 */
export class ControlServer {
  readonly #server: Server;
  readonly #path: string;

  private constructor(server: Server, path: string) {
    this.#server = server;
    this.#path = path;
  }

  static async open(path: string, handlers: ApiHandlers): Promise<ControlServer> {
    const answers = new Map<string, () => unknown>(Object.entries(handlers));
    const server = createServer((request, response) => {
      const answer = request.method === 'GET' ? answers.get(request.url ?? '') : undefined;
      response.setHeader('content-type', 'application/json');
      if (answer === undefined) {
        response.statusCode = 404;
        const paths = [...answers.keys()];
        response.end(`${JSON.stringify({ error: 'no such document', paths })}\n`);
        return;
      }
      response.end(`${JSON.stringify(answer())}\n`);
    });
    await rm(path, { force: true });
    const umask = process.umask(0o077);
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
