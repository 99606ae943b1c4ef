import { test } from 'tap';

import { problemsOfKeepalived as problemsOf, type Refusal, testRefusals } from './refusals.js';

/** A good file; each case replaces some of its text. */
const Good = `global_defs {
  router_id d1
  vrrp_version 3
  lvs_sync_daemon eth2 inst VI_1 id 0
  lvs_timeouts tcp 900
}
@baton baton {
@baton   sync_threshold 3 50
@baton }
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority 100
  advert_int 1
  virtual_ipaddress {
    10.1.0.100/24 dev eth0
  }
}
virtual_server 10.1.0.100 80 {
  lvs_sched rr
  lvs_method DR
  protocol TCP
  real_server 10.1.0.21 80 {
    weight 1
  }
}
`;

/** A second block for cases about what comes twice. */
const instance = (name: string, id: number, address: string): string => `vrrp_instance ${name} {
  interface eth0
  virtual_router_id ${id}
  virtual_ipaddress {
    ${address}
  }
}
`;

const server = (protocol: string): string => `virtual_server 10.1.0.100 80 {
  lvs_sched wlc
  lvs_method NAT
  protocol ${protocol}
  real_server 10.1.0.21 80 {
  }
}
`;

const refusals: Readonly<Record<string, readonly Refusal[]>> = {
  'words and braces': [
    [
      '  }\n}\nvirtual_server',
      '  }\nvirtual_server',
      '10: the block of vrrp_instance is never closed',
    ],
    ['advert_int 1\n', 'advert_int 1 }\n', '19: this } closes no block'],
    ['global_defs {', '{\n}\nglobal_defs {', '1: this { follows no keyword'],
    ['priority 100', 'x { } { }', '14: this { follows no keyword'],
    ['priority 100', 'priority 100 { }', '14: priority takes no block'],
    [
      'priority 100',
      'priority "100',
      '14: a quote that is opened on this line is not closed on it',
    ],
    ['10.1.0.100/24 dev eth0', '10.1.0.100/24 { }', '17: the address 10.1.0.100/24 takes no block'],
    [
      'real_server 10.1.0.21 80 {\n    weight 1\n  }',
      'real_server 10.1.0.21 80',
      '24: real_server needs a block in braces',
    ],
    ['router_id d1', 'router_id ${NODE}', '2: nothing defines the parameter NODE'],
    [
      'priority 100',
      'x { x { x { x { x { x { x { x { } } } } } } } }',
      '14: blocks are nested too deep',
    ],
    ['global_defs {', 'global_defs x {', '1: global_defs takes no value, not x'],
  ],
  'unknown and unsupported keywords': [
    [
      'priority',
      'priorty',
      '14: unknown keyword priorty in vrrp_instance VI_1; did you mean priority?',
    ],
    [
      'virtual_server',
      'virtual_sever',
      '20: unknown keyword virtual_sever in the file; did you mean virtual_server?',
    ],
    [
      'router_id d1',
      'router_id d1\n  constructor',
      '3: unknown keyword constructor in global_defs',
    ],
    [
      'dev eth0',
      'dev eth0 label eth0:1',
      '17: warning: label of an address is not simulated: the addresses are never in the kernel',
    ],
    ['dev eth0', 'devi eth0', '17: unknown keyword devi after 10.1.0.100/24; did you mean dev?'],
    ['global_defs', 'include other.conf\nglobal_defs', '1: warning: there is no file other.conf'],
  ],
  values: [
    ['vrrp_version 3', 'vrrp_version 4', '3: vrrp_version has to be one of 2, 3, not 4'],
    ['priority 100', 'version 1', '14: version has to be one of 2, 3, not 1'],
    [
      'router_id d1',
      'router_id "d 1"',
      '2: router_id has to be 1 to 64 printable characters without blanks, not d 1',
    ],
    ['router_id d1', 'router_id', '2: router_id takes a name, not nothing'],
    ['router_id d1', 'router_id d1 d2', '2: router_id takes a name, not d1 d2'],
    ['state BACKUP', 'state backup', '11: state has to be one of MASTER, BACKUP, not backup'],
    [
      'interface eth0',
      'interface a-name-of-16-char',
      '12: interface has to be the name of an interface, at most 15 characters, not a-name-of-16-char',
    ],
    [
      'virtual_router_id 51',
      'virtual_router_id 256',
      '13: virtual_router_id has to be a whole number from 1 to 255, not 256',
    ],
    [
      'priority 100',
      'priority 255',
      '14: warning: priority 255 is that of the owner of an address, which no director is: 254 counts',
    ],
    [
      'priority 100',
      'priority 256',
      '14: priority has to be a whole number from 1 to 254, not 256',
    ],
    [
      'priority 100',
      'priority 1e2',
      '14: priority has to be a whole number from 1 to 254, not 1e2',
    ],
    [
      'advert_int 1',
      'advert_int 0.005',
      '15: advert_int has to be seconds from 0.01 to 255, not 0.005',
    ],
    [
      'advert_int 1',
      'advert_int 40.96',
      '15: advert_int has to be at most 40.95 seconds with VRRP version 3, not 40.96',
    ],
    [
      'advert_int 1',
      'advert_int 0.125',
      '15: advert_int has to be a multiple of 0.01 seconds, not 0.125',
    ],
    [
      'advert_int 1',
      'advert_int fast',
      '15: advert_int has to be seconds from 0.01 to 255, not fast',
    ],
    [
      'state BACKUP',
      'preempt_delay 1001',
      '11: preempt_delay has to be seconds from 0 to 1000, not 1001',
    ],
    ['state BACKUP', 'nopreempt yes', '11: nopreempt takes no value, not yes'],
    [
      '10.1.0.100/24',
      '10.1.0.300/24',
      '17: virtual_ipaddress has to be an IPv4 or IPv6 address, not 10.1.0.300/24',
    ],
    [
      '10.1.0.100/24',
      '10.1.0.100/33',
      '17: virtual_ipaddress has to be an IPv4 or IPv6 address, not 10.1.0.100/33',
    ],
    ['id 0', 'id 256', '4: lvs_sync_daemon id has to be a whole number from 0 to 255, not 256'],
    ['id 0', 'port 0', '4: lvs_sync_daemon port has to be a whole number from 1 to 65535, not 0'],
    [
      'id 0',
      'group 10.0.0.1',
      '4: lvs_sync_daemon group has to be a multicast address (224.0.0.0/4), not 10.0.0.1',
    ],
    [
      'id 0',
      'group e000::1',
      '4: lvs_sync_daemon group has to be a multicast address (224.0.0.0/4), not e000::1',
    ],
    ['id 0', 'id 0 id', '4: lvs_sync_daemon id needs a value'],
    ['id 0', 'id 0 id 1', '4: lvs_sync_daemon id is given twice'],
    ['tcp 900', '', '5: lvs_timeouts needs at least one of tcp, tcpfin, udp'],
    ['tcp 900', 'tcp 0', '5: lvs_timeouts tcp has to be a whole number from 1 to 2678400, not 0'],
    [
      'sync_threshold 3 50',
      'sync_threshold 60 x',
      '8: sync_threshold has to be a whole number from 0 to 65535, not x',
    ],
    ['sync_threshold 3 50', 'sync_threshold 3', '8: sync_threshold takes THRESHOLD PERIOD, not 3'],
    [
      'sync_threshold 3 50',
      'sync_threshold 3 3',
      '8: sync_threshold needs a period above 3, or 0, not 3',
    ],
    [
      'sync_threshold 3 50',
      'sync_bulk_timeout 1h',
      '8: sync_bulk_timeout has to be seconds from 0 to 3600, not 1h',
    ],
    [
      'sync_threshold 3 50',
      'death_notice maybe',
      '8: death_notice has to be one of on, off, not maybe',
    ],
  ],
  'required keywords': [
    ['  interface eth0\n', '', '10: vrrp_instance VI_1 needs interface'],
    ['  virtual_router_id 51\n', '', '10: vrrp_instance VI_1 needs virtual_router_id'],
    ['10.1.0.100/24 dev eth0', '', '16: virtual_ipaddress is empty'],
    [
      'virtual_ipaddress {',
      'virtual_ipaddress_excluded {',
      '10: vrrp_instance VI_1 needs virtual_ipaddress',
    ],
    [
      'lvs_sync_daemon eth2 inst VI_1 id 0',
      'lvs_sync_daemon',
      '4: lvs_sync_daemon needs an interface',
    ],
  ],
  'what must be unique': [
    [
      'priority 100',
      'priority 100\n  priority 90',
      '15: warning: priority is already set on line 14: the last one counts',
    ],
    [
      'virtual_server',
      instance('VI_1', 52, '10.1.0.102') + 'virtual_server',
      '20: vrrp_instance VI_1 is already defined on line 10',
    ],
    [
      'virtual_server',
      instance('VI_2', 51, '10.1.0.102') + 'virtual_server',
      '20: virtual_router_id 51 on eth0 is already defined on line 10',
    ],
    [
      'virtual_server',
      instance('VI_2', 52, '10.1.0.100') + 'virtual_server',
      '24: virtual_ipaddress 10.1.0.100 is already defined on line 17',
    ],
    [
      '  virtual_ipaddress {',
      '  virtual_ipaddress_excluded {\n    10.1.0.100\n  }\n  virtual_ipaddress {',
      '20: virtual_ipaddress 10.1.0.100 is already defined on line 17',
    ],
    [
      'global_defs',
      'global_defs {\n  router_id x\n  vrrp_version 3\n}\nglobal_defs',
      '6: warning: router_id is already set on line 2: the last one counts',
      '7: warning: vrrp_version is already set on line 3: the last one counts',
    ],
  ],
  'what does not go together': [
    ['inst VI_1', 'VI_9', '4: lvs_sync_daemon follows VI_9, which no vrrp_instance defines'],
    ['inst VI_1', 'inst VI_9', '4: lvs_sync_daemon follows VI_9, which no vrrp_instance defines'],
    [
      'state BACKUP',
      'state MASTER\n  nopreempt',
      '12: nopreempt needs state BACKUP: keepalived ignores it with state MASTER',
    ],
    [
      'state BACKUP',
      'state MASTER\n  preempt_delay 1',
      '12: preempt_delay needs state BACKUP: keepalived ignores it with state MASTER',
    ],
    [
      'state BACKUP',
      'nopreempt\n  preempt_delay 1',
      '12: preempt_delay has no effect together with nopreempt',
    ],
    [
      '  lvs_sync_daemon eth2 inst VI_1 id 0\n',
      '',
      '7: sync_threshold has no effect without lvs_sync_daemon in global_defs',
    ],
    [
      'global_defs {',
      'global_defs {\n  wibble\n  wobble',
      '2: unknown keyword wibble in global_defs',
      '3: unknown keyword wobble in global_defs',
    ],
  ],
};

