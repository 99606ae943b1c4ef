import { test } from 'tap';

import { loadKeepalived } from '../../../cluster/config/keepalived.js';
import type { VrrpInstanceConfig } from '../../../cluster/config/vrrp-config.js';
import { milliseconds, seconds } from '../../../director/base/time.js';
import { InstanceDefaults } from './defaults.js';
import { complaintsOf } from './real-keepalived.js';
import { problemsOfKeepalived } from './refusals.js';
import { ElectionsOfEverything } from './samples.js';

interface Text {
  readonly globals?: string;
  readonly instance?: string;
  readonly address?: string;
}

/** A file with one instance of IPv4, whose global_defs and vrrp_instance say something more. */
const fileWith = ({ globals = '', instance = '', address = '10.1.0.100/24' }: Text): string =>
  `global_defs {
  router_id d1
  ${globals}
}
vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  ${instance}
  virtual_ipaddress {
    ${address}
  }
}
`;

function instanceOf(text: Text): VrrpInstanceConfig {
  const [instance] = loadKeepalived(fileWith(text), 'test.conf').config.vrrpInstances;
  if (instance === undefined) throw new Error('the file has an instance');
  return instance;
}

test('an instance that says nothing has the defaults of keepalived, but for the refresh of announcements, and is of version 2', (t) => {
  t.strictSame(instanceOf({}), {
    ...InstanceDefaults,
    name: 'VI_1',
    device: 'eth0',
    version: 2,
    virtualRouterId: 51,
    virtualAddresses: [{ address: '10.1.0.100', prefixLength: 24, device: 'eth0' }],
  });
  t.end();
});

const versionOf = (text: Text): number => instanceOf(text).version;

test('the version is that of the instance, or the global one; IPv6 is always of version 3', (t) => {
  t.equal(versionOf({ globals: 'vrrp_version 3' }), 3);
  t.equal(versionOf({ globals: 'vrrp_version 3', instance: 'version 2' }), 2);
  t.equal(versionOf({ instance: 'version 3' }), 3);
  t.equal(versionOf({ address: 'fe80::64/64' }), 3);
  t.equal(versionOf({ globals: 'vrrp_version 2', address: 'fe80::64/64' }), 3);
  t.end();
});

test('the first IPv6 address may be one that is not link-local, as in keepalived', (t) => {
  const { virtualAddresses } = instanceOf({
    instance: 'native_ipv6',
    address: 'fd00::100/64\n fe80::64',
  });
  t.strictSame(virtualAddresses, [
    { address: 'fd00::100', prefixLength: 64, device: 'eth0' },
    { address: 'fe80::64', prefixLength: 128, device: 'eth0' },
  ]);
  t.end();
});

test('two instances on an interface may share a VRID when they are of different families', (t) => {
  const [, second] = fileWith({ address: 'fe80::64/64' }).split(/(?=vrrp_instance)/);
  const both = fileWith({}) + (second ?? '').replace('VI_1', 'VI_2');
  t.strictSame(problemsOfKeepalived(both), []);
  t.strictSame(problemsOfKeepalived(`${both}${(second ?? '').replace('VI_1', 'VI_3')}`), [
    '21: virtual_router_id 51 on eth0 for IPv6 is already defined on line 13',
    '26: virtual_ipaddress fe80::64 is already defined on line 18',
  ]);
  t.end();
});

const intervalOf = (version: number, interval: string): number =>
  instanceOf({ instance: `version ${version}\n advert_int ${interval}` }).advertInterval;

test('version 2 takes whole seconds up to 255, version 3 hundredths up to 40.95', (t) => {
  t.equal(intervalOf(2, '255'), seconds(255));
  t.equal(intervalOf(2, '1.0'), seconds(1));
  t.equal(intervalOf(3, '0.01'), milliseconds(10));
  t.equal(intervalOf(3, '40.95'), milliseconds(40_950));
  t.end();
});

