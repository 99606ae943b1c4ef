import { test } from 'tap';

import { compilePattern, translate } from '../../../cluster/config/pcre.js';
import { problemsOfKeepalived } from './refusals.js';

/** Where PCRE2 finds a match, by pcre2test of PCRE2 10.42; -1 for nowhere. */
const cases: readonly {
  readonly pattern: string;
  readonly options?: readonly string[];
  readonly subject: string;
  readonly index: number;
}[] = [
  { pattern: 'b+', subject: 'aabb', index: 2 },
  { pattern: 'a$', subject: 'a\n', index: 0 },
  { pattern: 'a$', options: ['dollar_endonly'], subject: 'a\n', index: -1 },
  { pattern: 'a$', subject: 'a\nb', index: -1 },
  { pattern: 'a$', options: ['multiline'], subject: 'a\nb', index: 0 },
  { pattern: '\\Ab', subject: 'a\nb', index: -1 },
  { pattern: '\\Ab', options: ['multiline'], subject: 'a\nb', index: -1 },
  { pattern: 'b\\z', subject: 'ab\n', index: -1 },
  { pattern: 'b\\Z', subject: 'ab\n', index: 1 },
  { pattern: '(?i)OK', subject: 'not ok', index: 4 },
  { pattern: '(?i)(?s)A.B', subject: 'xa\nb', index: 1 },
  { pattern: 'a b # comment\n c', options: ['extended'], subject: 'abc', index: 0 },
  { pattern: 'a[ ]b\\ c', options: ['extended'], subject: 'a b c', index: 0 },
  { pattern: '(?x) a  b', subject: 'ab', index: 0 },
  { pattern: '[[:digit:]]+', subject: 'ab12', index: 2 },
  { pattern: '[^[:space:]x]', subject: ' xy', index: 2 },
  { pattern: '[]a]', subject: 'x]', index: 1 },
  { pattern: '[^]]', subject: ']x', index: 1 },
  { pattern: '[[]', subject: 'x[', index: 1 },
  { pattern: 'a\\hb', subject: 'a\tb', index: 0 },
  { pattern: 'a\\Rb', subject: 'a\r\nb', index: 0 },
  { pattern: 'b', options: ['firstline'], subject: 'a\nb', index: -1 },
  { pattern: 'b', options: ['firstline'], subject: 'ab\n', index: 1 },
  { pattern: '\\$5\\.00', subject: 'it is $5.00', index: 6 },
  { pattern: 'a\\[b', subject: 'a[b', index: 0 },
];

for (const { pattern, options = [], subject, index } of cases) {
  const what = `${pattern}${options.length === 0 ? '' : ` (${options.join(' ')})`}`;
  test(`${JSON.stringify(what)} is found in ${JSON.stringify(subject)} at ${index}`, (t) => {
    const translation = translate(pattern, options);
    t.ok(translation);
    const found = new RegExp(translation?.pattern ?? '', translation?.flags).exec(subject);
    t.equal(found?.index ?? -1, index);
    t.end();
  });
}

test('an option that JavaScript has nothing for is refused', (t) => {
  t.equal(translate('a', ['ungreedy']), undefined);
  t.equal(translate('a', ['dupnames']), undefined);
  t.end();
});

test('a pattern that JavaScript does not know is said to be none', (t) => {
  for (const pattern of ['[', '[^', '[[:alpha:]', '\\', '(?i', '(?>a)', 'a++']) {
    t.type(compilePattern(pattern, []), 'string', pattern);
  }
  t.match(compilePattern('a', ['ungreedy']), /ungreedy/);
  t.end();
});

const fileWith = (lines: string): string => `virtual_server 10.0.0.1 80 {
  lvs_sched rr
  lvs_method NAT
  protocol TCP
  real_server 10.0.0.2 80 {
    HTTP_GET {
      url {
        path /
${lines}
      }
    }
  }
}
`;

test('a file with such a pattern is refused at its line, before anything runs', (t) => {
  const problems = problemsOfKeepalived(fileWith('regex "(?>a)b"'));
  t.match(problems, [/^9: regex \(\?>a\)b cannot be used: /]);
  t.equal(problems.length, 1);
  t.match(problemsOfKeepalived(fileWith('regex a\nregex_options ungreedy')), [/^9: .*ungreedy/]);
  t.strictSame(problemsOfKeepalived(fileWith('regex "^a b$"\nregex_options caseless')), []);
  t.end();
});

test('FILE_CHECK dynamic is known, and has no effect, as in keepalived', (t) => {
  t.strictSame(
    problemsOfKeepalived(`track_file f {
  file /tmp/f
}
virtual_server 10.0.0.1 80 {
  lvs_sched rr
  lvs_method NAT
  protocol TCP
  real_server 10.0.0.2 80 {
    FILE_CHECK {
      track_file f
      dynamic
    }
  }
}
`),
    [
      '11: warning: dynamic is not simulated: the number in the file always changes the weight, as in keepalived',
    ],
  );
  t.end();
});
