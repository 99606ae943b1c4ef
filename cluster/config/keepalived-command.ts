import type { Statement } from './keepalived-statements.js';
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

/** Reads `KEYWORD COMMAND [USER [GROUP]]`; a command with arguments stands in double quotes. */
export function readCommand(
  statement: Statement,
  owner: ScriptUser,
  context: ReadContext,
): CommandConfig | undefined {
  const { reader, problems } = context;
  const { words, keyword, line } = statement;
  if (words.length < 1 || words.length > 3) {
    const message = `${keyword} takes a command, in quotes when it has arguments, and [USER [GROUP]]`;
    problems.add(line, 'syntax', message);
    return undefined;
  }
  const [text = '', ...names] = words;
  const command = reader.text({ name: keyword, text, line }, MaximumCommandLength);
  const user =
    names.length === 0 ? owner : (readUser({ ...statement, words: names }, context) ?? owner);
  if (command === undefined) return undefined;
  const parts = splitCommand(command);
  if (parts !== undefined && parts.length > 0) return { words: parts, ...user };
  const fault = parts === undefined ? 'has a single quote that nothing closes' : 'is empty';
  problems.add(line, 'syntax', `the command of ${keyword} ${fault}`);
  return undefined;
}

/** Reads `KEYWORD USER [GROUP]`. */
export function readUser(statement: Statement, context: ReadContext): ScriptUser | undefined {
  const { reader } = context;
  const names = statement.words.length === 1 ? UserNames.slice(0, 1) : UserNames;
  const [first, second] = reader.values(statement, names) ?? [];
  const user = reader.name(first, MaximumUserLength);
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

/** Cuts a command into its words as keepalived does: at blanks, but not between single quotes. */
function splitCommand(command: string): readonly string[] | undefined {
  const words: string[] = [];
  for (const [word] of command.matchAll(/(?:[^\s']|'[^']*')+|'/g)) {
    if (word === "'" || word.split("'").length % 2 === 0) return undefined;
    words.push(word.replaceAll("'", ''));
  }
  return words;
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
