/** Where a command writes: results for people or programs to stdout, what is going on to stderr. */
export interface Terminal {
  out(text: string): void;
  note(line: string): void;
}

export const processTerminal: Terminal = {
  out(text: string): void {
    process.stdout.write(text);
  },
  note(line: string): void {
    process.stderr.write(`${line}\n`);
  },
};
