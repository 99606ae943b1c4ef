import { seconds } from '../../director/base/time.js';
import { readCommand, readUser, type ScriptUser } from './keepalived-command.js';
import type { Statement } from './keepalived-statements.js';
import { readWeight, TrackerKeywords } from './keepalived-track.js';
import { claim, type Draft, type ReadContext } from './read-context.js';
import type { Keyword } from './statement-reader.js';
import type {
  Tracked,
  TrackFileConfig,
  TrackProcessConfig,
  TrackScriptConfig,
} from './vrrp-config.js';

const MaximumNameLength = 64;

/** The kernel's PATH_MAX, without its final zero. */
const MaximumPathLength = 4_095;

/** In seconds; keepalived's finest step is a millisecond. */
const IntervalRange = { minimum: 0.001, maximum: 4_294 };

/** How many results in a row decide. */
const RunRange = { minimum: 1, maximum: 1_000_000 };

const QuorumRange = { minimum: 1, maximum: 65_535 };

/** In seconds. */
const DelayRange = { minimum: 0.000_001, maximum: 3_600 };

/** The value of a file times the weight is added to a priority of one octet. */
const InitialRange = { minimum: -254, maximum: 254 };

/** Reads a `vrrp_script`. Undefined, here and below, only after a problem. */
export function readScript(
  statement: Statement,
  owner: ScriptUser,
  context: ReadContext,
): TrackScriptConfig | undefined {
  const { reader } = context;
  const draft: Draft<TrackScriptConfig> = { weight: 0, rise: 1, fall: 1, initFail: false };
  let user: ScriptUser | undefined;
  const name = readBlock('script', statement, context, {
    script: {
      required: true,
      read: (given) => {
        // Its user has a keyword of its own.
        const names = ['one command (in quotes when it has arguments)'];
        const values = reader.quoted(given, names);
        draft.command = values && readCommand(given, owner, context);
      },
    },
    interval: {
      read: (given) => {
        draft.interval = reader.duration(reader.value(given, 'seconds'), IntervalRange);
      },
    },
    timeout: {
      read: (given) => {
        draft.timeout = reader.duration(reader.value(given, 'seconds'), IntervalRange);
      },
    },
    ...weightKeyword('script', draft, context),
    rise: {
      read: (given) => {
        draft.rise = reader.wholeNumber(reader.value(given), RunRange);
      },
    },
    fall: {
      read: (given) => {
        draft.fall = reader.wholeNumber(reader.value(given), RunRange);
      },
    },
    user: {
      read: (given) => {
        user = readUser(given, context);
      },
    },
    init_fail: {
      read: (given) => {
        draft.initFail = reader.mark(given);
      },
    },
  });
  const { command, interval = seconds(1), weight, rise, fall, initFail = false } = draft;
  if (name === undefined || command === undefined || weight === undefined) return undefined;
  if (rise === undefined || fall === undefined) return undefined;
  const { reverse = false, timeout = interval } = draft;
  const owned = { ...command, ...user };
  return { name, command: owned, interval, timeout, rise, fall, weight, reverse, initFail };
}

/** Reads a `track_file`, or a `vrrp_track_file` as it was called. */
export function readTrackFile(
  statement: Statement,
  context: ReadContext,
): TrackFileConfig | undefined {
  const { reader } = context;
  const draft: Draft<Omit<TrackFileConfig, 'initial'>> = { weight: 1 };
  let initial: TrackFileConfig['initial'];
  const name = readBlock('file', statement, context, {
    file: {
      required: true,
      read: (given) => {
        draft.file = reader.text(reader.value(given, 'a path'), MaximumPathLength);
      },
    },
    ...weightKeyword('file', draft, context),
    init_file: {
      read: (given) => {
        initial = readInitial(given, context);
      },
    },
  });
  const { file, weight, reverse = false } = draft;
  if (name === undefined || file === undefined || weight === undefined) return undefined;
  return { name, file, weight, reverse, ...(initial === undefined ? {} : { initial }) };
}

