import { test } from 'tap';

import { TranscriptStage, type StagedName } from './transcript-stage.js';
import { readTranscript, type Step } from './transcript.js';

/** What the client of the recording did before the tables were looked at, in its order. */
const deeds: readonly (readonly [title: string, deed: (stage: TranscriptStage) => void])[] = [
  ['after connect (SYN+ACK seen by director)', (stage) => stage.tcp(42136, 80, 'S', 'A')],
  ...[1, 2, 3, 4, 5, 6, 7].map(
    (count) =>
      [
        `after data ${count}`,
        (stage: TranscriptStage) => {
          stage.tcp(42136, 80, 'PA', 'A');
          stage.wait(2);
        },
      ] as const,
  ),
  [
    "b'r2:y'",
    (stage) => {
      stage.move('d2');
      stage.tcp(42136, 80, 'PA', 'A', 'PA', 'A', 'PA', 'A');
    },
  ],
  [
    'after close',
    (stage) => {
      stage.move('d1');
      stage.tcp(42136, 80, 'PA', 'A', 'FA', 'A');
      stage.wait(1);
    },
  ],
  [
    '== close right after connect (short conn) d1->d2',
    (stage) => {
      stage.wait(5);
      stage.tcp(58692, 80, 'S', 'A', 'PA', 'A', 'FA', 'A');
      stage.wait(4);
    },
  ],
  [
    '== RST close',
    (stage) => {
      stage.tcp(58704, 80, 'S', 'A', 'PA', 'A', 'RA');
      stage.wait(4);
    },
  ],
  ['udp pkt 1', (stage) => sayByUdp(stage, 2)],
  ['udp pkt 2', (stage) => sayByUdp(stage, 2)],
  // The entry of the connection that was reset is gone here, and the copy still there.
  ['udp pkt 3', (stage) => sayByUdp(stage, 3)],
  ['udp pkt 4', (stage) => sayByUdp(stage, 6)],
  ['udp pkt 5', (stage) => sayByUdp(stage, 3)],
  [
    '== persistent 443',
    (stage) => {
      stage.tcp(53836, 443, 'S', 'A', 'PA', 'A');
      stage.wait(3);
    },
  ],
  [
    '== IPv6',
    (stage) => {
      stage.tcp(53836, 443, 'PA', 'A', 'FA', 'A');
      stage.tcp6(33802, 80, 'S', 'A', 'PA', 'A', 'PA', 'A');
      stage.wait(3);
    },
  ],
  ['== IPv6, later', (stage) => stage.wait(3)],
  [
    'v0',
    (stage) => {
      stage.director('d1').settings.sync_version = 0;
      stage.tcp(36556, 80, 'S', 'A', 'PA', 'A');
      stage.wait(1);
    },
  ],
];

function sayByUdp(stage: TranscriptStage, duration: number): void {
  stage.wait(duration);
  stage.udp(58470, 53);
}

/** What the client did behind its back, so to speak, between two looks at the tables. */
const afterwards: ReadonlyMap<string, (stage: TranscriptStage) => void> = new Map([
  [
    '== IPv6, later',
    (stage) => {
      stage.tcp6(33802, 80, 'PA', 'A', 'FA', 'A');
      stage.udp(40000, 514, 4);
    },
  ],
]);

/** Two commands in which we differ on purpose: see the tests below. */
const deliberate = new Set(['-S -n', '-A -t 1.1.1.1:5 -s twos']);

const isName = (node: string): node is StagedName => node === 'd1' || node === 'd2';

/** A listing without what time and sizes make of it, its connections in one order: a hash has none. */
function masked(output: string, argv: readonly string[] = []): string {
  const lines = output
    .split('\n')
    .map((line) => line.replace(/^(TCP|UDP|IP ) \d+:\d\d /, '$1 MM:SS '))
    .map((line) => (argv.includes('--stats') ? line.replace(/( +\d+)( +\d+){4}$/, '$1 …') : line))
    .map((line) => (argv.includes('--rate') ? line.replace(/( {2,}\d+){5}$/, ' …') : line));
  return argv.includes('-Lnc')
    ? [...lines.slice(0, 2), ...lines.slice(2).toSorted()].join('\n')
    : lines.join('\n');
}

function look(stage: TranscriptStage, node: StagedName): string[] {
  const { stdout } = stage.ipvsadm(node, ['-Lnc']);
  return masked(stdout).trimEnd().split('\n').slice(2).toSorted();
}

/** Goes through the whole transcript; `see` is told of each step, with what we make of it. */
function replay(
  see: (step: Step, ours: { readonly output: string; readonly exit: number }) => void,
): TranscriptStage {
  const stage = new TranscriptStage();
  const waiting = [...deeds];
  for (const step of readTranscript()) {
    if (step.kind === 'ipvsadm') {
      if (!isName(step.node)) throw new Error(`${step.node} is no director of the transcript`);
      const { exit, stdout, stderr } = stage.ipvsadm(step.node, step.argv);
      see(step, { output: stdout + stderr, exit });
      continue;
    }
    const [title, deed] = waiting.shift() ?? ['', undefined];
    if (title !== step.title) throw new Error(`after '${title}' comes '${step.title}'`);
    deed?.(stage);
    const nodes = [...step.tables.keys()].filter(isName);
    const ours = nodes.map((node) => `${node}\n${look(stage, node).join('\n')}`).join('\n');
    see(step, { output: ours, exit: 0 });
    afterwards.get(step.title)?.(stage);
  }
  if (waiting.length > 0) throw new Error(`nothing comes of '${waiting[0]?.[0] ?? ''}'`);
  return stage;
}

