import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { test } from 'tap';

import { writeKeepalived } from '../../cluster/config/keepalived-writer.js';
import { directorProgram } from '../../cluster/lab/members.js';
import { until } from '../../cluster/lab/wait.js';
import { labWith, onNode, runLab } from './cluster.js';

/*
 * A cluster of one of our directors and one real keepalived, which read the same configuration but for the priority, and
 * for the sync daemon: keepalived 2.2.7 crashes when it starts one in a kernel without IPVS.
 */

test('real keepalived and our director elect one master between them', async (t) => {
  const running = await runLab(t, labWith(100), { topologyOnly: true });
  const start = (node: string, argv: readonly string[]): (() => void) => {
    const [program = '', ...rest] = running.execArgs(node, argv);
    const child = spawn(program, rest, {
      stdio: 'ignore',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    t.teardown(() => child.kill('SIGKILL'));
    return () => child.kill('SIGKILL');
  };
  const configOf = (node: string): string => {
    const file = join(running.folder, `${node}.conf`);
    writeFileSync(
      file,
      writeKeepalived(running.config, node, (network) => network),
    );
    return file;
  };
  const startOurs = (): (() => void) => {
    const files = ['--config', configOf('d1'), '--control', join(running.folder, 'd1.sock')];
    return start('d1', [process.execPath, directorProgram, ...files]);
  };
  const startKeepalived = (): (() => void) => {
    const file = configOf('d2');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^ *lvs_sync_daemon .*$/m, ''));
    const pids = ['-p', 'main', '-r', 'vrrp'].map((word) =>
      word.startsWith('-') ? word : join(running.folder, `keepalived.${word}.pid`),
    );
    const alone = ['--dont-fork', '--vrrp', '--log-console', ...pids];
    return start('d2', ['keepalived', ...alone, '--use-file', file]);
  };
  // keepalived is master exactly when the kernel of its node has the VIP.
  const keepalivedHasVip = (): boolean =>
    onNode(running, 'd2', 'ip', 'address', 'show', 'clients').includes('10.1.0.100');
  const becomes = async (isMaster: boolean): Promise<boolean> =>
    (await until(() => keepalivedHasVip() === isMaster || undefined, {
      timeoutMs: 15_000,
      everyMs: 50,
    })) === true;

  startKeepalived();
  t.ok(await becomes(true), 'keepalived is master while it is alone');
  const killOurs = startOurs();
  t.ok(await becomes(false), 'it accepts the adverts of a director with a higher priority');
  killOurs();
  t.ok(await becomes(true), 'it takes over when the director is killed');
  startOurs();
  t.ok(await becomes(false), 'and gives way when the director is back');
});
