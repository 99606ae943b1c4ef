import { Command, InvalidArgumentError, Option } from 'commander';

import * as whole from '../../cluster/cli/whole-number.js';

/*
 * The options of a bench. What cannot be is one line that says which option needs what, before anything is started.
 */

/** More than any bench can do. */
const Most = 1_000_000_000;

/** An option with a value. */
interface Valued<Value> {
  /** What it is when nobody says. */
  readonly fallback: Value;
  /** Throws an `InvalidArgumentError` for words that it cannot be. */
  readonly read: (words: string) => Value;
}

/** An option without a value, which is there or not. */
export const flag = { fallback: false } as const;

type Options = Readonly<Record<string, Valued<unknown> | typeof flag>>;

export type Values<Known extends Options> = {
  readonly [Name in keyof Known]: Known[Name] extends Valued<infer Value> ? Value : boolean;
};

/** Any words, such as the name of a file. */
export const words: Valued<string | undefined> = { fallback: undefined, read: (given) => given };

/** A whole number, not below `least`. */
export const wholeNumber = <Fallback extends number | undefined>(
  fallback: Fallback,
  least = 1,
): Valued<number | Fallback> => ({ fallback, read: whole.wholeNumber(least, Most) });

/** Whole numbers above 0, with commas between them. */
export const wholeNumbers = (...fallback: readonly number[]): Valued<readonly number[]> => ({
  fallback,
  read: (given) => given.split(',').map(whole.wholeNumber(1, Most)),
});

/** One of some names. */
export const oneOf = <Name extends string, Fallback extends Name | undefined>(
  names: readonly Name[],
  fallback: Fallback,
): Valued<Name | Fallback> => ({ fallback, read: (given) => readName(given, names) });

/** Some of such names, with commas between them; all, unless said. */
export const someOf = <Name extends string>(names: readonly Name[]): Valued<readonly Name[]> => ({
  fallback: names,
  read: (given) => given.split(',').map((each) => readName(each, names)),
});

function readName<Name extends string>(given: string, names: readonly Name[]): Name {
  const name = names.find((each) => each === given);
  if (name !== undefined) return name;
  throw new InvalidArgumentError(`'${given}' is none of ${names.join(', ')}.`);
}

/** What this process was started with. Ends it, with status 1, when that cannot be. */
export function readOptions<Known extends Options>(
  known: Known,
  argv: readonly string[] = process.argv,
): Values<Known> {
  const command = new Command().allowExcessArguments(false).helpOption(false);
  for (const [name, option] of Object.entries(known)) {
    const isValued = 'read' in option;
    const described = new Option(isValued ? `--${name} <value>` : `--${name}`);
    if (isValued) described.argParser(option.read);
    command.addOption(described.default(option.fallback));
  }
  return command.parse(argv).opts<Values<Known>>();
}
