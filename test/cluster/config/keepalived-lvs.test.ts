import { test } from 'tap';

import { loadKeepalived } from '../../../cluster/config/keepalived.js';
import {
  type RealServerConfig,
  SchedulerNames,
  type VirtualServerConfig,
} from '../../../cluster/config/node-config.js';
import { complaintsOf } from './real-keepalived.js';
import { NodeOfEverything } from './samples.js';

const Globals = 'global_defs {\n  router_id a\n}\n';

/** The virtual servers of a file that says nothing else, but for the lines of its baton block. */
const serversOf = (text: string, ...baton: string[]): readonly VirtualServerConfig[] => {
  const block = ['baton {', ...baton, '}'].map((line) => `@baton ${line}\n`).join('');
  return loadKeepalived(Globals + block + text, 'test.conf').config.virtualServers;
};

/** A virtual server of an address with these lines, and more in its one real server. */
const serverWith = (lines: string, realServer = ''): VirtualServerConfig | undefined =>
  serversOf(`virtual_server 10.1.0.100 80 {
${lines}
real_server 10.2.0.21 80 {
${realServer}
}
}`)[0];

const Nat = 'lvs_method NAT\nprotocol TCP\n';

const methodOf = (method: string): Partial<RealServerConfig> => {
  const server = serverWith(`lvs_sched rr\nlvs_method ${method}\nprotocol TCP`)?.realServers[0];
  return {
    ...(server?.method && { method: server.method }),
    ...(server?.tunnel && { tunnel: server.tunnel }),
  };
};

test('every scheduler is known by the name of ipvsadm', (t) => {
  for (const scheduler of SchedulerNames) {
    t.equal(serverWith(`lvs_sched ${scheduler}\n${Nat}`)?.scheduler, scheduler);
  }
  t.equal(SchedulerNames.length, 14);
  t.end();
});

const flagsOf = (lines: string): unknown => serverWith(`${lines}\n${Nat}`)?.schedulerFlags;

test('sh and mh have flags, before or after their scheduler', (t) => {
  t.strictSame(flagsOf('lvs_sched sh\nsh-port\nsh-fallback'), ['sh-port', 'sh-fallback']);
  t.strictSame(flagsOf('mh-fallback\nlvs_sched mh\nmh-port'), ['mh-fallback', 'mh-port']);
  t.strictSame(flagsOf('lvs_sched mh'), []);
  t.end();
});

const fullNat = (text: string): unknown =>
  loadKeepalived(
    `${Globals}vrrp_instance V { version 3
      interface eth0
      virtual_router_id 1
      virtual_ipaddress { 10.1.0.100 }
      virtual_ipaddress_excluded { 10.2.0.250 }
    }
    @baton baton {
    @baton local_addresses 10.2.0.250
    @baton }
    virtual_server 10.1.0.100 80 { ${text}
    }`,
    'test.conf',
  ).config.virtualServers[0]?.realServers[0]?.method;

test('a forwarding method is named as in keepalived, FullNat as in dpvs or as in a lab', (t) => {
  t.strictSame(methodOf('NAT'), { method: 'Masq' });
  t.strictSame(methodOf('DR'), { method: 'Route' });
  const local = 'lvs_sched rr\nlvs_method FNAT\nprotocol TCP\nreal_server 10.2.0.21 80 { }';
  t.equal(fullNat(local), 'FullNat');
  t.equal(fullNat(local.replace('FNAT', 'FULLNAT')), 'FullNat');
  t.end();
});

test('a tunnel is IP in IP unless its type says otherwise', (t) => {
  const tunnels: Readonly<Record<string, unknown>> = {
    TUN: { type: 'ipip', port: 0, checksum: 'none' },
    'TUN type ipip nocsum': { type: 'ipip', port: 0, checksum: 'none' },
    'TUN type gre': { type: 'gre', port: 0, checksum: 'none' },
    'TUN type gre csum': { type: 'gre', port: 0, checksum: 'full' },
    'TUN type gue port 6080': { type: 'gue', port: 6080, checksum: 'none' },
    'TUN type gue nocsum port 6080': { type: 'gue', port: 6080, checksum: 'none' },
    'TUN csum port 1 type gue': { type: 'gue', port: 1, checksum: 'full' },
    'TUN type gue port 65535 remcsum': { type: 'gue', port: 65_535, checksum: 'remote' },
  };
  for (const [method, tunnel] of Object.entries(tunnels)) {
    t.strictSame(methodOf(method), { method: 'Tunnel', tunnel }, method);
  }
  t.end();
});

test('a real server has the method of its virtual server, or one of its own', (t) => {
  const servers = serversOf(`virtual_server 10.1.0.100 80 {
    real_server 10.2.0.21 8080 { lvs_method NAT }
    real_server 10.2.0.22 80 { lb_kind DR }
    real_server 10.2.0.23 { lvs_method TUN }
    real_server fd00::24 80 { }
    lvs_sched wrr
    lvs_method TUN type gre csum
    protocol SCTP
  }`);
  t.match(servers[0]?.realServers, [
    { address: '10.2.0.21', port: 8080, method: 'Masq', tunnel: undefined },
    { address: '10.2.0.22', port: 80, method: 'Route', tunnel: undefined },
    { address: '10.2.0.23', port: 80, method: 'Tunnel', tunnel: { type: 'ipip' } },
    { address: 'fd00::24', port: 80, method: 'Tunnel', tunnel: { type: 'gre', checksum: 'full' } },
  ]);
  t.match(servers, [{ protocol: 'sctp' }]);
  t.end();
});

