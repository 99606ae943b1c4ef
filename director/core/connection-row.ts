import { Family } from '../wire/flow.js';

/** The addresses and the real server of an entry to be made; words as in `Flow`. */
export interface ConnectionKey {
  readonly family: Family;
  /** IP protocol number; 0 for the template of a firewall mark. */
  readonly protocol: number;
  readonly isTemplate?: boolean;
  readonly clientWords: Uint32Array;
  readonly clientPort: number;
  readonly virtualWords: Uint32Array;
  readonly virtualPort: number;
  readonly realWords: Uint32Array;
  readonly realPort: number;
}

/** The part of a key that identifies an entry: who talks to which service. */
export type EntryKey = Omit<ConnectionKey, 'realWords' | 'realPort'>;

/**
 * The words of an entry in `rows`: three addresses of four words each, the client's and the virtual port, the real port and
 * `kindOf`, the next entry of the bucket as index + 1, and the tick at which the entry expires.
 */
export const Row = {
  client: 0,
  virtual: 4,
  real: 8,
  ports: 12,
  kind: 13,
  next: 14,
  expiresAt: 15,
  words: 16,
} as const;

/** The half of a word that `kindOf` fills, and the byte of it that is the protocol. */
export const KindMask = 0xffff;
export const ProtocolMask = 0xff;

/** True for the address at `at` of a row, or of another column. */
export const sameAddress = (rows: Uint32Array, at: number, words: Uint32Array): boolean =>
  rows[at + 3] === words[3] &&
  rows[at + 2] === words[2] &&
  rows[at + 1] === words[1] &&
  rows[at] === words[0];

/** Protocol, family and whether it is a template, in the lower half of a word. */
export const kindOf = (protocol: number, family: Family, isTemplate: boolean): number =>
  protocol | (family === Family.ipv6 ? 0x100 : 0) | (isTemplate ? 0x200 : 0);