/** Reads `init_file [VALUE] [overwrite]`, in either order as keepalived does. */
function readInitial(
  { keyword, words, line }: Statement,
  { reader, problems }: ReadContext,
): TrackFileConfig['initial'] {
  const numbers = words.filter((word) => word !== 'overwrite');
  const overwrite = numbers.length < words.length;
  const [text = '0', ...others] = numbers;
  if (others.length > 0 || words.length > 2) {
    problems.add(line, 'syntax', `${keyword} takes [VALUE] [overwrite], not ${words.join(' ')}`);
    return undefined;
  }
  const value = reader.wholeNumber({ name: keyword, text, line }, InitialRange);
  return value === undefined ? undefined : { value, overwrite };
}

/** Reads a `vrrp_track_process`. */
export function readTrackProcess(
  statement: Statement,
  context: ReadContext,
): TrackProcessConfig | undefined {
  const { reader, problems } = context;
  const draft: Draft<TrackProcessConfig> = {
    weight: 0,
    delay: seconds(0),
    fullCommand: false,
  };
  const name = readBlock('process', statement, context, {
    process: {
      required: true,
      read: ({ keyword, words, line }) => {
        if (words.length === 0) problems.add(line, 'syntax', `${keyword} needs a command`);
        const [command, ...parameters] = words.map((text) =>
          reader.text({ name: keyword, text, line }, MaximumPathLength),
        );
        draft.command = command;
        draft.parameters = parameters.filter((parameter) => parameter !== undefined);
      },
    },
    ...weightKeyword('process', draft, context),
    quorum: {
      read: (given) => {
        draft.quorum = reader.wholeNumber(reader.value(given), QuorumRange);
      },
    },
    quorum_max: {
      read: (given) => {
        const range = { ...QuorumRange, minimum: 0 };
        draft.quorumMax = reader.wholeNumber(reader.value(given), range);
      },
    },
    delay: {
      read: (given) => {
        draft.delay = reader.duration(reader.value(given, 'seconds'), DelayRange);
      },
    },
    full_command: {
      read: (given) => {
        draft.fullCommand = reader.mark(given);
      },
    },
  });
  const { command, parameters = [], delay, fullCommand = false } = draft;
  const { weight, reverse = false, quorumMax } = draft;
  // With quorum_max 0 it is up while no such process runs.
  const quorum = draft.quorum ?? (quorumMax === 0 ? 0 : 1);
  if (quorumMax !== undefined && quorum > quorumMax) {
    const message = `quorum_max ${quorumMax} is below the quorum ${quorum}`;
    problems.add(statement.line, 'conflict', message);
  }
  if (name === undefined || command === undefined) return undefined;
  if (delay === undefined || weight === undefined) return undefined;
  return {
    name,
    command,
    parameters,
    quorum,
    ...(quorumMax === undefined ? {} : { quorumMax }),
    delay,
    // keepalived looks for parameters where they are.
    fullCommand: fullCommand || parameters.length > 0,
    weight,
    reverse,
  };
}

/** Reads the block of a tracker and answers its name, which is one of its kind. */
function readBlock(
  kind: Tracked['kind'],
  statement: Statement,
  context: ReadContext,
  keywords: Readonly<Record<string, Keyword>>,
): string | undefined {
  const { reader } = context;
  const { keyword, line, body = [] } = statement;
  const name = reader.name(reader.value(statement, 'a name'), MaximumNameLength);
  if (name !== undefined) claim(context, definitionKey(kind, name), line);
  reader.block({ name: `${keyword} ${name ?? ''}`.trim(), line }, body, keywords);
  return name;
}

/** `weight N [reverse]`: what those have who track it without a weight of their own. */
function weightKeyword(
  kind: Tracked['kind'],
  draft: { weight?: number | undefined; reverse?: boolean | undefined },
  context: ReadContext,
): Record<string, Keyword> {
  return {
    weight: {
      read: (given) => {
        const { weight, reverse } = readWeight(given, TrackerKeywords[kind].weights, context);
        draft.weight = weight;
        draft.reverse = reverse;
      },
    },
  };
}

/** The line that defines a tracker. */
export const definitionKey = (kind: Tracked['kind'], name: string): string =>
  `${TrackerKeywords[kind].definition} ${name}`;