test('switches are on without a value, and take every spelling of a BOOL', (t) => {
  const globals =
    'v3_checksum_as_v2\nvrrp_higher_prio_send_advert on\nvrrp_lower_prio_no_advert yes';
  t.match(instanceOf({ globals }), {
    checksumAsV2: true,
    higherPrioritySendsAdvert: true,
    lowerPriorityNoAdvert: true,
  });
  const instance = 'v3_checksum_as_v2 off\nhigher_prio_send_advert false\nlower_prio_no_advert no';
  t.match(instanceOf({ globals, instance }), {
    checksumAsV2: false,
    higherPrioritySendsAdvert: false,
    lowerPriorityNoAdvert: false,
  });
  t.equal(instanceOf({ instance: 'lower_prio_no_advert' }).lowerPriorityNoAdvert, true);
  t.end();
});

test('the count of missed advertisements may be global too', (t) => {
  const globals = 'vrrp_down_timer_adverts 100';
  t.equal(instanceOf({ globals }).downTimerAdverts, 100);
  t.equal(instanceOf({ globals, instance: 'down_timer_adverts 1' }).downTimerAdverts, 1);
  t.end();
});

test('gratuitous ARP follows the instance, else the global keywords', (t) => {
  const globals = `vrrp_garp_master_delay 10
    vrrp_garp_master_repeat 3
    vrrp_garp_master_refresh 60
    vrrp_garp_master_refresh_repeat 2
    vrrp_garp_interval 0.001
    vrrp_gna_interval 0.000002`;
  t.strictSame(instanceOf({ globals }).announce, {
    repeat: 3,
    delay: seconds(10),
    refresh: seconds(60),
    refreshRepeat: 2,
    lowerPriorityRepeat: 3,
    lowerPriorityDelay: seconds(10),
    interval: milliseconds(1),
  });
  const instance = `garp_master_delay 0
    garp_master_repeat 1
    garp_master_refresh 30
    garp_master_refresh_repeat 4
    garp_lower_prio_delay 7
    garp_lower_prio_repeat 0`;
  t.strictSame(instanceOf({ globals, instance, address: 'fe80::64' }).announce, {
    repeat: 1,
    delay: seconds(0),
    refresh: seconds(30),
    refreshRepeat: 4,
    lowerPriorityRepeat: 0,
    lowerPriorityDelay: seconds(7),
    interval: milliseconds(0.002),
  });
  t.end();
});

test("an instance's own burst does not change the one for masters of lower priority", (t) => {
  const { announce } = instanceOf({ instance: 'garp_master_repeat 1\ngarp_master_delay 0' });
  t.match(announce, { repeat: 1, lowerPriorityRepeat: 5, lowerPriorityDelay: seconds(5) });
  const globals = 'vrrp_garp_lower_prio_repeat 2\nvrrp_garp_lower_prio_delay 3';
  t.match(instanceOf({ globals }).announce, {
    repeat: 5,
    lowerPriorityRepeat: 2,
    lowerPriorityDelay: seconds(3),
  });
  t.end();
});

test('multicast has its source, and a group of the instance or of its family', (t) => {
  const globals = 'vrrp_mcast_group4 224.0.0.99\nvrrp_mcast_group6 ff02::99';
  t.equal(instanceOf({ globals }).group, '224.0.0.99');
  t.equal(instanceOf({ globals, address: 'fe80::64' }).group, 'ff02::99');
  const instance = 'mcast_src_ip 10.1.0.11\nmcast_dst_ip 239.1.2.3';
  t.match(instanceOf({ globals, instance }), {
    source: '10.1.0.11',
    group: '239.1.2.3',
    unicastPeers: [],
  });
  t.end();
});

test('unicast has peers with their hop limits, and no group', (t) => {
  const globals = 'vrrp_mcast_group4 224.0.0.99';
  const instance = `unicast_src_ip 10.1.0.11
    unicast_ttl 7
    unicast_peer {
      10.1.0.12
      10.9.0.13 min_ttl 250 max_ttl 254
    }`;
  t.match(instanceOf({ globals, instance }), {
    source: '10.1.0.11',
    group: undefined,
    unicastTtl: 7,
    unicastPeers: [
      { address: '10.1.0.12', minTtl: 0, maxTtl: 255 },
      { address: '10.9.0.13', minTtl: 250, maxTtl: 254 },
    ],
  });
  t.end();
});

