import { readFileSync } from 'node:fs';

import { parseAddress } from '../../director/base/address.js';
import { ConfigError, UsageError } from '../../director/base/errors.js';
import type { TcpPlace } from './control-server.js';

/** A token that can be guessed is none. */
const ShortestToken = 16;

/** Reads `ADDRESS:PORT` and the file of the token. Throws a `UsageError` or a `ConfigError` for what cannot be used. */
export function tcpPlace(listen: string, tokenFile: string | undefined): TcpPlace {
  const [, host = '', digits = ''] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(listen) ?? [];
  const port = Number(digits);
  if (parseAddress(host) === undefined || digits === '' || port > 65_535) {
    throw new UsageError({ code: 'listen' }, `--listen ${listen} is not ADDRESS:PORT`);
  }
  if (tokenFile === undefined) {
    throw new UsageError({ code: 'token' }, '--listen needs --token-file: TCP is open to others');
  }
  return { host, port, token: readToken(tokenFile) };
}

function readToken(file: string): string {
  let token: string;
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError({ code: 'unreadable', file }, `cannot read ${file}: ${reason}`);
  }
  if (token.length < ShortestToken || /\s/.test(token)) {
    const rule = `one word of at least ${ShortestToken} characters`;
    throw new ConfigError({ code: 'token', file }, `the token in ${file} has to be ${rule}`);
  }
  return token;
}
