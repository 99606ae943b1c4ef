import { createContext, Script } from 'node:vm';

import { IoError } from '../../../director/base/errors.js';
import type { RegexConfig } from '../../config/checker-config.js';

/** How long a match may take: a pattern that goes astray must not keep the node from its elections. */
const LongestMatchMs = 50;

/** The flags of RegExp for the words that PCRE2 has for them. */
const Flags: Readonly<Record<string, string>> = {
  caseless: 'i',
  multiline: 'm',
  dotall: 's',
  utf: 'u',
  ucp: 'u',
};
/** What is so anyway, or only concerns how PCRE2 goes about its work. */
const WithoutEffect = new Set([
  'alt_bsux',
  'auto_callout',
  'match_unset_backref',
  'never_backslash_c',
  'no_auto_possess',
  'no_dotstar_anchor',
  'no_start_optimize',
  'use_offset_limit',
]);

/** `regex` of a URL: what the body of an answer has to match, or must not. */
export class BodyPattern {
  readonly #config: RegexConfig;
  readonly #script = new Script('pattern.exec(body)?.index ?? -1');
  readonly #context: { readonly pattern: RegExp; body: string };
  readonly #encoding: 'utf8' | 'latin1';

  /** Throws an `IoError` for a pattern, or an option, that JavaScript does not know. */
  constructor(config: RegexConfig) {
    this.#config = config;
    const isUtf = config.options.some((option) => option === 'utf' || option === 'ucp');
    this.#encoding = isUtf ? 'utf8' : 'latin1';
    this.#context = { pattern: compile(config), body: '' };
    createContext(this.#context);
  }

  /** True when the body is as it should be. A match that takes too long is none. */
  accepts(body: Buffer): boolean {
    const { minimumOffset, maximumOffset, noMatch } = this.#config;
    this.#context.body = body.toString(this.#encoding);
    this.#context.pattern.lastIndex = minimumOffset;
    const index = this.#find();
    if (index === undefined) return false;
    const isMatch = index >= 0 && index <= (maximumOffset ?? Number.POSITIVE_INFINITY);
    return isMatch !== noMatch;
  }

  #find(): number | undefined {
    try {
      return Number(this.#script.runInContext(this.#context, { timeout: LongestMatchMs }));
    } catch {
      return undefined;
    } finally {
      this.#context.body = '';
    }
  }
}

function compile({ pattern, options }: RegexConfig): RegExp {
  const flags = new Set('g');
  for (const option of options) {
    const flag = Flags[option];
    if (flag !== undefined) flags.add(flag);
    else if (!WithoutEffect.has(option)) {
      throw new IoError({ code: 'regex' }, `regex option ${option} is not known here`);
    }
  }
  try {
    return new RegExp(pattern, [...flags].join(''));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IoError({ code: 'regex' }, `regex ${pattern} cannot be used: ${reason}`, { cause });
  }
}
