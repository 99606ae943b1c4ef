import { test } from 'tap';

import { expandSource } from '../../../cluster/config/keepalived-expand.js';
import { ProblemList } from '../../../cluster/config/problem.js';
import {
  NoSurroundings,
  type SourceFile,
  type Surroundings,
} from '../../../cluster/config/source-text.js';

/** Files that include one another, by their path. */
const machine = (files: Readonly<Record<string, string>>): Surroundings => ({
  ...NoSurroundings,
  configId: 'main',
  include: (pattern, folder) => {
    const start = pattern.startsWith('/') ? pattern : `${folder}/${pattern}`;
    const found = Object.entries(files).filter(([name]) =>
      name.startsWith(start.replace(/\*$/, '')),
    );
    const read = found.map(([name, text]): SourceFile => {
      return { name, folder: name.replace(/\/[^/]*$/, ''), text };
    });
    return { files: read, failures: read.length === 0 ? [`no file is named ${pattern}`] : [] };
  },
  environment: (name) => (name === 'HOME' ? '/root' : undefined),
  random: (minimum, maximum) => minimum + maximum,
});

const expand = (
  text: string,
  files: Readonly<Record<string, string>> = {},
): { readonly lines: readonly string[]; readonly problems: readonly string[] } => {
  const problems = new ProblemList('k.conf');
  const source = { name: 'k.conf', folder: '/etc', text };
  const lines = expandSource(source, machine(files), problems).map((line) => line.text.trim());
  const said = problems.inOrder.map(({ file, line, message }) => `${file}:${line} ${message}`);
  return { lines: lines.filter((line) => line !== ''), problems: said };
};

const linesOf = (text: string, files?: Readonly<Record<string, string>>): readonly string[] => {
  const { lines, problems } = expand(text, files);
  return problems.length > 0 ? problems : lines;
};

test('a parameter is replaced when it is used, not when it is defined', (t) => {
  const text = `$BASE=10.2.\${SUB}
$SUB=0
\${BASE}.100/32
$SUB=10
\${BASE}.100/32`;
  t.strictSame(linesOf(text), ['10.2.0.100/32', '10.2.10.100/32']);
  t.end();
});

test('what begins a line may stand behind a brace as well', (t) => {
  t.strictSame(linesOf('a { @main b\n} @other c\nd { $X=1\n$X "{ @other"'), [
    'a {',
    'b',
    '}',
    'd {',
    '1 "{ @other"',
  ]);
  t.strictSame(linesOf('a { ~SEQ(N, 1, 2) b$N c'), ['a {', 'b1 c', 'b2 c']);
  t.end();
});

test('a parameter without braces ends at a blank, a comma or a parenthesis', (t) => {
  t.strictSame(linesOf('$A=1\n$A $A, ($A) $A.5 x$A $AB ${A}5'), ['1 1, (1) $A.5 x1 $AB 15']);
  t.strictSame(linesOf('$A= \n[$A ] ${A}'), ['[ ]']);
  t.strictSame(linesOf('cost $5 $NOPE'), ['cost $5 $NOPE'], 'what nothing defines stays');
  t.end();
});

test('a definition of several lines is several lines, and others may stand in it', (t) => {
  const text = `$RS= \\
  real_server 10.0.\${VS}.\${RS_NUM} 80 { \\
    weight 1 \\
  }

$VS_BLOCK= \\
virtual_server 10.1.\${VS}.4 80 { \\
  $RS_NUM=1 \\
  $RS \\
  $RS_NUM=2 \\
  $RS \\
}

$VS=7
$VS_BLOCK
`;
  t.strictSame(linesOf(text), [
    'virtual_server 10.1.7.4 80 {',
    'real_server 10.0.7.1 80 {',
    'weight 1',
    '}',
    'real_server 10.0.7.2 80 {',
    'weight 1',
    '}',
    '}',
  ]);
  t.end();
});

test('an @ line is read for its id, and one with a parameter for what that is', (t) => {
  const text = `@main a
@backup b
@^backup c
@^main d
@baton e
$IF=@main
$IF f
@main $P=1
@backup $P=2
g $P`;
  t.strictSame(linesOf(text), ['a', 'c', 'e', 'f', 'g 1']);
  t.end();
});

