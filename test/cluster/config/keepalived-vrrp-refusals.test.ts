import { problemsOfKeepalived, type Refusal, testRefusals } from './refusals.js';

const HexKey = 'hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';

/** A good file; each case replaces some of its text. */
const Good = `global_defs {
  router_id d1
  vrrp_mcast_group4 224.0.0.99
  vrrp_garp_interval 0.1
}
vrrp_instance UNICAST {
  state BACKUP
  interface eth0
  virtual_router_id 51
  advert_int 1
  unicast_src_ip 10.1.0.11
  unicast_ttl 255
  unicast_peer {
    10.1.0.12 min_ttl 254 max_ttl 255
    10.1.0.13
  }
  authentication {
    auth_type PASS
    auth_pass secret
  }
  virtual_ipaddress {
    10.1.0.100/24
    10.1.0.101/24
  }
}
vrrp_instance MULTICAST {
  interface eth1
  virtual_router_id 52
  version 3
  advert_int 0.25
  mcast_src_ip fe80::11
  mcast_dst_ip ff02::99
  garp_master_repeat 2
  use_vmac
  auth_hmac {
    key 1 ${HexKey}
    key 2 ${HexKey}
    active_key 1
    anti_replay time
    time_window 30
    mode enforce
  }
  virtual_ipaddress {
    fe80::64/64
    fd00::100/64
  }
}
`;

const values: readonly Refusal[] = [
  [
    'vrrp_mcast_group4 224.0.0.99',
    'vrrp_mcast_group4 10.0.0.1',
    '3: vrrp_mcast_group4 has to be a multicast address (224.0.0.0/4 or ff02::/16), not 10.0.0.1',
  ],
  [
    'vrrp_mcast_group4 224.0.0.99',
    'vrrp_mcast_group4 ff02::99',
    '3: vrrp_mcast_group4 has to be an IPv4 group, not ff02::99',
  ],
  [
    'vrrp_garp_interval 0.1',
    'vrrp_garp_interval 61',
    '4: vrrp_garp_interval has to be seconds from 0 to 60, not 61',
  ],
  [
    'vrrp_garp_interval 0.1',
    'vrrp_garp_extra_if 10',
    '4: warning: vrrp_garp_extra_if is not simulated: announcements are sent on the interface of an address only',
  ],
  [
    'advert_int 1\n',
    'advert_int 1\n  down_timer_adverts 101\n',
    '11: down_timer_adverts has to be a whole number from 1 to 100, not 101',
  ],
  [
    'advert_int 1\n',
    'advert_int 1\n  lower_prio_no_advert maybe\n',
    '11: lower_prio_no_advert has to be one of on, off, true, false, yes, no, not maybe',
  ],
  [
    'garp_master_repeat 2',
    'garp_master_repeat 0',
    '33: garp_master_repeat has to be a whole number from 1 to 1000, not 0',
  ],
  [
    'garp_master_repeat 2',
    'garp_lower_prio_repeat 1001',
    '33: garp_lower_prio_repeat has to be a whole number from 0 to 1000, not 1001',
  ],
  [
    'garp_master_repeat 2',
    'garp_master_delay 0.5',
    '33: garp_master_delay has to be a whole number from 0 to 4294, not 0.5',
  ],
  [
    'use_vmac',
    'use_vmac a-name-of-16-char',
    '34: use_vmac has to be the name of an interface, at most 15 characters, not a-name-of-16-char',
  ],
  ['use_vmac', 'use_vmac name x', '34: use_vmac takes [INTERFACE], not name x'],
  [
    'use_vmac',
    'vmac_xmit_base',
    '34: warning: vmac_xmit_base is not simulated: the virtual MAC address is one to answer with, not an interface',
  ],
];

