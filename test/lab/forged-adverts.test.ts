import { test } from 'tap';

import { until } from '../../cluster/lab/wait.js';
import { encodeAdvertisement, type AdvertisementFields } from '../../cluster/vrrp/advertisement.js';
import { ip } from '../base/values.js';
import { startDirector } from './director-process.js';
import { openEndpoint, type Endpoint } from './endpoint.js';
import { linkNodes, type LinkedNode } from './linked-nodes.js';

/*
 * Adverts that are not those of a fellow router change nothing but a counter, in both families, by real packets.
 */

const virtual = { IPv4: '10.9.0.100', IPv6: 'fe80::9:100' } as const;

const configuration = (family: 'IPv4' | 'IPv6', priority: number, rest = ''): string => `
global_defs {
  router_id node${priority}
  vrrp_version 3
}
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority ${priority}
  advert_int 0.1
  ${rest}
  virtual_ipaddress {
    ${virtual[family]}/${family === 'IPv4' ? 24 : 64}
  }
}
`;

/** What a better router would say. */
function advert(
  source: string,
  group: string,
  fields: Partial<AdvertisementFields> & { readonly version?: 2 | 3 } = {},
): string {
  const { version = 3, ...rest } = fields;
  const family = source.includes(':') ? 'IPv6' : 'IPv4';
  const said = {
    virtualRouterId: 51,
    priority: 254,
    intervalCentiseconds: version === 2 ? 100 : 10,
    addresses: [ip(virtual[family])],
    ...rest,
  };
  const options = { version, checksumAsV2: false };
  const message = encodeAdvertisement(said, ip(source), ip(group), options);
  return Buffer.from(message).toString('hex');
}

/** The message with one bit turned in its checksum. */
const damaged = (message: string): string => {
  const bytes = Buffer.from(message, 'hex');
  bytes[7] = (bytes[7] ?? 0) ^ 1;
  return bytes.toString('hex');
};

async function two(t: Parameters<typeof linkNodes>[0]): Promise<readonly [LinkedNode, LinkedNode]> {
  const [left, right] = await linkNodes(t, 2);
  if (left === undefined || right === undefined) throw new Error('two nodes were asked for');
  return [left, right];
}

for (const family of ['IPv4', 'IPv6'] as const) {
  test(`forged adverts are counted by what is wrong with them, ${family}`, async (t) => {
    const [left, right] = await two(t);
    const isIpv6 = family === 'IPv6';
    const group = isIpv6 ? 'ff02::12' : '224.0.0.18';
    const source = isIpv6 ? right.linkLocal : right.address;
    const own = isIpv6 ? left.linkLocal : left.address;
    const director = await startDirector(t, left, { config: configuration(family, 100) });
    t.ok(await director.becomes('master'));
    const { transitions } = await director.instance();

    const far = await openEndpoint(right, source, group, '254');
    far.say(`send ${group} ${advert(source, group)}`);
    await far.has('send');
    await far.end();
    const near: Endpoint = await openEndpoint(right, source, group);
    for (const message of [
      damaged(advert(source, group)),
      `3233${advert(source, group).slice(4)}`,
      '31330a',
      ...(isIpv6 ? [] : [advert(source, group, { version: 2 })]),
      advert(source, group, { virtualRouterId: 52 }),
    ]) {
      near.say(`send ${group} ${message}`);
    }
    near.say(`send ${own} ${advert(source, own)}`);
    const expected = {
      ttl: 1,
      checksum: 1,
      type: 1,
      'too-short': 1,
      ...(isIpv6 ? {} : { version: 1 }),
      misdirected: 1,
    };
    await until(
      async () => (await director.instance()).rejected['misdirected'] === 1 || undefined,
      { timeoutMs: 5_000, everyMs: 20 },
    );
    const after = await director.instance();
    t.strictSame(after.rejected, expected);
    t.equal(after.state, 'master', 'it is master as before');
    t.equal(after.transitions, transitions);
    t.equal(after.advertisementsReceived, 0);

    near.say(`send ${group} ${advert(source, group)}`);
    t.ok(await director.becomes('backup'), 'the same advert, unspoilt, is believed');
  });
}

const keys = ['ab', 'cd'].map((byte) => `hex:${byte.repeat(32)}`);

const signed = (activeKey: number): string => `
  auth_hmac {
    key 1 ${keys[0]}
    key 2 ${keys[1]}
    active_key ${activeKey}
    mode enforce
  }`;

test('signed adverts are believed whichever key signs, and neither unsigned nor repeated ones', async (t) => {
  const [left, right, third] = await linkNodes(t, 3);
  if (left === undefined || right === undefined || third === undefined) {
    throw new Error('three nodes were asked for');
  }
  const best = await startDirector(t, left, { config: configuration('IPv4', 150, signed(1)) });
  t.ok(await best.becomes('master'));
  const other = await startDirector(t, right, { config: configuration('IPv4', 100, signed(2)) });
  const group = '224.0.0.18';
  const listener = await openEndpoint(third, third.address, group);
  const [heard] = await listener.messages(1);
  t.ok(heard, 'anybody can hear adverts');
  t.equal((await other.instance()).state, 'backup', 'the holder of the keys believes them');
  await listener.end();

  const liar = await openEndpoint(third, third.address, group);
  liar.say(`send ${group} ${advert(third.address, group)}`);
  await liar.has('send');
  await liar.end();
  const parrot = await openEndpoint(third, left.address, group);
  parrot.say(`send ${group} ${heard?.hex ?? ''}`);
  t.ok(await other.shows(({ rejected }) => rejected['auth-replay'] === 1), 'a repetition');
  t.ok(await other.shows(({ rejected }) => rejected['auth-missing'] === 1), 'an unsigned one');
  t.equal((await other.instance()).transitions, 1, 'nothing has changed');
  await best.kill();
  t.ok(await other.becomes('master'), 'the other one takes over');
  const again = await startDirector(t, left, { config: configuration('IPv4', 150, signed(1)) });
  t.ok(await again.becomes('master'), 'and believes the first one when it is back');
  t.ok(await other.becomes('backup'));
});
