import { bfdKey } from './keepalived-bfd.js';
import type { TimingDraft } from './keepalived-check-timing.js';
import type { CheckerReader } from './keepalived-checkers.js';
import { readWeight } from './keepalived-track.js';
import { definitionKey } from './keepalived-trackers.js';
import type { ReadContext } from './read-context.js';
import type { Keyword, Value } from './statement-reader.js';

const MaximumNameLength = 64;

/** A weight is multiplied with what the file holds. */
const WeightRange = { minimum: -2_147_483_647, maximum: 2_147_483_647 };

/** Reads `FILE_CHECK`. Its `track_file` stands anywhere in the file. */
export const readFileCheck: CheckerReader = (statement, scope, context) => {
  const { line, body = [] } = statement;
  const { reader } = context;
  const own: TimingDraft = {};
  let trackFile: string | undefined;
  let weight: ReturnType<typeof readWeight> | undefined;
  reader.block({ name: 'FILE_CHECK', line }, body, {
    track_file: {
      required: true,
      read: (given) => {
        const value = reader.value(given, 'a name');
        trackFile = readReference(
          value,
          'track_file',
          definitionKey('file', value?.text ?? ''),
          context,
        );
      },
    },
    weight: {
      read: (given) => {
        weight = readWeight(given, WeightRange, context);
      },
    },
    alpha: alphaKeyword(own, context),
  });
  if (trackFile === undefined) return [];
  const name = trackFile;
  const definition = scope.trackFiles.find((file) => file.name === name);
  return [
    ({ timing }) => ({
      kind: 'FILE_CHECK',
      trackFile: name,
      weight: weight?.weight ?? definition?.weight ?? 1,
      reverse: weight?.reverse ?? definition?.reverse ?? false,
      alpha: own.alpha ?? timing.alpha ?? false,
    }),
  ];
};

/** Reads `BFD_CHECK`. Its `bfd_instance` stands anywhere in the file. */
export const readBfdCheck: CheckerReader = (statement, _scope, context) => {
  const { line, body = [] } = statement;
  const own: TimingDraft = {};
  let instance: string | undefined;
  context.reader.block({ name: 'BFD_CHECK', line }, body, {
    name: {
      required: true,
      read: (given) => {
        const value = context.reader.value(given, 'a name');
        instance = readReference(value, 'bfd_instance', bfdKey(value?.text ?? ''), context);
      },
    },
    alpha: alphaKeyword(own, context),
  });
  if (instance === undefined) return [];
  const name = instance;
  return [
    ({ timing }) => ({
      kind: 'BFD_CHECK',
      instance: name,
      alpha: own.alpha ?? timing.alpha ?? false,
    }),
  ];
};

const alphaKeyword = (own: TimingDraft, { reader }: ReadContext): Keyword => ({
  read: (given) => {
    own.alpha = reader.flag(given);
  },
});

/** The name, when the file defines it. */
function readReference(
  value: Value | undefined,
  definition: string,
  key: string,
  { reader, positions, problems }: ReadContext,
): string | undefined {
  const name = reader.name(value, MaximumNameLength);
  if (name === undefined || value === undefined || positions.has(key)) return name;
  const message = `${value.name} names ${name}, which no ${definition} defines`;
  problems.add(value.line, 'unknown-reference', message, value.column);
  return undefined;
}
