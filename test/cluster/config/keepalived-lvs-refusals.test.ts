import { problemsOfKeepalived, type Refusal, testRefusals } from './refusals.js';

/** A good file; each case replaces some of its text. */
const Good = `global_defs {
  router_id d1
}
@baton baton {
@baton   firewall_mark 7 tcp 10.1.0.100 80
@baton }
virtual_server 10.1.0.100 80 {
  lvs_sched sh
  sh-port
  lvs_method DR
  protocol UDP
  ops
  real_server 10.1.0.21 80 {
    weight 1
  }
}
virtual_server fwmark 7 {
  lvs_sched mh
  lvs_method NAT
  persistence_timeout 300
  persistence_granularity 255.255.255.0
  real_server 10.2.0.21 {
  }
}
virtual_server fd00::100 0 {
  lvs_sched twos
  lvs_method TUN type gue port 6080
  persistence_timeout
  persistence_granularity 64
  protocol SCTP
  real_server fd00::21 {
  }
}
`;

const server = (header: string, protocol = ''): string => `virtual_server ${header} {
  lvs_sched wlc
  lvs_method NAT${protocol}
  real_server 10.1.0.21 {
  }
}
`;

const schedulers = 'rr, wrr, lc, wlc, sed, nq, sh, dh, mh, lblc, lblcr, fo, ovf, twos';

const values: readonly Refusal[] = [
  ['lvs_sched sh', 'lvs_sched rrr', `8: lvs_sched has to be one of ${schedulers}, not rrr`],
  ['sh-port', 'sh-port on', '9: sh-port takes no value, not on'],
  ['ops', 'ops on', '12: ops takes no value, not on'],
  [
    'sh-port',
    'flag-1',
    '9: warning: flag-1 is not simulated: sh-port, sh-fallback, mh-port and mh-fallback name what they do',
  ],
  [
    'protocol UDP',
    'protocol ICMP',
    '11: protocol has to be one of TCP, UDP, SCTP, tcp, udp, sctp, not ICMP',
  ],
  [
    'virtual_server 10.1.0.100 80',
    'virtual_server 10.1.0.100/24 80',
    '7: virtual_server has to be an IPv4 or IPv6 address, not 10.1.0.100/24',
  ],
  [
    'virtual_server 10.1.0.100 80',
    'virtual_server 10.1.0.100 65536',
    '7: virtual_server has to be a whole number from 0 to 65535, not 65536',
  ],
  [
    'virtual_server 10.1.0.100 80',
    'virtual_server 10.1.0.100 80 81',
    '7: virtual_server takes ADDRESS [PORT], not 10.1.0.100 80 81',
  ],
  [
    'virtual_server 10.1.0.100 80',
    'virtual_server',
    '7: virtual_server takes ADDRESS [PORT], not nothing',
  ],
  [
    'virtual_server 10.1.0.100 80',
    'virtual_server group web',
    '7: virtual_server names web, which no virtual_server_group defines',
  ],
  [
    'virtual_server fwmark 7',
    'virtual_server fwmark',
    '5: no virtual_server has the mark 7 for IPv4',
    '17: virtual_server takes fwmark N, not fwmark',
  ],
  [
    'virtual_server fwmark 7',
    'virtual_server fwmark 4294967296',
    '5: no virtual_server has the mark 7 for IPv4',
    '17: virtual_server has to be a whole number from 1 to 4294967295, not 4294967296',
  ],
  [
    'persistence_timeout 300',
    'persistence_timeout 2678401',
    '20: persistence_timeout has to be a whole number from 1 to 2678400, not 2678401',
  ],
  [
    'persistence_timeout 300',
    'persistence_timeout 0',
    '20: persistence_timeout has to be a whole number from 1 to 2678400, not 0',
  ],
  [
    'persistence_timeout 300',
    'persistence_timeout 1 2',
    '20: persistence_timeout takes seconds, not 1 2',
  ],
  [
    'granularity 255.255.255.0',
    'granularity 255.0.255.0',
    '21: persistence_granularity has to be a netmask such as 255.255.255.0, not 255.0.255.0',
  ],
  [
    'granularity 255.255.255.0',
    'granularity 24',
    '21: persistence_granularity has to be a netmask such as 255.255.255.0, not 24',
  ],
  [
    'granularity 64',
    'granularity 129',
    '29: persistence_granularity has to be a whole number from 1 to 128, not 129',
  ],
  [
    'granularity 64',
    'granularity 255.255.255.0',
    '29: persistence_granularity has to be a whole number from 1 to 128, not 255.255.255.0',
  ],
  ['weight 1', 'weight 65536', '14: weight has to be a whole number from 0 to 65535, not 65536'],
  ['weight 1', 'weight -1', '14: weight has to be a whole number from 0 to 65535, not -1'],
  [
    'weight 1',
    'uthreshold 4294967296',
    '14: uthreshold has to be a whole number from 0 to 4294967295, not 4294967296',
  ],
  [
    'weight 1',
    'lthreshold x',
    '14: lthreshold has to be a whole number from 0 to 4294967295, not x',
  ],
  ['sh-port', 'ip_family ipv6', '9: ip_family has to be one of inet, inet6, not ipv6'],
];

