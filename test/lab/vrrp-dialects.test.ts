import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { test, type Test } from 'tap';

import { until } from '../../cluster/lab/wait.js';
import { dialects, keepalivedPair, nameOf, type Dialect } from './keepalived-pair.js';
import type { LinkedNode } from './linked-nodes.js';

/*
 * tshark is the judge of our adverts and announcements in every dialect.
 */

/** What the last packet of a capture carries. */
const lastWords = 'end of capture!!';

/**
 * Captures what the listener hears from the speaker, until the returned function is called, which returns the file. A
 * capture that is stopped loses what its ring still holds, so it is stopped only when a last packet is in the file.
 */
async function capture(
  t: Test,
  [speaker, listener]: readonly [LinkedNode, LinkedNode],
): Promise<() => Promise<string>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'baton-capture-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'link.pcap');
  const dumpcap = listener.start('dumpcap', '-q', '-i', 'eth0', '-w', file);
  let said = '';
  dumpcap.stderr?.on('data', (text: Buffer) => (said += text.toString()));
  while (!said.includes('File:')) await sleep(50);
  return async () => {
    const pattern = Buffer.from(lastWords).toString('hex');
    speaker.run('ping', '-c', '1', '-w', '20', '-p', pattern, listener.address);
    const isComplete = (): true | undefined => readFileSync(file).includes(lastWords) || undefined;
    if ((await until(isComplete, { timeoutMs: 20_000, everyMs: 50 })) === undefined) {
      throw new Error(`dumpcap has written no last packet within 20 s: ${said}`);
    }
    const exit = once(dumpcap, 'exit');
    dumpcap.kill('SIGINT');
    await exit;
    return file;
  };
}

/** What is looked at, in the words of tshark. */
const Fields = {
  sourceMac: 'eth.src',
  destination: 'ip.dst',
  destination6: 'ipv6.dst',
  ttl: 'ip.ttl',
  hopLimit: 'ipv6.hlim',
  version: 'vrrp.version',
  virtualRouterId: 'vrrp.virt_rtr_id',
  priority: 'vrrp.prio',
  checksum: 'vrrp.checksum.status',
  authentication: 'vrrp.auth_type',
  password: 'vrrp.auth_string',
  sender: 'arp.src.proto_ipv4',
  source6: 'ipv6.src',
  target6: 'icmpv6.nd.na.target_address',
  overrides: 'icmpv6.nd.na.flag.o',
  complaint: '_ws.expert.message',
} as const;

type Field = keyof typeof Fields;

/** Adverts, gratuitous ARP and neighbour advertisements to all; not what hosts send back because they speak no VRRP. */
const filter =
  '(vrrp && !icmp && !icmpv6) || (arp.isgratuitous == 1 && eth.dst == ff:ff:ff:ff:ff:ff) || ' +
  '(icmpv6.type == 136 && ipv6.dst == ff02::1)';

/** One function for each packet, which gives the value of a field, empty where the packet has none. */
function dissect(file: string): ((field: Field) => string)[] {
  const wanted = Object.values(Fields).flatMap((field) => ['-e', field]);
  const argv = ['-r', file, '-Y', filter, '-T', 'fields', '-E', 'occurrence=f', ...wanted];
  const output = execFileSync('tshark', argv, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const names = Object.keys(Fields);
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const values = line.split('\t');
      return (field) => values[names.indexOf(field)] ?? '';
    });
}

/** What all adverts of a dialect have in common. */
function expected({ version, family, cast, password, oursLines = [] }: Dialect): string[] {
  const group = family === 'IPv4' ? '224.0.0.18' : 'ff02::12';
  const peer = family === 'IPv4' ? '10.9.0.2' : 'fe80::ff:fe00:2';
  const virtualMac = family === 'IPv4' ? '00:00:5e:00:01:33' : '00:00:5e:00:02:33';
  return [
    oursLines.includes('use_vmac') ? virtualMac : '02:00:00:00:00:01',
    cast === 'multicast' ? group : peer,
    '255',
    String(version),
    '51',
    '1',
    ...(version === 2 ? [password === undefined ? '0' : '1', password ?? ''] : []),
  ];
}

async function judge(t: Test, dialect: Dialect): Promise<void> {
  const name = nameOf(dialect);
  const { ours, nodes } = await keepalivedPair(t, dialect);
  const finish = await capture(t, nodes);
  ours.start(150);
  t.ok(Number.isFinite(await ours.becomes('master')), `${name}: it is master`);
  await sleep(500);
  await ours.stop();
  const packets = dissect(await finish());
  const isIpv6 = dialect.family === 'IPv6';
  const adverts = packets.filter((packet) => packet('version') !== '');
  t.ok(adverts.length >= 2, `${name}: ${adverts.length} adverts`);
  const common: readonly Field[] = [
    'sourceMac',
    isIpv6 ? 'destination6' : 'destination',
    isIpv6 ? 'hopLimit' : 'ttl',
    'version',
    'virtualRouterId',
    'checksum',
    ...(dialect.version === 2 ? (['authentication', 'password'] as const) : []),
  ];
  t.strictSame(
    [...new Set(adverts.map((packet) => common.map((field) => packet(field)).join(' ')))],
    [expected(dialect).join(' ')],
    `${name}: all as they should be`,
  );
  const farewells = adverts.filter((packet) => packet('priority') === '0');
  t.equal(farewells.length, 1, `${name}: one farewell`);
  t.strictSame(
    adverts.map((packet) => packet('complaint')).filter((text) => text !== ''),
    [],
    `${name}: no complaint`,
  );
  const announcements = isIpv6
    ? packets.filter(
        (packet) =>
          packet('target6') === 'fd09::100' &&
          packet('source6') === 'fd09::100' &&
          packet('overrides') === '1',
      )
    : packets.filter((packet) => packet('sender') === '10.9.0.100');
  t.ok(announcements.length >= 5, `${name}: ${announcements.length} announcements`);
}

test('tshark accepts our adverts and announcements in every dialect', async (t) => {
  await Promise.all(dialects.map(async (dialect) => judge(t, dialect)));
});
