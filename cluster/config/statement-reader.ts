import {
  addressBytes,
  type AddressPrefix,
  type IpAddress,
  isIpv6,
  parseAddress,
  parsePrefix,
} from '../../director/base/address.js';
import { type Duration, microseconds } from '../../director/base/time.js';
import {
  homeOf,
  keywordsWithHome,
  notSimulatedIn,
  whyNotSimulated,
} from './keepalived-keywords.js';
import type { Statement } from './keepalived-statements.js';
import { nearestKeyword } from './nearest-keyword.js';
import type { ProblemList } from './problem.js';
import { splitQuoted } from './quoted-words.js';

/** What a keyword means to the block that it stands in. Two spellings of one keyword share one object. */
export interface Keyword {
  readonly takesBlock?: boolean;
  readonly required?: boolean;
  readonly repeats?: boolean;
  readonly read: (statement: Statement) => void;
}

/** The block that is read, as messages name it (its keyword comes first), and the line that opens it. */
export interface Block {
  readonly name: string;
  readonly line: number;
}

/** Where the keywords of a block stand, by their spelling. */
export type KeywordLines = ReadonlyMap<string, number>;

/** One word of the file with what a message about it needs: the keyword or option it belongs to, and its line. */
export interface Value {
  readonly name: string;
  readonly text: string;
  readonly line: number;
  /** 1-based; undefined where it is not known. */
  readonly column?: number | undefined;
}

/** The smallest and the largest number that a keyword takes, both included. */
export interface Range {
  readonly minimum: number;
  readonly maximum: number;
}

/** The name of the block that everything stands in. */
export const FileBlock = 'the file';

/** keepalived's BOOL. */
const Booleans = { on: true, off: false, true: true, false: false, yes: true, no: false };

/** The kernel's IFNAMSIZ leaves 15 characters to the name of an interface; `/` and `:` are not among them. */
const DeviceName = /^[\x21-\x2e\x30-\x39\x3b-\x7e]{1,15}$/;

/**
 * Turns statements into values. A method that cannot returns undefined after it has noted the problem, and takes
 * undefined for a value that is already refused, so that callers read on and one run reports every mistake.
 */
export class StatementReader {
  readonly #problems: ProblemList;

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  /**
   * Gives every statement of a block to its keyword, and asks for the required ones that are not there. Answers the line
   * on which each keyword stands first.
   */
  block(
    block: Block,
    statements: readonly Statement[],
    keywords: Readonly<Record<string, Keyword>>,
  ): KeywordLines {
    const lines = new Map<string, number>();
    const firstLines = new Map<Keyword, number>();
    for (const statement of statements) {
      const { keyword: name, line, columns } = statement;
      const keyword = Object.hasOwn(keywords, name) ? keywords[name] : undefined;
      if (keyword === undefined) {
        this.#passOver(statement, block, keywords);
        continue;
      }
      if (!lines.has(name)) lines.set(name, line);
      const firstLine = firstLines.get(keyword);
      firstLines.set(keyword, firstLine ?? line);
      if ((statement.body !== undefined) !== (keyword.takesBlock ?? false)) {
        const message = statement.body === undefined ? 'needs a block in braces' : 'takes no block';
        this.#problems.add(line, 'syntax', `${name} ${message}`, columns[0]);
        continue;
      }
      if (firstLine !== undefined && keyword.repeats !== true) {
        const earlier = this.#problems.describeLine(firstLine);
        const message = `${name} is already set on ${earlier}: the last one counts`;
        this.#problems.warn(line, name, message, columns[0]);
      }
      keyword.read(statement);
    }
    const required = new Set(Object.values(keywords).filter((keyword) => keyword.required));
    for (const keyword of required) {
      if (firstLines.has(keyword)) continue;
      const spellings = Object.keys(keywords).filter((name) => keywords[name] === keyword);
      this.#problems.add(block.line, 'missing', `${block.name} needs ${spellings.join(' or ')}`);
    }
    return lines;
  }

  /** The words of a statement that takes exactly as many as it has names for them. */
  values(statement: Statement, names: readonly string[]): readonly Value[] | undefined {
    const values = this.list(statement);
    return this.#isAsLong(statement, values, names) ? values : undefined;
  }

  /** Like `values`, where single quotes and escapes mean something. */
  quoted(statement: Statement, names: readonly string[]): readonly Value[] | undefined {
    const values = this.quotedList(statement);
    return values !== undefined && this.#isAsLong(statement, values, names) ? values : undefined;
  }

