import { cutAfterBrace, stripComment } from './keepalived-comments.js';

const Indentation = '    ';

/** Lines that mean something as they are: definitions, repetitions, inclusions, and what quotes or escapes in its own way. */
const Verbatim = /^(?:\$\w+[ \t]*=|~|include[rmwba]?[ \t])|['\\]/;

/** A parameter in braces, a quoted part, a brace or a bare part. */
const Piece = /"[^"]*"|[{}]|(?:\$\{[^}]*\}|[^\s{}"])+|"/g;

/**
 * A keepalived.conf with one way of indenting and spacing: four blanks for each open block, one statement a line, one blank
 * between words. Comments stay where they are, `@id` stays at the start of its line, and empty lines never follow one
 * another. The meaning is that of the original, which need not be free of mistakes.
 */
export function formatKeepalived(text: string): string {
  const formatter = new Formatter();
  for (const line of text.split(/\r?\n/)) formatter.take(line);
  return formatter.finish();
}

class Formatter {
  readonly #lines: string[] = [];
  #depth = 0;
  /** True while lines belong to a definition that goes on. */
  #isDefinition = false;

  take(line: string): void {
    const code = stripComment(line);
    const comment = line.slice(code.length).trim();
    if (this.#isDefinition) {
      this.#lines.push(line.trimEnd());
      this.#isDefinition = code.endsWith('\\');
      return;
    }
    const cut = cutAfterBrace(code);
    if (cut !== undefined && !/^\s*[~$]/.test(code)) {
      this.take(code.slice(0, cut));
      this.take(line.slice(cut));
      return;
    }
    const [, condition = '', rest = ''] = /^\s*(@\^?\S*)?\s*([^]*)$/.exec(code) ?? [];
    if (rest === '' && condition === '' && comment === '') this.#separate();
    else if (rest === '') this.#write(condition, '', comment);
    else if (Verbatim.test(rest)) this.#keep(condition, rest, comment);
    else this.#statements(condition, rest, comment);
  }

  finish(): string {
    while (this.#lines.at(-1) === '') this.#lines.pop();
    return this.#lines.map((line) => `${line}\n`).join('');
  }

  #separate(): void {
    if (this.#lines.length > 0 && this.#lines.at(-1) !== '') this.#lines.push('');
  }

  #keep(condition: string, rest: string, comment: string): void {
    const opened = braceBalance(rest);
    this.#isDefinition = rest.startsWith('$') && rest.endsWith('\\');
    if (this.#isDefinition || /^\$\w+[ \t]*=/.test(rest)) {
      this.#write(condition, rest, comment);
      return;
    }
    if (opened < 0) this.#close(-opened);
    this.#write(condition, rest, comment);
    if (opened > 0) this.#depth += opened;
  }

  /** Cuts a line where keepalived does: after an opening brace, and around a closing one. */
  #statements(condition: string, rest: string, comment: string): void {
    let words: string[] = [];
    const pending: string[] = [];
    const end = (): void => {
      if (words.length > 0) pending.push(words.join(' '));
      words = [];
    };
    for (const [piece] of rest.matchAll(Piece)) {
      if (piece === '}') {
        end();
        pending.push('}');
      } else {
        words.push(piece);
        if (piece === '{') end();
      }
    }
    end();
    for (const [index, statement] of pending.entries()) {
      if (statement === '}') this.#close(1);
      this.#write(condition, statement, index === pending.length - 1 ? comment : '');
      if (statement.endsWith('{')) this.#depth += 1;
    }
  }

  #close(count: number): void {
    this.#depth = Math.max(0, this.#depth - count);
  }

  #write(condition: string, code: string, comment: string): void {
    const parts = [code, comment].filter((part) => part !== '').join(' ');
    const prefix = condition === '' ? '' : `${condition} `;
    this.#lines.push((prefix + Indentation.repeat(this.#depth) + parts).trimEnd());
  }
}

/** How many more blocks a line opens than it closes. */
function braceBalance(text: string): number {
  const own = text.replace(/^~\w+[ \t]*\([^()]*\)/, '');
  const braces = [...own.matchAll(Piece)].map(([piece]) => piece);
  const count = (brace: string): number => braces.filter((piece) => piece === brace).length;
  return count('{') - count('}');
}
