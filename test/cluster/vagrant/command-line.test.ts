import { test } from 'tap';

import { runCommandLine } from '../../../cluster/cli/program.js';

/** Runs baton where Vagrant has made nothing. */
async function baton(...argv: readonly string[]): Promise<{ status: number; said: string }> {
  process.env['VAGRANT_DOTFILE_PATH'] = '/nonexistent/machines';
  let said = '';
  const write = (text: string): void => {
    said += text;
  };
  const status = await runCommandLine(argv, { out: write, note: write });
  return { status, said };
}

test('without VMs it is said how to make them, wherever --lab stands', async (t) => {
  for (const argv of [
    ['--lab', 'vagrant', 'status'],
    ['sessions', '--lab', 'vagrant'],
    ['--lab', 'vagrant', 'kill', 'd1'],
  ]) {
    const { status, said } = await baton(...argv);
    t.equal(status, 2);
    t.match(said, /there are no VMs yet: run vagrant up in vagrant\//);
  }
});

test('Vagrant makes and removes the VMs, not up and down', async (t) => {
  for (const command of ['up', 'down']) {
    const { status, said } = await baton(command, '--lab', 'vagrant');
    t.equal(status, 2);
    t.match(said, /vagrant up and vagrant destroy, in vagrant\/, make and remove it/);
  }
});

test('a setting that cannot be used is refused by baton as by Vagrant', async (t) => {
  process.env['BATON_DIRECTORS'] = 'many';
  t.teardown(() => delete process.env['BATON_DIRECTORS']);
  const { status, said } = await baton('--lab', 'vagrant', 'status');
  t.equal(status, 2);
  t.match(said, /BATON_DIRECTORS has to be a number from 1 to 4, not 'many'/);
});
