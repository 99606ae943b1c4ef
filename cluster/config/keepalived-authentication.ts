import { type Duration, seconds, toSeconds } from '../../director/base/time.js';
import type { Statement } from './keepalived-statements.js';
import type { Draft, ReadContext } from './read-context.js';
import { KeyIdRange, readSecretKey } from './secret-key.js';
import type { KeywordLines } from './statement-reader.js';
import type { HmacAuthentication, PasswordAuthentication, SecretKey } from './vrrp-config.js';

/** RFC 2338 §5.3.6: the password has eight bytes of the message. keepalived cuts a longer one off. */
const MaximumPassword = 8;

/** In seconds. */
const WindowRange = { minimum: 1, maximum: 300 };

/** keepalived's window, in seconds, where three intervals are shorter. */
const ShortestDefaultWindow = 5;

/** Reads `authentication { auth_type PASS auth_pass PASSWORD }`. */
export function readAuthentication(
  { keyword, line, body }: Statement,
  { reader, problems }: ReadContext,
): PasswordAuthentication | undefined {
  let password: string | undefined;
  let isHeader = false;
  reader.block({ name: keyword, line }, body ?? [], {
    auth_type: {
      required: true,
      read: (statement) => {
        const types = { PASS: 'pass', AH: 'ah' } as const;
        if (reader.choice(reader.value(statement, 'PASS'), types) !== 'ah') return;
        isHeader = true;
        const message = 'auth_type AH is not simulated: messages go without authentication';
        problems.warn(statement.line, 'auth_type', message, statement.columns[1]);
      },
    },
    auth_pass: {
      required: true,
      read: ({ words, line: at }) => {
        const [given = ''] = words;
        if (words.length === 1 && /^[\x20-\x7e]{1,8}$/.test(given)) password = given;
        else {
          const message = `auth_pass takes a password of 1 to ${MaximumPassword} printable characters`;
          problems.add(at, 'wrong-value', message);
        }
      },
    },
  });
  return password === undefined || isHeader ? undefined : { kind: 'pass', password };
}

/** `auth_hmac` while the interval of the advertisements may still follow. */
export type HmacDraft = Omit<HmacAuthentication, 'timeWindow'> & {
  readonly timeWindow: Duration | undefined;
};

/** Reads `auth_hmac { key ID SECRET ... active_key ID ... }`. */
export function readAuthHmac(
  { keyword, line, body }: Statement,
  context: ReadContext,
): HmacDraft | undefined {
  const { reader, problems } = context;
  const keys: SecretKey[] = [];
  const draft: Draft<HmacDraft> = {};
  const lines = reader.block({ name: keyword, line }, body ?? [], {
    key: {
      required: true,
      repeats: true,
      read: (statement) => readSecretKey(statement, keys, context),
    },
    active_key: {
      required: true,
      read: (statement) => {
        draft.activeKey = reader.wholeNumber(
          reader.value(statement, 'the id of a key'),
          KeyIdRange,
        );
      },
    },
    anti_replay: {
      read: (statement) => {
        draft.antiReplay = reader.choice(reader.value(statement), AntiReplays);
      },
    },
    time_window: {
      read: (statement) => {
        const window = reader.wholeNumber(reader.value(statement, 'seconds'), WindowRange);
        if (window !== undefined) draft.timeWindow = seconds(window);
      },
    },
    mode: {
      read: (statement) => {
        draft.mode = reader.choice(reader.value(statement), Modes);
      },
    },
  });
  const { activeKey, antiReplay = 'time', timeWindow, mode = 'enforce' } = draft;
  if (timeWindow !== undefined && antiReplay === 'monotonic') {
    const message = 'time_window has no effect with anti_replay monotonic';
    problems.add(lines.get('time_window') ?? line, 'conflict', message);
  }
  if (activeKey === undefined || !checkActiveKey(activeKey, keys, lines, context)) return undefined;
  return { kind: 'hmac', keys, activeKey, antiReplay, timeWindow, mode };
}

const AntiReplays = { time: 'time', monotonic: 'monotonic' } as const;

const Modes = {
  enforce: 'enforce',
  permissive: 'permissive',
  'receive-only': 'receive-only',
} as const;

function checkActiveKey(
  activeKey: number,
  keys: readonly SecretKey[],
  lines: KeywordLines,
  { problems }: ReadContext,
): boolean {
  if (keys.some(({ id }) => id === activeKey)) return true;
  // Without any key that was read, the key itself is the problem.
  if (keys.length > 0) {
    const message = `active_key is ${activeKey}, which is the id of no key`;
    problems.add(lines.get('active_key') ?? 1, 'unknown-reference', message);
  }
  return false;
}

/** keepalived's default window is three intervals, without their fractions of seconds. */
export function completeHmac(draft: HmacDraft, advertInterval: Duration): HmacAuthentication {
  const intervals = 3 * Math.floor(toSeconds(advertInterval));
  const window = Math.min(Math.max(intervals, ShortestDefaultWindow), WindowRange.maximum);
  return { ...draft, timeWindow: draft.timeWindow ?? seconds(window) };
}
