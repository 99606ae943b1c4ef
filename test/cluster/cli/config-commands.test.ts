import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { test } from 'tap';

import { runCommandLine } from '../../../cluster/cli/program.js';
import { HealthOfEverything } from '../config/health-sample.js';

/** What one command line prints, and its exit status. */
async function baton(
  ...argv: readonly string[]
): Promise<{ status: number; out: string; notes: string }> {
  const said: string[] = [];
  const noted: string[] = [];
  const terminal = {
    out: (text: string) => said.push(text),
    note: (text: string) => noted.push(text),
  };
  const status = await runCommandLine(argv, terminal);
  return { status, out: said.join(''), notes: noted.join('\n') };
}

const Service = `virtual_server 10.0.0.1 80 {
  lvs_sched rr
  lvs_method NAT
  protocol TCP
  smtp_alert
  real_server 10.0.0.2 80 {
    TCP_CHECK { }
  }
}
`;

test('config check says what each file has, and what of it has no effect', async (t) => {
  const folder = t.testdir({ 'a.conf': Service });
  const { status, out } = await baton('config', 'check', join(folder, 'a.conf'));
  t.equal(
    out.replaceAll(folder, ''),
    `/a.conf:5:3: warning: smtp_alert is not simulated: no mail is sent
      smtp_alert
      ^
/a.conf: 0 VRRP instances, 1 virtual server, 1 real server, 1 checker (0 mistakes, 1 warnings)
`,
  );
  t.equal(status, 0);
});

test('config check reports everything that is wrong with every file, and exits with 2', async (t) => {
  const folder = t.testdir({
    'a.conf': Service.replace('rr', 'zz').replace('TCP_CHECK', 'TCP_CHEK'),
    'b.conf': 'include parts/*.conf\n',
    parts: { 'one.conf': 'wibble\n', 'two.conf': '}\n' },
  });
  const files = ['a.conf', 'b.conf'].map((name) => join(folder, name));
  const { status, out } = await baton('config', 'check', ...files);
  const heads = out.replaceAll(folder, '').match(/^\/\S+ .*/gm);
  t.match(heads, [
    /^\/a\.conf:2:13: lvs_sched has to be one of rr, /,
    /^\/a\.conf:7:5: unknown keyword TCP_CHEK .*; did you mean TCP_CHECK\?$/,
    /warning/,
    /^\/a\.conf: cannot be used \(2 mistakes, 1 warnings\)$/,
    /^\/parts\/two\.conf:1:1: this } closes no block$/,
    /^\/b\.conf: cannot be used \(1 mistakes, 0 warnings\)$/,
  ]);
  t.equal(status, 2);
  const json: unknown = JSON.parse((await baton('config', 'check', '--json', ...files)).out);
  t.match(json, [
    { problems: [{ code: 'wrong-value', line: 2, column: 13 }, { code: 'unknown-keyword' }] },
    { problems: [{ code: 'syntax', file: join(folder, 'parts/two.conf') }] },
  ]);
});

test('config check --here looks for the interfaces on this machine', async (t) => {
  const instance = `vrrp_instance VI_1 {\n  interface no-such\n  virtual_router_id 1\n  virtual_ipaddress {\n    10.0.0.1\n  }\n}\n`;
  const file = join(t.testdir({ 'a.conf': instance }), 'a.conf');
  t.equal((await baton('config', 'check', file)).status, 0);
  const { status, out } = await baton('config', 'check', '--here', file);
  t.equal(status, 2);
  t.match(out, 'names no-such, which does not exist');
});

test('a file that cannot be read, and one that is no file, are refused', async (t) => {
  const folder = t.testdir({ 'a.conf': 'includer nothing-*.conf\n' });
  for (const file of [join(folder, 'none.conf'), folder, '/dev/zero']) {
    const { status, notes } = await baton('config', 'check', file);
    t.equal(status, 2, file);
    t.match(notes, `cannot read ${file}`);
  }
  const { status, out } = await baton('config', 'check', join(folder, 'a.conf'));
  t.equal(status, 2);
  t.match(out, 'a.conf:1:1: no file is named nothing-*.conf');
});

test('config show prints the configuration of an id, with its defaults, and as JSON', async (t) => {
  const text = `@one $PORT=81\n@two $PORT=82\n${Service.replace('0.1 80', '0.1 $PORT').replace('0.2 80', '0.2')}`;
  const file = join(t.testdir({ 'a.conf': text }), 'a.conf');
  const { out } = await baton('config', 'show', '-i', 'two', file);
  t.match(out, `router_id ${hostname().split('.', 1)[0]}`);
  t.match(out, 'virtual_server 10.0.0.1 82 {');
  t.match(out, /TCP_CHECK \{[^}]*delay_loop 60\n[^}]*retry 1\n/);
  const json: unknown = JSON.parse(
    (await baton('config', 'show', '-i', 'one', '--json', file)).out,
  );
  t.match(json, { virtualServers: [{ port: 81, realServers: [{ port: 81 }] }] });
});

test('config show masks passwords and keys unless it is asked for them', async (t) => {
  const key = 'k'.repeat(32);
  const text = `SSL {\n  password swordfish\n}\nvrrp_instance VI_1 {\n  interface eth0\n  virtual_router_id 1\n  version 3\n  auth_hmac {\n    key 1 ${key}\n    active_key 1\n  }\n  virtual_ipaddress {\n    10.0.0.1\n  }\n}\n`;
  const file = join(t.testdir({ 'a.conf': text }), 'a.conf');
  const hidden = [/swordfish/, /(?:6b){32}/];
  for (const format of [[], ['--json']]) {
    const masked = (await baton('config', 'show', ...format, file)).out;
    const shown = (await baton('config', 'show', '--secrets', ...format, file)).out;
    for (const secret of hidden) {
      t.notMatch(masked, secret);
      t.match(shown, secret);
    }
  }
});

test('config format prints a file, writes it, or says that it would change', async (t) => {
  const untidy = '# a comment\nglobal_defs   {\n\t\trouter_id\ta # its name\n\n\n}\n';
  const tidy = '# a comment\nglobal_defs {\n    router_id a # its name\n\n}\n';
  const file = join(t.testdir({ 'a.conf': untidy, 'b.conf': HealthOfEverything }), 'a.conf');
  t.equal((await baton('config', 'format', file)).out, tidy);
  t.match(await baton('config', 'format', '--check', file), {
    status: 1,
    out: /a\.conf would change/,
  });
  t.equal(readFileSync(file, 'utf8'), untidy, 'and nothing has been written');
  t.match(await baton('config', 'format', '--write', file), {
    status: 0,
    out: /a\.conf has changed/,
  });
  t.equal(readFileSync(file, 'utf8'), tidy);
  t.match(await baton('config', 'format', '--check', file), { status: 0, out: '' });
});
