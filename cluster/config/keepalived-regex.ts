import type { RegexConfig } from './checker-config.js';
import { compilePattern } from './pcre.js';
import type { Draft, ReadContext } from './read-context.js';
import type { Keyword, KeywordLines } from './statement-reader.js';

/** The keywords of a `url` about its regular expression, while they are read. */
export type RegexDraft = Draft<RegexConfig>;

/** keepalived's words for the options of PCRE2. */
const Options: ReadonlySet<string> = new Set(
  `allow_empty_class alt_bsux auto_callout caseless dollar_endonly dotall dupnames extended firstline
  match_unset_backref multiline never_ucp never_utf no_auto_capture no_auto_possess no_dotstar_anchor
  no_start_optimize ucp ungreedy utf never_backslash_c alt_circumflex alt_verbnames
  use_offset_limit`.split(/\s+/),
);

const OffsetRange = { minimum: 0, maximum: 4_294_967_295 };

/** As long as a line of keepalived may be. */
const MaximumPatternLength = 1_024;

/** The keywords that only mean something beside `regex`. */
const Companions = [
  'regex_no_match',
  'regex_options',
  'regex_min_offset',
  'regex_max_offset',
  'regex_stack',
];

/** The keywords of `url` about a regular expression. */
export function regexKeywords(draft: RegexDraft, context: ReadContext): Record<string, Keyword> {
  const { reader } = context;
  const offset = (field: 'minimumOffset' | 'maximumOffset'): Keyword => ({
    read: (statement) => {
      draft[field] = reader.wholeNumber(reader.value(statement, 'a number of bytes'), OffsetRange);
    },
  });
  return {
    regex: {
      read: (statement) => {
        const [value] = reader.quoted(statement, ['a pattern']) ?? [];
        draft.pattern = reader.text(value, MaximumPatternLength);
      },
    },
    regex_no_match: {
      read: (statement) => {
        draft.noMatch = reader.mark(statement);
      },
    },
    regex_options: {
      read: (statement) => {
        const meanings = Object.fromEntries([...Options].map((option) => [option, option]));
        draft.options = reader
          .list(statement)
          .map((value) => reader.choice(value, meanings))
          .filter((option) => option !== undefined);
      },
    },
    regex_min_offset: offset('minimumOffset'),
    regex_max_offset: offset('maximumOffset'),
    // The memory of keepalived's own matcher.
    regex_stack: {
      read: (statement) => {
        const [first, second] = reader.values(statement, ['START', 'MAXIMUM']) ?? [];
        const start = reader.wholeNumber(first, OffsetRange);
        reader.wholeNumber(second, { ...OffsetRange, minimum: start ?? 0 });
      },
    },
  };
}

/** Puts the keywords together; undefined without a `regex`. */
export function readRegex(
  draft: RegexDraft,
  lines: KeywordLines,
  { problems }: ReadContext,
): RegexConfig | undefined {
  const { pattern, options = [], noMatch = false, minimumOffset = 0, maximumOffset } = draft;
  if (!lines.has('regex')) {
    for (const keyword of Companions) {
      const line = lines.get(keyword);
      if (line === undefined) continue;
      problems.add(line, 'conflict', `${keyword} has no effect without regex`);
    }
  }
  if (maximumOffset !== undefined && minimumOffset > maximumOffset) {
    const message = `regex_max_offset ${maximumOffset} is below regex_min_offset ${minimumOffset}`;
    problems.add(lines.get('regex_max_offset') ?? 1, 'conflict', message);
  }
  if (pattern === undefined) return undefined;
  const compiled = compilePattern(pattern, options);
  if (typeof compiled === 'string') {
    const message = `regex ${pattern} cannot be used: ${compiled}`;
    problems.add(lines.get('regex') ?? 1, 'wrong-value', message);
  }
  return { pattern, options, noMatch, minimumOffset, maximumOffset };
}
