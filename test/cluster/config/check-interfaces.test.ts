import { test } from 'tap';

import { checkAgainstInterfaces } from '../../../cluster/config/check-interfaces.js';
import { loadKeepalived } from '../../../cluster/config/keepalived.js';
import type { ConfigInterface } from '../../../cluster/config/node-config.js';
import { parsePrefix } from '../../../director/base/address.js';

const Text = `global_defs {
  router_id d1
  vrrp_version 3
  lvs_sync_daemon eth2 VI_1
}
vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  virtual_ipaddress {
    10.1.0.100/24
    10.2.0.254/24 dev eth1
  }
}
`;

const device = (name: string, ...addresses: string[]): ConfigInterface => ({
  name,
  addresses: addresses.map(parsePrefix).filter((prefix) => prefix !== undefined),
});

const Client = device('eth0', '10.1.0.11/24');
const Server = device('eth1', '10.2.0.11/24');
const Sync = device('eth2', '10.3.0.11/24');

const problemsWith = (...interfaces: ConfigInterface[]): readonly string[] =>
  checkAgainstInterfaces(loadKeepalived(Text, 'd1.conf'), interfaces).map(
    ({ file, line, message }) => `${file}:${line}: ${message}`,
  );

test('a configuration whose interfaces exist and hold its VIPs has no problem', (t) => {
  t.strictSame(problemsWith(Client, Server, Sync), []);
  t.strictSame(problemsWith(device('eth0', '192.0.2.1/24', '10.1.1.1/16'), Server, Sync), []);
  t.end();
});

test('a VIP outside every subnet of its interface is refused, naming the subnets', (t) => {
  const wrong = device('eth1', '10.9.0.11/24', '10.2.1.11/24');
  t.strictSame(problemsWith(Client, wrong, Sync), [
    'd1.conf:11: 10.2.0.254 is outside every subnet of eth1 (10.9.0.11/24, 10.2.1.11/24)',
  ]);
  t.strictSame(problemsWith(device('eth0'), Server, Sync), [
    'd1.conf:10: 10.1.0.100 is outside every subnet: eth0 has no address',
  ]);
  t.end();
});

test('an interface that does not exist is refused where it is named', (t) => {
  t.strictSame(problemsWith(device('lo', '127.0.0.1/8')), [
    'd1.conf:4: lvs_sync_daemon names eth2, which does not exist; the interfaces are lo',
    'd1.conf:7: interface of vrrp_instance VI_1 names eth0, which does not exist; the interfaces are lo',
    'd1.conf:11: virtual_ipaddress 10.2.0.254 names eth1, which does not exist; the interfaces are lo',
  ]);
  t.end();
});

test('a VIP that the kernel of this machine owns is refused, wherever it is configured', (t) => {
  const loopback = device('lo', '127.0.0.1/8', '10.1.0.100/32');
  t.strictSame(problemsWith(Client, Server, Sync, loopback), [
    'd1.conf:10: 10.1.0.100 is an address of lo: the kernel must not own a VIP',
  ]);
  t.end();
});

test('an excluded address lies in a subnet of its interface too, of either family', (t) => {
  const text = Text.replace(
    '  virtual_ipaddress {',
    '  virtual_ipaddress_excluded {\n    fd00::100/64\n    10.3.0.9 dev eth1\n  }\n  virtual_ipaddress {',
  );
  const problemsIn = (...interfaces: ConfigInterface[]): readonly string[] =>
    checkAgainstInterfaces(loadKeepalived(text, 'd1.conf'), interfaces).map(
      ({ file, line, message }) => `${file}:${line}: ${message}`,
    );
  const client = device('eth0', '10.1.0.11/24', 'fd00::11/64');
  t.strictSame(problemsIn(client, device('eth1', '10.2.0.11/15'), Sync), []);
  t.strictSame(problemsIn(Client, Server, Sync), [
    'd1.conf:10: fd00::100 is outside every subnet of eth0 (10.1.0.11/24)',
    'd1.conf:11: 10.3.0.9 is outside every subnet of eth1 (10.2.0.11/24)',
  ]);
  t.end();
});

test('what is tracked, and where messages come from, is there; and peers are others', (t) => {
  const text = Text.replace(
    '  virtual_ipaddress {',
    `  unicast_src_ip 10.1.0.11
  unicast_peer {
    10.1.0.12
  }
  track_interface {
    eth1
  }
  virtual_ipaddress {`,
  )
    .replace(
      'vrrp_instance',
      '@baton baton {\n@baton   sync_peer 10.3.0.12\n@baton }\nvrrp_instance',
    )
    .concat(
      'vrrp_sync_group G {\n  group {\n    VI_1\n  }\n  track_interface {\n    eth2\n  }\n}\n',
    );
  const problemsIn = (...interfaces: ConfigInterface[]): readonly string[] =>
    checkAgainstInterfaces(loadKeepalived(text, 'd1.conf'), interfaces).map(
      ({ file, line, message }) => `${file}:${line}: ${message}`,
    );
  t.strictSame(problemsIn(Client, Server, Sync), []);
  const moved = device('eth0', '10.1.0.12/24');
  t.strictSame(problemsIn(moved, Server, device('eth2', '10.3.0.12/24')), [
    'd1.conf:7: sync_peer 10.3.0.12 is an address of eth2: a node is no peer of itself',
    'd1.conf:12: the source of vrrp_instance VI_1 is 10.1.0.11, which is no address of this machine',
    'd1.conf:14: unicast_peer 10.1.0.12 of vrrp_instance VI_1 is an address of eth0: a node is no peer of itself',
  ]);
  const spare = device('eth0', '10.1.0.11/24', '10.2.0.11/24');
  const bare = text.replace('    10.2.0.254/24 dev eth1\n', '').replace('eth2 VI_1', 'eth0 VI_1');
  const problems = checkAgainstInterfaces(loadKeepalived(bare, 'd1.conf'), [spare]);
  t.strictSame(
    problems.map(({ file, line, message }) => `${file}:${line}: ${message}`),
    [
      'd1.conf:17: track_interface eth1 of vrrp_instance VI_1 names eth1, which does not exist; the interfaces are eth0',
      'd1.conf:28: track_interface eth2 of vrrp_sync_group G names eth2, which does not exist; the interfaces are eth0',
    ],
  );
  t.end();
});
