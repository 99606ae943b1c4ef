import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';

import { isIpv6 } from '../../../director/base/address.js';
import { assert } from '../../../director/base/invariant.js';
import type { Libc } from '../../../director/io/libc.js';
import type { HttpCheckConfig, UrlCheckConfig } from '../../config/checker-config.js';
import { HttpAnswer } from '../../health/http-answer.js';
import type { Probe } from '../../member/health/probe.js';
import { Attempt } from './attempt.js';
import { BodyPattern } from './body-pattern.js';
import { connectFor } from './connect.js';
import { secure, type TlsOptions } from './tls-stream.js';

/** What SSL_GET shows and asks for. */
export type TlsSettings = Pick<TlsOptions, 'context' | 'verifies'>;

/**
 * `HTTP_GET` and `SSL_GET`: the answer to each URL, one a step, has the right status, digest and content. The request is
 * keepalived's and not Node's, because HTTP/1.0 is what most files ask for, and digests are over the bytes as they come.
 */
export function httpProbe(
  config: HttpCheckConfig,
  tls: TlsSettings | undefined,
  libc?: Libc,
): Probe {
  const { connection, urls } = config;
  const patterns = urls.map(({ regex }) => regex && new BodyPattern(regex));
  return (step, report) => {
    const url = urls[step];
    assert(url !== undefined, 'every step has a URL');
    const attempt = new Attempt(connection.timeout, report);
    const reading = new Reading(attempt, url, patterns[step]);
    connectFor(attempt, { connection, libc }, (socket) => {
      if (tls === undefined) return converse(socket, requestOf(config, url), reading);
      const stream = secure(attempt, socket, tlsOptions(config, url, tls));
      stream.once('secureConnect', () => converse(stream, requestOf(config, url), reading));
    });
    return attempt.abandon;
  };
}

function converse(socket: Socket, request: string, reading: Reading): void {
  socket.write(request);
  socket.on('data', (piece: Uint8Array) => reading.take(piece));
  socket.once('end', () => reading.finish());
}

function tlsOptions(
  { enableSni, sniName }: HttpCheckConfig,
  { virtualHost, tlsCompliant }: UrlCheckConfig,
  tls: TlsSettings,
): TlsOptions {
  const serverName = enableSni ? (sniName ?? virtualHost) : undefined;
  return { ...tls, serverName, isStrict: tlsCompliant };
}

function requestOf(
  { protocol, connection }: HttpCheckConfig,
  { path, virtualHost }: UrlCheckConfig,
): string {
  const { address, port } = connection;
  const host = isIpv6(address) ? `[${address}]` : address;
  return [
    `GET ${path} HTTP/${protocol === '1.1' ? '1.1' : '1.0'}`,
    'User-Agent: KeepAliveClient',
    ...(protocol === '1.0' ? [] : ['Connection: close']),
    `Host: ${virtualHost ?? `${host}:${port}`}`,
    '\r\n',
  ].join('\r\n');
}

/** The answer to one request, as far as it has come. */
class Reading {
  readonly #attempt: Attempt;
  readonly #url: UrlCheckConfig;
  readonly #pattern: BodyPattern | undefined;
  readonly #answer = new HttpAnswer();
  readonly #digest = createHash('md5');
  readonly #body: Uint8Array[] = [];

  constructor(attempt: Attempt, url: UrlCheckConfig, pattern: BodyPattern | undefined) {
    this.#attempt = attempt;
    this.#url = url;
    this.#pattern = pattern;
  }

  take(piece: Uint8Array): void {
    if (this.#attempt.isOver) return;
    const body = this.#answer.feed(piece);
    this.#digest.update(body);
    if (this.#pattern !== undefined) this.#body.push(body);
    if (this.#answer.problem !== undefined) this.#attempt.fail(this.#answer.problem, true);
    // Where the end of the stream has to be said, it is waited for.
    else if (this.#answer.isComplete && !this.#url.tlsCompliant) this.finish();
  }

  /** There is no more to come. */
  finish(): void {
    const { status } = this.#answer;
    if (status === undefined) return this.#attempt.fail('the server hangs up', true);
    const problem = this.#findProblem(status);
    if (problem === undefined) this.#attempt.succeed();
    else this.#attempt.fail(problem, true);
  }

  #findProblem(status: number): string | undefined {
    const { statusCodes, digest, path } = this.#url;
    const isExpected = statusCodes.some(
      ({ minimum, maximum }) => status >= minimum && status <= maximum,
    );
    if (!isExpected) return `status ${status} of ${path}`;
    if (digest !== undefined && this.#digest.digest('hex') !== digest) return `digest of ${path}`;
    if (this.#pattern === undefined || this.#pattern.accepts(Buffer.concat(this.#body))) {
      return undefined;
    }
    return `regex of ${path}`;
  }
}
