import { problemsOfKeepalived, type Refusal, testRefusals } from './refusals.js';

/** A good file; each case replaces some of its text. */
const Good = `global_defs {
  router_id d1
  script_user nobody nogroup
  vrrp_notify_fifo /run/vrrp.fifo
}
vrrp_script up {
  script "/bin/check all"
  interval 1
  timeout 1
  weight 10
  rise 1
  user root
}
track_file load {
  file /run/load
  weight 0
  init_file 0 overwrite
}
vrrp_track_process web {
  process nginx
  quorum 1
  delay 1
}
vrrp_sync_group G {
  group {
    VI_1
    VI_2
  }
  track_interface {
    eth9
  }
}
vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  notify_master "/bin/say master" root
  track_interface {
    eth1
  }
  track_file {
    load
  }
  virtual_ipaddress {
    10.1.0.100
  }
}
vrrp_instance VI_2 {
  interface eth1
  virtual_router_id 51
  virtual_ipaddress {
    10.2.0.100
  }
}
vrrp_instance ALONE {
  interface eth2
  virtual_router_id 51
  track_script {
    up
  }
  track_process {
    web weight -254
  }
  virtual_ipaddress {
    10.3.0.100
  }
}
`;

const commands: readonly Refusal[] = [
  [
    'script "/bin/check all"',
    'script /bin/check all',
    '7: script takes one command (in quotes when it has arguments), not /bin/check all',
  ],
  ['script "/bin/check all"', 'script "  "', '7: the command of script is empty'],
  [
    'script "/bin/check all"',
    `script "/bin/check 'all"`,
    '7: the command of script has a quote that nothing closes',
  ],
  [
    'script "/bin/check all"',
    `script '/bin/check all`,
    '7: script has a single quote that nothing closes, or a backslash at its end',
  ],
  [
    '"/bin/say master" root',
    '/bin/say a b c',
    '36: notify_master takes a command, in quotes when it has arguments, and [USER [GROUP]]',
  ],
  [
    '"/bin/say master" root',
    '/bin/say root :',
    '36: notify_master with supplementary groups (:) is not supported yet',
  ],
  [
    'user root',
    'user "ro ot"',
    '12: user has to be 1 to 32 printable characters without blanks, not ro ot',
  ],
  ['user root', 'user', '12: user takes USER [GROUP], not nothing'],
  [
    'script_user nobody nogroup',
    'script_user a b c',
    '3: script_user takes USER [GROUP], not a b c',
  ],
  [
    'vrrp_notify_fifo /run/vrrp.fifo',
    'vrrp_notify_fifo /run/vrrp.fifo root',
    '4: warning: root after vrrp_notify_fifo has no effect: the pipe belongs to the user of the director',
  ],
];

const trackers: readonly Refusal[] = [
  ['  script "/bin/check all"\n', '', '6: vrrp_script up needs script'],
  ['interval 1\n', 'interval 0\n', '8: interval has to be seconds from 0.001 to 4294, not 0'],
  ['timeout 1\n', 'timeout 5000\n', '9: timeout has to be seconds from 0.001 to 4294, not 5000'],
  ['weight 10\n', 'weight 254\n', '10: weight has to be a whole number from -253 to 253, not 254'],
  [
    'weight 10\n',
    'weight 10 revers\n',
    '10: weight has to be one of reverse, noreverse, not revers',
  ],
  ['weight 10\n', 'weight\n', '10: weight takes N [reverse], not nothing'],
  ['rise 1', 'rise 0', '11: rise has to be a whole number from 1 to 1000000, not 0'],
  ['rise 1', 'fall 0', '11: fall has to be a whole number from 1 to 1000000, not 0'],
  ['  file /run/load\n', '', '14: track_file load needs file'],
  ['weight 0\n', 'weight -255\n', '16: weight has to be a whole number from -254 to 254, not -255'],
  [
    'init_file 0 overwrite',
    'init_file 255',
    '17: init_file has to be a whole number from -254 to 254, not 255',
  ],
  ['init_file 0 overwrite', 'init_file 0 1', '17: init_file takes [VALUE] [overwrite], not 0 1'],
  ['process nginx', 'process', '20: process needs a command'],
  ['  process nginx\n', '', '19: vrrp_track_process web needs process'],
  ['quorum 1', 'quorum 0', '21: quorum has to be a whole number from 1 to 65535, not 0'],
  ['quorum 1', 'quorum 3\n  quorum_max 2', '19: quorum_max 2 is below the quorum 3'],
  ['delay 1\n', 'delay 3601\n', '22: delay has to be seconds from 0.000001 to 3600, not 3601'],
  [
    'delay 1\n',
    'fork_delay 1\n',
    '22: warning: fork_delay is not simulated: delay holds for both directions',
  ],
  [
    'track_file load {',
    'vrrp_script up {\n script /x\n}\ntrack_file load {',
    '14: vrrp_script up is already defined on line 6',
  ],
];

