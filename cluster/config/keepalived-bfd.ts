import { type Duration, milliseconds } from '../../director/base/time.js';
import type { BfdInstanceConfig } from './checker-config.js';
import type { Statement } from './keepalived-statements.js';
import { readWeight, WeightRange } from './keepalived-track.js';
import { claim, type ReadContext } from './read-context.js';
import { familyOf } from './service-values.js';
import type { Keyword, Range, Value } from './statement-reader.js';

/** keepalived keeps 31 characters. */
const MaximumNameLength = 31;

/** In milliseconds; keepalived counts microseconds in 32 bits. */
const IntervalRange = { minimum: 1, maximum: 4_294_967 };
/** RFC 5880 §6.8.3: a session that is down sends no more than once a second. */
const IdleRange = { ...IntervalRange, minimum: 1_000 };

const MultiplierRange = { minimum: 1, maximum: 255 };
const HopLimitRange = { minimum: 1, maximum: 255 };
const HopsRange = { minimum: -1, maximum: 255 };

/** keepalived's hop limits. */
const HopLimits = { ipv4: 255, ipv6: 64 };

/** The line that defines a session. */
export const bfdKey = (name: string): string => `bfd_instance ${name}`;

/** Reads a `bfd_instance`. Undefined only after a problem. */
export function readBfdInstance(
  statement: Statement,
  context: ReadContext,
): BfdInstanceConfig | undefined {
  const { reader, problems } = context;
  const { line, body = [] } = statement;
  const name = reader.name(reader.value(statement, 'a name'), MaximumNameLength);
  if (name !== undefined) claim(context, bfdKey(name), line);
  const draft = newSession();
  const block = { name: name === undefined ? 'bfd_instance' : bfdKey(name), line };
  reader.block(block, body, {
    ...addressKeywords(draft, context),
    ...sessionKeywords(draft, context),
    weight: {
      read: (given) => {
        const { weight, reverse } = readWeight(given, WeightRange, context);
        draft.weight = weight ?? 0;
        draft.reverse = reverse ?? false;
      },
    },
  });
  const { neighbour, source, maximumHops } = draft;
  if (name === undefined || neighbour === undefined) return undefined;
  const hopLimit = draft.hopLimit ?? HopLimits[familyOf(neighbour)];
  if (source !== undefined && familyOf(source) !== familyOf(neighbour)) {
    const message = `source_ip ${source} of ${block.name} is of another family than ${neighbour}`;
    problems.add(line, 'conflict', message);
  }
  claim(context, `the session of ${source ?? 'this node'} with ${neighbour}`, line);
  if (maximumHops > hopLimit) {
    const message = `max_hops ${maximumHops} of ${block.name} is above its hop limit ${hopLimit}`;
    problems.add(line, 'conflict', message);
  }
  return { ...draft, name, neighbour, hopLimit };
}

/** A session while its block is read: what is refused keeps its default. */
interface SessionDraft extends Writable<
  Omit<BfdInstanceConfig, 'name' | 'neighbour' | 'hopLimit'>
> {
  neighbour: BfdInstanceConfig['neighbour'] | undefined;
  hopLimit: number | undefined;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** keepalived's defaults. */
const newSession = (): SessionDraft => ({
  neighbour: undefined,
  source: undefined,
  minimumReceive: milliseconds(10),
  minimumTransmit: milliseconds(10),
  idleTransmit: milliseconds(1_000),
  multiplier: 5,
  passive: false,
  hopLimit: undefined,
  maximumHops: 0,
  weight: 0,
  reverse: false,
});

function addressKeywords(draft: SessionDraft, { reader }: ReadContext): Record<string, Keyword> {
  // One object for both spellings: they set the same address.
  const neighbour: Keyword = {
    required: true,
    read: (given) => {
      draft.neighbour = reader.address(reader.value(given, 'an address'));
    },
  };
  return {
    neighbor_ip: neighbour,
    neighbour_ip: neighbour,
    source_ip: {
      read: (given) => {
        draft.source = reader.address(reader.value(given, 'an address'));
      },
    },
  };
}

function sessionKeywords(draft: SessionDraft, context: ReadContext): Record<string, Keyword> {
  const { reader } = context;
  const interval = (
    field: 'minimumReceive' | 'minimumTransmit' | 'idleTransmit',
    range: Range,
  ): Keyword => ({
    read: (given) => {
      const value = reader.value(given, 'milliseconds');
      draft[field] = readMilliseconds(value, range, context) ?? draft[field];
    },
  });
  const hopLimit: Keyword = {
    read: (given) => {
      draft.hopLimit = reader.wholeNumber(reader.value(given), HopLimitRange);
    },
  };
  return {
    min_rx: interval('minimumReceive', IntervalRange),
    min_tx: interval('minimumTransmit', IntervalRange),
    idle_tx: interval('idleTransmit', IdleRange),
    multiplier: {
      read: (given) => {
        const count = reader.wholeNumber(reader.value(given), MultiplierRange);
        draft.multiplier = count ?? draft.multiplier;
      },
    },
    passive: {
      read: (given) => {
        draft.passive = reader.mark(given);
      },
    },
    ttl: hopLimit,
    hoplimit: hopLimit,
    max_hops: {
      read: (given) => {
        const hops = reader.wholeNumber(reader.value(given), HopsRange);
        draft.maximumHops = hops ?? draft.maximumHops;
      },
    },
  };
}

/** Milliseconds with a fraction: the finest step is a microsecond. */
function readMilliseconds(
  value: Value | undefined,
  { minimum, maximum }: Range,
  { problems }: ReadContext,
): Duration | undefined {
  if (value === undefined) return undefined;
  const number = /^\d{1,7}(?:\.\d{1,3})?$/.test(value.text) ? Number(value.text) : Number.NaN;
  if (number >= minimum && number <= maximum) return milliseconds(number);
  const message = `${value.name} has to be milliseconds from ${minimum} to ${maximum}, not ${value.text}`;
  problems.add(value.line, 'wrong-value', message, value.column);
  return undefined;
}
