import type { Statement } from './keepalived-statements.js';
import type { ReadContext } from './read-context.js';

/** Bytes, and of each the bits that count. */
export interface HexadecimalPattern {
  readonly data: Uint8Array;
  readonly mask: Uint8Array;
}

/** A UDP datagram holds no more. */
const MaximumBytes = 65_507;

/**
 * Reads the hexadecimal digits of a statement as keepalived's UDP_CHECK does: two are a byte, and so is one that a blank
 * follows, so that `Ab12f 3` is AB 12 0F 03. With `wildcards`, `x` stands for any digit.
 */
export function readPattern(
  { keyword, words, columns, line }: Statement,
  wildcards: boolean,
  { problems }: ReadContext,
): HexadecimalPattern | undefined {
  const digits = wildcards ? /^[0-9a-fx]+$/i : /^[0-9a-f]+$/i;
  const groups = words.flatMap((word) => word.trim().split(/\s+/));
  const wrong = groups.findIndex((group) => !digits.test(group));
  if (wrong >= 0 || groups.length === 0) {
    const found = groups.length === 0 ? 'nothing' : (groups[wrong] ?? '');
    const allowed = wildcards ? 'hexadecimal digits, or x for any' : 'hexadecimal digits';
    const message = `${keyword} takes ${allowed}, not ${found}`;
    problems.add(line, 'wrong-value', message, columns[wrong + 1] ?? columns[0]);
    return undefined;
  }
  const bytes = groups.flatMap((group) => group.match(/..?/g) ?? []);
  if (bytes.length > MaximumBytes) {
    problems.add(line, 'wrong-value', `${keyword} takes at most ${MaximumBytes} bytes`);
    return undefined;
  }
  return {
    data: Uint8Array.from(bytes, (byte) => Number.parseInt(byte.replaceAll(/x/gi, '0'), 16)),
    mask: Uint8Array.from(bytes, (byte) => maskOf(byte)),
  };
}

/** A byte of one digit has four bits of zero before it, and those count. */
const maskOf = (byte: string): number =>
  Number.parseInt(
    byte
      .padStart(2, '0')
      .replaceAll(/[0-9a-f]/gi, 'f')
      .replaceAll(/x/gi, '0'),
    16,
  );
