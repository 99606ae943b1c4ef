import { seconds } from '../../director/base/time.js';
import type { MiscCheckConfig } from './checker-config.js';
import { rhythmKeywords } from './keepalived-check-plain.js';
import { completeTiming, inheritTiming, type TimingDraft } from './keepalived-check-timing.js';
import type { CheckerReader } from './keepalived-checkers.js';
import { readCommand, readUser, type ScriptUser } from './keepalived-command.js';
import type { Draft } from './read-context.js';

/** keepalived's, for MISC_CHECK: a program does its own retries. */
const MiscDefaults = { retry: 0, delayBeforeRetry: seconds(1) };

/** In seconds; 0 is no timeout of its own. */
const TimeoutRange = { minimum: 0, maximum: 4_294 };

/** Reads `MISC_CHECK`. */
export const readMiscCheck: CheckerReader = (statement, scope, context) => {
  const { line, body = [] } = statement;
  const { reader } = context;
  const own: TimingDraft = { logAllFailures: scope.logAllFailures };
  const draft: Draft<Pick<MiscCheckConfig, 'command' | 'timeout' | 'dynamic'>> = {};
  let user: ScriptUser | undefined;
  reader.block({ name: 'MISC_CHECK', line }, body, {
    ...rhythmKeywords(own, context),
    misc_path: {
      required: true,
      read: (given) => {
        // Its user has a keyword of its own.
        const values = reader.quoted(given, ['one command (in quotes when it has arguments)']);
        draft.command = values && readCommand(given, scope.owner, context);
      },
    },
    misc_timeout: {
      read: (given) => {
        const timeout = reader.wholeNumber(reader.value(given, 'seconds'), TimeoutRange);
        if (timeout !== undefined && timeout > 0) draft.timeout = seconds(timeout);
      },
    },
    misc_dynamic: {
      read: (given) => {
        draft.dynamic = reader.mark(given);
      },
    },
    user: {
      read: (given) => {
        user = readUser(given, context);
      },
    },
  });
  const { command, dynamic = false } = draft;
  if (command === undefined) return [];
  return [
    ({ timing, serviceTiming }) => ({
      kind: 'MISC_CHECK',
      ...completeTiming(inheritTiming(own, timing), MiscDefaults),
      command: { ...command, ...user },
      timeout: draft.timeout ?? completeTiming(serviceTiming, MiscDefaults).delayLoop,
      dynamic,
    }),
  ];
};
