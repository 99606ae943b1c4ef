import { cutAfterBrace, stripComment } from './keepalived-comments.js';
import { Definitions } from './keepalived-definitions.js';
import { isRepetition, readRepetition } from './keepalived-sequences.js';
import type { ProblemList } from './problem.js';
import type { SourceFile, SourceLine, Surroundings } from './source-text.js';

/**
 * The id of the `@` lines that are meant for us alone. keepalived reads those of the id that it is started with (`-i`), or
 * else of the name of its machine: a machine called baton would read ours.
 */
const OwnId = 'baton';

/** How many lines a configuration may become: keepalived has no limit, and a slip in a ~SEQ fills its memory. */
const MaximumLines = 100_000;

/** How often parameters may be replaced in one line: one that names itself never ends. */
const MaximumReplacements = 1_000;

/** keepalived's line holds 1024 bytes. */
const MaximumLength = 4_096;

const MaximumFiles = 1_000;
const MaximumFileDepth = 16;
const MaximumNesting = 64;

/** `include PATTERN`, and with what keepalived complains about: r, m, w, b, or a for all of them. */
const Include = /^include([rmwba]?)[ \t]+(\S[^]*)$/;

/**
 * Carries out what keepalived.conf says about its own text: inclusions, `@id` conditions, parameters, `~SEQ` and `~LST`. A
 * line of the answer is what the keywords are read from. It is complete only when no problem was noted.
 */
export function expandSource(
  file: SourceFile,
  surroundings: Surroundings,
  problems: ProblemList,
): readonly SourceLine[] {
  const expander = new Expander(surroundings, problems);
  expander.readFile(file);
  return expander.lines;
}

/** The line of a file that is carried out. */
interface Origin {
  readonly file: SourceFile;
  readonly line: number;
}

class Expander {
  readonly #surroundings: Surroundings;
  readonly #problems: ProblemList;
  readonly #definitions: Definitions;
  readonly lines: SourceLine[] = [];
  #files: SourceFile[] = [];
  #fileCount = 0;
  #steps = 0;

  constructor(surroundings: Surroundings, problems: ProblemList) {
    this.#surroundings = surroundings;
    this.#problems = problems;
    this.#definitions = new Definitions(surroundings);
    problems.lines = this.lines;
  }

  readFile(file: SourceFile): void {
    this.#files.push(file);
    for (const [index, content] of file.text.split(/\r?\n/).entries()) {
      const origin = { file, line: index + 1 };
      const text = stripComment(content);
      if (this.#definitions.isOpen) {
        this.#definitions.continueWith(text.trimStart());
        this.#emit('', origin);
      } else {
        this.#carryOut(content, origin, 0);
      }
    }
    this.#files = this.#files.slice(0, -1);
  }

  /** `content` still has its comment and its indentation, for messages and for a formatter's sake. */
  #carryOut(content: string, origin: Origin, nesting: number): void {
    this.#steps += 1;
    if (this.#steps > MaximumLines || nesting > MaximumNesting) {
      this.#stop(origin);
      return;
    }
    let text = content;
    for (let count = 0; count <= MaximumReplacements; count += 1) {
      const selected = this.#select(text);
      const bare = stripComment(selected ?? '').trimStart();
      if (selected === undefined || this.#definitions.define(bare)) {
        this.#emit('', origin);
        return;
      }
      if (isRepetition(bare)) {
        this.#repeat(bare, origin, nesting);
        return;
      }
      const replaced = bare.includes('$')
        ? this.#definitions.replace(bare, origin.file.folder)
        : undefined;
      if (replaced === undefined) {
        this.#finish(selected, origin, nesting);
        return;
      }
      if (replaced.text.length > MaximumLength) break;
      if (replaced.following.length > 0) {
        for (const line of [replaced.text, ...replaced.following]) {
          this.#carryOut(line, origin, nesting + 1);
        }
        return;
      }
      text = replaced.text;
    }
    const message = 'the parameters of this line make it too long, or name themselves';
    this.#complain(message, origin);
  }

  /** The line without its `@id` or `@^id` condition, or undefined when the condition says that it is not for us. */
  #select(text: string): string | undefined {
    const condition = /^\s*@(\^?)(\S*)/.exec(text);
    if (condition === null) return text;
    const [all, negation, id = ''] = condition;
    const matches = id === OwnId || id === this.#surroundings.configId;
    if (matches === (negation === '^')) return undefined;
    // So that columns are those of the file.
    return ' '.repeat(all.length) + text.slice(all.length);
  }

  #repeat(text: string, origin: Origin, nesting: number): void {
    const repetition = readRepetition(this.#prepared(text, origin));
    if ('fault' in repetition) {
      this.#complain(repetition.fault, origin);
      return;
    }
    const { names, rounds, rest } = repetition;
    for (const values of rounds) {
      if (this.#steps > MaximumLines) return;
      for (const [index, name] of names.entries()) {
        this.#definitions.set(name, values[index] ?? '');
      }
      this.#carryOut(rest, origin, nesting + 1);
    }
  }

  /** Parameters may stand between the parentheses of ~SEQ: those, and not those of the line to repeat, are replaced now. */
  #prepared(text: string, { file }: Origin): string {
    const end = text.indexOf(')') + 1;
    let head = text.slice(0, end);
    for (let count = 0; count < MaximumReplacements; count += 1) {
      const replaced = this.#definitions.replace(head, file.folder);
      if (replaced === undefined || replaced.following.length > 0) break;
      head = replaced.text.slice(0, MaximumLength);
    }
    return head + text.slice(end);
  }

  #finish(content: string, origin: Origin, nesting: number): void {
    const code = stripComment(content);
    const cut = cutAfterBrace(code);
    if (cut !== undefined) {
      this.#emit(content.slice(0, cut), origin);
      // So that columns are those of the file.
      this.#carryOut(' '.repeat(cut) + content.slice(cut), origin, nesting + 1);
      return;
    }
    const [, level, pattern] = Include.exec(code.trimStart()) ?? [];
    if (pattern === undefined) {
      this.#emit(content, origin);
    } else {
      this.#emit('', origin);
      this.#include(pattern, level ?? '', origin);
    }
  }

  #include(pattern: string, level: string, origin: Origin): void {
    if (this.#files.length > MaximumFileDepth) {
      this.#complain(`files are included more than ${MaximumFileDepth} deep`, origin);
      return;
    }
    const { files, failures } = this.#surroundings.include(pattern, origin.file.folder);
    for (const failure of failures) {
      // A plain include of what is not there is keepalived's way to make a file optional.
      if (level === '') this.#problems.warn(this.lines.length, 'include', failure);
      else this.#complain(failure, origin);
    }
    for (const file of files) {
      this.#fileCount += 1;
      if (this.#fileCount > MaximumFiles) {
        this.#complain(`more than ${MaximumFiles} files are included`, origin);
        return;
      }
      this.readFile(file);
    }
  }

  #emit(text: string, { file, line }: Origin): void {
    this.lines.push({ file: file.name, line, text });
  }

  #complain(message: string, { file, line }: Origin): void {
    this.lines.push({ file: file.name, line, text: file.text.split(/\r?\n/)[line - 1] ?? '' });
    this.#problems.add(this.lines.length, 'syntax', message);
  }

  #stop(origin: Origin): void {
    if (this.#steps > MaximumLines + 1) return;
    this.#steps = MaximumLines + 2;
    const message = `parameters and repetitions make more than ${MaximumLines} lines, or nest too deep`;
    this.#complain(message, origin);
  }
}
