import { test } from 'tap';

import type { IpvsadmCommand } from '../../../cluster/ipvsadm/command.js';
import { parseIpvsadm } from '../../../cluster/ipvsadm/parse.js';
import { readPortNames } from '../../../cluster/ipvsadm/port-names.js';
import { ip, prefix } from '../../base/values.js';
import { readRuns, recordedSetup } from './recording.js';

const names = readPortNames('http 80/tcp www\ndomain 53/udp\n');

/** Words of a command line; one in quotes may hold spaces. */
const parse = (line: string): ReturnType<typeof parseIpvsadm> =>
  parseIpvsadm(line === '' ? [] : line.split(' '), names);

const refusalOf = (line: string): { exit: number; stderr: string } => {
  const parsed = parse(line);
  if ('command' in parsed) return { exit: 0, stderr: JSON.stringify(parsed.command) };
  return { exit: parsed.refusal.exit, stderr: parsed.refusal.stderr };
};

const web = { kind: 'address', protocol: 'tcp', address: ip('10.0.0.100'), port: 80 } as const;
const plainOptions = {
  scheduler: 'wlc',
  flags: [],
  persistence: undefined,
  engine: undefined,
  isOnePacket: false,
};
const plainServer = {
  method: 'Route',
  tunnel: { type: 'ipip', port: 0, checksum: 'none' },
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
} as const;

const plainDaemon = {
  device: 'eth0',
  syncId: 0,
  maxLength: undefined,
  group: undefined,
  port: undefined,
  ttl: undefined,
};
const plainConnections = {
  kind: 'list-connections',
  isNumeric: true,
  withEngine: false,
  withOwner: false,
  filter: { client: undefined, service: undefined, server: undefined, state: undefined },
  isJson: false,
} as const;