test('the transcript of a real kernel is reproduced command by command, with its traffic', async (t) => {
  let commands = 0;
  let tables = 0;
  replay((step, ours) => {
    if (step.kind === 'tables') {
      const theirs = [...step.tables].map(
        ([node, lines]) =>
          `${node}\n${lines
            .map((line) => masked(line))
            .toSorted()
            .join('\n')}`,
      );
      t.equal(ours.output, theirs.join('\n'), step.title);
      tables += 1;
      return;
    }
    const args = step.argv.join(' ');
    if (deliberate.has(args)) return;
    commands += 1;
    t.equal(masked(ours.output, step.argv), masked(step.output, step.argv), args);
    const isRefused = !/^(IP Virtual|IPVS|Prot|Timeout|master|backup|-A|$)/.test(step.output);
    t.equal(ours.exit !== 0, isRefused, `${args} ends with ${ours.exit}`);
  });
  t.equal(commands, 64);
  t.equal(tables, 21);
});

test('what -S saves is the kernel’s ipvsadm’s, and what that one forgets', async (t) => {
  replay((step, ours) => {
    if (step.kind !== 'ipvsadm' || step.argv.join(' ') !== '-S -n') return;
    const daemon = /^--start-daemon .*\n/m;
    t.match(ours.output, daemon);
    t.equal(ours.output.replace(' -x 100 -y 50', '').replace(daemon, ''), step.output);
  });
});

test('the scheduler that the recorded kernel had not been built with is there', async (t) => {
  replay((step, ours) => {
    if (step.kind !== 'ipvsadm' || step.argv.at(-1) !== 'twos') return;
    t.strictSame(ours, { output: '', exit: 0 });
  });
});

test('connections can be chosen by client, service, real server and state, and show their owner', async (t) => {
  const stage = replay(() => {});
  const chosen = (node: StagedName, args: string): string[] => {
    const { stdout } = stage.ipvsadm(node, `-Lnc ${args}`.split(' '));
    return stdout.trimEnd().split('\n').slice(2);
  };
  const cases: readonly (readonly [args: string, lines: number])[] = [
    ['--client 10.0.0.2', 5],
    ['--client 10.0.0.0/24', 6],
    ['--client 10.0.0.2:36556', 1],
    ['--client fd00::/64', 1],
    ['--client [fd00::2]:33802', 1],
    ['--client 10.0.1.0/24', 0],
    ['-t 10.0.0.100:80', 3],
    ['-t 10.0.0.100:0', 5],
    ['-u 10.0.0.100:53', 1],
    ['-t [fd00::100]:80', 1],
    ['-f 5', 0],
    ['-r 10.0.0.21', 5],
    ['-r 10.0.0.21:80', 2],
    ['--state assured', 1],
    ['--state FIN_WAIT -r 10.0.0.21:80', 1],
  ];
  for (const [args, lines] of cases) {
    t.equal(chosen('d1', args).length, lines, args);
    const { stdout } = stage.ipvsadm('d1', `-Lnc ${args} --json`.split(' '));
    t.match(JSON.parse(stdout), { length: lines });
  }
  t.strictSame(
    chosen('d1', '--owner --client 10.0.0.2:36556').map((line) => line.split(/ +/).at(-1)),
    ['local'],
  );
  t.strictSame(
    chosen('d2', '--owner --client 10.0.0.2:36556').map((line) => line.split(/ +/).at(-1)),
    ['10.0.0.11'],
    'a node that speaks the kernel’s protocol is known by its address',
  );
  const { stdout } = stage.ipvsadm('d2', ['-Lnc', '--owner', '--state', 'ASSURED', '--json']);
  t.match(JSON.parse(stdout), [{ client: '10.0.0.0', virtualPort: 443, owner: '10.0.0.11' }]);
});

test('services, timeouts and daemons are there as JSON', async (t) => {
  const stage = replay(() => {});
  const json = (args: string): unknown =>
    JSON.parse(stage.ipvsadm('d1', `${args} --json`.split(' ')).stdout);
  t.match(json('-Ln -t 10.0.0.100:80'), [
    {
      service: { kind: 'address', protocol: 'tcp', address: '10.0.0.100', port: 80 },
      scheduler: 'rr',
      servers: [
        { address: '10.0.0.21', method: 'Route', weight: 1, statistics: { connections: 2 } },
        { address: '10.0.0.22', upperThreshold: 100, lowerThreshold: 50 },
        { address: '10.0.0.23', weight: 70_000 },
      ],
    },
  ]);
  t.strictSame(json('-L --timeout'), { tcp: 900, tcpFin: 120, udp: 300 });
  t.match(json('-L --daemon'), [
    { role: 'master', device: 'eth0', syncId: 7, maxLength: 1_472, group: '224.0.0.81' },
    { role: 'backup', syncId: 9, port: 8_848, ttl: 1 },
  ]);
});
