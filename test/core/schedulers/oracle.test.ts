import { test } from 'tap';

import { ConfigError } from '../../../director/base/errors.js';
import { compareRecording } from '../../../scripts/oracle-schedulers.js';

const head = 'tcp vport=8000 hold sched=rr opt="" weights=[1, 1] vip=10.0.0.100';

/** What we choose in a run of one line, whatever it expects. */
function chosenIn(line: string): string {
  const blank = line.replace(/ : .*$/, (choices) => choices.replaceAll(/r\d+|none/g, 'r99'));
  return compareRecording(blank, 'test').differing[0]?.chosen.join(' ') ?? '';
}

test('a run is equal, or differs from a connection on', (t) => {
  const text = `# a comment\n${head} cmds={} : r2 r1 r2\n\n${head} cmds={} : r2 r1 r1 r2\n`;
  const { runs, differing } = compareRecording(text, 'test');
  t.equal(runs, 2);
  t.equal(differing.length, 1);
  t.equal(differing[0]?.run.line, 4);
  t.equal(differing[0]?.first, 2);
  t.strictSame(differing[0]?.chosen, ['r2', 'r1', 'r2', 'r1']);
  t.end();
});

test('commands take effect before the connection of their number', (t) => {
  const edit = "'-e {vs} -r 10.0.0.21:{p} -g -w 0'";
  t.equal(chosenIn(`${head} cmds={2: ${edit}} : r1 r1 r1 r1`), 'r2 r1 r2 r2');
  t.equal(chosenIn(`${head} cmds={0: ${edit}, 1: "-d {vs} -r 10.0.0.22"} : r1 r1`), 'r2 none');
  t.equal(
    chosenIn(`${head} cmds={1: ['-a {vs} -r 10.0.0.23:{p} -m', ${edit}]} : r1 r1 r1 r1`),
    'r2 r3 r2 r3',
  );
  t.equal(chosenIn(`${head} after=-d {vs} -r 10.0.0.22:{p} : r1 r1`), 'r1 r1');
  t.end();
});

test("an edit without a weight sets ipvsadm's default, and thresholds overload", (t) => {
  const wlc = 'tcp vport=80 hold sched=wlc opt="" weights=[9, 4] vip=10.0.0.100';
  t.equal(chosenIn(`${wlc} cmds={1: '-e {vs} -r 10.0.0.21:{p} -g'} : r1 r1 r1 r1`), 'r2 r1 r2 r2');
  const limited = "'-e {vs} -r 10.0.0.21:{p} -g -w 9 -x 2 -y 1'";
  t.equal(chosenIn(`${wlc} cmds={0: ${limited}} : r1 r1 r1 r1 r1`), 'r2 r1 r1 r2 r2');
  t.end();
});

test('TCP connections are active until they are reset, those of UDP never', (t) => {
  const ovf = 'sched=ovf opt="" weights=[1, 1] vip=10.0.0.100 cmds={}';
  t.equal(chosenIn(`tcp vport=80 hold ${ovf} : r1 r1 r1 r1 r1`), 'r2 r2 r1 r1 none');
  t.equal(chosenIn(`tcp vport=80 rst-even ${ovf} : r1 r1 r1 r1 r1`), 'r2 r2 r2 r2 r1');
  t.equal(chosenIn(`udp vport=80 hold ${ovf} : r1 r1 r1 r1 r1`), 'r2 r2 r2 r2 r2');
  t.end();
});

test('a client that comes again from the same port goes on with its connection', (t) => {
  const rr = 'udp vport=80 hash sched=rr opt="" weights=[1, 1] vip=10.0.0.100';
  const again = '10.0.0.2:1=r1 10.0.0.2:1=r1 10.0.0.2:2=r1 10.0.0.3:1=r1 10.0.0.2:1=r1';
  t.equal(chosenIn(`${rr} cmds={} : ${again}`), 'r2 r2 r1 r2 r2');
  t.equal(
    chosenIn(
      `${rr} cmds={1: '-e {vs} -r 10.0.0.22:{p} -w 0', 4: '-d {vs} -r 10.0.0.22'} : ${again}`,
    ),
    'r2 r2 r1 r1 none',
    'also with a quiesced server, but not with one that is gone',
  );
  t.end();
});

