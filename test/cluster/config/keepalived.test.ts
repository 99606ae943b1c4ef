import { test } from 'tap';

import { loadKeepalived } from '../../../cluster/config/keepalived.js';
import type { NodeConfig } from '../../../cluster/config/node-config.js';
import { ConfigError } from '../../../director/base/errors.js';
import { milliseconds, seconds } from '../../../director/base/time.js';
import {
  DataPlaneDefaults,
  InstanceDefaults,
  NodeDefaults,
  ServerDefaults,
  ServiceDefaults,
  SyncDefaults,
} from './defaults.js';

/** A file as people write them: both spellings of keywords, comments, quotes, braces in odd places. */
const Realistic = `! Configuration File for keepalived
# managed by hand

global_defs {
    router_id lvs-1
    vrrp_version 3
    lvs_sync_daemon eth2 VI_WEB id 7 port 9000 group 239.1.2.3   # the older form, without inst
    lvs_timeouts tcp 7200 tcpfin 30 udp 60
}

@baton baton {
  @baton   sync_threshold 1 0
@baton   sync_bulk_timeout 2.5
@baton   death_notice off
@baton }

vrrp_instance VI_WEB
{
    state BACKUP
    interface "eth0"
    virtual_router_id 51
    priority 150
    advert_int 0.25          ! four a second
    preempt_delay 5
    virtual_ipaddress {
        10.1.0.100/24
        10.2.0.254/24 dev eth1
        10.1.0.101
    }
    virtual_ipaddress_excluded {
        fd00:0::100/64
        10.3.0.1 dev eth1
    }
}

vrrp_instance VI_DB { interface eth0
    virtual_router_id 52
    nopreempt
    virtual_ipaddress { 10.1.0.200/24 }
}

virtual_server 10.1.0.100 80 {
    lb_algo wlc
    lb_kind NAT
    protocol TCP
    real_server 10.2.0.22 8080 {
        weight 3
    }
    real_server 10.2.0.21 80 { }
}

virtual_server 10.1.0.100 53 {
    lvs_sched rr
    lvs_method DR
    protocol UDP
    real_server 10.1.0.21 53 { weight 0 }
}
`;

/** The smallest file that this version serves something with. */
const Small = `global_defs {
  router_id a
  vrrp_version 3
}
vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 1
  virtual_ipaddress {
    10.0.0.1
  }
}
`;

const Plain = { upperThreshold: 0, lowerThreshold: 0, ...ServerDefaults };

const configOf = (text: string): NodeConfig => loadKeepalived(text, 'test.conf').config;

const routerIdOf = (lines: string): string =>
  configOf(Small.replace('router_id a', lines)).routerId;

test('a realistic keepalived.conf is read into what it says', (t) => {
  t.strictSame(configOf(Realistic), {
    ...NodeDefaults,
    routerId: 'lvs-1',
    vrrpInstances: [
      {
        ...InstanceDefaults,
        name: 'VI_WEB',
        device: 'eth0',
        virtualRouterId: 51,
        priority: 150,
        advertInterval: milliseconds(250),
        preempt: true,
        preemptDelay: seconds(5),
        virtualAddresses: [
          { address: '10.1.0.100', prefixLength: 24, device: 'eth0' },
          { address: '10.2.0.254', prefixLength: 24, device: 'eth1' },
          { address: '10.1.0.101', prefixLength: 32, device: 'eth0' },
        ],
        excludedAddresses: [
          { address: 'fd00::100', prefixLength: 64, device: 'eth0' },
          { address: '10.3.0.1', prefixLength: 32, device: 'eth1' },
        ],
      },
      {
        ...InstanceDefaults,
        name: 'VI_DB',
        device: 'eth0',
        virtualRouterId: 52,
        preempt: false,
        virtualAddresses: [{ address: '10.1.0.200', prefixLength: 24, device: 'eth0' }],
      },
    ],
    virtualServers: [
      {
        ...ServiceDefaults,
        pool: 'virtual_server 10.1.0.100 80 tcp',
        address: '10.1.0.100',
        port: 80,
        protocol: 'tcp',
        scheduler: 'wlc',
        schedulerFlags: [],
        isOnePacket: false,
        commit: 'none',
        realServers: [
          { address: '10.2.0.22', port: 8080, weight: 3, ...Plain, method: 'Masq' },
          { address: '10.2.0.21', port: 80, weight: 1, ...Plain, method: 'Masq' },
        ],
      },
      {
        ...ServiceDefaults,
        health: { ...ServiceDefaults.health, quorum: 0 },
        pool: 'virtual_server 10.1.0.100 53 udp',
        address: '10.1.0.100',
        port: 53,
        protocol: 'udp',
        scheduler: 'rr',
        schedulerFlags: [],
        isOnePacket: false,
        commit: 'none',
        realServers: [{ address: '10.1.0.21', port: 53, weight: 0, ...Plain, method: 'Route' }],
      },
    ],
    sync: {
      ...SyncDefaults,
      device: 'eth2',
      syncId: 7,
      group: '239.1.2.3',
      port: 9000,
      threshold: 1,
      period: 0,
      bulkTimeout: milliseconds(2_500),
      deathNotice: false,
    },
    timeouts: { tcp: 7200, tcpFin: 30, udp: 60 },
    dataPlane: DataPlaneDefaults,
  });
  t.end();
});

