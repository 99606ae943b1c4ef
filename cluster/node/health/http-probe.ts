import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';

import { isIpv6 } from '../../../director/base/address.js';
import { assert } from '../../../director/base/invariant.js';
import type { HttpCheckConfig, UrlCheckConfig } from '../../config/checker-config.js';
import { HttpAnswer } from '../../health/http-answer.js';
import { BodyPattern } from './body-pattern.js';
import { connectFor, connectionOptions } from './connect.js';
import { Attempt, type Probe } from './probe.js';

/** What SSL_GET shows and asks for. */
export interface TlsSettings {
  readonly context: SecureContext;
  /** True when there is a CA that has to have signed the server's certificate. */
  readonly verifies: boolean;
}

/**
 * `HTTP_GET` and `SSL_GET`: the answer to each URL, one a step, has the right status, digest and content. The request is
 * keepalived's and not Node's, because HTTP/1.0 is what most files ask for, and digests are over the bytes as they come.
 */
export function httpProbe(config: HttpCheckConfig, tls: TlsSettings | undefined): Probe {
  const { connection, urls } = config;
  const patterns = urls.map(({ regex }) => regex && new BodyPattern(regex));
  return (step, report) => {
    const url = urls[step];
    assert(url !== undefined, 'every step has a URL');
    const attempt = new Attempt(connection.timeout, report);
    const reading = new Reading(attempt, url, patterns[step]);
    const socket = open(config, url, attempt, tls);
    const ready = config.kind === 'SSL_GET' ? 'secureConnect' : 'connect';
    socket.once(ready, () => socket.write(requestOf(config, url)));
    socket.on('data', (piece: Uint8Array) => reading.take(piece));
    socket.once('end', () => reading.finish());
    return attempt.abandon;
  };
}

function open(
  config: HttpCheckConfig,
  { virtualHost }: UrlCheckConfig,
  attempt: Attempt,
  tls: TlsSettings | undefined,
): Socket {
  const { connection, enableSni, sniName } = config;
  if (config.kind === 'HTTP_GET') return connectFor(attempt, connection);
  assert(tls !== undefined, 'SSL_GET has a TLS context');
  const name = sniName ?? virtualHost;
  const socket = connectTls({
    ...connectionOptions(connection),
    secureContext: tls.context,
    rejectUnauthorized: tls.verifies,
    // A CA vouches for the server; what it is called does not matter, as in keepalived.
    checkServerIdentity: () => undefined,
    ...(enableSni && name !== undefined ? { servername: name } : {}),
  });
  socket.on('error', (error) => attempt.failBy(error));
  attempt.holds(() => socket.destroy());
  return socket;
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
    else if (this.#answer.isComplete) this.finish();
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
