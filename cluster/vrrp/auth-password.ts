import { assert } from '../../director/base/invariant.js';
import type { Version2Authentication } from './message.js';

/** The authentication types of version 2 (RFC 2338 §5.3.6). `AH` is long deprecated, and never accepted here. */
const AuthenticationType = { none: 0, password: 1 } as const;
const passwordLength = 8;

/** What a version 2 advertisement carries without authentication. */
export const noAuthentication: Version2Authentication = {
  type: AuthenticationType.none,
  data: new Uint8Array(passwordLength),
};

/** Why the authentication of a version 2 advertisement was not accepted. */
export type PasswordReason = 'auth-type' | 'auth-password';

/**
 * keepalived's `auth_type PASS`: eight bytes in the clear, which protect against a router with a wrong configuration and
 * against nothing else. Longer passwords are cut, shorter ones are filled with zeros; other than ASCII letters count by
 * the low byte of their code.
 */
export function passwordAuthentication(password: string): Version2Authentication {
  assert(password.length > 0, 'a password is not empty');
  const data = Uint8Array.from({ length: passwordLength }, (_, index) => {
    return index < password.length ? password.charCodeAt(index) : 0;
  });
  return { type: AuthenticationType.password, data };
}

/** What is wrong with the authentication of a message, compared with what is configured; undefined when nothing is. */
export function judgePassword(
  received: Version2Authentication,
  expected: Version2Authentication,
): PasswordReason | undefined {
  if (received.type !== expected.type) return 'auth-type';
  if (expected.type === AuthenticationType.none) return undefined;
  const isEqual = expected.data.every((byte, index) => byte === received.data[index]);
  return isEqual ? undefined : 'auth-password';
}