test('a file without lvs_sync_daemon and lvs_timeouts does not sync and keeps the timeouts', (t) => {
  const { sync, timeouts } = configOf(Small);
  t.equal(sync, undefined);
  t.strictSame(timeouts, {});
  t.end();
});

test('lvs_sync_daemon alone syncs with the defaults', (t) => {
  const { sync } = configOf(Small.replace('router_id a', 'router_id a\nlvs_sync_daemon eth1'));
  t.strictSame(sync, { ...SyncDefaults, device: 'eth1' });
  t.end();
});

test('an @ line is read when its id is baton, or the negation of another', (t) => {
  t.equal(routerIdOf('  @baton router_id a\n@other router_id b'), 'a');
  t.equal(routerIdOf('@^other router_id a\n@^baton router_id b'), 'a');
  t.equal(routerIdOf('@batons router_id b\nrouter_id a\n@'), 'a');
  t.end();
});

test('the version may be set by each instance, and global_defs may follow what depends on it', (t) => {
  const [globals, instance] = Small.split(/(?=vrrp_instance)/);
  t.strictSame(configOf(`${instance}${globals}`), configOf(Small));
  const perInstance = Small.replace('vrrp_version 3', '').replace('eth0', 'eth0\nversion 3');
  t.strictSame(configOf(perInstance), configOf(Small));
  t.end();
});

test('lines may end as on Windows', (t) => {
  t.strictSame(configOf(Small.replaceAll('\n', '\r\n')), configOf(Small));
  t.end();
});

test('state MASTER is accepted and changes nothing', (t) => {
  const master = Small.replace('interface', 'state MASTER\n  interface');
  t.strictSame(configOf(master), configOf(Small));
  t.end();
});

test('loading a file with several mistakes throws one error that lists them in order', (t) => {
  const text = Small.replace('vrrp_version 3', 'vrrp_version 3\nwibble').replace('id 1', 'id 0');
  try {
    loadKeepalived(text, 'k.conf');
    t.fail('a file with mistakes is not loaded');
  } catch (error) {
    t.ok(error instanceof ConfigError);
    t.match(error, { details: { code: 'unknown-keyword', file: 'k.conf', line: 4 } });
    t.equal(
      error instanceof ConfigError && error.message,
      [
        'k.conf:4:1: unknown keyword wibble in global_defs',
        '    wibble',
        '    ^',
        'k.conf:8:21: virtual_router_id has to be a whole number from 1 to 255, not 0',
        '      virtual_router_id 0',
        '                        ^',
      ].join('\n'),
    );
  }
  t.end();
});

test('an error lists at most fifty problems and counts the others', (t) => {
  const text = Small + 'wibble\n'.repeat(73);
  try {
    loadKeepalived(text, 'k.conf');
    t.fail('a file with mistakes is not loaded');
  } catch (error) {
    t.ok(error instanceof ConfigError);
    const lines = error instanceof ConfigError ? error.message.split('\n') : [];
    t.equal(lines.length, 3 * 50 + 1);
    t.equal(lines.at(-1), 'k.conf: and 23 more problems');
  }
  t.end();
});

test('every position is the line on which the thing stands', (t) => {
  const { positions } = loadKeepalived(Realistic, 'test.conf');
  const lines = Realistic.split('\n');
  const lineWith = (text: string): number => lines.findIndex((line) => line.includes(text)) + 1;
  t.equal(positions.get('lvs_sync_daemon'), lineWith('lvs_sync_daemon'));
  t.equal(positions.get('vrrp_instance VI_WEB'), lineWith('vrrp_instance VI_WEB'));
  t.equal(positions.get('virtual_ipaddress 10.2.0.254'), lineWith('10.2.0.254/24'));
  t.equal(positions.get('interface of vrrp_instance VI_DB'), lineWith('vrrp_instance VI_DB'));
  t.end();
});