const transport: readonly Refusal[] = [
  [
    'unicast_src_ip 10.1.0.11',
    'unicast_src_ip 10.1.0.11\n  mcast_src_ip 10.1.0.11',
    '12: warning: mcast_src_ip is already set on line 11: the last one counts',
  ],
  [
    'unicast_src_ip 10.1.0.11',
    'unicast_src_ip 224.0.0.18',
    '11: unicast_src_ip has to be the address of a host, not 224.0.0.18',
  ],
  [
    'unicast_src_ip 10.1.0.11',
    'unicast_src_ip fd00::11',
    '11: unicast_src_ip names fd00::11, but the virtual_ipaddress are IPv4',
  ],
  [
    'unicast_src_ip 10.1.0.11',
    'unicast_src_ip 10.1.0.13',
    '15: unicast_peer names 10.1.0.13, which is the source itself',
  ],
  [
    'unicast_ttl 255',
    'unicast_ttl 0',
    '12: unicast_ttl has to be a whole number from 1 to 255, not 0',
  ],
  [
    'unicast_ttl 255',
    'mcast_dst_ip 224.0.0.99',
    '12: mcast_dst_ip has no effect together with unicast_peer',
  ],
  [
    '10.1.0.13\n',
    'fd00::13\n',
    '15: unicast_peer names fd00::13, but the virtual_ipaddress are IPv4',
  ],
  ['10.1.0.13\n', '0.0.0.0\n', '15: unicast_peer has to be the address of a host, not 0.0.0.0'],
  ['10.1.0.13\n', '10.1.0.12\n', '15: unicast_peer names 10.1.0.12 twice'],
  ['10.1.0.13\n', '10.1.0.13 {\n }\n', '15: the address 10.1.0.13 takes no block'],
  ['10.1.0.13\n', '10.1.0.13 ttl 3\n', '15: unknown keyword ttl after 10.1.0.13'],
  [
    'min_ttl 254 max_ttl 255',
    'min_ttl 255 max_ttl 254',
    '14: min_ttl 255 is above max_ttl 254: no message would be accepted',
  ],
  [
    'min_ttl 254',
    'min_ttl 256',
    '14: 10.1.0.12 min_ttl has to be a whole number from 0 to 255, not 256',
  ],
  ['10.1.0.12 min_ttl 254 max_ttl 255\n    10.1.0.13\n', '', '13: unicast_peer is empty'],
  [
    '  unicast_peer {\n    10.1.0.12 min_ttl 254 max_ttl 255\n    10.1.0.13\n  }\n',
    '  check_unicast_src\n',
    '11: unicast_src_ip has no effect without unicast_peer',
    '12: unicast_ttl has no effect without unicast_peer',
    '13: check_unicast_src has no effect without unicast_peer',
  ],
  [
    'mcast_src_ip fe80::11',
    'mcast_src_ip 10.1.0.11',
    '31: mcast_src_ip names 10.1.0.11, but the virtual_ipaddress are IPv6',
  ],
  [
    'mcast_dst_ip ff02::99',
    'mcast_dst_ip 224.0.0.99',
    '32: mcast_dst_ip names 224.0.0.99, but the virtual_ipaddress are IPv6',
  ],
  [
    'mcast_dst_ip ff02::99',
    'mcast_dst_ip ff05::99',
    '32: mcast_dst_ip has to be a multicast address (224.0.0.0/4 or ff02::/16), not ff05::99',
  ],
  ['unicast_ttl 255', 'use_vmac', '12: use_vmac does not work with unicast_peer'],
];

