import type { IpAddress } from '../../../director/base/address.js';
import { fromWords, toWords, type AddressWords } from '../../../director/wire/address-words.js';
import { Family } from '../../../director/wire/flow.js';

/** Addresses as text and as numbers, each converted once: a simulated network has few, and many packets. */
export class AddressBook {
  readonly #words = new Map<IpAddress, AddressWords>();
  /** Of IPv4, by the address as a number. */
  readonly #texts = new Map<number, IpAddress>();

  words(address: IpAddress): AddressWords {
    const known = this.#words.get(address);
    if (known !== undefined) return known;
    const words = toWords(address);
    this.#words.set(address, words);
    return words;
  }

  text(family: Family, words: Uint32Array): IpAddress {
    if (family === Family.ipv6) return fromWords(family, words);
    const last = words[3] ?? 0;
    const known = this.#texts.get(last);
    if (known !== undefined) return known;
    const text = fromWords(family, words);
    this.#texts.set(last, text);
    return text;
  }
}