const methods: readonly Refusal[] = [
  [
    'lvs_method DR',
    'lvs_method LOCAL',
    '10: lvs_method has to be one of NAT, DR, TUN, FNAT, FULLNAT, not LOCAL',
  ],
  ['lvs_method DR', 'lvs_method', '10: lvs_method takes a method, not nothing'],
  ['lvs_method DR', 'lvs_method DR csum', '10: lvs_method takes a method, not DR csum'],
  [
    'TUN type gue port 6080',
    'TUN type vxlan',
    '27: lvs_method type has to be one of ipip, gre, gue, not vxlan',
  ],
  ['TUN type gue port 6080', 'TUN gue', '27: unknown keyword gue after lvs_method'],
  ['TUN type gue port 6080', 'TUN type', '27: lvs_method type needs a value'],
  ['TUN type gue port 6080', 'TUN type gue', '27: lvs_method TUN type gue needs a port'],
  ['port 6080', 'port 0', '27: lvs_method port has to be a whole number from 1 to 65535, not 0'],
  [
    'type gue port 6080',
    'type gre port 6080',
    '27: lvs_method TUN type gre takes no port: only gue is carried in UDP',
  ],
  ['type gue port 6080', 'csum', '27: lvs_method TUN type ipip takes neither csum nor remcsum'],
  [
    'type gue port 6080',
    'type gre remcsum',
    '27: lvs_method TUN type gre takes no remcsum: only gue has it',
  ],
  ['6080', '6080 csum remcsum', '27: lvs_method takes one of csum, remcsum, not all'],
  ['weight 1', 'lvs_method TUN type gue', '14: lvs_method TUN type gue needs a port'],
];

const required: readonly Refusal[] = [
  [
    '  lvs_sched sh\n  sh-port\n  lvs_method DR\n  protocol UDP\n',
    '',
    '7: virtual_server 10.1.0.100 80 needs lvs_sched or lb_algo',
    '7: virtual_server 10.1.0.100 80 needs lvs_method or lb_kind',
    '7: virtual_server 10.1.0.100 80 needs protocol',
  ],
  [
    '  real_server 10.1.0.21 80 {\n    weight 1\n  }\n',
    '',
    '7: virtual_server 10.1.0.100 80 needs real_server',
  ],
  [
    '  lvs_sched mh\n  lvs_method NAT\n',
    '',
    '17: virtual_server fwmark 7 needs lvs_sched or lb_algo',
    '17: virtual_server fwmark 7 needs lvs_method or lb_kind',
  ],
  [
    '  persistence_timeout\n  persistence_granularity 64\n',
    '',
    '25: fd00::100 of virtual_server fd00::100 0 is for every port, which needs persistence_timeout',
  ],
];

