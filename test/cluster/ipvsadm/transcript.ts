import { readText } from '../../packets/recordings.js';

/** One step of the transcript. */
export type Step =
  /** A run of ipvsadm on a director, with what it printed on whichever channel. */
  | {
      readonly kind: 'ipvsadm';
      readonly node: string;
      readonly argv: readonly string[];
      readonly output: string;
    }
  /** What the directors' tables held while a client worked, and the words before them. */
  | {
      readonly kind: 'tables';
      readonly title: string;
      readonly tables: ReadonlyMap<string, readonly string[]>;
    };

const ipvsadmRun = /^\+ ip netns exec (d\d) ipvsadm ?(.*)$/;
const tableLine = /^ {3}(d\d) (.*)$/;

/** The steps of kernel-transcript.txt, in order. What is not ipvsadm's, and no table, is passed over. */
export function readTranscript(): Step[] {
  const reader = new TranscriptReader();
  for (const line of readText('ipvsadm/kernel-transcript.txt').split('\n')) reader.read(line);
  return reader.steps;
}

class TranscriptReader {
  readonly steps: Step[] = [];
  #output: { output: string } | undefined;
  #title = '';
  #tables: Map<string, string[]> | undefined;

  read(line: string): void {
    const run = ipvsadmRun.exec(line);
    const table = tableLine.exec(line);
    if (run !== null) this.#begin(run[1] ?? '', run[2] ?? '');
    else if (line.startsWith('+ head ')) {
      // The rest of a pipeline: what it prints is ipvsadm's.
    } else if (/^\+|^#### /.test(line)) this.#output = undefined;
    else if (table !== null) this.#note(table[1] ?? '', table[2] ?? '');
    else if (this.#output !== undefined) this.#output.output += `${line}\n`;
    else this.#name(line);
  }

  #begin(node: string, args: string): void {
    const argv = args.split(' ').map((word) => word.replaceAll(/^'|'$/g, ''));
    const step = { kind: 'ipvsadm', node, argv, output: '' } as const;
    const open = { ...step, output: '' };
    this.steps.push(open);
    this.#output = open;
    this.#tables = undefined;
  }

  #name(title: string): void {
    this.#title = title;
    this.#tables = undefined;
  }

  /** A line of d1 behind those of d2 begins to tell of a later time. */
  #note(node: string, line: string): void {
    const isLater = node === 'd1' && this.#tables?.has('d2') === true;
    if (this.#tables === undefined || isLater) {
      this.#tables = new Map();
      const title = isLater ? `${this.#title}, later` : this.#title;
      this.steps.push({ kind: 'tables', title, tables: this.#tables });
    }
    this.#tables.set(node, [...(this.#tables.get(node) ?? []), line]);
  }
}
