import { createContext, Script } from 'node:vm';

import { assert } from '../../../director/base/invariant.js';
import type { RegexConfig } from '../../config/checker-config.js';
import { compilePattern } from '../../config/pcre.js';

/** How long a match may take: a pattern that goes astray must not keep the node from its elections. */
const LongestMatchMs = 50;

/** `regex` of a URL: what the body of an answer has to match, or must not. */
export class BodyPattern {
  readonly #config: RegexConfig;
  readonly #script = new Script('pattern.exec(body)?.index ?? -1');
  readonly #context: { readonly pattern: RegExp; body: string };
  readonly #encoding: 'utf8' | 'latin1';

  /** The pattern is one that the configuration has been read with. */
  constructor(config: RegexConfig) {
    const pattern = compilePattern(config.pattern, config.options);
    assert(typeof pattern !== 'string', 'a configuration has no pattern that cannot be used');
    this.#config = config;
    const isUtf = config.options.some((option) => option === 'utf' || option === 'ucp');
    this.#encoding = isUtf ? 'utf8' : 'latin1';
    this.#context = { pattern, body: '' };
    createContext(this.#context);
  }

  /** True when the body is as it should be. A match that takes too long is none. */
  accepts(body: Buffer): boolean {
    const { minimumOffset, maximumOffset, noMatch } = this.#config;
    this.#context.body = body.toString(this.#encoding);
    this.#context.pattern.lastIndex = minimumOffset;
    const index = this.#find();
    if (index === undefined) return false;
    const isEarly = maximumOffset === undefined || maximumOffset === 0 || index < maximumOffset;
    const isMatch = index >= 0 && isEarly;
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
