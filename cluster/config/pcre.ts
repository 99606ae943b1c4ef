/** A regular expression of PCRE2 in JavaScript's words. */
export interface Translation {
  readonly pattern: string;
  /** Of RegExp. */
  readonly flags: string;
}

/** The flags of RegExp for PCRE2's options, by keepalived's words and by the letters of inline options. */
const Flags: Readonly<Record<string, string>> = {
  caseless: 'i',
  multiline: 'm',
  dotall: 's',
  utf: 'u',
  ucp: 'u',
  i: 'i',
  m: 'm',
  s: 's',
};

/** What only concerns how PCRE2 goes about its work, or is so in JavaScript anyway. */
const WithoutEffect: ReadonlySet<string> = new Set(
  `alt_bsux alt_circumflex alt_verbnames auto_callout match_unset_backref never_backslash_c never_ucp
  never_utf no_auto_capture no_auto_possess no_dotstar_anchor no_start_optimize
  use_offset_limit`.split(/\s+/),
);

/** Options that change how the pattern is read, which `translate` does itself. */
const Reading: ReadonlySet<string> = new Set([
  'allow_empty_class',
  'dollar_endonly',
  'extended',
  'firstline',
]);

/** Outside of a class: what a letter behind a backslash is in JavaScript. */
const Escapes: Readonly<Record<string, string>> = {
  A: '(?<![\\s\\S])',
  z: '(?![\\s\\S])',
  Z: '(?=\\n?(?![\\s\\S]))',
  h: '[ \\t]',
  H: '[^ \\t]',
  R: '(?:\\r\\n|[\\n\\r\\f\\v])',
  N: '[^\\n]',
  a: '\\x07',
  e: '\\x1b',
};

const PosixClasses: Readonly<Record<string, string>> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\\s',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
  xdigit: '0-9A-Fa-f',
  word: '\\w',
  print: ' -~',
  graph: '!-~',
  cntrl: '\\x00-\\x1f\\x7f',
};

/**
 * Puts a pattern of PCRE2, with options in keepalived's words, into JavaScript's. The everyday part of the language is the
 * same in both; what differs is translated here, as far as it is ever met in a health check: options at the beginning,
 * `\A`, `\Z`, `\z`, `\h`, `\R`, classes of POSIX, `$` before a last line's end, and white space with `extended`. Undefined for an
 * option that JavaScript has nothing for; atomic groups and possessive quantifiers are left for RegExp to refuse.
 */
export function translate(pattern: string, options: readonly string[]): Translation | undefined {
  const flags = new Set<string>();
  const words = new Set(options);
  let rest = pattern;
  for (let inline = inlineOptions(rest); inline !== undefined; inline = inlineOptions(rest)) {
    for (const letter of inline) words.add(letter === 'x' ? 'extended' : letter);
    rest = rest.slice(inline.length + '(?)'.length);
  }
  for (const word of words) {
    const flag = Flags[word];
    if (flag !== undefined) flags.add(flag);
    else if (!WithoutEffect.has(word) && !Reading.has(word)) return undefined;
  }
  const translated = new Translator(rest, words).run();
  // With `firstline` a match begins in the first line: everything before it has no line's end.
  const first = words.has('firstline') ? '(?<=(?<![\\s\\S])[^\\n]*)' : '';
  return { pattern: `${first}${translated}`, flags: [...flags].join('') };
}

/** The pattern as it is matched, or why it cannot be. */
export function compilePattern(pattern: string, options: readonly string[]): RegExp | string {
  const translation = translate(pattern, options);
  if (translation === undefined) {
    return `one of its options has no counterpart here: ${options.join(' ')}`;
  }
  try {
    return new RegExp(translation.pattern, `g${translation.flags}`);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const inlineOptions = (pattern: string): string | undefined =>
  /^\(\?([imsx]+)\)/.exec(pattern)?.[1];

class Translator {
  readonly #text: string;
  readonly #options: ReadonlySet<string>;
  #index = 0;
  #output = '';

  constructor(text: string, options: ReadonlySet<string>) {
    this.#text = text;
    this.#options = options;
  }

  run(): string {
    while (this.#index < this.#text.length) this.#step(this.#text.charAt(this.#index));
    return this.#output;
  }

  #step(character: string): void {
    if (character === '\\') this.#escape(Escapes);
    else if (character === '[') this.#class();
    else if (character === '$') this.#take(1, this.#end);
    else if (this.#isExtended && /\s/.test(character)) this.#take(1, '');
    else if (this.#isExtended && character === '#') this.#comment();
    else this.#take(1, character);
  }

  get #isExtended(): boolean {
    return this.#options.has('extended');
  }

  /** By itself `$` also fits before the end of the last line. */
  get #end(): string {
    const isPlain = this.#options.has('multiline') || this.#options.has('m');
    return isPlain || this.#options.has('dollar_endonly') ? '$' : '(?=\\n?(?![\\s\\S]))';
  }

  #escape(meanings: Readonly<Record<string, string>>): void {
    const letter = this.#text.charAt(this.#index + 1);
    this.#take(2, meanings[letter] ?? `\\${letter}`);
  }

  #comment(): void {
    const end = this.#text.indexOf('\n', this.#index);
    this.#index = end < 0 ? this.#text.length : end + 1;
  }

  /** A bracket right at the beginning of a class belongs to it. */
  #class(): void {
    const opening = this.#text.charAt(this.#index + 1) === '^' ? '[^' : '[';
    this.#take(opening.length, opening);
    const isBracket = this.#text.charAt(this.#index) === ']';
    if (isBracket && !this.#options.has('allow_empty_class')) this.#take(1, '\\]');
    while (this.#index < this.#text.length) {
      const rest = this.#text.slice(this.#index);
      const posix = /^\[:(\w+):\]/.exec(rest);
      const members = posix === null ? undefined : PosixClasses[posix[1] ?? ''];
      if (rest.startsWith(']')) return this.#take(1, ']');
      if (members !== undefined) this.#take(posix?.[0].length ?? 0, members);
      else if (rest.startsWith('\\')) this.#escape({ h: ' \\t' });
      else this.#take(1, rest.startsWith('[') ? '\\[' : rest.charAt(0));
    }
  }

  #take(length: number, output: string): void {
    this.#index += length;
    this.#output += output;
  }
}