test('IPv6 services have servers and clients of IPv6', (t) => {
  const sh = 'udp vport=53 hash sched=sh opt="-b sh-port,sh-fallback" weights=[1, 1] vip=fd00::100';
  const clients = '[fd00::200]:20000=r1 fd00::201:20001=r1 fd00:0:0:0:0:0:0:202:20002=r1';
  t.match(chosenIn(`${sh} after=None : ${clients}`), /^r[12] r[12] r[12]$/);
  t.equal(chosenIn(`${sh} after=-d {vs} -r [fd00::22]:{p} : ${clients}`), 'r1 r1 r1');
  const both = "'-d {vs} -r [fd00::22]:53', '-d {vs} -r fd00::21'";
  t.equal(chosenIn(`${sh} cmds={1: [${both}]} : ${clients}`).slice(2), ' none none');
  t.end();
});

test('the flags of a service may be numbered, as ipvsadm allows', (t) => {
  const mh =
    'udp vport=53 hash sched=mh opt="-b FLAGS" weights=[1, 1, 1] vip=10.0.0.100 after=None';
  const clients = Array.from({ length: 20 }, (_, port) => `10.0.0.2:${port + 1}=r1`).join(' ');
  const chosen = (flags: string): string => chosenIn(`${mh.replace('FLAGS', flags)} : ${clients}`);
  t.equal(chosen('flag-1,flag-2'), chosen('mh-fallback,mh-port'));
  t.equal(new Set(chosen('flag-1').split(' ')).size, 1);
  t.end();
});

const bad = [
  ['', 'there is no run in it'],
  ['tcp vport=80 hold', 'not "tcp|udp vport=N'],
  [`${head} cmds={} :`, 'not "tcp|udp vport=N'],
  [`${head.replace('=rr', '=best')} cmds={} : r1`, 'no scheduler best'],
  [`${head.replace('8000', '80000')} cmds={} : r1`, '"80000" is not a port'],
  [`${head.replace('.100', '.1000')} cmds={} : r1`, '"10.0.0.1000" is not an address'],
  [`${head.replace('1, 1', '1,, 1')} cmds={} : r1`, 'is not a list of weights'],
  [`${head.replace('1, 1', '1, '.repeat(200) + '1')} cmds={} : r1`, 'more than 200 weights'],
  [`${head.replace('""', '"-p 300"')} cmds={} : r1`, 'options "-p 300"'],
  [`${head.replace('""', '"-b sh-often"')} cmds={} : r1`, 'no scheduler flag sh-often'],
  [`${head} cmds={} : r1 r0`, '"r0" is not a choice'],
  [`${head} cmds={} : 10.0.0.2=r1`, "is not a client's address and port"],
  [`${head} cmds={1 '-d'} : r1`, "is not {NUMBER: 'COMMAND'"],
  [`${head} cmds={1: '-A -r 10.0.0.21'} : r1`, 'is not an -a, -e or -d'],
  [`${head} cmds={1: '-d {vs}'} : r1`, 'lacks -r'],
  [`${head} cmds={1: '-d {vs} -r'} : r1`, 'lacks the value of -r'],
  [`${head} cmds={1: '-d {vs} -r r1'} : r1`, '"r1" is not a real server'],
  [`${head} cmds={1: '-e {vs} -r 10.0.0.21 -w x'} : r1`, 'x is not a number'],
  [`${head} cmds={1: '-e {vs} -r 10.0.0.21 -z'} : r1`, 'has an unknown -z'],
  [`${head} cmds={0: '-d {vs} -r 10.0.0.29'} : r1`, 'there is no real server 10.0.0.29'],
  [`${head} cmds={0: '-a {vs} -r 10.0.0.21'} : r1`, '10.0.0.21 is there already'],
] as const;

test('what is no recording is refused with file and line', (t) => {
  for (const [line, reason] of bad) {
    const text = line === '' ? '\n' : `${head} cmds={} : r2\n${line}\n`;
    try {
      compareRecording(text, 'runs.txt');
      t.fail(`${line} passed`);
    } catch (error) {
      t.ok(error instanceof ConfigError, reason);
      const message = error instanceof Error ? error.message : '';
      t.ok(message.startsWith(line === '' ? 'runs.txt:1: ' : 'runs.txt:2: '), message);
      t.ok(message.includes(reason), message);
    }
  }
  t.end();
});
