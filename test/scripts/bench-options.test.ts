import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { test } from 'tap';

import {
  flag,
  oneOf,
  readOptions,
  someOf,
  wholeNumber,
  wholeNumbers,
  words,
} from '../../scripts/benchmarks/options.js';

const Known = {
  rounds: wholeNumber(3),
  seed: wholeNumber(1, 0),
  most: wholeNumber(undefined),
  sizes: wholeNumbers(1, 10),
  end: oneOf(['kill', 'stop'], 'kill'),
  drivers: someOf(['pcap', 'ring', 'offload']),
  file: words,
  json: flag,
};

const read = (...given: readonly string[]): unknown =>
  readOptions(Known, ['node', 'bench', ...given]);

test('options that are not given have their defaults', (t) => {
  t.match(read(), {
    rounds: 3,
    seed: 1,
    most: undefined,
    sizes: [1, 10],
    end: 'kill',
    drivers: ['pcap', 'ring', 'offload'],
    file: undefined,
    json: false,
  });
  t.end();
});

test('options that are given are read', (t) => {
  const given =
    '--rounds 7 --seed 0 --most 9 --sizes 5,60 --end stop --drivers ring,pcap --file a --json';
  t.match(read(...given.split(' ')), {
    rounds: 7,
    seed: 0,
    most: 9,
    sizes: [5, 60],
    end: 'stop',
    drivers: ['ring', 'pcap'],
    file: 'a',
    json: true,
  });
  t.end();
});

const wrong: readonly (readonly [line: string, says: RegExp])[] = [
  ['data --rounds x', /'--rounds <value>' argument 'x' is invalid. Not a whole number from 1/],
  ['data --rounds 0', /'0' is invalid. Not a whole number from 1/],
  ['data --only foo', /'foo' is none of .*nft DNAT/],
  ['data --nope', /unknown option '--nope'/],
  ['data more', /too many arguments/],
  ['core --connections 1,,2', /'1,,2' is invalid. Not a whole number/],
  ['commit --end die', /'die' is none of kill, stop/],
  ['idle --drivers ring,foo', /'foo' is none of pcap, ring, offload, xdp/],
  ['sync --seconds', /'--seconds <value>' argument missing/],
];

for (const [line, says] of wrong) {
  test(`scripts/bench ${line}`, (t) => {
    const [program = '', ...given] = line.split(' ');
    const file = fileURLToPath(new URL(`../../scripts/benchmarks/${program}.js`, import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...given], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    t.match(stderr, says);
    t.equal(stderr.trim().split('\n').length, 1, 'one line');
    t.equal(stdout, '');
    t.equal(status, 1);
    t.end();
  });
}
