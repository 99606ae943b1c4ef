import { seconds } from '../../director/base/time.js';
import {
  checkConnection,
  completeConnection,
  type ConnectionDraft,
  connectionKeywords,
} from './keepalived-check-connection.js';
import {
  completeTiming,
  inheritTiming,
  type TimingDraft,
  timingKeywords,
} from './keepalived-check-timing.js';
import type { CheckerReader, CheckerScope } from './keepalived-checkers.js';
import type { ReadContext } from './read-context.js';
import type { Block, Keyword } from './statement-reader.js';

/** keepalived's, for most checkers. */
export const UsualDefaults = { retry: 1, delayBeforeRetry: seconds(1) };

/** A checker of the network while its block is read. */
export interface NetworkCheckDraft {
  readonly timing: TimingDraft;
  readonly connection: ConnectionDraft;
}

/** A checker that says nothing yet but what `global_defs` says for all. */
export const newNetworkCheck = ({ logAllFailures }: CheckerScope): NetworkCheckDraft => ({
  timing: { logAllFailures },
  connection: {},
});

/** The keywords of every checker that has a rhythm. */
export const rhythmKeywords = (
  timing: TimingDraft,
  context: ReadContext,
): Record<string, Keyword> => ({
  ...timingKeywords(timing, 'checker', context),
  log_all_failures: {
    read: (statement) => {
      timing.logAllFailures = context.reader.flag(statement);
    },
  },
});

/** The keywords of every checker that asks over the network. */
export const networkKeywords = (
  { timing, connection }: NetworkCheckDraft,
  context: ReadContext,
): Record<string, Keyword> => ({
  ...rhythmKeywords(timing, context),
  ...connectionKeywords(connection, context),
});

/** Reads `TCP_CHECK` or `PING_CHECK`, which have no keywords of their own. */
export const readPlainCheck: CheckerReader = (statement, scope, context) => {
  const { keyword, line, body = [] } = statement;
  const kind = keyword === 'TCP_CHECK' ? 'TCP_CHECK' : 'PING_CHECK';
  const draft = newNetworkCheck(scope);
  const block: Block = { name: kind, line };
  context.reader.block(block, body, networkKeywords(draft, context));
  checkConnection(draft.connection, scope.endpoint, block, context);
  return [
    ({ timing, endpoint }) => {
      const all = inheritTiming(draft.timing, timing);
      const connection = completeConnection(draft.connection, endpoint, all);
      return { kind, ...completeTiming(all, UsualDefaults), connection };
    },
  ];
};
