import { toWords } from '../../../director/wire/address-words.js';
import { ip } from '../../base/values.js';

/** The words of an IPv4 address that a test writes as text. */
export const wordsOf = (text: string): Uint32Array => toWords(ip(text)).words;
