import type { Command } from 'commander';

import type { Terminal } from './terminal.js';

/** A command line while its commands are added: each gets its way to the outside from here. */
export interface CommandLine {
  readonly program: Command;
  readonly terminal: Terminal;
  /** Sets the exit status of a command that ran but has something to complain about. */
  fail(status: number): void;
}

/** Adds a command with the options that every command has. */
export const addCommand = ({ program }: CommandLine, name: string): Command =>
  program
    .command(name)
    .option('--lab <name>', "lab (default: the only one running, else 'lab')")
    .option('--json', 'print the result as JSON');

/** The section of a command's help that shows how it is used. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  baton ${line}`).join('\n')}`;

/** Says what a command has done: a sentence for people, the document for programs. */
export function report(
  { terminal }: CommandLine,
  { json }: { readonly json?: true },
  document: object,
  text: string,
): void {
  terminal.out(json === true ? `${JSON.stringify(document)}\n` : `${text}\n`);
}
