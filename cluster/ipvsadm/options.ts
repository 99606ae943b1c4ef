/** The commands, by the names that ipvsadm has for them in messages. */
export type CommandName =
  | 'add-service'
  | 'edit-service'
  | 'delete-service'
  | 'flush'
  | 'list'
  | 'add-server'
  | 'delete-server'
  | 'edit-server'
  | 'set'
  | 'start-daemon'
  | 'stop-daemon'
  | 'restore'
  | 'save'
  | 'zero'
  | 'help'
  | 'version';

/** The options by their names in messages, in the order in which ipvsadm checks them. */
export const OptionNames = [
  'numeric',
  'connection',
  'service-address',
  'scheduler',
  'persistent',
  'netmask',
  'real-server',
  'forwarding-method',
  'weight',
  'u-threshold',
  'l-threshold',
  'mcast-interface',
  'timeout',
  'daemon',
  'stats',
  'rate',
  'thresholds',
  'persistent-conn',
  'nosort',
  'syncid',
  'exact',
  'ops',
  'pe',
  'sched-flags',
  'mcast-group',
  'mcast-port',
  'mcast-ttl',
  'sync-maxlen',
  'tun-info',
  'tun-type',
  'tun-port',
  'tun-nocsum',
  'tun-csum',
  'tun-remcsum',
  'client',
  'state',
  'owner',
  'json',
] as const;
export type OptionName = (typeof OptionNames)[number];

/** One option as the command line has it. */
export interface OptionForm {
  readonly long: string;
  readonly short?: string;
  readonly argument?: 'required' | 'optional';
  readonly command?: CommandName;
  /** Absent for options that may be repeated. */
  readonly option?: OptionName;
}

const Forms: readonly OptionForm[] = [
  { long: 'add-service', short: 'A', command: 'add-service' },
  { long: 'edit-service', short: 'E', command: 'edit-service' },
  { long: 'delete-service', short: 'D', command: 'delete-service' },
  { long: 'clear', short: 'C', command: 'flush' },
  { long: 'list', short: 'L', command: 'list' },
  { long: 'list', short: 'l', command: 'list' },
  { long: 'zero', short: 'Z', command: 'zero' },
  { long: 'add-server', short: 'a', command: 'add-server' },
  { long: 'edit-server', short: 'e', command: 'edit-server' },
  { long: 'delete-server', short: 'd', command: 'delete-server' },
  { long: 'set', command: 'set' },
  { long: 'help', short: 'h', command: 'help' },
  { long: 'version', short: 'v', command: 'version' },
  { long: 'restore', short: 'R', command: 'restore' },
  { long: 'save', short: 'S', command: 'save' },
  { long: 'start-daemon', argument: 'required', command: 'start-daemon' },
  { long: 'stop-daemon', argument: 'required', command: 'stop-daemon' },
  { long: 'tcp-service', short: 't', argument: 'required', option: 'service-address' },
  { long: 'udp-service', short: 'u', argument: 'required', option: 'service-address' },
  { long: 'sctp-service', argument: 'required', option: 'service-address' },
  { long: 'fwmark-service', short: 'f', argument: 'required', option: 'service-address' },
  { long: 'ipv6', short: '6' },
  { long: 'scheduler', short: 's', argument: 'required', option: 'scheduler' },
  { long: 'persistent', short: 'p', argument: 'optional', option: 'persistent' },
  { long: 'netmask', short: 'M', argument: 'required', option: 'netmask' },
  { long: 'real-server', short: 'r', argument: 'required', option: 'real-server' },
  { long: 'masquerading', short: 'm', option: 'forwarding-method' },
  { long: 'ipip', short: 'i', option: 'forwarding-method' },
  { long: 'gatewaying', short: 'g', option: 'forwarding-method' },
  { long: 'fullnat', option: 'forwarding-method' },
  { long: 'weight', short: 'w', argument: 'required', option: 'weight' },
  { long: 'u-threshold', short: 'x', argument: 'required', option: 'u-threshold' },
  { long: 'l-threshold', short: 'y', argument: 'required', option: 'l-threshold' },
  { long: 'numeric', short: 'n', option: 'numeric' },
  { long: 'connection', short: 'c', option: 'connection' },
  { long: 'mcast-interface', argument: 'required', option: 'mcast-interface' },
  { long: 'syncid', argument: 'required', option: 'syncid' },
  { long: 'timeout', option: 'timeout' },
  { long: 'daemon', option: 'daemon' },
  { long: 'stats', option: 'stats' },
  { long: 'rate', option: 'rate' },
  { long: 'thresholds', option: 'thresholds' },
  { long: 'persistent-conn', option: 'persistent-conn' },
  { long: 'nosort', option: 'nosort' },
  { long: 'sort' },
  { long: 'exact', short: 'X', option: 'exact' },
  { long: 'ops', short: 'o', option: 'ops' },
  { long: 'pe', argument: 'required', option: 'pe' },
  { long: 'sched-flags', short: 'b', argument: 'required', option: 'sched-flags' },
  { long: 'mcast-group', argument: 'required', option: 'mcast-group' },
  { long: 'mcast-port', argument: 'required', option: 'mcast-port' },
  { long: 'mcast-ttl', argument: 'required', option: 'mcast-ttl' },
  { long: 'sync-maxlen', argument: 'required', option: 'sync-maxlen' },
  { long: 'tun-info', option: 'tun-info' },
  { long: 'tun-type', argument: 'required', option: 'tun-type' },
  { long: 'tun-port', argument: 'required', option: 'tun-port' },
  { long: 'tun-nocsum', option: 'tun-nocsum' },
  { long: 'tun-csum', option: 'tun-csum' },
  { long: 'tun-remcsum', option: 'tun-remcsum' },
  // From here on they are not ipvsadm's.
  { long: 'client', argument: 'required', option: 'client' },
  { long: 'state', argument: 'required', option: 'state' },
  { long: 'owner', option: 'owner' },
  { long: 'json', option: 'json' },
];

