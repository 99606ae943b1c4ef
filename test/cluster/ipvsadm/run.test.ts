import { test } from 'tap';

import type { IpvsadmAnswer } from '../../../cluster/ipvsadm/command.js';
import { noPortNames } from '../../../cluster/ipvsadm/port-names.js';
import { IpvsDaemons } from '../../../cluster/member/ipvs-daemons.js';
import { runIpvsadm } from '../../../cluster/node/ipvsadm.js';
import { Director } from '../../../director/core/director.js';
import type { Interface } from '../../../director/core/interfaces.js';
import { addressKey } from '../../../director/core/service-table.js';
import { at, ip, prefix } from '../../base/values.js';
import { readRuns, recordedOutput, recordedSetup } from './recording.js';

const link: Interface = {
  index: 0,
  name: 'eth0',
  mac: { high: 0x0200, low: 0x11 },
  mtu: 1_500,
  addresses: [prefix('10.0.0.11/24')],
};

const emptyDirector = (): Director =>
  new Director({ interfaces: [link], seed: 1, capacity: 4_096, output: { send: () => {} } });

/** The daemons of each director, as long as the test has it. */
const daemonsOf = new WeakMap<Director, IpvsDaemons>();

function run(director: Director, args: string | readonly string[]): IpvsadmAnswer {
  const daemons = daemonsOf.get(director) ?? new IpvsDaemons(director);
  daemonsOf.set(director, daemons);
  const argv = typeof args === 'string' ? args.split(' ') : args;
  return runIpvsadm({ director, daemons, ownerOf: () => 'd1' }, argv, noPortNames, at(0));
}

/** A director with the services of the recording. */
function recordedDirector(): Director {
  const director = emptyDirector();
  for (const argv of recordedSetup()) run(director, argv);
  return director;
}

const done = { exit: 0, stdout: '', stderr: '' };

/** A listing with the numbers of connections of a table that has seen no traffic. */
const withoutTraffic = (listing: string): string =>
  listing.replaceAll(/^( {2}->.* )\d+ +\d+ +$/gm, '$10          0         ');

test('the recorded commands make the recorded table', async (t) => {
  const director = emptyDirector();
  for (const argv of recordedSetup()) t.strictSame(run(director, argv), done, argv.join(' '));
  for (const args of ['-Ln', '-Ln --thresholds', '-Ln --tun-info', '-Ln -t 10.0.0.100:80']) {
    t.equal(run(director, args).stdout, withoutTraffic(recordedOutput(args)), args);
  }
});

test('what the kernel refused is refused in its words, and changes nothing', async (t) => {
  const director = recordedDirector();
  const before = run(director, '-S -n').stdout;
  const runs = readRuns();
  const first = runs.findIndex(({ output }) => output === 'Service already exists\n');
  const refusals = runs.slice(first).filter(({ argv, output }) => {
    const isTwos = argv.includes('twos'); // That kernel has none; here there is.
    return output !== '' && !isTwos;
  });
  t.equal(refusals.length, 9);
  for (const { argv, output } of refusals) {
    const answer = run(director, argv);
    t.equal(answer.stderr, output, argv.join(' '));
    t.not(answer.exit, 0);
    t.equal(answer.stdout, '');
  }
  t.equal(run(director, '-S -n').stdout, before);
});

test('refusals that the recording does not have', async (t) => {
  const director = recordedDirector();
  const notUnicast =
    'Invalid operation.  Possibly wrong module version, address not unicast, ...\n';
  const cases: readonly (readonly [args: string, exit: number, stderr: string])[] = [
    ['-E -t 1.2.3.4:9', 255, 'No such service\n'],
    ['-E -t 10.0.0.100:80 -s nosuch', 255, 'Scheduler or persistence engine not found\n'],
    ['-A -t 1.2.3.4:9 --pe sip', 255, 'Scheduler or persistence engine not found\n'],
    ['-a -t 1.2.3.4:9 -r 10.0.0.21', 255, 'Service not defined\n'],
    ['-e -t 1.2.3.4:9 -r 10.0.0.21', 255, 'Service not defined\n'],
    ['-d -t 1.2.3.4:9 -r 10.0.0.21', 255, 'Service not defined\n'],
    ['-d -t 10.0.0.100:80 -r 10.0.0.99', 255, 'No such destination\n'],
    ['-Z -t 1.2.3.4:9', 255, 'No such service\n'],
    ['-L -t 1.2.3.4:9', 1, 'No such service\n'],
    ['-a -t 10.0.0.100:80 -r 224.0.0.1', 255, notUnicast],
    ['-a -t [fd00::100]:80 -r [ff02::1]:80', 255, notUnicast],
    ['-a -t 10.0.0.100:80 -r 10.0.0.9 -x 5 -y 6', 255, 'Numerical result out of range\n'],
    ['-t 10.0.0.100:80', 255, "Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n"],
  ];
  for (const [args, exit, stderr] of cases) {
    t.strictSame(run(director, args), { exit, stdout: '', stderr }, args);
  }
});

