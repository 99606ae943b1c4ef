import type { Statement } from './keepalived-statements.js';
import type { ReadContext } from './read-context.js';
import type { SecretKey } from './vrrp-config.js';

/** The ids of keys: one octet on the wire, and 0 is no key. */
export const KeyIdRange = { minimum: 1, maximum: 255 };

/** The lengths of a key in bytes, those of keepalived's `auth_hmac`. */
const MinimumLength = 32;
const MaximumLength = 64;

/**
 * Reads `KEYWORD ID SECRET` into `keys`. The secret is `hex:` and the bytes, or the characters themselves, 32 to 64 of
 * them. No message repeats it.
 */
export function readSecretKey(
  { keyword, words, line }: Statement,
  keys: SecretKey[],
  { reader, problems }: ReadContext,
): void {
  const [idText, secret] = words;
  if (idText === undefined || secret === undefined || words.length !== 2) {
    problems.add(line, 'syntax', `${keyword} takes ID SECRET`);
    return;
  }
  const id = reader.wholeNumber({ name: `the id of ${keyword}`, text: idText, line }, KeyIdRange);
  if (id === undefined) return;
  if (secret.startsWith('file:')) {
    problems.add(line, 'not-supported', `${keyword} with file: is not supported yet`);
    return;
  }
  const key = keyBytes(secret);
  if (key === undefined) {
    const message = `the secret of ${keyword} ${id} has to be hex: and pairs of hexadecimal digits, or printable characters`;
    problems.add(line, 'wrong-value', message);
  } else if (key.length < MinimumLength || key.length > MaximumLength) {
    const message = `the secret of ${keyword} ${id} has to be ${MinimumLength} to ${MaximumLength} bytes long, not ${key.length}`;
    problems.add(line, 'wrong-value', message);
  } else if (keys.some((other) => other.id === id)) {
    problems.add(line, 'duplicate', `${keyword} ${id} is given twice`);
  } else {
    keys.push({ id, key });
  }
}

function keyBytes(secret: string): Uint8Array | undefined {
  if (secret.startsWith('hex:')) {
    const digits = secret.slice(4);
    if (!/^(?:[\da-f]{2})*$/i.test(digits)) return undefined;
    const pairs = digits.match(/../g) ?? [];
    return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
  }
  if (!/^[\x20-\x7e]*$/.test(secret)) return undefined;
  return Uint8Array.from(secret, (character) => character.charCodeAt(0));
}
