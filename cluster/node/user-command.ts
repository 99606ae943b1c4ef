import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { realpathSync, statSync } from 'node:fs';
import path from 'node:path';

import { IoError } from '../../director/base/errors.js';
import type { CommandConfig } from '../config/vrrp-config.js';

/** Programs of the configuration are looked for where keepalived's are: the node's own path may be short. */
const searchPath = `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`;

/** Whom a command runs as; empty for whom the node runs as. */
interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

/** How commands are run. */
export interface CommandRules {
  /** `enable_script_security`: root runs no program that somebody else could have written. */
  readonly security: boolean;
}

/** A program of the configuration, ready to be run again and again. */
export class UserCommand {
  readonly #words: readonly string[];
  readonly #identity: Identity;

  /**
   * Throws an `IoError` when there is no such user or group, or when root is to run a program that somebody else could
   * have written and the rules forbid it.
   */
  constructor(command: CommandConfig, rules: CommandRules) {
    this.#identity = identityOf(command);
    this.#words = command.words;
    const runsAsRoot = (this.#identity.uid ?? process.getuid?.() ?? 0) === 0;
    if (rules.security && runsAsRoot) checkSafety(this.name);
  }

  /** The program, for logs. */
  get name(): string {
    return this.#words[0] ?? '';
  }

  /**
   * Starts it in a process group of its own, without input and output. With `diesWithNode` it ends when the node is
   * killed. A program that cannot be started ends at once, with an `error` event.
   */
  start(
    extra: readonly string[] = [],
    { diesWithNode = false }: { readonly diesWithNode?: boolean } = {},
  ): ChildProcess {
    const guard = diesWithNode ? ['setpriv', '--pdeathsig', 'KILL', '--'] : [];
    const [program = '', ...rest] = [...guard, ...this.#words, ...extra];
    const child = spawn(program, rest, {
      ...this.#identity,
      stdio: 'ignore',
      detached: true,
      env: { ...process.env, PATH: searchPath },
    });
    child.on('error', () => {}); // The exit tells as well.
    return child;
  }
}

/** Ends a started command with everything that it has started, or tells them to end. */
export function killGroup(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): void {
  const { pid, exitCode, signalCode } = child;
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has just ended by itself.
  }
}

/** Ends what a command that has ended has left behind. */
export function killRemains({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has left nothing.
  }
}

function identityOf({ user, group }: CommandConfig): Identity {
  if (user === undefined) return {};
  const uid = askNumber(['id', '-u', user], `no user ${user}`);
  if (group === undefined) return { uid, gid: askNumber(['id', '-g', user], `no user ${user}`) };
  const entry = ask(['getent', 'group', group], `no group ${group}`);
  return { uid, gid: Number(entry.split(':')[2]) };
}

const askNumber = (argv: readonly string[], problem: string): number => Number(ask(argv, problem));

function ask([program = '', ...rest]: readonly string[], problem: string): string {
  try {
    return execFileSync(program, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (cause) {
    throw new IoError({ code: 'script-user' }, `a script is to be run by someone: ${problem}`, {
      cause,
    });
  }
}

/** Neither the program nor a folder on the way to it may be writable by anyone but root. */
function checkSafety(program: string): void {
  const file = locate(program);
  if (file === undefined) return; // Each run will fail, which is what a missing program means.
  for (let part = file; ; part = path.dirname(part)) {
    const { uid, gid, mode } = statSync(part);
    const isSticky = (mode & 0o1000) !== 0 && part !== file;
    const isForeign = uid !== 0 || (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== 0);
    if (isForeign && !isSticky) {
      throw new IoError(
        { code: 'script-security' },
        `${program} is not run by root: ${part} can be written by others`,
      );
    }
    if (part === '/') return;
  }
}

/** The file that a program's name stands for. */
function locate(program: string): string | undefined {
  const candidates = program.includes('/')
    ? [program]
    : searchPath.split(':').map((folder) => path.join(folder, program));
  for (const candidate of candidates) {
    try {
      return realpathSync(candidate);
    } catch {
      // Not here.
    }
  }
  return undefined;
}
