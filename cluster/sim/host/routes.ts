import type { AddressPrefix } from '../../../director/base/address.js';
import { toWords } from '../../../director/wire/address-words.js';
import { Family } from '../../../director/wire/flow.js';
import type { NetworkCard } from './network-card.js';

/** The next step of packets to a network, and only of those from another one when `from` says so. */
export interface RouteRule {
  readonly from?: AddressPrefix;
  readonly to: AddressPrefix | 'anywhere';
  /** Of the gateway's family for `anywhere`. */
  readonly family: Family;
  readonly card: NetworkCard;
  /** Undefined for a network that is on the link. */
  readonly gateway?: Uint32Array;
}

/** Which card a packet leaves by, and who is next: undefined for the destination itself. */
export interface NextStep {
  readonly card: NetworkCard;
  readonly gateway: Uint32Array | undefined;
}

interface Rule extends NextStep {
  readonly family: Family;
  readonly from: Prefix | undefined;
  readonly to: Prefix | undefined;
}

interface Prefix {
  readonly words: Uint32Array;
  readonly mask: Uint32Array;
}

/** A host's routes, with those that depend on the source first: the first that fits decides. */
export class Routes {
  readonly #rules: readonly Rule[];

  constructor(rules: readonly RouteRule[]) {
    this.#rules = rules.map(({ from, to, family, card, gateway }) => ({
      family,
      card,
      gateway,
      from: from === undefined ? undefined : prefixOf(from),
      to: to === 'anywhere' ? undefined : prefixOf(to),
    }));
  }

  find(family: Family, source: Uint32Array, destination: Uint32Array): NextStep | undefined {
    for (const rule of this.#rules) {
      if (rule.family !== family) continue;
      if (rule.from !== undefined && !contains(rule.from, source)) continue;
      if (rule.to === undefined || contains(rule.to, destination)) return rule;
    }
    return undefined;
  }
}

function prefixOf({ address, prefixLength }: AddressPrefix): Prefix {
  const { family, words } = toWords(address);
  const bits = (family === Family.ipv4 ? 96 : 0) + prefixLength;
  const mask = new Uint32Array(4);
  for (let bit = 0; bit < bits; bit += 1) {
    mask[bit >> 5] = (mask[bit >> 5] ?? 0) | (0x8000_0000 >>> (bit & 31));
  }
  return { words: words.map((word, index) => word & (mask[index] ?? 0)), mask };
}

function contains({ words, mask }: Prefix, address: Uint32Array): boolean {
  for (let word = 3; word >= 0; word -= 1) {
    if (((address[word] ?? 0) & (mask[word] ?? 0)) >>> 0 !== words[word]) return false;
  }
  return true;
}
