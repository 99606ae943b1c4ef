import { toMilliseconds } from '../../../director/base/time.js';
import type { MiscCheckConfig } from '../../config/checker-config.js';
import { judgeExit } from '../../health/exit-verdict.js';
import type { Probe, ProbeAnswer } from '../../member/health/probe.js';
import { killGroup, killRemains, UserCommand, type CommandRules } from '../user-command.js';

/** How long a program that was told to end has before it is killed. */
const GraceMs = 2_000;

/**
 * `MISC_CHECK`: a program says by its exit status how the server is. One that takes too long is told to end, and killed when
 * it does not, with all that it has started. Throws an `IoError` when it must not be run. `weight` is the server's
 * configured one.
 */
export function miscProbe(
  { command: words, timeout, dynamic }: MiscCheckConfig,
  weight: () => number,
  rules: CommandRules,
): Probe {
  const command = new UserCommand(words, rules);
  return (_step, report) => {
    const child = command.start([], { diesWithNode: true });
    let isLate = false;
    let killTimer: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => {
      isLate = true;
      killGroup(child, 'SIGTERM');
      killTimer = setTimeout(() => killGroup(child), GraceMs);
    }, toMilliseconds(timeout));
    let isOver = false;
    const end = (answer: ProbeAnswer | undefined): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      clearTimeout(killTimer);
      if (answer !== undefined) report(answer);
    };
    child.once('error', (error) => end(failure(`cannot be started: ${error.message}`, true)));
    child.once('exit', (status, signal) => {
      if (isLate) killRemains(child);
      if (isLate) end(failure('it took too long', false));
      else if (status === null) end(failure(`ended by ${signal ?? 'a signal'}`, true));
      else end(answerOf(status, { dynamic, weight: weight() }));
    });
    return () => {
      end(undefined);
      killGroup(child);
    };
  };
}

function answerOf(status: number, rules: Parameters<typeof judgeExit>[1]): ProbeAnswer {
  const verdict = judgeExit(status, rules);
  // The program may have asked over a network: whether it was answered nobody knows.
  if (!verdict.isUp) return failure(`exit status ${status}`, false);
  const { weightChange } = verdict;
  return { kind: 'success', ...(weightChange === undefined ? {} : { weightChange }) };
}

const failure = (reason: string, isAnswered: boolean): ProbeAnswer => ({
  kind: 'failure',
  reason,
  isAnswered,
});
