/** A line that begins with `~SEQ` or `~LST`: the values that its parameters take in turn, and the line to repeat. */
export interface Repetition {
  readonly names: readonly string[];
  /** At most as many values as names; the others are empty. */
  readonly rounds: Iterable<readonly string[]>;
  readonly rest: string;
}

/** Why such a line cannot be read, as a sentence without a final stop. */
export interface RepetitionFault {
  readonly fault: string;
}

/** True for a line that asks to be read several times. */
export const isRepetition = (text: string): boolean => /^~(?:SEQ|LST)/.test(text);

/** Reads `~SEQ(VARIABLE, [START, [STEP,]] END) LINE`, `~SEQx(...)` or `~LST(...)` (keepalived.conf(5)). */
export const readRepetition = (text: string): Repetition | RepetitionFault =>
  text.startsWith('~SEQ') ? readSequence(text) : readList(text);

/** strtol(3) with base 0: decimal, hexadecimal or octal. */
const NumberForm = /^[+-]?(?:0[xX][0-9a-fA-F]{1,12}|\d{1,15})$/;

const Sequence = /^~SEQ(x?)[ \t]*\([ \t]*(\w+)[ \t]*,([^()]*)\)[ \t]*([^]*)$/;

function readSequence(text: string): Repetition | RepetitionFault {
  const [, hexadecimal, name, list, rest] = Sequence.exec(text) ?? [];
  const words = (list ?? '').split(',').map((word) => word.trim());
  const isList = words.length <= 3 && words.every((word) => NumberForm.test(word));
  if (name === undefined || rest === undefined || !isList) {
    return { fault: '~SEQ takes (VARIABLE, [START, [STEP,]] END) and whole numbers' };
  }
  const { start, step, end } = limitsOf(words.map(integerOf));
  if (step === 0 || (end - start) * step < 0) {
    return { fault: `~SEQ never reaches ${end} from ${start} in steps of ${step}` };
  }
  if (hexadecimal === 'x' && (start < 0 || end < 0)) {
    return { fault: '~SEQx takes no negative numbers' };
  }
  const base = hexadecimal === 'x' ? 16 : 10;
  return { names: [name], rounds: countingRounds(start, step, end, base), rest };
}

/** What is left out: the step leads to the end, and the start is 1 or -1. */
function limitsOf(numbers: readonly number[]): { start: number; step: number; end: number } {
  const [first = 1, second, third] = numbers;
  if (second === undefined) {
    return { start: first < 0 ? -1 : 1, step: first < 1 ? -1 : 1, end: first };
  }
  if (third === undefined) return { start: first, step: first <= second ? 1 : -1, end: second };
  return { start: first, step: second, end: third };
}

function integerOf(text: string): number {
  const digits = text.replace(/^[+-]/, '');
  const isOctal = /^0[0-7]+$/.test(digits);
  const size = isOctal ? Number.parseInt(digits, 8) : Number(digits);
  return text.startsWith('-') ? -size : size;
}

function* countingRounds(
  start: number,
  step: number,
  end: number,
  base: number,
): Generator<readonly string[]> {
  for (let next = start; step > 0 ? next <= end : next >= end; next += step) {
    yield [next.toString(base)];
  }
}

const List = /^~LST[ \t]*\([ \t]*([^]*)$/;

/** One value, or several in braces, and the comma or parenthesis after it. */
const Item = /^[ \t]*(?:\{([^{}()]*)\}|([^\s,{}()]*))[ \t]*([,)])[ \t]*/;

function readList(text: string): Repetition | RepetitionFault {
  const malformed = {
    fault: '~LST takes (VARIABLE, VALUE, ...) or ({VARIABLE, ...}, {VALUE, ...}, ...)',
  };
  let [, remainder] = List.exec(text) ?? [];
  const items: (readonly string[])[] = [];
  for (let isOpen = true; isOpen;) {
    const match = Item.exec(remainder ?? '');
    if (match === null || remainder === undefined) return malformed;
    const [whole, several, one = '', end] = match;
    items.push(several === undefined ? [one] : several.split(',').map((word) => word.trim()));
    remainder = remainder.slice(whole.length);
    isOpen = end === ',';
  }
  const [names = [], ...rounds] = items;
  if (rounds.length === 0 || !names.every((name) => /^\w+$/.test(name))) return malformed;
  if (rounds.some((values) => values.length > names.length)) {
    return { fault: `~LST gives more values than the ${names.length} variables that it names` };
  }
  return { names, rounds, rest: remainder ?? '' };
}
