import { test } from 'tap';

import { loadKeepalived } from '../../../cluster/config/keepalived.js';
import type { NodeConfig } from '../../../cluster/config/node-config.js';
import { milliseconds, seconds } from '../../../director/base/time.js';
import { SyncDefaults } from './defaults.js';
import { problemsOfKeepalived, type Refusal, testRefusals } from './refusals.js';

const SecretKey = 'hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';

/** A good file; each case replaces some of its text. */
const Good = `global_defs {
  router_id d1
  lvs_sync_daemon eth2 inst VI_1 maxlen 1400 ttl 3
}
@baton baton {
@baton   sync_format baton
@baton   sync_threshold 1 0
@baton   sync_flush 0.005
@baton   sync_peer 10.3.0.12
@baton   sync_peer 10.3.0.13
@baton   sync_key 1 ${SecretKey}
@baton   sync_key 7 ${SecretKey}
@baton   sync_active_key 7
@baton   commit sent
@baton   commit 10.1.0.100 80 TCP acked
@baton   commit fwmark 7 none
@baton   firewall_mark 7 tcp 10.1.0.101 80
@baton   active_active on
@baton }
vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  virtual_ipaddress {
    10.1.0.100/24
    10.1.0.101/24
  }
}
virtual_server 10.1.0.100 80 {
  lvs_sched rr
  lvs_method NAT
  protocol TCP
  real_server 10.2.0.21 80 {
  }
}
virtual_server 10.1.0.100 53 {
  lvs_sched rr
  lvs_method NAT
  protocol UDP
  real_server 10.2.0.21 53 {
  }
}
virtual_server 10.1.0.100 54 {
  lvs_sched rr
  lvs_method NAT
  protocol UDP
  ops
  real_server 10.2.0.21 54 {
  }
}
virtual_server fwmark 7 {
  lvs_sched rr
  lvs_method NAT
  real_server 10.2.0.21 {
  }
}
`;

const configOf = (text: string): NodeConfig => loadKeepalived(text, 'test.conf').config;

test('the sync daemon and the block say together how sync goes', (t) => {
  const key = Uint8Array.from({ length: 32 }, (_, index) => index);
  t.strictSame(configOf(Good).sync, {
    ...SyncDefaults,
    device: 'eth2',
    syncId: 51,
    maxLength: 1_400,
    ttl: 3,
    threshold: 1,
    period: 0,
    flushBound: milliseconds(5),
    peers: ['10.3.0.12', '10.3.0.13'],
    keys: [
      { id: 1, key },
      { id: 7, key },
    ],
    activeKey: 7,
  });
  t.equal(configOf(Good).dataPlane.activeActive, true);
  t.end();
});

test('the first key signs unless another one is named', (t) => {
  t.equal(configOf(Good.replace(/^.*sync_active_key.*$/m, '')).sync?.activeKey, 1);
  t.end();
});

test('the id is that of the instance that the daemon follows, or 0', (t) => {
  t.equal(configOf(Good.replace('inst VI_1', 'VI_1')).sync?.syncId, 51);
  t.equal(configOf(Good.replace('inst VI_1', 'inst VI_1 id 9')).sync?.syncId, 9);
  t.equal(configOf(Good.replace('inst VI_1', '')).sync?.syncId, 0);
  t.end();
});

/** The good file in a format of IPVS, without what only our own messages have. */
const ipvs = (version: number): string =>
  Good.replace('sync_format baton', `sync_format ipvs-v${version}`)
    .replaceAll(/^.*sync_(?:peer|key|active_key).*$/gm, '')
    .replace('TCP acked', 'TCP sent');

test('in the formats of IPVS the port is that of IPVS', (t) => {
  for (const version of [0, 1]) {
    t.match(configOf(ipvs(version)).sync, { format: `ipvs-v${version}`, port: 8848, peers: [] });
  }
  t.equal(configOf(ipvs(1).replace('ttl 3', 'port 9000')).sync?.port, 9_000);
  t.end();
});

const modesOf = (text: string): unknown =>
  configOf(text).virtualServers.map(({ commit }) => commit);

test('a service commits as its own line says, else as that for all; never with ops', (t) => {
  t.strictSame(modesOf(Good), ['acked', 'sent', 'none', 'none']);
  t.strictSame(modesOf(Good.replace(/^.*commit sent.*$/m, '')), ['acked', 'none', 'none', 'none']);
  t.strictSame(modesOf(Good.replaceAll(/^.*commit .*$/gm, '')), ['none', 'none', 'none', 'none']);
  t.strictSame(modesOf(Good.replace('fwmark 7 none', 'fwmark 7 acked')), [
    'acked',
    'sent',
    'none',
    'acked',
  ]);
  t.end();
});

const boundOf = (text: string): unknown => configOf(Good.replace('0.005', text)).sync?.flushBound;

test('updates may be sent at once, and may wait for a second', (t) => {
  t.equal(boundOf('0'), milliseconds(0));
  t.equal(boundOf('1'), seconds(1));
  t.end();
});

const peers = (count: number): string =>
  Good.replace(
    '@baton   sync_peer 10.3.0.12',
    Array.from({ length: count - 1 }, (_, index) => `@baton sync_peer 10.3.1.${index}`).join('\n'),
  );

test('a node has at most sixty-three peers', (t) => {
  t.strictSame(problemsOfKeepalived(peers(63)), []);
  t.strictSame(problemsOfKeepalived(peers(64)), ['72: there are at most 63 lines of sync_peer']);
  t.end();
});