test('the predefined parameters are the folder, the id, chance, the environment and two signs', (t) => {
  t.strictSame(linesOf('${_PWD} ${_INSTANCE} ${_RANDOM 3 4} ${_RANDOM} ${_ENV HOME}'), [
    '/etc main 7 32767 /root',
  ]);
  t.strictSame(linesOf('$_PWD=/x\n${_PWD}'), ['/x'], 'a file may define them itself');
  t.end();
});

test('~SEQ counts up, down, in steps, in hexadecimal, and from 1 or -1', (t) => {
  t.strictSame(linesOf('~SEQ(A, 0, 3) a$A\n~SEQ(A, 3, 1) b$A'), [
    'a0',
    'a1',
    'a2',
    'a3',
    'b3',
    'b2',
    'b1',
  ]);
  t.strictSame(linesOf('~SEQx(B, 0x90, 0x10, 0xb0) ${B}'), ['90', 'a0', 'b0']);
  t.strictSame(linesOf('~SEQ(C, 2) $C\n~SEQ(D, -2) $D\n~SEQ(E, 10, -4, 1) $E'), [
    '1',
    '2',
    '-1',
    '-2',
    '10',
    '6',
    '2',
  ]);
  t.strictSame(linesOf('$N=2\n~SEQ(F, 1, $N) ~SEQ(G, 1, ${N}) $F.$G ${F}.${G}').length, 4);
  t.end();
});

test('~LST gives each variable its values in turn, and what is missing is empty', (t) => {
  const text = '~LST({IP, IP1}, {10,1}, {20}) ~SEQ(IP2,168,2,170) 192.${IP2}.${IP}.${IP1}';
  t.strictSame(linesOf(text), ['192.168.10.1', '192.170.10.1', '192.168.20.', '192.170.20.']);
  t.strictSame(linesOf('~LST(V, a, b) $V'), ['a', 'b']);
  t.end();
});

test('included files are read in order from their own folder, and definitions go on', (t) => {
  const files = {
    '/etc/conf.d/a.conf': 'a $X\n$X=2\ninclude deeper/c.conf',
    '/etc/conf.d/b.conf': 'b $X ${_PWD}',
    '/etc/conf.d/deeper/c.conf': 'c ${_PWD}',
  };
  t.strictSame(linesOf('$X=1\ninclude conf.d/a.conf\ninclude conf.d/b.conf\nend ${_PWD}', files), [
    'a 1',
    'c /etc/conf.d/deeper',
    'b 2 /etc/conf.d',
    'end /etc',
  ]);
  t.end();
});

test('a file that is not there is optional to include, and needed by the others', (t) => {
  t.strictSame(linesOf('include none.conf\na'), ['a']);
  for (const letter of 'rmwba') {
    t.strictSame(linesOf(`a\ninclude${letter} none.conf`), ['k.conf:2 no file is named none.conf']);
  }
  t.end();
});

test('what never ends is stopped, and says where', (t) => {
  t.match(expand('$A=$A x\n$A').problems, [/^k\.conf:2 the parameters of this line/]);
  t.match(expand('$A=${A}${A}\n${A}').problems, [/^k\.conf:2 the parameters of this line/]);
  t.match(expand('~SEQ(A, 1, 900000000) x').problems, [/^k\.conf:1 .* more than 100000 lines/]);
  t.match(expand('$A= \\\n x \\\n $A\n$A').problems, [/^k\.conf:4 /]);
  t.match(expand('include self', { '/etc/self': 'include self' }).problems, [/16 deep/]);
  t.end();
});

test('a wrong ~SEQ or ~LST is refused with its line', (t) => {
  for (const wrong of [
    '~SEQ(A)',
    '~SEQ(A, x) b',
    '~SEQ(A, 1, 0, 5) b',
    '~SEQx(A, -3) b',
    '~LST(A) b',
    '~LST({A}, {1,2}) b',
    '~LST b',
  ]) {
    t.match(expand(`\n${wrong}`).problems, [/^k\.conf:2 ~/], wrong);
  }
  t.end();
});
