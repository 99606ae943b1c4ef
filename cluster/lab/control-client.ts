import { request } from 'node:http';
import { text } from 'node:stream/consumers';

import { BatonError, IoError, UsageError } from '../../director/base/errors.js';
import type { Api, Commands } from '../node/api.js';

/** A director that runs answers at once; one that is silent for this long hangs. */
const answerTimeoutMs = 5_000;

/**
 * Asks a director for one document of its control API. Throws an `IoError`: `no-answer` when nothing listens or the
 * answer does not come, `bad-answer` when it is not the document. The answer's shape is trusted: the director is this
 * program's other half, of the same build.
 */
export async function fetchDocument<P extends keyof Api>(
  socketPath: string,
  path: P,
): Promise<Api[P]> {
  return exchange(socketPath, path, 'GET', undefined);
}

/** Has a director carry out a command. Throws as `fetchDocument` does. */
export async function sendCommand<P extends keyof Commands>(
  socketPath: string,
  path: P,
  command: Commands[P]['request'],
): Promise<Commands[P]['answer']> {
  return exchange(socketPath, path, 'POST', JSON.stringify(command));
}

/**
 * Sends a request of any form and answers the text that comes back, also that of a refusal, which is told by a `UsageError`.
 */
export async function callApi(
  socketPath: string,
  method: 'GET' | 'POST',
  path: string,
  document?: string,
): Promise<string> {
  const { status, body } = await send(socketPath, path, method, document);
  if (status === 200) return body;
  throw new UsageError({ code: 'refused' }, `the director refuses ${path}: ${body.trim()}`);
}

async function exchange<T>(
  socketPath: string,
  path: string,
  method: 'GET' | 'POST',
  document: string | undefined,
): Promise<T> {
  const { status, body } = await send(socketPath, path, method, document);
  if (status !== 200) {
    throw new IoError(
      { code: 'bad-answer' },
      `the director at ${socketPath} answered ${path} with status ${String(status)}`,
    );
  }
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new IoError(
      { code: 'bad-answer' },
      `the director at ${socketPath} answered ${path} with something other than JSON`,
      { cause: error },
    );
  }
}

async function send(
  socketPath: string,
  path: string,
  method: string,
  document: string | undefined,
): Promise<{ readonly status: number; readonly body: string }> {
  try {
    return await new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(answerTimeoutMs);
      const outgoing = request({ socketPath, path, method, agent: false, signal }, (response) => {
        const status = response.statusCode ?? 0;
        text(response).then((body) => resolve({ status, body }), reject);
      });
      outgoing.once('error', reject);
      outgoing.end(document);
    });
  } catch (error) {
    throw new IoError({ code: 'no-answer' }, `no answer from the director at ${socketPath}`, {
      cause: error,
    });
  }
}

/** True for the error of a director that does not answer, as one that still starts or has just ended. */
export const isNoAnswer = (error: unknown): boolean =>
  error instanceof BatonError && error.details.code === 'no-answer';