test('the source of unicast counts when a keyword, a hop limit or the global switch says so', (t) => {
  const isChecked = (peer: string, more: Text = {}): boolean =>
    instanceOf({
      ...more,
      instance: `${more.instance ?? ''}\n unicast_peer {\n ${peer}\n }`,
    }).checkUnicastSource;
  t.equal(isChecked('10.1.0.12'), false);
  t.equal(isChecked('10.1.0.12', { instance: 'check_unicast_src' }), true);
  t.equal(isChecked('10.1.0.12 min_ttl 255'), true);
  t.equal(isChecked('10.1.0.12', { globals: 'vrrp_check_unicast_src' }), true);
  t.equal(instanceOf({ globals: 'vrrp_check_unicast_src' }).checkUnicastSource, false);
  t.end();
});

test('version 2 has a password of up to eight characters, blanks included', (t) => {
  const instance = 'authentication {\n auth_type PASS\n auth_pass "no pass!"\n }';
  t.strictSame(instanceOf({ instance }).authentication, { kind: 'pass', password: 'no pass!' });
  t.end();
});

/** The key of keepalived's own test of auth_hmac. */
const HexKey = '000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F';
const TextKey = 'a secret of thirty-two characters and of a few more than that...';

const hmac = (more = ''): string => `auth_hmac {
  key 1 hex:${HexKey}
  key 255 "${TextKey}"
  active_key 255
  ${more}
}`;

test('auth_hmac has keys of bytes or of characters, of which one signs', (t) => {
  t.strictSame(instanceOf({ instance: hmac() }).authentication, {
    kind: 'hmac',
    keys: [
      { id: 1, key: Uint8Array.from({ length: 32 }, (_, index) => index) },
      { id: 255, key: new Uint8Array(Buffer.from(TextKey)) },
    ],
    activeKey: 255,
    antiReplay: 'time',
    timeWindow: seconds(5),
    mode: 'enforce',
  });
  t.end();
});

const windowOf = (interval: string, more = ''): unknown => {
  const instance = `version ${interval === '255' ? 2 : 3}\nadvert_int ${interval}\n${hmac(more)}`;
  const { authentication } = instanceOf({ instance });
  return authentication?.kind === 'hmac' && authentication.timeWindow;
};

test('the window of auth_hmac is three whole intervals, from 5 to 300 seconds, or what is set', (t) => {
  t.equal(windowOf('0.1'), seconds(5));
  t.equal(windowOf('1.99'), seconds(5));
  t.equal(windowOf('20.5'), seconds(60));
  t.equal(windowOf('255'), seconds(300));
  t.equal(windowOf('20.5', 'time_window 1'), seconds(1));
  t.end();
});

test('auth_hmac is rolled out in its modes, with or without clocks', (t) => {
  for (const mode of ['enforce', 'permissive', 'receive-only']) {
    const { authentication } = instanceOf({
      instance: hmac(`mode ${mode}\nanti_replay monotonic`),
    });
    t.match(authentication, { mode, antiReplay: 'monotonic' });
  }
  t.end();
});

test('use_vmac may name the interface that keepalived makes for it', (t) => {
  t.equal(instanceOf({ instance: 'use_vmac' }).virtualMac, true);
  t.equal(instanceOf({ instance: 'use_vmac vrrp.51' }).virtualMac, true);
  t.end();
});

const addresses = (count: number): string =>
  Array.from({ length: count }, (_, index) => `fe80::${index + 1}`).join('\n');

test('an instance of IPv6 has at most 88 addresses', (t) => {
  t.strictSame(problemsOfKeepalived(fileWith({ address: addresses(88) })), []);
  t.strictSame(problemsOfKeepalived(fileWith({ address: addresses(90) })), [
    '98: virtual_ipaddress takes at most 88 IPv6 addresses',
  ]);
  t.end();
});

test('real keepalived accepts every keyword of elections as this version reads it', (t) => {
  loadKeepalived(ElectionsOfEverything, 'test.conf');
  const complaints = complaintsOf(ElectionsOfEverything);
  t.strictSame(
    complaints.filter((line) => !/doesn't exist|^Non-existent interface/.test(line)),
    [],
  );
  // It has read the instances: it finds what is wrong with one.
  const wrong = ElectionsOfEverything.replace('max_ttl 255', 'max_tll 255');
  t.match(complaintsOf(wrong).join('\n'), 'unknown unicast_peer option max_tll');
  t.end();
});