testRefusals(Good, problemsOf, refusals);

test('services that differ in protocol only, and instances that differ in VRID, may stand together', (t) => {
  t.strictSame(problemsOf(Good + server('UDP') + instance('VI_2', 52, '10.1.0.102')), []);
  t.end();
});

const addresses = (count: number): string =>
  Array.from({ length: count }, (_, index) => `10.7.${index >> 7}.${index & 127}`).join('\n');

test('an instance has as many addresses as an advertisement can count', (t) => {
  const spare = '10.1.0.100/24 dev eth0';
  t.strictSame(problemsOf(Good.replace(spare, addresses(255))), []);
  t.strictSame(problemsOf(Good.replace(spare, addresses(256))), [
    '272: virtual_ipaddress takes at most 255 addresses',
  ]);
  t.end();
});

test('an empty file is one of a node that does nothing', (t) => {
  t.strictSame(problemsOf(''), []);
  t.end();
});

test('mistakes of several blocks are reported together, in the order of the file', (t) => {
  const text = Good.replace('weight 1', 'weight x').replace('priority 100', 'priority x');
  t.strictSame(problemsOf(text), [
    '14: priority has to be a whole number from 1 to 254, not x',
    '25: weight has to be a whole number from 0 to 65535, not x',
  ]);
  t.end();
});
