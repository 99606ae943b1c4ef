import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { IoError } from '../../director/base/errors.js';

/**
 * A process told apart from a later one with the same number: `startTime` is field 22 of /proc/PID/stat, in clock
 * ticks since boot (proc_pid_stat(5)). A signal goes only to a process whose two facts still agree.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: number;
}

/** How long an ended process may linger after SIGKILL before that is reported: it then hangs in the kernel. */
const killPatienceMs = 5_000;

const pollMs = 10;

/** What the kernel says of process `pid` now, or undefined when there is none. A zombie has a start time too. */
function readStat(pid: number): { readonly state: string; readonly startTime: number } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', startTime: Number(fields[19]) };
}

/** The identity of a process that exists now, even when it has ended and waits to be reaped. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  return stat === undefined ? undefined : { pid, startTime: stat.startTime };
}

/** True while the very process runs; a zombie holds nothing any more and counts as ended. */
export function isRunning({ pid, startTime }: ProcessIdentity): boolean {
  const stat = readStat(pid);
  return stat !== undefined && stat.startTime === startTime && stat.state !== 'Z';
}

/** True while the very process is halted by SIGSTOP. */
export function isPaused({ pid, startTime }: ProcessIdentity): boolean {
  const stat = readStat(pid);
  return stat !== undefined && stat.startTime === startTime && stat.state === 'T';
}

/** Sends a signal to the very process; false when it is not there any more. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch (error) {
    if (!isRunning(identity)) return false;
    throw new IoError({ code: 'signal' }, `cannot signal process ${String(identity.pid)}`, {
      cause: error,
    });
  }
}

/** Waits until none of the processes runs; false when some still do after `timeoutMs`. */
export async function processesEnd(
  identities: readonly ProcessIdentity[],
  timeoutMs: number,
): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (identities.some(isRunning)) {
    if (performance.now() >= end) return false;
    await sleep(pollMs);
  }
  return true;
}

/** Ends processes: SIGTERM, SIGKILL to those that still run after `graceMs`, and waits until all are gone. */
export async function endProcesses(
  identities: readonly ProcessIdentity[],
  graceMs: number,
): Promise<void> {
  for (const identity of identities) signalProcess(identity, 'SIGTERM');
  if (await processesEnd(identities, graceMs)) return;
  for (const identity of identities) signalProcess(identity, 'SIGKILL');
  if (await processesEnd(identities, killPatienceMs)) return;
  const left = identities.filter(isRunning).map(({ pid }) => pid);
  throw new IoError(
    { code: 'process-does-not-end' },
    `processes ${left.join(', ')} do not end, not even by SIGKILL`,
  );
}

/** The running processes whose environment holds `assignment` (`NAME=value`), as it was when they were started. */
export function processesWithEnvironment(assignment: string): ProcessIdentity[] {
  const found: ProcessIdentity[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const identity = identifyProcess(Number(name));
    if (identity === undefined || !isRunning(identity)) continue;
    if (readEnvironment(identity.pid).includes(assignment)) found.push(identity);
  }
  return found;
}

function readEnvironment(pid: number): string[] {
  try {
    return readFileSync(`/proc/${String(pid)}/environ`, 'utf8').split('\0');
  } catch {
    return []; // Ended meanwhile, or somebody else's.
  }
}