test('saved rules make the same table again', async (t) => {
  const saved = run(recordedDirector(), '-S -n').stdout;
  const director = emptyDirector();
  for (const rule of saved.trimEnd().split('\n')) t.strictSame(run(director, rule), done, rule);
  t.equal(run(director, '-S -n').stdout, saved);
});

test('editing a service keeps its real servers, and its scheduler when that stays the same', async (t) => {
  const director = recordedDirector();
  const service = director.services.find(addressKey(ip('10.0.0.100'), 80, 6));
  const scheduler = service?.scheduler;
  t.strictSame(run(director, '-E -t 10.0.0.100:80 -s rr -p 60'), done);
  t.equal(service?.scheduler, scheduler);
  t.strictSame(service?.persistence, { timeout: 60, prefixLength: 32 });
  t.strictSame(run(director, '-E -t 10.0.0.100:80 -s mh -b mh-port'), done);
  t.strictSame(run(director, '-Ln -t 10.0.0.100:80').stdout.split('\n').slice(2), [
    'TCP  10.0.0.100:80 mh (mh-port)',
    '  -> 10.0.0.21:80                 Route   1      0          0         ',
    '  -> 10.0.0.22:80                 Route   3      0          0         ',
    '',
  ]);
});

test('real servers are edited and deleted, services deleted and cleared', async (t) => {
  const director = recordedDirector();
  const rules = (service: string): string[] =>
    run(director, '-S -n')
      .stdout.split('\n')
      .filter((rule) => rule.includes(service));
  run(director, '-e -t 10.0.0.100:80 -r 10.0.0.22:80 -m -w 0 -x 7 -y 3');
  run(director, '-d -t 10.0.0.100:80 -r 10.0.0.21:80');
  t.strictSame(rules('-t 10.0.0.100:80 '), [
    '-A -t 10.0.0.100:80 -s rr',
    '-a -t 10.0.0.100:80 -r 10.0.0.22:80 -m -w 0 -x 7 -y 3',
  ]);
  run(director, '-D -t 10.0.0.100:80');
  t.strictSame(rules('-t 10.0.0.100:80 '), []);
  run(director, '-C');
  t.equal(run(director, '-S -n').stdout, '');
});

test('every scheduler can be asked for by its name', async (t) => {
  const director = emptyDirector();
  const names = 'rr wrr lc wlc sed nq sh dh mh lblc lblcr fo ovf twos'.split(' ');
  for (const [index, name] of names.entries()) {
    t.strictSame(run(director, `-A -t 10.0.0.100:${index + 1} -s ${name}`), done, name);
    t.match(run(director, `-Ln -t 10.0.0.100:${index + 1}`).stdout, ` ${name}\n`);
  }
});

test('a service that is added is live when its address is', async (t) => {
  const director = emptyDirector();
  director.addFloating(ip('10.0.0.100'), link);
  director.setLive(ip('10.0.0.100'), true);
  run(director, '-A -t 10.0.0.100:80');
  run(director, '-A -t 10.0.0.101:80');
  t.equal(director.services.find(addressKey(ip('10.0.0.100'), 80, 6))?.isLive, true);
  t.equal(director.services.find(addressKey(ip('10.0.0.101'), 80, 6))?.isLive, false);
});

test('timeouts are set; 0 leaves one as it is', async (t) => {
  const director = emptyDirector();
  t.equal(run(director, '-L --timeout').stdout, recordedOutput('-L --timeout'));
  t.strictSame(run(director, '--set 7200 0 60'), done);
  t.equal(run(director, '-L --timeout').stdout, 'Timeout (tcp tcpfin udp): 7200 120 60\n');
});

test('zeroing one service leaves the others their numbers', async (t) => {
  const director = recordedDirector();
  for (const service of director.services.services()) {
    service.stats.countIn(100);
    for (const server of service.servers) server.stats.countIn(100);
  }
  const counted = (args: string): (string | undefined)[] =>
    run(director, args)
      .stdout.split('\n')
      .slice(-4, -1)
      .map((line) => line.trim().split(/ +/).at(-2));
  run(director, '-Z -t 10.0.0.100:80');
  t.strictSame(counted('-Ln --stats -t 10.0.0.100:80'), ['0', '0', '0']);
  t.strictSame(counted('-Ln --stats -t 10.0.0.100:8080'), ['100', '100', '100']);
  run(director, '-Z');
  t.strictSame(counted('-Ln --stats -t 10.0.0.100:8080'), ['0', '0', '0']);
});

test('help and version say what they are of', async (t) => {
  t.match(run(emptyDirector(), '-h').stdout, '--fullnat');
  t.match(run(emptyDirector(), '-v').stdout, '1.2.1');
});
