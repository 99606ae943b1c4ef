import { spawnSync } from 'node:child_process';

import { test } from 'tap';

import { loadLab } from '../../cluster/config/lab-file.js';
import { batonProgram } from '../cluster/cli/baton.js';
import { runLab } from './cluster.js';
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