const daemon: readonly Refusal[] = [
  [
    'maxlen 1400',
    'maxlen 255',
    '3: lvs_sync_daemon maxlen has to be a whole number from 256 to 65507, not 255',
  ],
  ['ttl 3', 'ttl 0', '3: lvs_sync_daemon ttl has to be a whole number from 1 to 255, not 0'],
  [
    '  lvs_sync_daemon eth2 inst VI_1 maxlen 1400 ttl 3\n',
    '',
    ...['sync_format', 'sync_threshold', 'sync_flush', 'sync_peer'].map(
      (keyword, index) =>
        `${index + 5}: ${keyword} has no effect without lvs_sync_daemon in global_defs`,
    ),
    '10: sync_key has no effect without lvs_sync_daemon in global_defs',
    '12: sync_active_key has no effect without lvs_sync_daemon in global_defs',
    '13: commit sent needs lvs_sync_daemon in global_defs',
    '14: commit acked needs lvs_sync_daemon in global_defs',
  ],
];

const tuning: readonly Refusal[] = [
  [
    'sync_format baton',
    'sync_format ipvs',
    '6: sync_format has to be one of baton, ipvs-v1, ipvs-v0, not ipvs',
  ],
  [
    'sync_format baton',
    'sync_format ipvs-v1',
    '9: sync_peer has no effect with sync_format ipvs-v1',
    '11: sync_key has no effect with sync_format ipvs-v1',
    '13: sync_active_key has no effect with sync_format ipvs-v1',
    "15: commit acked needs sync_format baton: in IPVS's nobody acknowledges",
  ],
  ['sync_flush 0.005', 'sync_flush 2', '8: sync_flush has to be seconds from 0 to 1, not 2'],
  [
    'sync_peer 10.3.0.13',
    'sync_peer fd00::13',
    '10: sync_peer has to be the IPv4 address of a host, not fd00::13',
  ],
  [
    'sync_peer 10.3.0.13',
    'sync_peer 224.0.0.81',
    '10: sync_peer has to be the IPv4 address of a host, not 224.0.0.81',
  ],
  [
    'sync_peer 10.3.0.13',
    'sync_peer 10.3.0.12',
    '10: sync_peer 10.3.0.12 is already defined on line 9',
  ],
  [
    `sync_key 7 ${SecretKey}`,
    'sync_key secret',
    '12: sync_key takes ID SECRET',
    '13: sync_active_key is 7, which is the id of no sync_key',
  ],
  [
    `sync_key 7 ${SecretKey}`,
    'sync_key 7 secret',
    '12: the secret of sync_key 7 has to be 32 to 64 bytes long, not 6',
    '13: sync_active_key is 7, which is the id of no sync_key',
  ],
  [
    `sync_key 7 ${SecretKey}`,
    `sync_key 1 ${SecretKey}`,
    '12: sync_key 1 is given twice',
    '13: sync_active_key is 7, which is the id of no sync_key',
  ],
  [
    'sync_active_key 7',
    'sync_active_key 2',
    '13: sync_active_key is 2, which is the id of no sync_key',
  ],
  [
    `@baton   sync_key 1 ${SecretKey}\n@baton   sync_key 7 ${SecretKey}\n`,
    '',
    '11: sync_active_key needs a sync_key',
  ],
  [
    'active_active on',
    'active_active maybe',
    '18: active_active has to be one of on, off, true, false, yes, no, not maybe',
  ],
];

const commits: readonly Refusal[] = [
  ['commit sent', 'commit', '14: commit takes MODE, ADDRESS PORT PROTOCOL MODE or fwmark N MODE'],
  ['commit sent', 'commit soon', '14: commit has to be one of none, sent, acked, not soon'],
  [
    'commit 10.1.0.100 80 TCP acked',
    'commit 10.1.0.100 80 acked',
    '15: commit takes MODE, ADDRESS PORT PROTOCOL MODE or fwmark N MODE',
  ],
  [
    'commit 10.1.0.100 80 TCP acked',
    'commit 10.1.0.100 80 UDP acked',
    '15: commit names virtual_server 10.1.0.100 80 udp, which the file does not have',
  ],
  [
    'commit 10.1.0.100 80 TCP acked',
    'commit 10.1.0.100 x TCP acked',
    '15: commit has to be a whole number from 0 to 65535, not x',
  ],
  [
    'commit 10.1.0.100 80 TCP acked',
    'commit 10.1.0.100 54 UDP acked',
    '15: commit acked has no effect: the virtual_server has ops',
  ],
  [
    'commit 10.1.0.100 80 TCP acked',
    'commit none',
    '15: commit of all services is already defined on line 14',
  ],
  [
    'commit sent',
    'commit 10.1.0.100 80 tcp sent',
    '15: commit of virtual_server 10.1.0.100 80 tcp is already defined on line 14',
  ],
  [
    'commit fwmark 7 none',
    'commit fwmark 8 none',
    '16: commit names virtual_server fwmark 8, which the file does not have',
  ],
  [
    'commit fwmark 7 none',
    'commit fwmark 0 none',
    '16: commit has to be a whole number from 1 to 4294967295, not 0',
  ],
  // The commit of a service that is refused for something else is no further mistake.
  [
    'virtual_server fwmark 7 {\n  lvs_sched rr',
    'virtual_server fwmark 7 {',
    '50: virtual_server fwmark 7 needs lvs_sched or lb_algo',
  ],
];

testRefusals(Good, problemsOfKeepalived, { daemon, tuning, commits });
