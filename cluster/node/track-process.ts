import { readdir, readFile } from 'node:fs/promises';

import { toMilliseconds, type Duration } from '../../director/base/time.js';

/** How often processes are counted. */
const ScanMs = 500;
/** So many files are read at a time, so that a machine with many processes does not notice. */
const ReadsAtATime = 16;
/** The kernel's names of processes are cut to this. */
const LongestName = 15;

/** Which processes are counted: those of a name, or with `fullCommand` those of a command line. */
export interface CountedProcess {
  readonly command: string;
  readonly fullCommand: boolean;
}

/** When there are enough processes of a kind, and not too many. */
export interface QuorumRules {
  readonly quorum: number;
  readonly quorumMaximum?: number;
  /** How long a change has to last before it counts. */
  readonly delay: Duration;
}

/** From the counts of a `vrrp_track_process` to up or down. */
export class ProcessHealth {
  readonly #rules: QuorumRules;
  #isUp: boolean | undefined;
  /** Since when the counts say otherwise, in milliseconds. */
  #otherwiseSince: number | undefined;

  constructor(rules: QuorumRules) {
    this.#rules = rules;
  }

  /** Takes a count; the new state when it changes what is believed. The first count decides alone. */
  handleCount(count: number, nowMs: number): boolean | undefined {
    const { quorum, quorumMaximum = Number.POSITIVE_INFINITY, delay } = this.#rules;
    const isUp = count >= quorum && count <= quorumMaximum;
    if (isUp === this.#isUp) {
      this.#otherwiseSince = undefined;
      return undefined;
    }
    this.#otherwiseSince ??= nowMs;
    const isLasting = nowMs - this.#otherwiseSince >= toMilliseconds(delay);
    if (this.#isUp !== undefined && !isLasting) return undefined;
    this.#isUp = isUp;
    this.#otherwiseSince = undefined;
    return isUp;
  }
}

/**
 * Counts running processes for `vrrp_track_process`, all kinds in one pass over /proc, again and again, and reports each
 * count. Zombies do not run.
 */
export class ProcessCounts {
  readonly #counted: readonly { readonly process: CountedProcess; readonly report: Report }[];
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(counted: readonly { readonly process: CountedProcess; readonly report: Report }[]) {
    this.#counted = counted;
  }

  start(): void {
    if (this.#counted.length > 0) void this.#scan();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #scan(): Promise<void> {
    const counts = await countProcesses(this.#counted.map(({ process }) => process));
    if (this.#isClosed) return;
    for (const [index, { report }] of this.#counted.entries()) {
      report(counts[index] ?? 0);
    }
    this.#timer = setTimeout(() => void this.#scan(), ScanMs);
  }
}

type Report = (count: number) => void;

async function countProcesses(wanted: readonly CountedProcess[]): Promise<number[]> {
  const counts = wanted.map(() => 0);
  const needsCommand = wanted.some(({ fullCommand }) => fullCommand);
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const readNext = async (): Promise<void> => {
    for (let pid = pids.pop(); pid !== undefined; pid = pids.pop()) {
      const running = await readProcess(pid, needsCommand);
      if (running === undefined) continue;
      for (const [index, { command, fullCommand }] of wanted.entries()) {
        const isIt = fullCommand
          ? running.commandLine === command
          : running.name === command.slice(0, LongestName);
        if (isIt) counts[index] = (counts[index] ?? 0) + 1;
      }
    }
  };
  await Promise.all(Array.from({ length: ReadsAtATime }, readNext));
  return counts;
}

/** What a process is called and how it was called; undefined when it has ended. */
async function readProcess(
  pid: string,
  needsCommand: boolean,
): Promise<{ readonly name: string; readonly commandLine: string } | undefined> {
  try {
    // `PID (NAME) STATE ...`: a name may hold anything, brackets too.
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    const nameEnd = stat.lastIndexOf(')');
    if (/^\s*[ZX]/.test(stat.slice(nameEnd + 1))) return undefined;
    const name = stat.slice(stat.indexOf('(') + 1, nameEnd);
    const words = needsCommand ? await readFile(`/proc/${pid}/cmdline`, 'utf8') : '';
    return { name, commandLine: words.replace(/\0$/, '').replaceAll('\0', ' ') };
  } catch {
    return undefined;
  }
}
