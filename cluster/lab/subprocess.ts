import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';

import { IoError } from '../../director/base/errors.js';
import type { JournalEntry, JournalRole, StateFolder } from './state-folder.js';

/** The tools of network administration are in the sbin folders, which ordinary users often lack. */
export const searchPath = `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`;

/** Longer than any helper takes on the slowest machine: one that exceeds it hangs. */
const helperTimeoutMs = 20_000;

const environment = (): NodeJS.ProcessEnv => ({ ...process.env, PATH: searchPath });

/**
 * Runs a short helper program to its end with `input` on its stdin, out of reach of a Ctrl-C, which would make it fail in
 * the middle and hide why. Throws an `IoError` with what it said.
 */
export async function runHelper(argv: readonly string[], input: string): Promise<void> {
  const { status, stderr } = await runToEnd(argv, {
    input,
    timeoutMs: helperTimeoutMs,
    detached: true,
  });
  if (status === 0) return;
  throw new IoError(
    { code: 'helper-failed' },
    `${argv.join(' ')} failed (${String(status)}): ${stderr.trim()}`,
  );
}

/** What a program has left behind. */
export interface Finished {
  readonly status: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

interface ToEndOptions {
  readonly input?: string;
  /** A program that takes longer is ended by SIGTERM. */
  readonly timeoutMs?: number;
  /** Runs it in a session of its own. */
  readonly detached?: boolean;
}

/** Runs a program and gathers what it writes. */
export async function runToEnd(
  argv: readonly string[],
  { input = '', timeoutMs, detached }: ToEndOptions,
): Promise<Finished> {
  const [program = '', ...rest] = argv;
  const child = spawn(program, rest, { env: environment(), timeout: timeoutMs, detached });
  const ended = exitOf(child);
  child.stdin.on('error', () => {}); // One that does not read its input tells why on stderr.
  child.stdin.end(input);
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended,
  ]);
  return { status, stdout, stderr };
}

/** How a process ends: its exit status, or the signal that ended it. Throws an `IoError` when it cannot be started. */
export async function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(
        new IoError({ code: 'cannot-run' }, `cannot run ${child.spawnfile}`, { cause: error }),
      );
    });
    child.once('close', (code, signal) => resolve(code ?? signal ?? 1));
  });
}

/** What a long-lived process of a lab is started from. */
export interface Launch {
  readonly role: JournalRole;
  readonly node: string;
  readonly argv: readonly string[];
  /** The file that receives stdout and stderr; without one they are dropped. */
  readonly log?: string;
}

/**
 * Starts a long-lived process of the lab in a session of its own, so that neither Ctrl-C nor the end of this process
 * reaches it, and writes it into the journal before anything else can happen.
 */
export async function launch(
  folder: StateFolder,
  { role, node, argv, log }: Launch,
): Promise<JournalEntry> {
  const [program = '', ...rest] = argv;
  const output = log === undefined ? 'ignore' : openSync(log, 'a');
  const stdio: StdioOptions = ['ignore', output, output];
  const [name = '', value = ''] = folder.mark.split(/=(.*)/s);
  const env = { ...environment(), [name]: value };
  try {
    const child = spawn(program, rest, { detached: true, stdio, env });
    if (child.pid === undefined) {
      await exitOf(child);
      throw new IoError({ code: 'cannot-run' }, `cannot run ${program}`);
    }
    const entry = folder.record(role, node, child.pid);
    child.unref();
    return entry;
  } finally {
    if (typeof output === 'number') closeSync(output);
  }
}