const versions: readonly Refusal[] = [
  [
    'version 3',
    'version 2',
    '29: VRRP version 2 is of IPv4 only: IPv6 needs version 3',
    '30: advert_int has to be whole seconds with VRRP version 2, not 0.25',
  ],
  [
    'advert_int 1\n',
    'advert_int 0.5\n',
    '10: advert_int has to be whole seconds with VRRP version 2, not 0.5 (vrrp_version 3 in global_defs allows hundredths)',
  ],
  [
    'advert_int 0.25',
    'advert_int 41',
    '30: advert_int has to be at most 40.95 seconds with VRRP version 3, not 41',
  ],
  [
    'advert_int 1\n',
    'advert_int 256\n',
    '10: advert_int has to be seconds from 0.01 to 255, not 256',
  ],
  ['state BACKUP', 'native_ipv6', '7: native_ipv6 is wrong: the virtual_ipaddress are IPv4'],
  [
    '10.1.0.101/24',
    'fd00::101/64',
    '23: fd00::101 is not IPv4 as 10.1.0.100 is: it goes to virtual_ipaddress_excluded',
  ],
  [
    'fd00::100/64',
    '10.1.0.102/24',
    '45: 10.1.0.102 is not IPv6 as fe80::64 is: it goes to virtual_ipaddress_excluded',
  ],
];

const authentication: readonly Refusal[] = [
  [
    'state BACKUP',
    'version 3',
    '17: authentication has no effect with VRRP version 3: use auth_hmac, or version 2',
  ],
  [
    'auth_type PASS',
    'auth_type AH',
    '18: warning: auth_type AH is not simulated: messages go without authentication',
  ],
  ['auth_type PASS', 'auth_type MD5', '18: auth_type has to be one of PASS, AH, not MD5'],
  ['    auth_type PASS\n', '', '17: authentication needs auth_type'],
  ['    auth_pass secret\n', '', '17: authentication needs auth_pass'],
  [
    'auth_pass secret',
    'auth_pass secretive',
    '19: auth_pass takes a password of 1 to 8 printable characters',
  ],
  [
    'auth_pass secret',
    'auth_pass',
    '19: auth_pass takes a password of 1 to 8 printable characters',
  ],
  [
    'state BACKUP',
    `auth_hmac {\n key 1 ${HexKey}\n active_key 1\n }`,
    '20: authentication has no effect together with auth_hmac',
  ],
  [
    `key 2 ${HexKey}`,
    'key 2 short-but-secret',
    '37: the secret of key 2 has to be 32 to 64 bytes long, not 16',
  ],
  [
    `key 2 ${HexKey}`,
    `key 2 ${HexKey}${HexKey.slice(4)}ff`,
    '37: the secret of key 2 has to be 32 to 64 bytes long, not 65',
  ],
  [
    `key 2 ${HexKey}`,
    `key 2 ${HexKey}f`,
    '37: the secret of key 2 has to be hex: and pairs of hexadecimal digits, or printable characters',
  ],
  [
    `key 2 ${HexKey}`,
    `key 2 ${'é'.repeat(32)}`,
    '37: the secret of key 2 has to be hex: and pairs of hexadecimal digits, or printable characters',
  ],
  [`key 2 ${HexKey}`, 'key 2 file:/etc/keepalived/key', '37: key with file: is not supported yet'],
  [`key 2 ${HexKey}`, 'key secret', '37: key takes ID SECRET'],
  [
    `key 2 ${HexKey}`,
    `key 256 ${HexKey}`,
    '37: the id of key has to be a whole number from 1 to 255, not 256',
  ],
  [`key 2 ${HexKey}`, `key 1 ${HexKey}`, '37: key 1 is given twice'],
  [`    key 1 ${HexKey}\n    key 2 ${HexKey}\n`, '', '35: auth_hmac needs key'],
  ['active_key 1', 'active_key 3', '38: active_key is 3, which is the id of no key'],
  ['    active_key 1\n', '', '35: auth_hmac needs active_key'],
  [
    'anti_replay time',
    'anti_replay monotonic',
    '40: time_window has no effect with anti_replay monotonic',
  ],
  [
    'anti_replay time',
    'anti_replay none',
    '39: anti_replay has to be one of time, monotonic, not none',
  ],
  [
    'time_window 30',
    'time_window 301',
    '40: time_window has to be a whole number from 1 to 300, not 301',
  ],
  [
    'mode enforce',
    'mode strict',
    '41: mode has to be one of enforce, permissive, receive-only, not strict',
  ],
];

testRefusals(Good, problemsOfKeepalived, { values, transport, versions, authentication });
