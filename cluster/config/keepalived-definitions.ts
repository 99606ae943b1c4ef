import type { Surroundings } from './source-text.js';

/** The value of a parameter: one line, or those of a definition that went on over several. */
interface Definition {
  readonly lines: readonly string[];
  readonly isMultiline: boolean;
}

/** A line after one parameter was replaced, and the lines that follow it when the parameter had several. */
export interface Replacement {
  readonly text: string;
  readonly following: readonly string[];
}

/** `$NAME=` at the start of a line. */
const Start = /^\$([A-Za-z_]\w*)[ \t]*=[ \t]*([^]*)$/;

/** `$NAME` before a blank, a comma, a parenthesis or the end; `${NAME}`; `${NAME ARGUMENTS}`. */
const Use = /\$(?:([A-Za-z_]\w*)(?=[ \t,)]|$)|\{([A-Za-z_]\w*)(?:[ ]+([^{}]*?))?\})/g;

/** keepalived's. */
const DefaultRandom = { minimum: 0, maximum: 32_767 };

/** The parameters of a configuration while it is read (keepalived.conf(5), "Parameter substitution"). */
export class Definitions {
  readonly #surroundings: Surroundings;
  readonly #definitions = new Map<string, Definition>();
  /** The definition that goes on in the next line. */
  #open: { readonly name: string; readonly lines: string[] } | undefined;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** True while the next line of the file belongs to a definition. */
  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Defines a parameter by a line `$NAME=VALUE`. False when the line is something else. */
  define(text: string): boolean {
    const [, name, value] = Start.exec(text) ?? [];
    if (name === undefined || value === undefined) return false;
    if (value.endsWith('\\')) {
      this.#open = { name, lines: [] };
      this.continueWith(value);
    } else {
      this.set(name, value);
    }
    return true;
  }

  /** Takes the next line of a definition that goes on while lines end in a backslash. */
  continueWith(text: string): void {
    if (this.#open === undefined) return;
    const { name, lines } = this.#open;
    const goesOn = text.endsWith('\\');
    const line = (goesOn ? text.slice(0, -1) : text).trimEnd();
    if (line !== '') lines.push(line);
    // What goes on beyond the end of the text has the lines that are there, as in keepalived.
    this.#definitions.set(name, { lines, isMultiline: lines.length > 0 });
    if (!goesOn) this.#open = undefined;
  }

  /** Gives a parameter a value of one line. */
  set(name: string, value: string): void {
    this.#definitions.set(name, { lines: [value], isMultiline: false });
  }

  /**
   * Replaces the first parameter of a line that has a value; undefined when none has. One of several lines counts only at
   * the end of the line: there the rest of its lines follows.
   */
  replace(text: string, folder: string): Replacement | undefined {
    for (const match of text.matchAll(Use)) {
      const [use, plain, braced, parameters] = match;
      const name = plain ?? braced ?? '';
      const value = this.#valueOf(name, parameters, folder);
      if (value === undefined) continue;
      const rest = text.slice(match.index + use.length);
      if (value.isMultiline && rest !== '') continue;
      const [first = '', ...following] = value.lines;
      return { text: text.slice(0, match.index) + first + rest, following };
    }
    return undefined;
  }

  #valueOf(name: string, parameters: string | undefined, folder: string): Definition | undefined {
    const own = this.#definitions.get(name);
    if (own !== undefined) return parameters === undefined ? own : undefined;
    const text = this.#predefined(name, parameters, folder);
    return text === undefined ? undefined : { lines: [text], isMultiline: false };
  }

  #predefined(name: string, parameters: string | undefined, folder: string): string | undefined {
    if (name === '_RANDOM') return this.#random(parameters ?? '');
    if (name === '_ENV') return this.#surroundings.environment(parameters ?? '');
    if (parameters !== undefined) return undefined;
    if (name === '_PWD') return folder;
    if (name === '_INSTANCE') return this.#surroundings.configId;
    if (name === '_HASH') return '#';
    return name === '_BANG' ? '!' : undefined;
  }

  #random(parameters: string): string | undefined {
    const [, first, second] = /^(?:(\d{1,9})(?: +(\d{1,9}))?)?$/.exec(parameters) ?? [];
    const minimum = Number(first ?? DefaultRandom.minimum);
    const maximum = Number(second ?? DefaultRandom.maximum);
    if (parameters !== '' && first === undefined) return undefined;
    if (minimum > maximum) return undefined;
    return String(this.#surroundings.random(minimum, maximum));
  }
}
