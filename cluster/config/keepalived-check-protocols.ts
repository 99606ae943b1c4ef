import {
  type DnsCheckConfig,
  type DnsType,
  DnsTypes,
  type SmtpCheckConfig,
  type UdpCheckConfig,
} from './checker-config.js';
import { readPattern } from './hexadecimal-pattern.js';
import {
  checkConnection,
  completeConnection,
  type ConnectionDraft,
  connectionKeywords,
  saysWhere,
} from './keepalived-check-connection.js';
import { newNetworkCheck, networkKeywords, UsualDefaults } from './keepalived-check-plain.js';
import { completeTiming, inheritTiming } from './keepalived-check-timing.js';
import type { CheckerReader } from './keepalived-checkers.js';
import type { ReadContext } from './read-context.js';
import type { Keyword, Value } from './statement-reader.js';

/** keepalived's, for DNS_CHECK: the delay before a retry is the delay loop. */
const DnsDefaults = { retry: 3, delayBeforeRetry: undefined };

const MaximumTextLength = 1_024;

/** keepalived's `SMTP_DEFAULT_HELO`. */
const DefaultHeloName = 'smtpchecker.keepalived.org';

/**
 * Reads `SMTP_CHECK`. Its old `host` blocks are a checker each; the block itself is one, too, when it says where to connect
 * or has none of them.
 */
export const readSmtpCheck: CheckerReader = (statement, scope, context) => {
  const { line, body = [] } = statement;
  const { reader } = context;
  const draft = newNetworkCheck(scope);
  const block = { name: 'SMTP_CHECK', line };
  const hosts: ConnectionDraft[] = [];
  let heloName: string | undefined;
  reader.block(block, body, {
    ...networkKeywords(draft, context),
    helo_name: {
      read: (given) => {
        heloName = reader.text(reader.value(given, 'a name'), MaximumTextLength);
      },
    },
    host: {
      repeats: true,
      takesBlock: true,
      read: (given) => {
        const host: ConnectionDraft = {};
        reader.values(given, []);
        reader.block({ name: 'host', line: given.line }, given.body ?? [], {
          ...networkKeywords({ timing: {}, connection: host }, context),
          ...connectionKeywords(host, context),
        });
        checkConnection(host, scope.endpoint, { name: 'host', line: given.line }, context);
        hosts.push(host);
      },
    },
  });
  checkConnection(draft.connection, scope.endpoint, block, context);
  const isOne = hosts.length === 0 || saysWhere(draft.connection);
  const connections = [...(isOne ? [draft.connection] : []), ...hosts];
  return connections.map((connection) => ({ timing, endpoint }): SmtpCheckConfig => {
    const all = inheritTiming(draft.timing, timing);
    return {
      kind: 'SMTP_CHECK',
      ...completeTiming(all, UsualDefaults),
      connection: completeConnection(connection, endpoint, all),
      heloName: heloName ?? DefaultHeloName,
    };
  });
};

/** Reads `DNS_CHECK`. */
export const readDnsCheck: CheckerReader = (statement, scope, context) => {
  const { line, body = [] } = statement;
  const { reader } = context;
  const draft = newNetworkCheck(scope);
  const block = { name: 'DNS_CHECK', line };
  let type: DnsType | undefined;
  let name: string | undefined;
  reader.block(block, body, {
    ...networkKeywords(draft, context),
    type: {
      read: (given) => {
        const types = Object.fromEntries(DnsTypes.map((one): [string, DnsType] => [one, one]));
        type = reader.choice(reader.value(given), types);
      },
    },
    name: {
      read: (given) => {
        name = readDomain(reader.value(given, 'a domain name'), context);
      },
    },
  });
  checkConnection(draft.connection, scope.endpoint, block, context);
  return [
    ({ timing, endpoint }): DnsCheckConfig => {
      const all = inheritTiming(draft.timing, timing);
      return {
        kind: 'DNS_CHECK',
        ...completeTiming(all, DnsDefaults),
        connection: completeConnection(draft.connection, endpoint, all),
        type: type ?? 'SOA',
        name: name ?? '.',
      };
    },
  ];
};

/** RFC 1035 §2.3.4: labels of 63 bytes, 255 bytes together with their lengths; the root is a dot. */
function readDomain(value: Value | undefined, { problems }: ReadContext): string | undefined {
  if (value === undefined) return undefined;
  const { text } = value;
  const labels = text.replace(/\.$/, '').split('.');
  const isName = labels.every((label) => /^[\x21-\x7e]{1,63}$/.test(label)) && text.length <= 254;
  if (text === '.' || isName) return text;
  const message = `name has to be a domain name of labels of 1 to 63 characters, not ${text}`;
  problems.add(value.line, 'wrong-value', message, value.column);
  return undefined;
}

/** Reads `UDP_CHECK`. */
export const readUdpCheck: CheckerReader = (statement, scope, context) => {
  const { line, body = [] } = statement;
  const draft = newNetworkCheck(scope);
  const block = { name: 'UDP_CHECK', line };
  const udp: UdpDraft = { isReplyRequired: false, reply: NoPattern, minimum: 0, maximum: 255 };
  const lines = context.reader.block(block, body, {
    ...networkKeywords(draft, context),
    ...udpKeywords(udp, context),
  });
  checkConnection(draft.connection, scope.endpoint, block, context);
  if (udp.minimum > udp.maximum) {
    const message = `max_reply_length ${udp.maximum} is below min_reply_length ${udp.minimum}`;
    const at = lines.get('max_reply_length') ?? lines.get('min_reply_length') ?? line;
    context.problems.add(at, 'conflict', message);
  }
  const { isReplyRequired, payload, reply, minimum, maximum } = udp;
  const lengths = { minimumLength: minimum, maximumLength: maximum };
  return [
    ({ timing, endpoint }): UdpCheckConfig => {
      const all = inheritTiming(draft.timing, timing);
      return {
        kind: 'UDP_CHECK',
        ...completeTiming(all, UsualDefaults),
        connection: completeConnection(draft.connection, endpoint, all),
        payload,
        reply: isReplyRequired ? { ...reply, ...lengths } : undefined,
      };
    },
  ];
};

const NoPattern = { data: new Uint8Array(), mask: new Uint8Array() };

interface UdpDraft {
  payload?: Uint8Array | undefined;
  isReplyRequired: boolean;
  reply: { readonly data: Uint8Array; readonly mask: Uint8Array };
  minimum: number;
  maximum: number;
}

function udpKeywords(draft: UdpDraft, context: ReadContext): Record<string, Keyword> {
  const { reader } = context;
  const length = (field: 'minimum' | 'maximum'): Keyword => ({
    read: (statement) => {
      const range = { minimum: 0, maximum: 65_535 };
      const value = reader.value(statement, 'a number of bytes');
      draft[field] = reader.wholeNumber(value, range) ?? draft[field];
    },
  });
  return {
    payload: {
      read: (statement) => {
        draft.payload = readPattern(statement, false, context)?.data;
      },
    },
    require_reply: {
      read: (statement) => {
        draft.isReplyRequired = true;
        if (statement.words.length === 0) return;
        draft.reply = readPattern(statement, true, context) ?? NoPattern;
      },
    },
    min_reply_length: length('minimum'),
    max_reply_length: length('maximum'),
  };
}
