import { test } from 'tap';

import {
  addressBytes,
  addressFromBytes,
  compareAddresses,
  isIpv6,
  parseAddress,
  parsePrefix,
  prefixContains,
} from '../../director/base/address.js';
import { Prng } from '../../director/base/prng.js';
import { ip, prefix } from './values.js';

const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);
const bytes = (text: string): number[] => [...addressBytes(ip(text))];

test('an address has one canonical form', (t) => {
  const forms = [
    ['10.1.0.100', '10.1.0.100'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0000:0001:0000:0000:0000:000a', '2001:db8:0:1::a'],
    // RFC 5952 §4.2.3: the longest run of zeros is shortened, the first one of equals.
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    // RFC 5952 §4.2.2: a single zero group is not shortened.
    ['1:0:1:1:1:1:1:1', '1:0:1:1:1:1:1:1'],
    ['::ffff:10.1.0.100', '::ffff:a01:64'],
  ] as const;
  for (const [text, canonical] of forms) t.equal(parseAddress(text), canonical, text);
  t.end();
});

test('what is not exactly one address is refused', (t) => {
  const refused = ['', ' 10.1.0.1', '10.1.0.1 ', '10.1.0', '10.1.0.256', '10.1.0.01', '0x0a.1.0.1'];
  refused.push('10.1.0.1.2', '10.1.0.1:80', '10.1.0.1/24', '10.1.0.1\n', 'localhost', '[::1]');
  refused.push('::1/64', 'fe80::1%eth0', '1::2::3', ':::', '12345::', '::g', '1:2:3:4:5:6:7');
  refused.push('1:2:3:4:5:6:7:8:9', '::ffff:1.2.3.256');
  for (const text of refused) t.equal(parseAddress(text), undefined, JSON.stringify(text));
  t.end();
});

test('a prefix is an address and a length, or an address for itself alone', (t) => {
  t.strictSame(parsePrefix('10.1.0.11/24'), { address: '10.1.0.11', prefixLength: 24 });
  t.strictSame(parsePrefix('0.0.0.0/0'), { address: '0.0.0.0', prefixLength: 0 });
  t.strictSame(parsePrefix('10.1.0.11'), { address: '10.1.0.11', prefixLength: 32 });
  t.strictSame(parsePrefix('FD01::100'), { address: 'fd01::100', prefixLength: 128 });
  t.strictSame(parsePrefix('fd01::100/64'), { address: 'fd01::100', prefixLength: 64 });
  for (const text of ['10.1.0.11/33', '::/129', '10.1.0.11/', '/24', '10.1.0.11/-1', '::/1e1']) {
    t.equal(parsePrefix(text), undefined, text);
  }
  t.equal(parsePrefix('10.1.0.11/24/24'), undefined);
  t.equal(parsePrefix('10.1.0.11/255.255.255.0'), undefined);
  t.end();
});

test('the bytes of an address are complete and in network order', (t) => {
  t.strictSame(bytes('10.1.0.100'), [10, 1, 0, 100]);
  t.strictSame(bytes('0.0.0.0'), zeros(4));
  t.strictSame(bytes('::'), zeros(16));
  t.strictSame(bytes('::1'), [...zeros(15), 1]);
  t.strictSame(bytes('fe80::'), [0xfe, 0x80, ...zeros(14)]);
  t.strictSame(bytes('::ffff:10.1.0.100'), [...zeros(10), 0xff, 0xff, 10, 1, 0, 100]);
  t.strictSame(bytes('fd01::2:0:1'), [0xfd, 1, ...zeros(9), 2, 0, 0, 0, 1]);
  t.end();
});

test('only 4 and 16 bytes are an address', (t) => {
  t.equal(addressFromBytes(Uint8Array.of(10, 1, 0, 100)), '10.1.0.100');
  t.equal(addressFromBytes(new Uint8Array(16)), '::');
  for (const length of [0, 1, 3, 5, 8, 15, 17, 32]) {
    t.equal(addressFromBytes(new Uint8Array(length)), undefined, `${length} bytes`);
  }
  t.end();
});

test('bytes to text and back is the same address, whatever it is', (t) => {
  const random = new Prng(1);
  const wrong: string[] = [];
  for (let round = 0; round < 2_000; round += 1) {
    const length = round % 2 === 0 ? 4 : 16;
    // Half of the bytes zero: the runs of zeros that the text form shortens.
    const bytes = Uint8Array.from({ length }, () => random.below(2) * random.below(256));
    const text = addressFromBytes(bytes);
    const same =
      text !== undefined &&
      Buffer.compare(addressBytes(text), bytes) === 0 &&
      parseAddress(text) === text &&
      isIpv6(text) === (length === 16);
    if (!same) wrong.push(`${text} of ${Buffer.from(bytes).toString('hex')}`);
  }
  t.strictSame(wrong, []);
  t.end();
});

test('addresses order as numbers, IPv4 before IPv6', (t) => {
  const ordered = ['0.0.0.0', '9.255.0.1', '10.0.0.2', '10.0.0.10', '192.168.0.1'];
  ordered.push('::', '::1', '::ffff:a01:64', 'fd01::2', 'fd01::10', 'fe80::1');
  const shuffled = ordered.map(ip).toReversed().toSorted(compareAddresses);
  t.strictSame(shuffled, ordered);
  t.equal(compareAddresses(ip('fd01::2'), ip('fd01::2')), 0);
  t.end();
});

test('a prefix contains the addresses that share its bits', (t) => {
  const cases = [
    ['10.1.0.11/24', '10.1.0.255', true],
    ['10.1.0.11/24', '10.1.1.11', false],
    ['10.1.0.128/25', '10.1.0.127', false],
    ['10.1.0.128/25', '10.1.0.129', true],
    ['10.1.0.6/31', '10.1.0.7', true],
    ['10.1.0.6/31', '10.1.0.8', false],
    ['10.1.0.11/32', '10.1.0.11', true],
    ['10.1.0.11/32', '10.1.0.10', false],
    ['10.1.0.11/0', '255.0.0.1', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '10.1.0.1', false],
    ['fd01::1/64', 'fd01::ffff:0:0:1', true],
    ['fd01::1/64', 'fd01:0:0:1::1', false],
    ['fd01::/127', 'fd01::1', true],
    ['fd01::/127', 'fd01::2', false],
    ['::ffff:10.1.0.0/112', '10.1.0.1', false],
  ] as const;
  for (const [network, address, expected] of cases) {
    t.equal(prefixContains(prefix(network), ip(address)), expected, `${address} in ${network}`);
  }
  t.end();
});