  /** All words of a statement. */
  list({ keyword, words, line, columns }: Statement): readonly Value[] {
    return words.map((text, index) => ({ name: keyword, text, line, column: columns[index + 1] }));
  }

  /** Like `list`, where single quotes and escapes mean something. */
  quotedList({ keyword, line, columns, rest }: Statement): readonly Value[] | undefined {
    const [column = 1] = columns;
    const words = splitQuoted(rest, column + keyword.length);
    if (words !== undefined) return words.map((word) => ({ name: keyword, line, ...word }));
    const message = `${keyword} has a single quote that nothing closes, or a backslash at its end`;
    this.#problems.add(line, 'syntax', message, column);
    return undefined;
  }

  /** The word of a statement that takes exactly one. */
  value(statement: Statement, name = 'one value'): Value | undefined {
    return this.values(statement, [name])?.[0];
  }

  /** True, for a keyword that is a switch by itself: any value is refused. */
  mark(statement: Statement): true {
    this.values(statement, []);
    return true;
  }

  /** `[BOOL]`: without a value, on. */
  flag(statement: Statement): boolean | undefined {
    if (statement.words.length === 0) return true;
    return this.choice(this.value(statement, 'on or off'), Booleans);
  }

  /** Reads `name value name value ...` from the word at index `start` on. */
  options(
    statement: Statement,
    start: number,
    options: Readonly<Record<string, (value: Value) => void>>,
  ): void {
    const { keyword, words, line, columns } = statement;
    const seen = new Set<string>();
    for (let index = start; index < words.length; index += 2) {
      const option = words[index] ?? '';
      const text = words[index + 1];
      const name = `${keyword} ${option}`;
      const column = columns[index + 1];
      const read = Object.hasOwn(options, option) ? options[option] : undefined;
      if (read === undefined) {
        const place = { keyword: option, line, columns: [column ?? 1] };
        this.#refuseKeyword(place, ` after ${keyword}`, Object.keys(options));
        return;
      }
      if (text === undefined) {
        this.#problems.add(line, 'syntax', `${name} needs a value`, column);
      } else if (seen.has(option)) {
        this.#problems.add(line, 'duplicate', `${name} is given twice`, column);
      } else {
        read({ name, text, line, column: columns[index + 2] });
      }
      seen.add(option);
    }
  }

  /** Decimal digits only: no exponent, and a minus only where the range has room below 0. */
  wholeNumber(value: Value | undefined, { minimum, maximum }: Range): number | undefined {
    if (value === undefined) return undefined;
    const digits = minimum < 0 ? /^-?\d{1,10}$/ : /^\d{1,10}$/;
    // The sum turns a negative zero into zero.
    const number = digits.test(value.text) ? Number(value.text) + 0 : Number.NaN;
    if (number >= minimum && number <= maximum) return number;
    return this.#refuse(value, `a whole number from ${minimum} to ${maximum}`);
  }

  /** `PORT` or `PORT-PORT`; 0-65535 is every port. */
  portRange(value: Value | undefined): Range | undefined {
    if (value === undefined) return undefined;
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(value.text);
    const minimum = Number(match?.[1] ?? Number.NaN);
    const maximum = Number(match?.[2] ?? minimum);
    if (minimum <= maximum && maximum <= 65_535) return { minimum, maximum };
    return this.#refuse(value, 'a port or a range of ports, as in 80 or 8000-8999');
  }

  /** Seconds with a fraction, as keepalived's TIMER; the range is in seconds, the finest step is a microsecond. */
  duration(value: Value | undefined, { minimum, maximum }: Range): Duration | undefined {
    if (value === undefined) return undefined;
    const number = /^\d{1,6}(?:\.\d{1,6})?$/.test(value.text) ? Number(value.text) : Number.NaN;
    if (number >= minimum && number <= maximum) return microseconds(number * 1_000_000);
    return this.#refuse(value, `seconds from ${minimum} to ${maximum}`);
  }

  /** The meaning of one of a few words. */
  choice<T>(value: Value | undefined, meanings: Readonly<Record<string, T>>): T | undefined {
    if (value === undefined) return undefined;
    if (Object.hasOwn(meanings, value.text)) return meanings[value.text];
    return this.#refuse(value, `one of ${Object.keys(meanings).join(', ')}`);
  }

  /** The name of an interface as the kernel allows it; whether it exists is checked later. */
  device(value: Value | undefined): string | undefined {
    if (value === undefined) return undefined;
    if (DeviceName.test(value.text)) return value.text;
    return this.#refuse(value, 'the name of an interface, at most 15 characters');
  }

