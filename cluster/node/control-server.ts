import { createHash, timingSafeEqual } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import type { z } from 'zod';

import { BatonError, IoError } from '../../director/base/errors.js';
import type { Api, Commands, NodeEvent } from './api.js';
import { CommandForms } from './command-forms.js';
import { openApi } from './open-api.js';
import { readJson } from './request-body.js';

/** One function for each path of the API. */
export type ApiHandlers = { readonly [Path in keyof Api]: () => Api[Path] };

/** One function for each path that takes commands; a refusal is a thrown `BatonError`. */
export type CommandHandlers = {
  readonly [Path in keyof Commands]: (
    request: Commands[Path]['request'],
  ) => Promise<Commands[Path]['answer']>;
};

/** What is not made of JSON documents. */
export interface TextHandlers {
  /** Texts by their paths, with the content type of each. */
  readonly texts: ReadonlyMap<
    string,
    { readonly type: string; readonly read: () => Promise<string> }
  >;
  /** Tells of events from now on, until the answer is called. */
  follow(follower: (event: NodeEvent) => void): () => void;
}

/** What a server has besides documents and commands, and who may use it. */
export interface ControlOptions {
  readonly texts?: TextHandlers;
  /** True: the group of the Unix socket's file may connect, too. */
  readonly isForGroup?: boolean;
}

/** Where a TCP server listens, and the token that a client has to have. */
export interface TcpPlace {
  readonly host: string;
  readonly port: number;
  readonly token: string;
}

/** Connections of a server at a time: who comes then is told to come again. */
const MostConnections = 128;
/** How long a client may take for the head of a request, for all of it, and between two requests. */
const HeadTimeoutMs = 5_000;
const RequestTimeoutMs = 10_000;
const IdleTimeoutMs = 5_000;
/** Bytes of events that wait for a client; who reads more slowly than they come is cut off. */
const LongestBacklog = 256 * 1_024;

/** The API's own version: what is added is a minor one, what is taken away a major one. */
const ApiVersion = '1.0.0';

/**
 * The control API: HTTP over a Unix socket, so that `curl --unix-socket` is enough to look inside, and, when somebody wants
 * it, over TCP with a token. Only the owner of the socket file may connect, or also its group. A file that is left of a process
 * which was killed is replaced.
 *
 * Everything that a client can say has a limit: connections, times, the length of a request and what it may look like.
 */
export class ControlServer {
  readonly #server: Server;
  readonly #path: string | undefined;

  private constructor(server: Server, path: string | undefined) {
    this.#server = server;
    this.#path = path;
  }

  /** Opens the Unix socket. Throws an `IoError` when the path cannot be used. */
  static async open(
    path: string,
    handlers: ApiHandlers,
    commands: CommandHandlers,
    { texts = NoTexts, isForGroup = false }: ControlOptions = {},
  ): Promise<ControlServer> {
    const server = serverOf({ handlers, commands, texts, token: undefined });
    await rm(path, { force: true });
    const umask = process.umask(isForGroup ? 0o007 : 0o077);
    try {
      await listen(server, { path });
    } catch (cause) {
      throw listenError(path, cause);
    } finally {
      process.umask(umask);
    }
    return new ControlServer(server, path);
  }

  /** Opens a TCP port for clients with the token. Throws an `IoError` when it cannot be had. */
  static async openTcp(
    place: TcpPlace,
    handlers: ApiHandlers,
    commands: CommandHandlers,
    { texts = NoTexts }: ControlOptions = {},
  ): Promise<ControlServer> {
    const { host, port, token } = place;
    const server = serverOf({ handlers, commands, texts, token });
    try {
      await listen(server, { host, port });
    } catch (cause) {
      throw listenError(`${host}, TCP port ${port}`, cause);
    }
    return new ControlServer(server, undefined);
  }

