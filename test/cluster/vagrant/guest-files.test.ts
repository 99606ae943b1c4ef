import { test } from 'tap';

import { loadKeepalived } from '../../../cluster/config/keepalived.js';
import { vagrantLab } from '../../../cluster/config/vagrant-lab.js';
import { defaultLabFile, readLabFile } from '../../../cluster/lab/default-lab.js';
import { guestSetup, type GuestSetup } from '../../../cluster/vagrant/guest-files.js';

const plan = vagrantLab(readLabFile(defaultLabFile), {
  directors: 2,
  realServers: 3,
  method: 'both',
  profile: 'baton',
});

function setupOf(name: string): GuestSetup {
  const node = plan.lab.nodes.find((each) => each.name === name);
  if (node === undefined) throw new Error(`no node ${name}`);
  const interfaces = new Map([
    ['clients', 'ens6'],
    ['servers', 'ens7'],
  ]);
  return guestSetup(plan, node, { interfaces, nodeProgram: '/bin/node', root: '/opt/baton' });
}

test('a director gets a configuration with the interfaces of its machine', (t) => {
  const { files, units } = setupOf('d2');
  const text = files['/etc/baton/keepalived.conf'] ?? '';
  const { config } = loadKeepalived(text, 'keepalived.conf');
  t.equal(config.routerId, 'd2');
  t.equal(config.vrrpInstances[0]?.device, 'ens6');
  t.equal(config.sync?.device, 'ens7');
  t.same(
    config.virtualServers.map((each) => ('port' in each ? each.port : 0)),
    [80, 80, 53, 53, 8080, 8080],
  );
  t.same(
    units.map(({ name }) => name),
    ['baton-network', 'baton-director'],
  );
  t.end();
});

test('a director is no root, and has two capabilities', (t) => {
  const unit = setupOf('d1').files['/etc/systemd/system/baton-director.service'] ?? '';
  t.match(unit, /^User=baton$/m);
  t.match(unit, /^AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN$/m);
  t.match(unit, /^CapabilityBoundingSet=CAP_NET_RAW CAP_NET_ADMIN$/m);
  t.match(unit, /^WatchdogSec=/m);
  t.end();
});

test('a real server sends replies of NAT to the director and keeps the VIP of DR to itself', (t) => {
  const { files } = setupOf('s1');
  const script = files['/etc/baton/network'] ?? '';
  t.match(script, /^ip rule add priority 100 from 10\.2\.0\.0\/24 to 10\.1\.0\.0\/24 lookup 100$/m);
  t.match(script, /^ip route replace default via 10\.2\.0\.254 dev ens7 table 100$/m);
  t.match(script, /^ip address replace 10\.1\.0\.101\/32 dev lo$/m);
  t.notMatch(script, /10\.1\.0\.100/);
  const sysctls = files['/etc/sysctl.d/60-baton.conf'] ?? '';
  t.match(sysctls, /^net\.ipv4\.conf\.all\.arp_ignore = 1$/m);
  t.match(sysctls, /^net\.ipv4\.conf\.all\.arp_announce = 2$/m);
  t.match(files['/etc/systemd/system/baton-server.service'], /--name=s1 --tcp=80 --udp=53\n/);
  t.end();
});

test('the client has no VIP and no service', (t) => {
  const { files, units } = setupOf('client');
  t.notMatch(files['/etc/baton/network'], /address replace|rule add/);
  t.notMatch(files['/etc/sysctl.d/60-baton.conf'], /arp_ignore/);
  t.same(
    units.map(({ name }) => name),
    ['baton-network'],
  );
  t.end();
});