const byLong = new Map(Forms.map((form) => [form.long, form]));
const byShort = new Map(Forms.map((form) => [form.short, form]));

/** What a command line is made of: an option with the value it takes, an operand, or the word that is neither. */
export type Token =
  | {
      readonly kind: 'option';
      readonly form: OptionForm;
      /** Undefined when the option takes none, or may go without. */
      readonly value: string | undefined;
      /** The word of the command line that the option stood in. */
      readonly word: string;
    }
  | { readonly kind: 'operand'; readonly word: string }
  | {
      readonly kind: 'fault';
      readonly word: string;
      readonly reason: 'unknown option' | 'missing argument';
    };

/**
 * Splits a command line as popt does: `-Ln` is `-L -n`, `-t10.0.0.1:80` and `--tcp-service=10.0.0.1:80` carry their
 * value, `--` ends the options. A fault is the last token.
 */
export function tokenize(argv: readonly string[]): Token[] {
  const tokens: Token[] = [];
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      tokens.push(...rest.map((operand): Token => ({ kind: 'operand', word: operand })));
      break;
    }
    const found = word.startsWith('--') ? longOption(word, rest) : shortOptions(word, rest);
    tokens.push(...found);
    if (found.at(-1)?.kind === 'fault') break;
  }
  return tokens;
}

function longOption(word: string, rest: string[]): Token[] {
  const equals = word.indexOf('=');
  const form = byLong.get(equals < 0 ? word.slice(2) : word.slice(2, equals));
  if (form === undefined) return [{ kind: 'fault', word, reason: 'unknown option' }];
  return [withValue(form, word, equals < 0 ? undefined : word.slice(equals + 1), rest)];
}

function shortOptions(word: string, rest: string[]): Token[] {
  if (!word.startsWith('-') || word === '-') return [{ kind: 'operand', word }];
  const tokens: Token[] = [];
  for (let position = 1; position < word.length; position += 1) {
    const form = byShort.get(word.charAt(position));
    if (form === undefined) {
      tokens.push({ kind: 'fault', word, reason: 'unknown option' });
      break;
    }
    if (form.argument === undefined) {
      tokens.push({ kind: 'option', form, value: undefined, word });
      continue;
    }
    const attached = word.slice(position + 1).replace(/^=/, '');
    tokens.push(withValue(form, word, attached === '' ? undefined : attached, rest));
    break;
  }
  return tokens;
}

/** Gives an option the value attached to it, or else the next word. */
function withValue(
  form: OptionForm,
  word: string,
  attached: string | undefined,
  rest: string[],
): Token {
  const isOptional = form.argument === 'optional';
  const takesNext = isOptional ? rest[0]?.startsWith('-') === false : form.argument === 'required';
  const value = attached ?? (takesNext ? rest.shift() : undefined);
  if (form.argument === 'required' && value === undefined) {
    return { kind: 'fault', word, reason: 'missing argument' };
  }
  return { kind: 'option', form, value, word };
}