  /** A name that other statements, peers and messages use: printable, without blanks. */
  name(value: Value | undefined, maximumLength: number): string | undefined {
    if (value === undefined) return undefined;
    if (/^[\x21-\x7e]+$/.test(value.text) && value.text.length <= maximumLength) return value.text;
    return this.#refuse(value, `1 to ${maximumLength} printable characters without blanks`);
  }

  /** A path or a word for others: printable, and with blanks where the file has quotes around it. */
  text(value: Value | undefined, maximumLength: number): string | undefined {
    if (value === undefined) return undefined;
    if (/^[\x20-\x7e]+$/.test(value.text) && value.text.length <= maximumLength) return value.text;
    return this.#refuse(value, `1 to ${maximumLength} printable characters`);
  }

  /** An address without a prefix length. */
  address(value: Value | undefined): IpAddress | undefined {
    if (value === undefined) return undefined;
    return parseAddress(value.text) ?? this.#refuse(value, 'an IPv4 or IPv6 address');
  }

  /** `ADDRESS[/LENGTH]`. */
  prefix(value: Value | undefined): AddressPrefix | undefined {
    if (value === undefined) return undefined;
    return parsePrefix(value.text) ?? this.#refuse(value, 'an IPv4 or IPv6 address');
  }

  /** The length of an IPv4 netmask whose ones come first, as in 255.255.255.0. */
  netmask(value: Value | undefined): number | undefined {
    if (value === undefined) return undefined;
    const mask = parseAddress(value.text);
    const bits =
      mask === undefined || isIpv6(mask)
        ? ''
        : Array.from(addressBytes(mask), (byte) => byte.toString(2).padStart(8, '0')).join('');
    if (/^1*0*$/.test(bits) && bits !== '') return bits.indexOf('0') < 0 ? 32 : bits.indexOf('0');
    return this.#refuse(value, 'a netmask such as 255.255.255.0');
  }

  /** Warns of a keyword that has no effect here, and refuses one that keepalived does not have. */
  #passOver(statement: Statement, block: Block, keywords: Readonly<Record<string, Keyword>>): void {
    const { keyword, line, columns } = statement;
    const kind = block.name === FileBlock ? FileBlock : (block.name.split(' ', 1)[0] ?? '');
    const reason = whyNotSimulated(kind, keyword);
    if (reason === undefined) {
      const known = [...Object.keys(keywords), ...notSimulatedIn(kind)];
      this.#refuseKeyword(statement, ` in ${block.name}`, known);
    } else {
      const message = `${keyword} is not simulated: ${reason}`;
      this.#problems.warn(line, keyword, message, columns[0]);
    }
  }

  #refuseKeyword(
    { keyword, line, columns }: Pick<Statement, 'keyword' | 'line' | 'columns'>,
    where: string,
    known: readonly string[],
  ): void {
    // A file of another language has a misspelt word in every line.
    const advice = this.#problems.isLong ? '' : adviceFor(keyword, known);
    const message = `unknown keyword ${keyword}${where}${advice}`;
    this.#problems.add(line, 'unknown-keyword', message, columns[0]);
  }

  #isAsLong(
    { keyword, words, line, columns }: Statement,
    values: readonly Value[],
    names: readonly string[],
  ): boolean {
    if (values.length === names.length) return true;
    const expected = names.length === 0 ? 'no value' : names.join(' ');
    const found = words.length === 0 ? 'nothing' : words.join(' ');
    const surplus = values[names.length]?.column ?? columns[0];
    const message = `${keyword} takes ${expected}, not ${found}`;
    this.#problems.add(line, 'syntax', message, surplus);
    return false;
  }

  #refuse({ name, text, line, column }: Value, expected: string): undefined {
    this.#problems.add(line, 'wrong-value', `${name} has to be ${expected}, not ${text}`, column);
  }
}

/** Of how many letters a word is at least that was meant for another block. */
const ShortestSlip = 5;

/** What somebody may have meant: a keyword that stands in the wrong block, or one that is spelt nearly so. */
function adviceFor(keyword: string, known: readonly string[]): string {
  const home = homeOf(keyword);
  if (home !== undefined) return `; it belongs to ${home}`;
  const nearest = nearestKeyword(keyword, known);
  if (nearest !== undefined) return `; did you mean ${nearest}?`;
  // A short word is near to many.
  const elsewhere =
    keyword.length < ShortestSlip ? undefined : nearestKeyword(keyword, keywordsWithHome);
  return elsewhere === undefined
    ? ''
    : `; did you mean ${elsewhere}, which belongs to ${homeOf(elsewhere)}?`;
}