const persistenceOf = (lines: string): unknown =>
  serverWith(`lvs_sched rr\n${Nat}${lines}`)?.persistence;

test('persistence lasts six minutes and is for a single client unless the file says more', (t) => {
  t.equal(persistenceOf(''), undefined);
  t.strictSame(persistenceOf('persistence_timeout'), { timeout: 360, prefixLength: 32 });
  t.strictSame(persistenceOf('persistence_timeout 2678400'), {
    timeout: 2_678_400,
    prefixLength: 32,
  });
  t.strictSame(persistenceOf('persistence_granularity 255.255.252.0'), {
    timeout: 360,
    prefixLength: 22,
  });
  for (const [mask, prefixLength] of [
    ['255.255.255.255', 32],
    ['128.0.0.0', 1],
    ['0.0.0.0', 0],
  ]) {
    t.match(persistenceOf(`persistence_granularity ${mask}`), { prefixLength });
  }
  t.end();
});

test('ops and the thresholds of a real server are read', (t) => {
  const ops = serverWith('lvs_sched rr\nlvs_method NAT\nprotocol UDP\nops');
  t.match(ops, { isOnePacket: true, protocol: 'udp' });
  const limited = serverWith(`lvs_sched rr\n${Nat}`, 'uthreshold 4294967295\nlthreshold 10');
  t.match(limited?.realServers, [{ upperThreshold: 4_294_967_295, lowerThreshold: 10 }]);
  t.match(limited, { isOnePacket: false });
  t.end();
});

test('virtual servers and real servers may be IPv6, in canonical form', (t) => {
  const servers = serversOf(`virtual_server fd00:0:0::0100 443 {
    lvs_sched sh
    lvs_method DR
    ip_family inet6
    protocol TCP
    persistence_timeout 60
    persistence_granularity 64
    real_server FD00::21 443 { }
  }`);
  t.match(servers, [
    {
      address: 'fd00::100',
      port: 443,
      persistence: { timeout: 60, prefixLength: 64 },
      realServers: [{ address: 'fd00::21', port: 443, method: 'Route' }],
    },
  ]);
  t.end();
});

test('a persistent service without a port is for every port, and so are its real servers', (t) => {
  for (const header of ['10.1.0.100', '10.1.0.100 0']) {
    const servers = serversOf(`virtual_server ${header} {
      lvs_sched rr
      lvs_method DR
      protocol TCP
      persistence_timeout
      real_server 10.1.0.21 { }
      real_server 10.1.0.22 0 { }
    }`);
    t.match(servers, [{ port: 0, realServers: [{ port: 0 }, { port: 0 }] }]);
  }
  t.end();
});

const marked = (lines: string, realServer = '10.2.0.21'): string => `virtual_server fwmark 7 {
  lvs_sched rr
  ${lines}
  real_server ${realServer} { }
}`;

const familyOf = (text: string, address: string): unknown => {
  const [server] = serversOf(text, `firewall_mark 7 tcp ${address} 80`);
  return server?.firewallMark === 7 && server.family;
};

test('the service of a firewall mark has no address; its family is told, or seen in its block', (t) => {
  t.equal(familyOf(marked('lvs_method NAT'), '10.1.0.100'), 'ipv4');
  t.equal(familyOf(marked('lvs_method NAT', 'fd00::21'), 'fd00::100'), 'ipv6');
  t.equal(familyOf(marked('lvs_method TUN', 'fd00::21'), 'fd00::100'), 'ipv6');
  const mixed = 'fd00::21 { }\n real_server 10.2.0.21';
  t.equal(familyOf(marked('lvs_method TUN', mixed), '10.1.0.100'), 'ipv4');
  t.equal(familyOf(marked('lvs_method TUN\nip_family inet6'), 'fd00::100'), 'ipv6');
  t.equal(familyOf(marked('lvs_method TUN\npersistence_granularity 64'), 'fd00::100'), 'ipv6');
  t.equal(
    familyOf(marked('lvs_method TUN\npersistence_granularity 255.0.0.0'), '10.1.0.100'),
    'ipv4',
  );
  t.end();
});

test('a mark may have a service for each family, and its NAT servers ports of their own', (t) => {
  const six = marked('lvs_method NAT\nip_family inet6', 'fd00::21 8080');
  const servers = serversOf(
    `${marked('lvs_method NAT\nops', '10.2.0.21 8080')}\n${six}`,
    'firewall_mark 7 udp 10.1.0.100 53',
    'firewall_mark 7 udp fd00::100 53',
  );
  t.match(servers, [
    { firewallMark: 7, family: 'ipv4', isOnePacket: true, realServers: [{ port: 8080 }] },
    { firewallMark: 7, family: 'ipv6', isOnePacket: false, realServers: [{ port: 8080 }] },
  ]);
  t.end();
});

test('real keepalived accepts every keyword of virtual servers as this version reads it', (t) => {
  loadKeepalived(NodeOfEverything, 'test.conf');
  const complaints = complaintsOf(NodeOfEverything);
  t.strictSame(
    complaints.filter((line) => !/doesn't exist|^Non-existent interface/.test(line)),
    [],
  );
  // It has read the virtual servers: it finds what is wrong with one.
  const wrong = NodeOfEverything.replace('persistence_timeout 300', 'persistence_timeout 0');
  t.match(complaintsOf(wrong).join('\n'), 'persistence_timeout invalid');
  t.end();
});
