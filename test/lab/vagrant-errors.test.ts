import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { test, type Test } from 'tap';

import { vagrantFolder } from '../../cluster/vagrant/machines.js';

/** Proxies would hide that there is no internet. */
const proxies = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'];

/** What `vagrant up client` says on a machine without internet that `preparation`, lines of shell, has made. */
function vagrantUp(
  t: Test,
  provider: string,
  preparation: string,
  environment: NodeJS.ProcessEnv = {},
): string {
  const folder = mkdtempSync(join(tmpdir(), 'baton-vagrant-errors-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const stub = join(folder, 'VBoxManage');
  writeFileSync(stub, '#!/bin/sh\necho 7.0.20r163906\n');
  chmodSync(stub, 0o755);
  writeFileSync(join(folder, 'cpuinfo'), 'processor : 0\nflags : fpu sse2\n');
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: `${folder}:${process.env['PATH'] ?? ''}`,
    FOLDER: folder,
    VAGRANT_HOME: join(folder, 'home'),
    VAGRANT_DOTFILE_PATH: join(folder, 'machines'),
    VAGRANT_CHECKPOINT_DISABLE: '1',
    BATON_BOX: 'baton/nowhere',
    ...environment,
  };
  for (const name of proxies) delete env[name];
  const script = `set -e\nmount -t sysfs none /sys\n${preparation}\nexec vagrant up client --provider=${provider}`;
  const argv = ['--net', '--mount', 'sh', '-c', script];
  const done = spawnSync('unshare', argv, { cwd: vagrantFolder, encoding: 'utf8', env });
  t.not(done.status, 0);
  return `${done.stdout}${done.stderr}`;
}

test('missing bridges are named, with the command that makes them', (t) => {
  t.match(
    vagrantUp(t, 'lxc', ''),
    /The bridges lxcbr0, baton-clients, baton-servers are missing: run sudo vagrant\/lxc-networks up/,
  );
  t.end();
});

test('without the box and the internet, the way to build the box is named', (t) => {
  const said = vagrantUp(t, 'lxc', './lxc-networks up');
  t.match(said, /The box 'baton\/nowhere' is not on this machine, and \S+ cannot be reached/);
  t.match(said, /sudo vagrant\/box\/build lxc/);
  t.end();
});

test('a subnet that is in use is named, with who uses it', (t) => {
  const link = 'ip link add name office type bridge && ip address add 10.2.0.77/24 dev office';
  const said = vagrantUp(t, 'libvirt', link, { BATON_LIBVIRT_DRIVER: 'qemu' });
  t.match(
    said,
    /The subnet 10\.2\.0\.0\/24 of the network 'servers' is in use: office has the address 10\.2\.0\.77/,
  );
  t.end();
});

test('a processor without virtualisation is explained, with what to do', (t) => {
  const said = vagrantUp(t, 'virtualbox', 'mount --bind "$FOLDER/cpuinfo" /proc/cpuinfo');
  t.match(said, /no hardware virtualisation \(no vmx or svm in \/proc\/cpuinfo\)/);
  t.match(said, /Turn on Intel VT-x or AMD-V/);
  t.end();
});

test('a provider that is not installed is named', (t) => {
  const said = vagrantUp(t, 'virtualbox', 'rm "$FOLDER/VBoxManage"');
  t.match(said, /The provider 'virtualbox' .* isn't usable/s);
  t.end();
});