  /** The TCP port, for who has asked for any. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    if (this.#path !== undefined) await rm(this.#path, { force: true });
  }
}

const NoTexts: TextHandlers = { texts: new Map(), follow: () => () => {} };

interface Routes {
  readonly handlers: ApiHandlers;
  readonly commands: CommandHandlers;
  readonly texts: TextHandlers;
  readonly token: string | undefined;
}

function serverOf(routes: Routes): Server {
  const answers = new Map<string, () => unknown>(Object.entries(routes.handlers));
  answers.set('/openapi.json', () => openApi(ApiVersion));
  const commands = commandsOf(routes.commands);
  const server = createServer(
    {
      headersTimeout: HeadTimeoutMs,
      requestTimeout: RequestTimeoutMs,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => {
      const { texts, token } = routes;
      void answer(request, response, { texts, token, answers, commands });
    },
  );
  server.keepAliveTimeout = IdleTimeoutMs;
  let count = 0;
  server.on('connection', (socket: Socket) => {
    count += 1;
    socket.once('close', () => {
      count -= 1;
    });
    if (count > MostConnections) refuse(socket);
  });
  return server;
}

/** Says that there are too many, without waiting for what the client wants. */
function refuse(socket: Socket): void {
  const body = '{"error":"too many connections"}\n';
  const head = [
    'HTTP/1.1 503 Service Unavailable',
    'content-type: application/json',
    'connection: close',
  ];
  socket.end(`${[...head, `content-length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}

/** Where requests go, by their paths. */
interface Answering extends Pick<Routes, 'texts' | 'token'> {
  readonly answers: ReadonlyMap<string, () => unknown>;
  readonly commands: ReadonlyMap<string, Carrying>;
}
type Carrying = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { answers, commands, texts, token }: Answering,
): Promise<void> {
  if (token !== undefined && !isAllowed(request, token)) {
    response.setHeader('www-authenticate', 'Bearer');
    end(response, 401, { error: 'the token is missing or wrong' });
    return;
  }
  const url = request.url ?? '';
  if (request.method === 'POST') {
    const command = commands.get(url);
    if (command !== undefined) return command(request, response);
  } else if (request.method === 'GET') {
    const document = answers.get(url);
    if (document !== undefined) return end(response, 200, document());
    if (url === '/events/stream') return stream(response, texts);
    const text = texts.texts.get(url);
    if (text !== undefined) return endText(response, text.type, await text.read());
  }
  const paths = [...answers.keys(), ...texts.texts.keys()];
  end(response, 404, { error: 'no such document', paths, commands: [...commands.keys()] });
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** In a time that says nothing about how much of the token is right. */
function isAllowed(request: IncomingMessage, token: string): boolean {
  const given = request.headers.authorization ?? '';
  return timingSafeEqual(digest(given), digest(`Bearer ${token}`));
}

function commandsOf(commands: CommandHandlers): Map<string, Carrying> {
  return new Map([
    ['/ipvsadm', carrying(CommandForms['/ipvsadm'], commands['/ipvsadm'])],
    ['/preempt', carrying(CommandForms['/preempt'], commands['/preempt'])],
    ['/reload', carrying(CommandForms['/reload'], commands['/reload'])],
    ['/weight', carrying(CommandForms['/weight'], commands['/weight'])],
    ['/stand-down', carrying(CommandForms['/stand-down'], commands['/stand-down'])],
  ]);
}

const carrying =
  <Request>(schema: z.ZodType<Request>, command: (asked: Request) => Promise<unknown>): Carrying =>
  async (request, response) =>
    carryOut(request, response, schema, command);

async function carryOut<Request>(
  request: IncomingMessage,
  response: ServerResponse,
  schema: z.ZodType<Request>,
  command: (asked: Request) => Promise<unknown>,
): Promise<void> {
  const body = await readJson(request, schema);
  if ('error' in body) return end(response, body.status, { error: body.error });
  try {
    end(response, 200, await command(body.value));
  } catch (error) {
    if (!(error instanceof BatonError)) throw error;
    end(response, 409, { error: error.message, code: error.details.code });
  }
}

/** Server-sent events, until the client goes, or falls behind. */
function stream(response: ServerResponse, texts: TextHandlers): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(': events\n\n');
  const stop = texts.follow((event) => {
    response.write(`event: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
    if (response.writableLength > LongestBacklog) response.destroy();
  });
  response.once('close', stop);
}

function end(response: ServerResponse, status: number, document: unknown): void {
  response.statusCode = status;
  endText(response, 'application/json', `${JSON.stringify(document)}\n`);
}

function endText(response: ServerResponse, type: string, text: string): void {
  response.setHeader('content-type', type);
  response.end(text);
}

async function listen(
  server: Server,
  where: { readonly path: string } | { readonly host: string; readonly port: number },
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, resolve);
  });
}

function listenError(where: string, cause: unknown): IoError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new IoError({ code: 'control-socket' }, `cannot listen on ${where}: ${text}`, { cause });
}