const read: readonly (readonly [line: string, command: IpvsadmCommand])[] = [
  ['-A -t 10.0.0.100:80', { kind: 'add-service', service: web, options: plainOptions }],
  [
    '--edit-service --tcp-service=10.0.0.100:http --scheduler rr',
    { kind: 'edit-service', service: web, options: { ...plainOptions, scheduler: 'rr' } },
  ],
  [
    '-A -t [fd00::100]:80 -s sh -p -M 64 -b sh-port,sh-fallback',
    {
      kind: 'add-service',
      service: { ...web, address: ip('fd00::100') },
      options: {
        ...plainOptions,
        scheduler: 'sh',
        flags: ['sh-fallback', 'sh-port'],
        persistence: { timeout: 360, prefixLength: 64 },
      },
    },
  ],
  [
    '-A -t 10.0.0.100:0 -p 600 -M 255.255.252.0 -s mh -b flag-2 --pe sip',
    {
      kind: 'add-service',
      service: { ...web, port: 0 },
      options: {
        scheduler: 'mh',
        flags: ['mh-port'],
        persistence: { timeout: 600, prefixLength: 22 },
        engine: 'sip',
        isOnePacket: false,
      },
    },
  ],
  [
    '-A -f 4294967295 -6 -o -p60',
    {
      kind: 'add-service',
      service: { kind: 'mark', mark: 4294967295, family: 6 },
      options: {
        ...plainOptions,
        persistence: { timeout: 60, prefixLength: 128 },
        isOnePacket: true,
      },
    },
  ],
  [
    '-D --sctp-service 10.0.0.100:80',
    { kind: 'delete-service', service: { ...web, protocol: 'sctp' } },
  ],
  [
    '-a -t 10.0.0.100:80 -r 10.0.0.21',
    {
      kind: 'add-server',
      service: web,
      server: { address: ip('10.0.0.21'), port: 80 },
      options: plainServer,
    },
  ],
  [
    '-a -t 10.0.0.100:80 -r 10.0.0.21:8080 -g -w 70000 -x 9 -y 5',
    {
      kind: 'add-server',
      service: web,
      server: { address: ip('10.0.0.21'), port: 80 },
      options: { ...plainServer, weight: 70_000, upperThreshold: 9, lowerThreshold: 5 },
    },
  ],
  [
    '-e -t 10.0.0.100:80 -r 10.0.0.21:8080 -m -w 0',
    {
      kind: 'edit-server',
      service: web,
      server: { address: ip('10.0.0.21'), port: 8080 },
      options: { ...plainServer, method: 'Masq', weight: 0 },
    },
  ],
  [
    '-at 10.0.0.100:80 -r [fd00::21]:8080 -i --tun-type gue --tun-port 6080 --tun-remcsum',
    {
      kind: 'add-server',
      service: web,
      server: { address: ip('fd00::21'), port: 80 },
      options: {
        ...plainServer,
        method: 'Tunnel',
        tunnel: { type: 'gue', port: 6080, checksum: 'remote' },
      },
    },
  ],
  [
    '-a -f 5 -r 10.0.0.21:8080 --fullnat',
    {
      kind: 'add-server',
      service: { kind: 'mark', mark: 5, family: 4 },
      server: { address: ip('10.0.0.21'), port: 8080 },
      options: { ...plainServer, method: 'FullNat' },
    },
  ],
  [
    '-d -u 10.0.0.100:domain -r 10.0.0.21:5353',
    {
      kind: 'delete-server',
      service: { ...web, protocol: 'udp', port: 53 },
      server: { address: ip('10.0.0.21'), port: 5353 },
    },
  ],
  ['-C', { kind: 'flush' }],
  ['-Z', { kind: 'zero', service: undefined }],
  ['-R', { kind: 'restore' }],
  ['-S -n', { kind: 'save', isNumeric: true }],
  ['--set 900 0 300', { kind: 'set-timeouts', tcp: 900, tcpFin: 0, udp: 300 }],
  ['-L --timeout', { kind: 'list-timeouts', isJson: false }],
  ['-L --daemon --json', { kind: 'list-daemons', isJson: true }],
  ['-Lnc --persistent-conn', { ...plainConnections, withEngine: true }],
  [
    '-Lnc --owner --json --client 10.0.0.0/24:99 -t 10.0.0.100:80 -r 10.0.0.21 --state fin_wait',
    {
      ...plainConnections,
      withOwner: true,
      isJson: true,
      filter: {
        client: { network: prefix('10.0.0.0/24'), port: 99 },
        service: web,
        server: { address: ip('10.0.0.21'), port: 80 },
        state: 'FIN_WAIT',
      },
    },
  ],
  ['--start-daemon master', { kind: 'start-daemon', role: 'master', options: plainDaemon }],
  [
    '--start-daemon backup --mcast-interface eth1 --syncid 255 --sync-maxlen 65507' +
      ' --mcast-group ff02::81 --mcast-port 9999 --mcast-ttl 255',
    {
      kind: 'start-daemon',
      role: 'backup',
      options: {
        device: 'eth1',
        syncId: 255,
        maxLength: 65_507,
        group: ip('ff02::81'),
        port: 9_999,
        ttl: 255,
      },
    },
  ],
  ['--stop-daemon backup', { kind: 'stop-daemon', role: 'backup' }],
  [
    '',
    {
      kind: 'list',
      service: undefined,
      format: { columns: 'plain', isNumeric: false, isExact: false, isSorted: true },
      isJson: false,
    },
  ],
  [
    '-l -nX --rate --stats --nosort -t 10.0.0.100:80',
    {
      kind: 'list',
      service: web,
      format: { columns: 'stats', isNumeric: true, isExact: true, isSorted: false },
      isJson: false,
    },
  ],
];

for (const [line, command] of read) {
  test(`ipvsadm ${line} is understood`, async (t) => {
    t.strictSame(parse(line), { command });
  });
}

test('every command that made the recorded table is understood', async (t) => {
  for (const argv of recordedSetup()) t.ok('command' in parseIpvsadm(argv, names), argv.join(' '));
});

