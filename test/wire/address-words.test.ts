import { test } from 'tap';

import { fromWords, toWords } from '../../director/wire/address-words.js';
import { Family } from '../../director/wire/flow.js';
import { ip } from '../base/values.js';

test('an IPv4 address is the last of four words', (t) => {
  const { family, words } = toWords(ip('10.1.0.100'));
  t.equal(family, Family.ipv4);
  t.strictSame([...words], [0, 0, 0, 0x0a010064]);
  t.strictSame([...toWords(ip('255.0.0.1')).words], [0, 0, 0, 0xff000001]);
  t.end();
});

test('an IPv6 address is four words in network order', (t) => {
  const { family, words } = toWords(ip('fd01:2::ffff:0:64'));
  t.equal(family, Family.ipv6);
  t.strictSame([...words], [0xfd010002, 0, 0xffff, 0x00000064]);
  t.strictSame([...toWords(ip('::')).words], [0, 0, 0, 0]);
  t.end();
});

test('words become text again, from anywhere in a column', (t) => {
  const column = new Uint32Array(12);
  for (const text of [
    '10.1.0.100',
    '255.255.255.255',
    '0.0.0.0',
    '::',
    '::1',
    'fd01:2::ffff:0:64',
  ]) {
    const { family, words } = toWords(ip(text));
    column.set(words, 4);
    t.equal(fromWords(family, column, 4), text);
    t.equal(fromWords(family, words), text);
  }
  t.end();
});