const unique: readonly Refusal[] = [
  [
    'lvs_sched sh',
    'lvs_sched sh\n  lb_algo sh',
    '9: warning: lb_algo is already set on line 8: the last one counts',
  ],
  [
    'virtual_server',
    server('10.1.0.100 80', '\n  protocol UDP') + 'virtual_server',
    '14: virtual_server 10.1.0.100 80 udp is already defined on line 7',
  ],
  [
    'virtual_server',
    server('fwmark 7') + 'virtual_server',
    '23: virtual_server fwmark 7 is already defined on line 7',
  ],
  [
    '    weight 1\n  }',
    '  }\n  real_server 10.1.0.21 {\n  }',
    '15: real_server 10.1.0.21 80 of virtual_server 10.1.0.100 80 udp is already defined on line 13',
  ],
];

const together: readonly Refusal[] = [
  ['sh-port', 'mh-fallback', '9: mh-fallback is a flag of the scheduler mh, not of sh'],
  ['lvs_sched sh', 'lvs_sched rr', '9: sh-port is a flag of the scheduler sh, not of rr'],
  ['UDP', 'TCP', '12: ops needs protocol UDP: keepalived ignores it otherwise'],
  ['UDP', 'SCTP', '12: ops needs protocol UDP: keepalived ignores it otherwise'],
  [
    'real_server 10.1.0.21 80',
    'real_server 10.1.0.21 8080',
    '13: with DR a real_server has the virtual port 80, not 8080',
  ],
  [
    'real_server fd00::21',
    'real_server fd00::21 80',
    '31: with TUN a real_server has no port, not 80',
  ],
  [
    'real_server 10.2.0.21',
    'real_server 10.2.0.21 80',
    "22: warning: port 80 has no effect: a persistent service of every port keeps the client's",
  ],
  [
    'real_server 10.1.0.21 80',
    'real_server fd00::21 80',
    '13: real_server fd00::21 is IPv6, but its virtual_server IPv4: only TUN takes one to the other',
  ],
  [
    'weight 1',
    'uthreshold 5\n    lthreshold 6',
    '15: lthreshold 6 needs a uthreshold that is not below it',
  ],
  ['weight 1', 'lthreshold 1', '14: lthreshold 1 needs a uthreshold that is not below it'],
  [
    'lvs_sched mh',
    'lvs_sched mh\n  protocol TCP',
    '19: warning: protocol has no effect: a firewall mark stands for every protocol',
  ],
  ['sh-port', 'ip_family inet6', '9: ip_family is not that of 10.1.0.100, which is IPv4'],
  [
    'lvs_sched mh',
    'lvs_sched mh\n  ip_family inet6',
    '5: no virtual_server has the mark 7 for IPv4',
    '22: persistence_granularity has to be a whole number from 1 to 128, not 255.255.255.0',
    '23: real_server 10.2.0.21 is IPv4, but its virtual_server IPv6: only TUN takes one to the other',
    '17: warning: no packet carries the mark 7 for IPv6: firewall_mark of baton says which do',
  ],
  [
    'firewall_mark 7',
    'firewall_mark 8',
    '5: no virtual_server has the mark 8 for IPv4',
    '17: warning: no packet carries the mark 7 for IPv4: firewall_mark of baton says which do',
  ],
  [
    'lvs_method NAT',
    'lvs_method FULLNAT',
    '17: FULLNAT needs an IPv4 address in local_addresses of baton',
  ],
  [
    'real_server fd00::21 {',
    'real_server fd00::21 {\n    lvs_method FNAT',
    '25: FULLNAT needs an IPv6 address in local_addresses of baton',
  ],
];

testRefusals(Good, problemsOfKeepalived, {
  'the values of a virtual server': values,
  'a forwarding method': methods,
  'the keywords that a virtual server needs': required,
  'what must be unique among virtual servers': unique,
  'what does not go together in a virtual server': together,
});