test('what the real ipvsadm refused by itself is refused in its words', async (t) => {
  const ofKernel = new Set([
    'Service already exists\n',
    'No such service\n',
    'Destination already exists\n',
    'Scheduler or persistence engine not found\n',
    'No such destination\n',
  ]);
  const runs = readRuns();
  const mistakes = runs
    .slice(runs.findIndex(({ output }) => output === 'Service already exists\n'))
    .filter(({ output }) => output !== '' && !ofKernel.has(output));
  t.equal(mistakes.length, 3);
  for (const { argv, output } of mistakes) {
    t.strictSame(refusalOf(argv.join(' ')), { exit: 2, stderr: output });
  }
});

const refused: readonly (readonly [line: string, exit: number, stderr: string])[] = [
  ['-t 10.0.0.100:80 -A', 255, "Try `ipvsadm -h' or 'ipvsadm --help' for more information."],
  ['-q', 255, "Try `ipvsadm -h' or 'ipvsadm --help' for more information."],
  ['-Lq', 255, '-Lq: unknown option'],
  ['-A --what', 255, '--what: unknown option'],
  ['-A -t', 255, '-t: missing argument'],
  ['-AD', 2, "invalid option `-AD'"],
  ['-A', 2, "You need to supply the 'service-address' option for the 'add-service' command"],
  [
    '-a -t 1.1.1.1:1',
    2,
    "You need to supply the 'real-server' option for the 'add-server' command",
  ],
  ['-C -n', 2, "Illegal 'numeric' option with the 'flush' command"],
  [
    '-Lc --timeout',
    2,
    "The option 'timeout' conflicts with the 'connection' option in the 'list' command",
  ],
  ['-Lc --stats', 2, 'options conflicts in the list command'],
  ['-A -t 1.1.1.1:1 -u 1.1.1.1:1', 2, "multiple 'service-address' options specified"],
  ['-a -t 1.1.1.1:1 -r 2.2.2.2 -m -g', 2, "multiple 'forwarding-method' options specified"],
  ['-A -t 1.1.1.1', 2, 'Zero port specified for non-persistent service'],
  ['-A -t 1.1.1.1:65536', 2, 'illegal virtual server address[:port] specified'],
  ['-A -t 1.1.1.1:nosuch', 2, 'illegal virtual server address[:port] specified'],
  ['-A -t 80', 2, 'illegal virtual server address[:port] specified'],
  ['-A -t [fd00::1]', 2, 'illegal virtual server address[:port] specified'],
  ['-A -t [1.1.1.1]:80', 2, 'illegal virtual server address[:port] specified'],
  ['-a -t 1.1.1.1:1 -r 300.1.1.1', 2, 'illegal real server address[:port] specified'],
  ['-A -f 0', 2, "invalid fwmark value `0' specified"],
  ['-A -6 -f 1', 2, '-6 used before -f\n'],
  ['-A -t 1.1.1.1:1 -p 0', 2, "invalid timeout value `0' specified"],
  ['-A -t 1.1.1.1:1 -p 2678401', 2, "invalid timeout value `2678401' specified"],
  ['-A -t 1.1.1.1:1 -p -M 255.0.255.0', 2, 'illegal virtual server persistent mask specified'],
  ['-A -t [fd00::1]:1 -p -M 129', 2, 'illegal ipv6 netmask specified'],
  ['-A -t 1.1.1.1:1 -o', 2, 'One-Packet Scheduling is only for UDP virtual services'],
  ['-A -t 1.1.1.1:1 -s rr -b sh-port', 2, "incompatible scheduler flag `sh-port'"],
  ['-A -t 1.1.1.1:1 -s sh -b what', 2, "invalid scheduler flag `what'"],
  ['-a -t 1.1.1.1:1 -r 2.2.2.2 -w -1', 2, 'illegal weight specified'],
  ['-a -t 1.1.1.1:1 -r 2.2.2.2 -x much', 2, 'illegal u_threshold specified'],
  ['-a -t 1.1.1.1:1 -r 2.2.2.2 -y -5', 2, 'illegal l_threshold specified'],
  [
    '-a -t 1.1.1.1:1 -r [fd00::2]:1 -m',
    2,
    'Different address family is allowed only for tunneling servers',
  ],
  [
    '-a -t 1.1.1.1:1 -r 2.2.2.2 -g --tun-type gue',
    2,
    'Tunnel options conflict with forward method',
  ],
  ['-a -t 1.1.1.1:1 -r 2.2.2.2 -i --tun-type vxlan', 2, 'illegal tunnel type specified'],
  ['-a -t 1.1.1.1:1 -r 2.2.2.2 -i --tun-type gue --tun-port 0', 2, 'illegal tunnel port specified'],
  [
    '-a -t 1.1.1.1:1 -r 2.2.2.2 -i --tun-type gue',
    2,
    "You need to supply the 'tun-port' option for the 'gue' tunnel type",
  ],
  [
    '-a -t 1.1.1.1:1 -r 2.2.2.2 -i --tun-csum',
    2,
    "Illegal 'tun-csum' option with the 'ipip' tunnel type",
  ],
  [
    '-a -t 1.1.1.1:1 -r 2.2.2.2 -i --tun-type gre --tun-nocsum --tun-csum',
    2,
    "The option 'tun-csum' conflicts with the 'tun-nocsum' option in the 'gre' tunnel type",
  ],
  ['--set 1 2', 2, '--set option requires 3 timeout values'],
  ['--set 1 2 x', 2, "invalid timeout value `x' specified"],
  ['--set 1 2 3 4', 2, 'unexpected argument 4'],
  ['-L what', 2, 'unexpected argument what'],
  ['-L -- -n', 2, 'unexpected argument -n'],
  ['--start-daemon both', 2, 'illegal start-daemon parameter specified'],
  ['--stop-daemon both', 2, 'illegal start_daemon specified'],
  ['--start-daemon master --syncid 256', 2, 'illegal syncid specified'],
  ['--start-daemon master --sync-maxlen 0', 2, 'illegal sync-maxlen specified'],
  ['--start-daemon master --sync-maxlen 65508', 2, 'illegal sync-maxlen specified'],
  ['--start-daemon master --mcast-group 10.0.0.1', 2, "invalid IPv4 mcast-group `10.0.0.1'"],
  ['--start-daemon master --mcast-group fd00::1', 2, "invalid IPv6 mcast-group `fd00::1'"],
  ['--start-daemon master --mcast-port 0', 2, 'illegal mcast-port specified'],
  ['--start-daemon master --mcast-ttl 256', 2, 'illegal mcast-ttl specified'],
  ['--start-daemon master -w 1', 2, "Illegal 'weight' option with the 'start-daemon' command"],
  [
    '--stop-daemon master --mcast-ttl 1',
    2,
    "Illegal 'mcast-ttl' option with the 'stop-daemon' command",
  ],
  ['-L -c --client nobody', 2, 'illegal client address[/length][:port] specified'],
  ['-L --owner', 2, "Illegal 'owner' option with the 'list' command"],
];

for (const [line, exit, stderr] of refused) {
  test(`ipvsadm ${line} is refused`, async (t) => {
    t.strictSame(refusalOf(line), { exit, stderr: `${stderr}\n` });
  });
}

test('no command line makes the parser throw', async (t) => {
  const pieces = [
    '-A',
    '-a',
    '-L',
    '-t',
    '-r',
    '-p',
    '-M',
    '-f',
    '-6',
    '--',
    '-',
    '',
    '=',
    '--set',
  ].concat('-b', ',', '1.1.1.1:1', '[::]:1', '[', ']:', '255', '--tun-type', 'gue', '-i', '\u0000');
  for (let run = 0; run < 4_000; run += 1) {
    const argv = Array.from({ length: 1 + (run % 5) }, (_, place) => {
      const index = (run * 7_919 + place * 104_729 + run * place) % pieces.length;
      return pieces[index] ?? '';
    });
    parseIpvsadm(argv, names);
  }
  t.pass('4000 command lines');
});