const tracked: readonly Refusal[] = [
  ['    up\n', '    down\n', '58: track_script names down, which no vrrp_script defines'],
  [
    '    web weight',
    '    load weight',
    '61: track_process names load, which no vrrp_track_process defines',
  ],
  ['    load\n', '    lode\n', '41: track_file names lode, which no track_file defines'],
  [
    'weight -254',
    'weight -255',
    '61: the weight of web has to be a whole number from -254 to 254, not -255',
  ],
  ['weight -254', 'wait -254', '61: track_process web takes weight N [reverse], not wait -254'],
  ['    up\n', '    up {\n }\n', '58: track_script up takes no block'],
  [
    '    up\n',
    '    up\n    up\n',
    '59: track_script up of vrrp_instance ALONE is already defined on line 58',
  ],
  [
    '    eth1\n',
    '    a-name-of-16-char\n',
    '38: track_interface has to be the name of an interface, at most 15 characters, not a-name-of-16-char',
  ],
  [
    'track_process {\n    web weight -254',
    'track_bfd {\n    web',
    '61: track_bfd names web, which no bfd_instance defines',
  ],
];

const groups: readonly Refusal[] = [
  ['    VI_2\n', '    VI_3\n', '27: group names VI_3, which no vrrp_instance defines'],
  [
    '    VI_2\n',
    '    VI_2 VI_1\n',
    '27: the member VI_1 of a vrrp_sync_group is already defined on line 26',
  ],
  [
    'vrrp_instance VI_1 {',
    'vrrp_sync_group H {\n group {\n VI_2\n }\n}\nvrrp_instance VI_1 {',
    '35: the member VI_2 of a vrrp_sync_group is already defined on line 27',
  ],
  [
    'vrrp_instance VI_1 {',
    'vrrp_sync_group G {\n group {\n ALONE\n }\n}\nvrrp_instance VI_1 {',
    '33: vrrp_sync_group G is already defined on line 24',
    '63: up has the weight 10, but members of a vrrp_sync_group need weight 0 or its sync_group_tracking_weight',
    '66: web has the weight -254, but members of a vrrp_sync_group need weight 0 or its sync_group_tracking_weight',
  ],
  ['    VI_1\n    VI_2\n', '', '25: group is empty'],
  ['    VI_2\n', '    VI_2 {\n }\n', '27: the member VI_2 takes no block'],
  [
    '  group {',
    '  groups {',
    '24: vrrp_sync_group G needs group',
    '25: unknown keyword groups in vrrp_sync_group G; did you mean group?',
  ],
  [
    '    eth1\n',
    '    eth1 weight 1\n',
    '38: eth1 has the weight 1, but members of a vrrp_sync_group need weight 0 or its sync_group_tracking_weight',
  ],
  ['    eth9\n', '    eth1\n', '38: eth1 is tracked by the vrrp_sync_group too, on line 30'],
  [
    '  weight 0\n',
    '',
    '40: load has the weight 1, but members of a vrrp_sync_group need weight 0 or its sync_group_tracking_weight',
  ],
];

testRefusals(Good, problemsOfKeepalived, { commands, trackers, tracked, groups });
