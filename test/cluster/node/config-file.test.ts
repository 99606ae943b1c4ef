import { chmodSync } from 'node:fs';
import { join } from 'node:path';

import { test } from 'tap';

import { readKeepalivedFile } from '../../../cluster/node/config-file.js';
import { pathPatterns } from '../../../cluster/node/path-pattern.js';

/** The router id that the files leave in force, and what they were warned of or refused for. */
const read = (file: string): { readonly routerId: string; readonly said: readonly string[] } => {
  const result = readKeepalivedFile(file, 'main');
  const problems = 'config' in result ? [] : result.problems;
  const said = [...problems, ...result.warnings].map(({ message }) => message);
  return { routerId: 'config' in result ? result.config.routerId : '', said };
};

const globals = (name: string): string => `global_defs {\n router_id ${name}\n}\n`;

test('an include names files by wildcards, in the order of their names, and from its own folder', (t) => {
  const folder = t.testdir({
    'k.conf': 'include conf.d/*.conf\n',
    'conf.d': {
      '1.conf': 'include deeper/[a-b].conf\n',
      '2.conf': globals('last'),
      '.hidden.conf': 'wibble\n',
      'other.txt': 'wibble\n',
      deeper: { 'a.conf': globals('a'), 'b.conf': globals('b'), 'c.conf': 'wibble\n' },
    },
  });
  const { routerId, said } = read(join(folder, 'k.conf'));
  t.equal(routerId, 'last');
  t.strictSame(said, [
    `router_id is already set on line 2 of ${folder}/conf.d/deeper/a.conf: the last one counts`,
  ]);
  t.end();
});

test('braces are alternatives, which may hold wildcards and others', (t) => {
  const folder = t.testdir({ 'k.conf': 'include {x,{a,b?}}.conf\n', 'b1.conf': globals('b1') });
  t.match(read(join(folder, 'k.conf')), {
    routerId: 'b1',
    said: [/cannot read .*x\.conf/, /a\.conf/],
  });
  t.strictSame(pathPatterns('/a/{b,c}/d'), [
    ['', 'a', 'b', 'd'],
    ['', 'a', 'c', 'd'],
  ]);
  t.ok(pathPatterns('{a,b}'.repeat(40)).length <= 1_000, 'and not without end');
  t.end();
});

/** True when the first part of a pattern is, or fits, a name. */
const fits = (pattern: string, name: string): boolean => {
  const part = pathPatterns(pattern)[0]?.[0];
  return typeof part === 'string' ? part === name : (part?.test(name) ?? false);
};

test('a wildcard fits what glob(7) says', (t) => {
  t.ok(fits('a*c', 'abbc') && fits('a?c', 'abc') && fits('[a-c]x', 'bx') && fits('[!a]x', 'bx'));
  t.notOk(fits('*', '.a') || fits('a?c', 'ac') || fits('[!a]x', 'ax') || fits('[z-a]', 'b'));
  t.ok(fits('a.c*', 'a.c+') && !fits('a.c*', 'abc'), 'other signs are themselves');
  t.end();
});

test('a file that could be run is refused, as in keepalived, and so is one that is none', (t) => {
  const folder = t.testdir({ 'k.conf': 'includer x.conf\nincluder /dev/zero\n', 'x.conf': '' });
  chmodSync(join(folder, 'x.conf'), 0o755);
  t.match(read(join(folder, 'k.conf')).said, [
    /x\.conf: it is executable/,
    /zero: it is no regular file/,
  ]);
  t.end();
});

test('the environment is read where a file asks for it', (t) => {
  const folder = t.testdir({ 'k.conf': globals('${_ENV HOME}-${_INSTANCE}') });
  t.equal(read(join(folder, 'k.conf')).routerId, `${process.env['HOME']}-main`);
  t.end();
});
