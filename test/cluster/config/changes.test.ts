import { test } from 'tap';

import { changesBetween, type ConfigChanges } from '../../../cluster/config/changes.js';
import { isSame } from '../../../cluster/config/equality.js';
import { parseKeepalived } from '../../../cluster/config/keepalived.js';
import type { NodeConfig } from '../../../cluster/config/node-config.js';

const base = `
global_defs {
  router_id d1
  lvs_timeouts tcp 900
}
track_file load {
  file /tmp/load
}
vrrp_instance A {
  interface eth0
  virtual_router_id 1
  priority 100
  virtual_ipaddress {
    10.0.0.100/24
  }
}
vrrp_instance B {
  interface eth0
  virtual_router_id 2
  priority 100
  virtual_ipaddress {
    10.0.0.101/24
  }
}
virtual_server 10.0.0.100 80 {
  lvs_sched rr
  lvs_method NAT
  protocol TCP
  delay_loop 5
  real_server 10.0.1.1 80 {
    TCP_CHECK {
    }
  }
  real_server 10.0.1.2 80 {
    weight 3
  }
}
virtual_server 10.0.0.101 53 {
  lvs_sched rr
  lvs_method NAT
  protocol UDP
  real_server 10.0.1.1 53 {
  }
}
`;

function read(text: string): NodeConfig {
  const result = parseKeepalived(text, 'keepalived.conf');
  if ('config' in result) return result.config;
  throw new Error(result.problems.map(({ message }) => message).join('\n'));
}

/** What changes when these words of the file take the place of those. */
const change = (...replacements: readonly (readonly [string, string])[]): ConfigChanges => {
  let text = base;
  for (const [from, to] of replacements) {
    if (!text.includes(from)) throw new Error(`no ${from}`);
    text = text.replace(from, to);
  }
  return changesBetween(read(base), read(text));
};

test('the same file changes nothing', (t) => {
  const { descriptions, ...rest } = change();
  t.strictSame(descriptions, []);
  t.ok(Object.values(rest).every((list) => list.length === 0));
  t.end();
});

test('white space, comments and the order of blocks change nothing', (t) => {
  const blocks = base.split(/\n(?=[a-z])/);
  const text = ['# turned round', ...blocks.toReversed()].join('\n\n  ');
  t.strictSame(changesBetween(read(base), read(text)).descriptions, []);
  t.end();
});

test('a service that is new and one that is gone are named', (t) => {
  const { addedServices, removedServices, changedServices, descriptions } = change([
    '10.0.0.101 53 {',
    '10.0.0.101 54 {',
  ]);
  t.match(addedServices, [{ port: 54 }]);
  t.match(removedServices, [{ port: 53 }]);
  t.equal(changedServices.length, 0);
  t.strictSame(descriptions, [
    'service 10.0.0.101 53 udp removed',
    'service 10.0.0.101 54 udp added',
  ]);
  t.end();
});

test('the settings of a service change it, those of its servers and checkers do not', (t) => {
  const scheduler = change(['lvs_sched rr', 'lvs_sched wlc']);
  t.match(scheduler.changedServices, [{ after: { scheduler: 'wlc' } }]);
  t.strictSame(scheduler.descriptions, ['service 10.0.0.100 80 tcp changed: scheduler']);
  const weight = change(['weight 3', 'weight 4']);
  t.equal(weight.changedServices.length, 0);
  t.strictSame(weight.descriptions, [
    'real server 10.0.1.2 80 of 10.0.0.100 80 tcp changed: weight',
  ]);
  const timer = change(['delay_loop 5', 'delay_loop 6']);
  t.equal(timer.changedServices.length, 0);
  t.strictSame(timer.descriptions, [
    'real server 10.0.1.1 80 of 10.0.0.100 80 tcp changed: health',
  ]);
  const quorum = change(['delay_loop 5', 'delay_loop 5\nquorum 2']);
  t.strictSame(quorum.descriptions, ['quorum of 10.0.0.100 80 tcp changed']);
  t.end();
});

test('servers that come and go are named', (t) => {
  t.strictSame(change(['10.0.1.2 80 {', '10.0.1.3 80 {']).descriptions, [
    'real server 10.0.1.2 80 of 10.0.0.100 80 tcp removed',
    'real server 10.0.1.3 80 of 10.0.0.100 80 tcp added',
  ]);
  t.end();
});

test('a changed instance keeps its place, and the others are left alone', (t) => {
  const { changedInstances, addedInstances, removedInstances, descriptions } = change([
    'priority 100',
    'priority 120',
  ]);
  t.match(changedInstances, [{ before: { name: 'A' }, after: { name: 'A', priority: 120 } }]);
  t.equal(addedInstances.length + removedInstances.length, 0);
  t.strictSame(descriptions, ['vrrp_instance A changed: priority']);
  t.end();
});

test('another VRID or interface under the same name is another virtual router', (t) => {
  const { changedInstances, addedInstances, removedInstances } = change([
    'virtual_router_id 1\n',
    'virtual_router_id 7\n',
  ]);
  t.equal(changedInstances.length, 0);
  t.match(addedInstances, [{ virtualRouterId: 7 }]);
  t.match(removedInstances, [{ virtualRouterId: 1 }]);
  t.end();
});

test('what a sync group changes, it changes for its members', (t) => {
  const group = 'vrrp_sync_group G {\n group {\n A\n }\n}\nvrrp_instance A {';
  const { changedInstances, descriptions } = change(['vrrp_instance A {', group]);
  t.match(changedInstances, [{ after: { name: 'A' } }]);
  t.equal(changedInstances.length, 1);
  t.ok(descriptions.includes('syncGroups changed'));
  t.end();
});

const impossible: readonly (readonly [string, string, string])[] = [
  ['router_id d1', 'router_id d2', 'router_id'],
  ['router_id d1', 'router_id d1\nlvs_sync_daemon eth0', 'lvs_sync_daemon'],
  ['router_id d1', 'router_id d1\nenable_script_security', 'enable_script_security'],
  ['router_id d1', 'router_id d1\nvrrp_notify_fifo /tmp/fifo', 'vrrp_notify_fifo'],
];

for (const [from, to, what] of impossible) {
  test(`${what} cannot be changed in a running node`, (t) => {
    t.strictSame(change([from, to]).impossible, [what]);
    t.end();
  });
}

test('timeouts and trackers are changed while the node runs', (t) => {
  const { impossible: none, descriptions } = change(
    ['tcp 900', 'tcp 800'],
    ['/tmp/load', '/tmp/x'],
  );
  t.strictSame(none, []);
  t.strictSame(descriptions, ['trackFiles changed', 'settings changed']);
  t.end();
});

test('two values are the same when they say the same', (t) => {
  t.ok(isSame({ a: [1, 'x', Uint8Array.of(1, 2)] }, { a: [1, 'x', Uint8Array.of(1, 2)] }));
  t.ok(isSame({ a: 1, b: undefined }, { a: 1 }), 'a key without a value is none');
  t.notOk(isSame({ a: [1] }, { a: [1, 2] }));
  t.notOk(isSame(Uint8Array.of(1, 2), Uint8Array.of(1, 3)));
  t.notOk(isSame([], {}));
  t.notOk(isSame(0, undefined));
  t.ok(isSame(Number.NaN, Number.NaN));
  t.end();
});
