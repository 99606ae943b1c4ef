import type { Statement } from './keepalived-statements.js';
import { claim, type ReadContext } from './read-context.js';
import type { Keyword, Range } from './statement-reader.js';
import type { Tracked } from './vrrp-config.js';

/** keepalived's limits: priorities are 1 to 254, so that 253 reaches from one end to the other. */
export const WeightRange = { minimum: -253, maximum: 253 };

/** What a file holds may be negative, and a process counts as one. */
export const WideWeightRange = { minimum: -254, maximum: 254 };

/** An entry of a `track_` block. What is undefined comes from the definition of what it names. */
export interface TrackedDraft extends Pick<Tracked, 'kind' | 'name'> {
  readonly weight: number | undefined;
  readonly reverse: boolean | undefined;
  readonly line: number;
}

/** How the kinds of trackers are named: their block, and the keyword that defines one. */
export const TrackerKeywords = {
  interface: { block: 'track_interface', definition: 'interface', weights: WeightRange },
  script: { block: 'track_script', definition: 'vrrp_script', weights: WeightRange },
  file: { block: 'track_file', definition: 'track_file', weights: WideWeightRange },
  process: {
    block: 'track_process',
    definition: 'vrrp_track_process',
    weights: WideWeightRange,
  },
  bfd: { block: 'track_bfd', definition: 'bfd_instance', weights: WeightRange },
} as const;

const Kinds: readonly Tracked['kind'][] = ['interface', 'script', 'file', 'process', 'bfd'];

/** The blocks of `vrrp_instance` and `vrrp_sync_group` that name what is tracked. `owner` is that block's name. */
export function trackKeywords(
  owner: string,
  tracked: TrackedDraft[],
  context: ReadContext,
): Record<string, Keyword> {
  return Object.fromEntries(
    Kinds.map((kind): [string, Keyword] => [
      TrackerKeywords[kind].block,
      {
        takesBlock: true,
        read: (statement) => tracked.push(...readTracked(statement, kind, owner, context)),
      },
    ]),
  );
}

/** Reads `NAME [weight N [reverse | noreverse]]`, one on each line of the block. */
function readTracked(
  block: Statement,
  kind: Tracked['kind'],
  owner: string,
  context: ReadContext,
): TrackedDraft[] {
  const { reader, problems } = context;
  const { keyword, body = [] } = block;
  reader.values(block, []);
  return body.flatMap((statement) => {
    const { keyword: name, words, line } = statement;
    if (statement.body !== undefined) {
      problems.add(line, 'syntax', `${keyword} ${name} takes no block`);
      return [];
    }
    claim(context, trackedKey(kind, name, owner), line);
    if (kind === 'interface') reader.device({ name: keyword, text: name, line });
    if (words.length === 0) return [{ kind, name, weight: undefined, reverse: undefined, line }];
    const [option, ...values] = words;
    if (option !== 'weight') {
      problems.add(
        line,
        'syntax',
        `${keyword} ${name} takes weight N [reverse], not ${words.join(' ')}`,
      );
      return [];
    }
    const named = {
      ...statement,
      keyword: `the weight of ${name}`,
      words: values,
      columns: statement.columns.slice(1),
    };
    const { weight, reverse } = readWeight(named, TrackerKeywords[kind].weights, context);
    return [{ kind, name, weight, reverse, line }];
  });
}

/** Reads `N [reverse | noreverse]` after `weight`; a direction that is left out is undefined. */
export function readWeight(
  statement: Statement,
  range: Range,
  { reader }: ReadContext,
): { readonly weight: number | undefined; readonly reverse: boolean | undefined } {
  const names = statement.words.length === 1 ? ['N'] : ['N', '[reverse]'];
  const [first, second] = reader.values(statement, names) ?? [];
  return {
    weight: reader.wholeNumber(first, range),
    reverse: reader.choice(second, { reverse: true, noreverse: false }),
  };
}

/** The way that messages name an entry; it may be there once in its block. */
export const trackedKey = (kind: Tracked['kind'], name: string, owner: string): string =>
  `${TrackerKeywords[kind].block} ${name} of ${owner}`;
