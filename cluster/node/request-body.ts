import type { IncomingMessage } from 'node:http';

import { z } from 'zod';

/** More than any command needs. */
const LongestBody = 64 * 1_024;

/** The document of a request, or the HTTP status and the reason for which there is none. */
export type Body<T> =
  | { readonly value: T }
  | { readonly status: 400 | 413; readonly error: string };

/** Reads the JSON document of a request. Whatever a client sends, or leaves off sending, is an answer and no exception. */
export async function readJson<T>(request: IncomingMessage, form: z.ZodType<T>): Promise<Body<T>> {
  const text = await readText(request);
  if (typeof text !== 'string') return text;
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { status: 400, error: 'the request is not JSON' };
  }
  const read = form.safeParse(document);
  if (read.success) return { value: read.data };
  return { status: 400, error: z.prettifyError(read.error) };
}

/** Past the limit the rest is still taken, and forgotten, so that the client comes to read the answer. */
async function readText(
  request: IncomingMessage,
): Promise<string | { readonly status: 400 | 413; readonly error: string }> {
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((resolve) => {
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > LongestBody) chunks.length = 0;
      else chunks.push(chunk);
    });
    request.on('end', () => {
      const isLong = length > LongestBody;
      const error = `the request is longer than ${LongestBody} bytes`;
      resolve(isLong ? { status: 413, error } : Buffer.concat(chunks).toString());
    });
    request.on('error', () => resolve({ status: 400, error: 'the request broke off' }));
    request.on('close', () => resolve({ status: 400, error: 'the request broke off' }));
  });
}
