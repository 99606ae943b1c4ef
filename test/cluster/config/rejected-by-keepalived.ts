/** A service of one server, with lines of their own. */
const service = (lines = '', server = ''): string => `virtual_server 10.0.0.1 80 {
  lvs_sched rr
  lvs_method NAT
  protocol TCP
  ${lines}
  real_server 10.0.0.2 80 {
    ${server}
  }
}
`;

/** An election, with lines of its own. */
const election = (lines = '', address = '10.0.0.1'): string => `vrrp_instance VI_1 {
  interface lo
  virtual_router_id 51
  ${lines}
  virtual_ipaddress {
    ${address}
  }
}
`;

/** What is wrong, the text, and `LINE:COLUMN message` as we say it. */
export type Rejected = readonly [kind: string, text: string, ...problems: string[]];

/** A configuration of each kind that `keepalived -t` rejects. */
export const RejectedByKeepalived: readonly Rejected[] = [
  [
    'an unknown keyword',
    service('delay_lop 3'),
    '5:3 unknown keyword delay_lop in virtual_server 10.0.0.1 80; did you mean delay_loop?',
  ],
  [
    'an unknown block',
    'virtual_serve 10.0.0.1 80 {\n}\n',
    '1:1 unknown keyword virtual_serve in the file; did you mean virtual_server?',
  ],
  ['a brace too many', `${service()}}\n`, '10:1 this } closes no block'],
  ['a brace too few', service().slice(0, -2), '1:1 the block of virtual_server is never closed'],
  [
    'an open quote',
    service('virtualhost "abc'),
    '5:15 a quote that is opened on this line is not closed on it',
  ],
  [
    'an undefined parameter',
    service('delay_loop ${NOPE}'),
    '5:14 nothing defines the parameter NOPE',
  ],
  [
    'a sequence without an end',
    `~SEQ(A, 1, -1, 5) router_id a\n${service()}`,
    '1:1 ~SEQ never reaches 5 from 1 in steps of -1',
  ],
  [
    'a negative time',
    service('warmup -1'),
    '5:10 warmup has to be seconds from 0 to 999999, not -1',
  ],
  [
    'a time that is none',
    service('delay_loop soon'),
    '5:14 delay_loop has to be seconds from 0.000001 to 999999, not soon',
  ],
  [
    'an impossible quorum',
    service('quorum 5'),
    '1:1 quorum 5 of virtual_server 10.0.0.1 80 is never reached: its real servers weigh 1 together',
  ],
  [
    'an impossible hysteresis',
    service('hysteresis 1'),
    '1:1 hysteresis 1 of virtual_server 10.0.0.1 80 has to be less than its quorum 1',
  ],
  [
    'no scheduler',
    service().replace('lvs_sched rr', ''),
    '1:1 virtual_server 10.0.0.1 80 needs lvs_sched or lb_algo',
  ],
  [
    'an unknown scheduler',
    service().replace('rr', 'zz'),
    '2:13 lvs_sched has to be one of rr, wrr, lc, wlc, sed, nq, sh, dh, mh, lblc, lblcr, fo, ovf, twos, not zz',
  ],
  [
    'no method',
    service().replace('lvs_method NAT', ''),
    '1:1 virtual_server 10.0.0.1 80 needs lvs_method or lb_kind',
  ],
  [
    'no protocol',
    service().replace('protocol TCP', ''),
    '1:1 virtual_server 10.0.0.1 80 needs protocol',
  ],
  [
    'no real server',
    'virtual_server 10.0.0.1 80 {\n  lvs_sched rr\n  lvs_method NAT\n  protocol TCP\n}\n',
    '1:1 virtual_server 10.0.0.1 80 needs real_server',
  ],
  [
    'equal real servers',
    service('real_server 10.0.0.2 80 {\n  }'),
    '7:3 real_server 10.0.0.2 80 of virtual_server 10.0.0.1 80 tcp is already defined on line 5',
  ],
  [
    'an address that is none',
    service().replace('10.0.0.2', '10.0.0.300'),
    '6:15 real_server has to be an IPv4 or IPv6 address, not 10.0.0.300',
  ],
  [
    'another family',
    service().replace('10.0.0.2', 'fd00::2'),
    '6:3 real_server fd00::2 is IPv6, but its virtual_server IPv4: only TUN takes one to the other',
  ],
  [
    'another port with DR',
    service().replace('NAT', 'DR').replace('0.2 80', '0.2 81'),
    '6:3 with DR a real_server has the virtual port 80, not 81',
  ],
  [
    'no port',
    service().replace('0.1 80', '0.1'),
    '1:1 10.0.0.1 of virtual_server 10.0.0.1 is for every port, which needs persistence_timeout',
  ],
  [
    'no persistence',
    service('persistence_timeout 0'),
    '5:23 persistence_timeout has to be a whole number from 1 to 2678400, not 0',
  ],
  [
    'packets of TCP one by one',
    service('ops'),
    '5:3 ops needs protocol UDP: keepalived ignores it otherwise',
  ],
  [
    'a sorry server that is none',
    service('sorry_server_inhibit'),
    '5:3 sorry_server_inhibit has no effect: there is no sorry_server before it',
  ],
  [
    'suspension with a mark',
    service('ha_suspend').replace('10.0.0.1 80', 'fwmark 3').replace('protocol TCP', ''),
    '1:1 ha_suspend of virtual_server fwmark 3 has no address to look at: it does not go with fwmark',
  ],
  [
    'a wrong digest',
    service('', 'HTTP_GET {\n url {\n path /\n digest abc\n }\n }'),
    '10:9 digest has to be an MD5 digest of 32 hexadecimal digits, not abc',
  ],
  [
    'a wrong status code',
    service('', 'HTTP_GET {\n url {\n path /\n status_code 700\n }\n }'),
    '10:14 status_code has to be codes from 100 to 599, as in 200 or 200-299, not 700',
  ],
  [
    'a wrong protocol',
    service('', 'HTTP_GET {\n http_protocol 2\n url {\n path /\n }\n }'),
    '8:16 http_protocol has to be one of 1.0, 1.0C, 1.0c, 1.1, not 2',
  ],
  ['no URL', service('', 'HTTP_GET {\n }'), '7:5 HTTP_GET needs url'],
  ['no path', service('', 'HTTP_GET {\n url {\n }\n }'), '8:2 url needs path'],
  [
    'a wrong query',
    service('', 'DNS_CHECK {\n type XX\n }'),
    '8:7 type has to be one of A, NS, CNAME, SOA, MX, TXT, AAAA, not XX',
  ],
  [
    'a wrong name',
    service('', 'DNS_CHECK {\n name a..b\n }'),
    '8:7 name has to be a domain name of labels of 1 to 63 characters, not a..b',
  ],
  [
    'a wrong payload',
    service('', 'UDP_CHECK {\n payload zz\n }'),
    '8:10 payload takes hexadecimal digits, not zz',
  ],
  [
    'impossible lengths',
    service('', 'UDP_CHECK {\n require_reply\n min_reply_length 9\n max_reply_length 3\n }'),
    '10:2 max_reply_length 3 is below min_reply_length 9',
  ],
  ['no program', service('', 'MISC_CHECK {\n }'), '7:5 MISC_CHECK needs misc_path'],
  [
    'an unknown file',
    service('', 'FILE_CHECK {\n track_file nope\n }'),
    '8:13 track_file names nope, which no track_file defines',
  ],
  [
    'an unknown session',
    service('', 'BFD_CHECK {\n name nope\n }'),
    '8:7 name names nope, which no bfd_instance defines',
  ],
  [
    'a source of another family',
    service('', 'TCP_CHECK {\n bindto ::1\n }'),
    '7:5 bindto ::1 of TCP_CHECK cannot reach 10.0.0.2: it is of another family',
  ],
  [
    'a port that is none',
    service('', 'TCP_CHECK {\n connect_port 0\n }'),
    '8:15 connect_port has to be a whole number from 1 to 65535, not 0',
  ],
  [
    'no retry',
    service('retry 0'),
    '5:9 retry has to be a whole number from 1 to 4294967295, not 0',
  ],
  [
    'an empty group',
    `virtual_server_group X {\n}\n${service()}`,
    '1:1 virtual_server_group X has no entries',
  ],
  [
    'a range that runs backwards',
    `virtual_server_group X {\n  10.0.0.9-3 80\n}\n${service()}`,
    '2:3 an entry of virtual_server_group has to be a range whose end is not below its start, not 10.0.0.9-3',
  ],
  [
    'a network that is none',
    `virtual_server_group X {\n  10.0.0.9/29 80\n}\n${service()}`,
    '2:3 an entry of virtual_server_group has to be an address, a range such as 10.0.0.1-9, a network such as 10.0.0.8/29 or fwmark N, not 10.0.0.9/29',
  ],
  [
    'a session with nobody',
    `bfd_instance a {\n}\n${service()}`,
    '1:1 bfd_instance a needs neighbor_ip or neighbour_ip',
  ],
  [
    'a session across families',
    `bfd_instance a {\n  neighbor_ip 10.0.0.9\n  source_ip ::1\n}\n${service()}`,
    '1:1 source_ip ::1 of bfd_instance a is of another family than 10.0.0.9',
  ],
  [
    'a router id that is none',
    election().replace('51', '0'),
    '3:21 virtual_router_id has to be a whole number from 1 to 255, not 0',
  ],
  [
    'no router id',
    election().replace('virtual_router_id 51', ''),
    '1:1 vrrp_instance VI_1 needs virtual_router_id',
  ],
  [
    'a state that is none',
    election('state LEADER'),
    '4:9 state has to be one of MASTER, BACKUP, not LEADER',
  ],
  [
    'a priority that is none',
    election('priority 256'),
    '4:12 priority has to be a whole number from 1 to 254, not 256',
  ],
  [
    'an unknown script',
    election('track_script {\n nope\n }'),
    '5:2 track_script names nope, which no vrrp_script defines',
  ],
  [
    'an address of an election',
    election('', '10.0.0.1000'),
    '6:5 virtual_ipaddress has to be an IPv4 or IPv6 address, not 10.0.0.1000',
  ],
];
