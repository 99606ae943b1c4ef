import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { test, type Test } from 'tap';

import type { RunningLab } from '../../cluster/lab/running-lab.js';
import { labWith, reaches, runLab } from './cluster.js';

/*
 * tshark is the judge of what our directors say on the wire.
 */

/** Captures what the client's interface sees into a file, until the returned function is called. */
async function capture(t: Test, running: RunningLab): Promise<() => Promise<string>> {
  const folder = mkdtempSync(join(tmpdir(), 'baton-capture-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'clients.pcap');
  const argv = running.execArgs('client', ['tshark', '-q', '-i', 'clients', '-w', file]);
  const [program = '', ...rest] = argv;
  const tshark = spawn(program, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
  t.teardown(() => tshark.kill('SIGKILL'));
  let said = '';
  tshark.stderr.on('data', (text: Buffer) => (said += text.toString()));
  while (!said.includes('Capturing on')) await once(tshark.stderr, 'data');
  await sleep(500);
  return async () => {
    tshark.kill('SIGINT');
    await once(tshark, 'exit');
    return file;
  };
}

/** One line for each packet that the filter selects, with these fields separated by tabs. */
function dissect(file: string, filter: string, ...fields: readonly string[]): string[][] {
  const wanted = fields.flatMap((field) => ['-e', field]);
  const argv = ['-r', file, '-Y', filter, '-T', 'fields', ...wanted];
  const output = execFileSync('tshark', argv, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

test('tshark accepts our adverts and sees gratuitous ARP on every take-over', async (t) => {
  const running = await runLab(t, labWith(100));
  const finish = await capture(t, running);
  await running.killNode('d1');
  t.ok(await reaches(running, 'd2', 'master', 5_000), 'd2 takes over');
  await running.startNode('d1');
  t.ok(await reaches(running, 'd1', 'master', 10_000), 'd1 takes over again');
  await running.stopNode('d1');
  t.ok(await reaches(running, 'd2', 'master', 5_000), 'd2 takes over after a clean stop');
  await sleep(300);
  const file = await finish();

  const adverts = dissect(
    file,
    'vrrp',
    'ip.src',
    'vrrp.version',
    'vrrp.prio',
    'vrrp.checksum.status',
    'ip.ttl',
    'ip.dst',
    'vrrp.ip_addr',
  );
  t.ok(adverts.length >= 5, `${adverts.length} adverts were seen`);
  const priorities: Record<string, Set<string | undefined>> = {
    '10.1.0.11': new Set(['150', '0']),
    '10.1.0.12': new Set(['100']),
  };
  for (const [source = '', version, priority, checksum, ttl, group, addresses] of adverts) {
    const isRight =
      version === '3' &&
      checksum === '1' &&
      ttl === '255' &&
      group === '224.0.0.18' &&
      addresses === '10.1.0.100,10.1.0.101,10.2.0.254' &&
      priorities[source]?.has(priority) === true;
    if (!isRight) t.fail('a wrong advert', { source, version, priority, checksum, ttl, group });
  }
  t.strictSame(
    dissect(file, 'vrrp && _ws.expert', 'frame.number', '_ws.expert.message'),
    [],
    'no expert warnings',
  );
  t.equal(dissect(file, 'vrrp.prio == 0', 'ip.src').length, 1, 'the clean stop says so once');

  const announcements = dissect(
    file,
    'arp.isgratuitous == 1 && arp.opcode == 1 && eth.dst == ff:ff:ff:ff:ff:ff',
    'eth.src',
    'arp.src.proto_ipv4',
    'arp.dst.proto_ipv4',
  );
  const holders = takeOvers(announcements.filter(([, address]) => address === '10.1.0.100'));
  t.equal(holders.length, 3, 'three take-overs are announced');
  t.equal(holders[0], holders[2], 'first and last by d2');
  t.not(holders[0], holders[1], 'the one between by d1');
  for (const address of ['10.1.0.100', '10.1.0.101']) {
    const count = announcements.filter(
      ([, sender, target]) => sender === address && target === address,
    ).length;
    t.ok(count >= 15, `${address} is announced ${count} times, five for each take-over at least`);
  }
});

/** The MAC addresses that announce, one for each change. */
function takeOvers(announcements: readonly string[][]): string[] {
  const holders: string[] = [];
  for (const [mac = ''] of announcements) if (holders.at(-1) !== mac) holders.push(mac);
  return holders;
}
