import { seconds } from '../../director/base/time.js';
import type { HttpCheckConfig, StatusCodeRange, UrlCheckConfig } from './checker-config.js';
import { checkConnection, completeConnection } from './keepalived-check-connection.js';
import { newNetworkCheck, networkKeywords } from './keepalived-check-plain.js';
import { completeTiming, inheritTiming } from './keepalived-check-timing.js';
import type { CheckerReader } from './keepalived-checkers.js';
import { readRegex, type RegexDraft, regexKeywords } from './keepalived-regex.js';
import type { Statement } from './keepalived-statements.js';
import type { Draft, ReadContext } from './read-context.js';
import type { Keyword, Value } from './statement-reader.js';

/** keepalived's, for HTTP_GET and SSL_GET. */
const HttpDefaults = { retry: 1, delayBeforeRetry: seconds(3) };

/** RFC 9110 §15: the first digit is 1 to 5. */
const StatusRange = { minimum: 100, maximum: 599 };
const Successes: readonly StatusCodeRange[] = [{ minimum: 200, maximum: 299 }];

/** As long as a line of keepalived may be. */
const MaximumTextLength = 1_024;

const Protocols = { '1.0': '1.0', '1.0C': '1.0C', '1.0c': '1.0C', '1.1': '1.1' } as const;

type HttpDraft = Draft<
  Pick<HttpCheckConfig, 'protocol' | 'enableSni' | 'sniName' | 'fastRecovery' | 'tlsCompliant'>
> & { virtualHost?: string | undefined };

/** A URL; what it leaves out it has from its checker. */
type UrlDraft = Omit<UrlCheckConfig, 'tlsCompliant'> & {
  readonly tlsCompliant: boolean | undefined;
};

/** Reads `HTTP_GET` or `SSL_GET`. */
export const readHttpCheck: CheckerReader = (statement, scope, context) => {
  const { keyword, line, body = [] } = statement;
  const kind = keyword === 'HTTP_GET' ? 'HTTP_GET' : 'SSL_GET';
  const { reader } = context;
  const draft = newNetworkCheck(scope);
  const http: HttpDraft = {};
  const urls: UrlDraft[] = [];
  const block = { name: kind, line };
  const common = networkKeywords(draft, context);
  reader.block(block, body, {
    ...common,
    // The old name of `retry`.
    ...(common['retry'] === undefined ? {} : { nb_get_retry: common['retry'] }),
    ...httpKeywords(http, context),
    url: {
      required: true,
      repeats: true,
      takesBlock: true,
      read: (given) => {
        const url = readUrl(given, context);
        if (url !== undefined) urls.push(url);
      },
    },
  });
  checkConnection(draft.connection, scope.endpoint, block, context);
  const { protocol = '1.0', enableSni = false, sniName, fastRecovery = false } = http;
  const { tlsCompliant = false } = http;
  return [
    ({ timing, endpoint, virtualHost }) => {
      const all = inheritTiming(draft.timing, timing);
      return {
        kind,
        ...completeTiming(all, HttpDefaults),
        connection: completeConnection(draft.connection, endpoint, all),
        protocol,
        enableSni,
        sniName,
        fastRecovery,
        tlsCompliant,
        urls: urls.map((url) => ({
          ...url,
          virtualHost: url.virtualHost ?? http.virtualHost ?? virtualHost,
          tlsCompliant: url.tlsCompliant ?? tlsCompliant,
        })),
      };
    },
  ];
};

function httpKeywords(draft: HttpDraft, context: ReadContext): Record<string, Keyword> {
  const { reader } = context;
  return {
    virtualhost: virtualHostKeyword(draft, context),
    http_protocol: {
      read: (statement) => {
        draft.protocol = reader.choice(reader.value(statement), Protocols);
      },
    },
    enable_sni: {
      read: (statement) => {
        draft.enableSni = reader.flag(statement);
      },
    },
    sni_name: {
      read: (statement) => {
        draft.sniName = reader.text(reader.value(statement, 'a name'), MaximumTextLength);
      },
    },
    fast_recovery: {
      read: (statement) => {
        draft.fastRecovery = reader.flag(statement);
      },
    },
    tls_compliant: tlsCompliantKeyword(draft, context),
  };
}

/** `virtualhost`, of a server, a checker or a URL. */
export const virtualHostKeyword = (
  draft: { virtualHost?: string | undefined },
  { reader }: ReadContext,
): Keyword => ({
  read: (statement) => {
    draft.virtualHost = reader.text(reader.value(statement, 'a name'), MaximumTextLength);
  },
});

const tlsCompliantKeyword = (
  draft: { tlsCompliant?: boolean | undefined },
  { reader }: ReadContext,
): Keyword => ({
  read: (statement) => {
    draft.tlsCompliant = reader.flag(statement);
  },
});

function readUrl(statement: Statement, context: ReadContext): UrlDraft | undefined {
  const { reader } = context;
  const draft: Draft<UrlDraft> = {};
  const regex: RegexDraft = {};
  const statusCodes: StatusCodeRange[] = [];
  const block = { name: 'url', line: statement.line };
  reader.values(statement, []);
  const lines = reader.block(block, statement.body ?? [], {
    path: {
      required: true,
      read: (given) => {
        draft.path = reader.text(reader.value(given, 'a path'), MaximumTextLength);
      },
    },
    digest: {
      read: (given) => {
        draft.digest = readDigest(reader.value(given, '32 hexadecimal digits'), context);
      },
    },
    status_code: {
      repeats: true,
      read: (given) => statusCodes.push(...readStatusCodes(given, context)),
    },
    virtualhost: virtualHostKeyword(draft, context),
    tls_compliant: tlsCompliantKeyword(draft, context),
    ...regexKeywords(regex, context),
  });
  const { path, digest, virtualHost, tlsCompliant } = draft;
  if (path === undefined) return undefined;
  return {
    path,
    digest,
    virtualHost,
    tlsCompliant,
    statusCodes: statusCodes.length === 0 ? Successes : statusCodes,
    regex: readRegex(regex, lines, context),
  };
}

function readDigest(value: Value | undefined, { problems }: ReadContext): string | undefined {
  if (value === undefined) return undefined;
  if (/^[0-9a-f]{32}$/i.test(value.text)) return value.text.toLowerCase();
  const message = `digest has to be an MD5 digest of 32 hexadecimal digits, not ${value.text}`;
  problems.add(value.line, 'wrong-value', message, value.column);
  return undefined;
}

/** Reads `status_code CODE | CODE-CODE ...`. */
function readStatusCodes(statement: Statement, context: ReadContext): StatusCodeRange[] {
  const { reader, problems } = context;
  const values = reader.list(statement);
  if (values.length === 0) {
    problems.add(statement.line, 'syntax', 'status_code needs a code, as in 200 or 200-299');
  }
  return values.flatMap((value) => {
    const [first, second = first, ...others] = value.text.split('-');
    const minimum = statusCode(first);
    const maximum = statusCode(second);
    if (others.length === 0 && minimum <= maximum) return [{ minimum, maximum }];
    const message = `status_code has to be codes from 100 to 599, as in 200 or 200-299, not ${value.text}`;
    problems.add(value.line, 'wrong-value', message, value.column);
    return [];
  });
}

/** NaN for what is none, so that every comparison with it fails. */
function statusCode(text: string | undefined): number {
  const code = /^\d{3}$/.test(text ?? '') ? Number(text) : Number.NaN;
  return code >= StatusRange.minimum && code <= StatusRange.maximum ? code : Number.NaN;
}
