import type { Statement } from './keepalived-statements.js';
import { splitQuoted } from './quoted-words.js';
import type { ReadContext } from './read-context.js';
import type { Keyword, Value } from './statement-reader.js';
import type { CommandConfig, NotifyConfig } from './vrrp-config.js';

/** Whom programs run as: `script_user`, `user`, or the words after a command. */
export type ScriptUser = Pick<CommandConfig, 'user' | 'group'>;

/** The user that the node runs as. */
export const OwnUser: ScriptUser = { user: undefined, group: undefined };

/** useradd(8) allows 32 characters. */
const MaximumUserLength = 32;

/** Long enough for a path and its arguments; the kernel itself takes some hundred thousand bytes. */
const MaximumCommandLength = 4_096;

const UserNames = ['USER', '[GROUP]'];

/** Reads `KEYWORD COMMAND [USER [GROUP]]`; a command with arguments stands in quotes. */
export function readCommand(
  statement: Statement,
  owner: ScriptUser,
  context: ReadContext,
): CommandConfig | undefined {
  const { reader, problems } = context;
  const { keyword, line, columns } = statement;
  const values = reader.quotedList(statement);
  if (values === undefined) return undefined;
  const [value, ...names] = values;
  if (value === undefined || values.length > 3) {
    const message = `${keyword} takes a command, in quotes when it has arguments, and [USER [GROUP]]`;
    problems.add(line, 'syntax', message, columns[0]);
    return undefined;
  }
  const command = reader.text(value, MaximumCommandLength);
  const user = names.length === 0 ? owner : (readNames(names, context) ?? owner);
  if (command === undefined) return undefined;
  // Within the quotes of the whole, those of one argument.
  const parts = splitQuoted(command)?.map(({ text }) => text);
  if (parts !== undefined && parts.length > 0) return { words: parts, ...user };
  const fault = parts === undefined ? 'has a quote that nothing closes' : 'is empty';
  problems.add(line, 'syntax', `the command of ${keyword} ${fault}`, value.column);
  return undefined;
}

/** Reads `KEYWORD USER [GROUP]`. */
export function readUser(statement: Statement, context: ReadContext): ScriptUser | undefined {
  const { reader } = context;
  const names = statement.words.length === 1 ? UserNames.slice(0, 1) : UserNames;
  const values = reader.values(statement, names);
  return values && readNames(values, context);
}

function readNames(
  [first, second]: readonly Value[],
  context: ReadContext,
): ScriptUser | undefined {
  const user = context.reader.name(first, MaximumUserLength);
  const group = readGroup(second, context);
  if (user === undefined || (second !== undefined && group === undefined)) return undefined;
  return { user, group };
}

function readGroup(
  value: Value | undefined,
  { reader, problems }: ReadContext,
): string | undefined {
  if (value?.text.startsWith(':') !== true) return reader.name(value, MaximumUserLength);
  const message = `${value.name} with supplementary groups (${value.text}) is not supported yet`;
  problems.add(value.line, 'not-supported', message);
  return undefined;
}

/** The commands of an instance or group while its block is read. */
export type NotifyDraft = { -readonly [Key in keyof NotifyConfig]: NotifyConfig[Key] };

const NotifyKeywords = {
  notify_master: 'master',
  notify_backup: 'backup',
  notify_fault: 'fault',
  notify_stop: 'stop',
  notify: 'any',
} as const;

/** The keywords of `vrrp_instance` and `vrrp_sync_group` that run something when the state changes. */
export function notifyKeywords(
  draft: NotifyDraft,
  owner: ScriptUser,
  context: ReadContext,
): Record<string, Keyword> {
  return Object.fromEntries(
    Object.entries(NotifyKeywords).map(([keyword, event]): [string, Keyword] => [
      keyword,
      {
        read: (statement) => {
          const command = readCommand(statement, owner, context);
          if (command !== undefined) draft[event] = command;
        },
      },
    ]),
  );
}
