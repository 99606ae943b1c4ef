import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The compiled command line, as scripts/baton runs it. */
export const batonProgram = fileURLToPath(new URL('../../../cluster/cli/main.js', import.meta.url));

/** What a command line has done. */
export interface Outcome {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `baton` with its state in the folder `state`. */
export async function baton(state: string, ...argv: readonly string[]): Promise<Outcome> {
  const env = { ...process.env, BATON_STATE: state };
  const child = spawn(process.execPath, [batonProgram, ...argv], { env });
  child.stdin.end();
  const [stdout, stderr, [status, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { status, signal, stdout, stderr };
}
