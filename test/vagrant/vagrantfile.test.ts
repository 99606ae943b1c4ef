import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { test, type Test } from 'tap';

import { vagrantFolder } from '../../cluster/vagrant/machines.js';

interface Ran {
  readonly status: number | null;
  readonly output: string;
}

/** Vagrant with a home of its own, and with a stub where VirtualBox would be: Debian has none. */
function vagrant(t: Test): (argv: readonly string[], environment?: NodeJS.ProcessEnv) => Ran {
  const folder = mkdtempSync(join(tmpdir(), 'baton-vagrantfile-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const stub = join(folder, 'VBoxManage');
  writeFileSync(stub, '#!/bin/sh\necho 7.0.20r163906\n');
  chmodSync(stub, 0o755);
  return (argv, environment = {}) => {
    const done = spawnSync('vagrant', argv, {
      cwd: vagrantFolder,
      encoding: 'utf8',
      env: {
        ...process.env,
        PATH: `${folder}:${process.env['PATH'] ?? ''}`,
        VAGRANT_HOME: join(folder, 'home'),
        VAGRANT_DOTFILE_PATH: join(folder, 'machines'),
        VAGRANT_CHECKPOINT_DISABLE: '1',
        BATON_BOX: 'baton/nowhere',
        ...environment,
      },
    });
    return { status: done.status, output: `${done.stdout}${done.stderr}` };
  };
}

test('the Vagrantfile is valid for every provider', (t) => {
  const run = vagrant(t);
  for (const provider of ['virtualbox', 'libvirt', 'lxc']) {
    const { status, output } = run(['validate'], { VAGRANT_DEFAULT_PROVIDER: provider });
    t.equal(status, 0, output);
  }
  t.end();
});

test('as many machines as asked for are defined', (t) => {
  const { output } = vagrant(t)(['status', '--machine-readable'], {
    VAGRANT_DEFAULT_PROVIDER: 'lxc',
    BATON_DIRECTORS: '3',
    BATON_REAL_SERVERS: '1',
  });
  const names = [...output.matchAll(/^\d+,(\w+),provider-name,/gm)].map(([, name]) => name);
  t.same(names, ['client', 'd1', 'd2', 'd3', 's1']);
  t.end();
});

test('a value that cannot be used is refused with its name and what it has to be', (t) => {
  const run = vagrant(t);
  const mistakes = [
    [{ BATON_DIRECTORS: '9' }, "BATON_DIRECTORS has to be a number from 1 to 4, not '9'"],
    [{ BATON_METHOD: 'tun' }, "BATON_METHOD has to be both, nat, dr, not 'tun'"],
    [{ BATON_ADVERT: '5ms' }, "BATON_ADVERT has to be 10ms to 40.95s in steps of 10ms, not '5ms'"],
    [{ BATON_LIBVIRT_DRIVER: 'xen' }, "BATON_LIBVIRT_DRIVER has to be kvm, qemu, not 'xen'"],
  ] as const;
  for (const [environment, message] of mistakes) {
    const { status, output } = run(['status'], environment);
    t.not(status, 0);
    t.ok(output.includes(message), output);
  }
  t.end();
});
