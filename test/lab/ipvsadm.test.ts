import { spawnSync } from 'node:child_process';

import { test } from 'tap';

import { loadLab } from '../../cluster/config/lab-file.js';
import { until } from '../../cluster/lab/wait.js';
import { batonProgram } from '../cluster/cli/baton.js';
import { onNode, runLab } from './cluster.js';
import { labText } from './lab-text.js';

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const done: Ended = { status: 0, stdout: '', stderr: '' };
const refused = (status: number, stderr: string): Ended => ({ status, stdout: '', stderr });

/** Runs `baton ipvsadm` with words from a text, for the lab of this process. */
function ipvsadm(args: string, input = ''): Ended {
  const argv = [batonProgram, 'ipvsadm', ...args.split(' ')];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, {
    encoding: 'utf8',
    input,
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

test('ipvsadm changes every director, and asks the master', async (t) => {
  const running = await runLab(t, loadLab(labText, 'lab.yaml'));
  const add = '-A -t 10.1.0.100:8080 -s wlc -p 600';
  const rulesOf = (node: string): string => ipvsadm(`--node ${node} -S -n`).stdout;

  t.strictSame(ipvsadm(add), done);
  t.strictSame(ipvsadm('-a -t 10.1.0.100:8080 -r 10.2.0.21:80 -m -x 9'), done);
  t.match(rulesOf('d1'), `${add}\n`);
  t.equal(rulesOf('d1'), rulesOf('d2'), 'both directors have the same services');

  t.strictSame(ipvsadm(add), refused(255, 'Service already exists\n'), 'what all say is said once');
  t.strictSame(
    ipvsadm('-A -t 10.1.0.100:8080 -x 4'),
    refused(2, "Illegal 'u-threshold' option with the 'add-service' command\n"),
  );
  t.strictSame(ipvsadm('-Ln -t 10.9.9.9:1'), refused(1, 'No such service\n'));

  ipvsadm('--node d2 -D -t 10.1.0.100:8080');
  t.strictSame(
    ipvsadm('-E -t 10.1.0.100:8080 -s rr'),
    refused(255, 'd2: No such service\n'),
    'who says something else is named',
  );
  t.match(ipvsadm('-Ln').stdout, 'TCP  10.1.0.100:8080 rr\n', "the listing is the master's");

  const saved = ipvsadm('-S -n').stdout;
  t.strictSame(ipvsadm('-C'), done);
  t.equal(rulesOf('d1') + rulesOf('d2'), '');
  t.strictSame(ipvsadm('-R', `# saved\n\n${saved}`), done);
  t.equal(rulesOf('d1'), saved);
  t.equal(rulesOf('d2'), saved, 'what was saved is on both again');

  t.strictSame(JSON.parse(ipvsadm('--json -L --timeout').stdout), {
    d1: { exit: 0, stdout: 'Timeout (tcp tcpfin udp): 900 120 300\n', stderr: '' },
  });

  await running.killNode('d1');
  t.strictSame(ipvsadm('-C'), { ...done, stderr: 'd1 is not running\n' });
  t.strictSame(ipvsadm('-S -n'), done, 'the director that runs is asked');
});

/** Ten connections, each with data in both directions, that stay open for a moment. */
const talk = `
  const { connect } = require('node:net');
  for (let count = 0; count < 10; count += 1) {
    const socket = connect(80, '10.1.0.100', () => {
      for (let line = 0; line < 5; line += 1) setTimeout(() => socket.write('x'), 50 * line);
    });
    socket.on('error', () => process.exit(2));
  }
  setTimeout(() => process.exit(0), 1_000);`;

test('a director has an ipvsadm in its path, with daemons that speak the kernel’s sync protocol', async (t) => {
  const running = await runLab(t, loadLab(labText, 'lab.yaml'));
  const at = (node: string, args: string): string =>
    onNode(running, node, 'sh', '-c', `ipvsadm ${args} 2>&1; echo "exit $?"`);

  t.equal(at('d1', '-Ln'), `${ipvsadm('--node d1 -Ln').stdout.replace('d1:\n', '')}exit 0\n`);
  t.equal(at('d1', '-Ln -t 10.9.9.9:1'), 'No such service\nexit 1\n');
  t.equal(at('d2', '-A -t 10.1.0.100:80'), 'Service already exists\nexit 255\n');
  const restored = 'ipvsadm -S -n >"$0"; ipvsadm -C; ipvsadm -R <"$0"; ipvsadm -S -n | diff "$0" -';
  const file = `${running.folder}/saved`;
  t.equal(onNode(running, 'd1', 'sh', '-c', restored, file), '', 'what was saved is there again');

  const given = '--mcast-interface sync --syncid 9';
  t.equal(at('d1', `--start-daemon master ${given}`), 'exit 0\n');
  t.equal(at('d2', `--start-daemon backup ${given}`), 'exit 0\n');
  const place = 'mcast=sync, syncid=9, maxlen=1472, group=224.0.0.81, port=8848, ttl=1';
  t.equal(at('d2', '-L --daemon'), `backup sync daemon (${place})\nexit 0\n`);
  t.equal(at('d1', '--start-daemon master'), 'Daemon has already run\nexit 255\n');
  t.equal(at('d1', '--start-daemon backup'), 'No such device\nexit 255\n', 'there is no eth0');

  onNode(running, 'client', process.execPath, '-e', talk);
  // The connections end while the first is asked: both have to come to the same count.
  const recordsOf = async (node: string): Promise<number> =>
    (await running.request(node, '/sync')).daemons[0]?.records ?? 0;
  const agreed = async (): Promise<number | undefined> => {
    const [told, heard] = [await recordsOf('d1'), await recordsOf('d2')];
    return told >= 10 && heard === told ? told : undefined;
  };
  const records = await until(agreed, { timeoutMs: 20_000, everyMs: 200 });
  t.ok(records, `${records ?? 'not as many'} records were received as were sent`);
  const owned = at('d2', '-Lnc --owner --client 10.1.0.2 -t 10.1.0.100:80');
  t.match(owned, /owner\n(TCP .* 10\.1\.0\.2:.* 10\.1\.0\.100:80 .* \S+\n)+exit 0\n/);
  const listed: unknown = JSON.parse(onNode(running, 'd2', 'ipvsadm', '-Lnc', '--json'));
  t.match(listed, [{ protocol: 'tcp', client: '10.1.0.2' }]);

  t.equal(at('d1', '--stop-daemon master'), 'exit 0\n');
  t.equal(at('d1', '--stop-daemon master'), 'No daemon is running\nexit 255\n');
  t.strictSame((await running.request('d1', '/sync')).daemons, []);

  await running.killNode('d2');
  t.match(at('d2', '-L'), /^Can't initialize ipvs: .*\nIs a director running here\?\nexit 2\n$/);
});
