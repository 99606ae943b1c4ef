import { test } from 'tap';

import { loadKeepalived } from '../../../cluster/config/keepalived.js';
import type { NodeConfig } from '../../../cluster/config/node-config.js';
import { milliseconds, seconds } from '../../../director/base/time.js';

const Instance = `vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  virtual_ipaddress {
    10.1.0.100
  }
`;

const configOf = (text: string, globals = ''): NodeConfig =>
  loadKeepalived(`global_defs {\nrouter_id d1\n${globals}\n}\n${text}`, 'test.conf').config;

test('a script runs every second, once decides, and its user is the global one', (t) => {
  const { scripts } = configOf(
    'vrrp_script up {\n script /usr/bin/true\n}\n',
    'script_user nobody nogroup',
  );
  t.strictSame(scripts, [
    {
      name: 'up',
      command: { words: ['/usr/bin/true'], user: 'nobody', group: 'nogroup' },
      interval: seconds(1),
      timeout: seconds(1),
      rise: 1,
      fall: 1,
      weight: 0,
      reverse: false,
      initFail: false,
    },
  ]);
  t.end();
});

test('every keyword of a script is read', (t) => {
  const { scripts } = configOf(`vrrp_script up {
    script "/bin/check 'two words'  plain"
    interval 0.5
    timeout 3
    weight -253 reverse
    rise 2
    fall 3
    user root
    init_fail
  }`);
  t.strictSame(scripts, [
    {
      name: 'up',
      command: { words: ['/bin/check', 'two words', 'plain'], user: 'root', group: undefined },
      interval: milliseconds(500),
      timeout: seconds(3),
      rise: 2,
      fall: 3,
      weight: -253,
      reverse: true,
      initFail: true,
    },
  ]);
  const { scripts: patient } = configOf('vrrp_script up {\nscript /x\ninterval 10\n}');
  t.equal(patient[0]?.timeout, seconds(10), 'a script has its interval to finish');
  t.end();
});

test('a file has its weight, and both names of its block', (t) => {
  const { trackFiles } = configOf(`track_file one {
    file "/run/the priority"
  }
  vrrp_track_file two {
    file /run/two
    weight 254 reverse
    init_file overwrite -7
  }
  track_file three {
    file /run/three
    init_file
  }`);
  t.strictSame(trackFiles, [
    { name: 'one', file: '/run/the priority', weight: 1, reverse: false },
    {
      name: 'two',
      file: '/run/two',
      weight: 254,
      reverse: true,
      initial: { value: -7, overwrite: true },
    },
    {
      name: 'three',
      file: '/run/three',
      weight: 1,
      reverse: false,
      initial: { value: 0, overwrite: false },
    },
  ]);
  t.end();
});

test('a process is found by its name, or by how it was started', (t) => {
  const { trackProcesses } = configOf(`vrrp_track_process haproxy {
    process haproxy
  }
  vrrp_track_process web {
    process /usr/sbin/nginx -c "/etc/the file"
    weight -254
    quorum 2
    quorum_max 9
    delay 0.25
  }
  vrrp_track_process none {
    process /bin/gone
    full_command
    quorum_max 0
  }`);
  t.strictSame(trackProcesses, [
    {
      name: 'haproxy',
      command: 'haproxy',
      parameters: [],
      quorum: 1,
      delay: seconds(0),
      fullCommand: false,
      weight: 0,
      reverse: false,
    },
    {
      name: 'web',
      command: '/usr/sbin/nginx',
      parameters: ['-c', '/etc/the file'],
      quorum: 2,
      quorumMax: 9,
      delay: milliseconds(250),
      fullCommand: true,
      weight: -254,
      reverse: false,
    },
    {
      name: 'none',
      command: '/bin/gone',
      parameters: [],
      quorum: 0,
      quorumMax: 0,
      delay: seconds(0),
      fullCommand: true,
      weight: 0,
      reverse: false,
    },
  ]);
  t.end();
});

test('an instance tracks with the weights of what it names, or with its own', (t) => {
  const { vrrpInstances } = configOf(`${Instance}
    track_interface {
      eth1
      eth2 weight -50 reverse
    }
    track_script {
      up
    }
    track_file {
      load weight 0
    }
    track_process {
      web weight 10 noreverse
    }
  }
  vrrp_script up {
    script /bin/true
    weight 20 reverse
  }
  track_file load {
    file /run/load
    weight 3 reverse
  }
  vrrp_track_process web {
    process nginx
    weight 5 reverse
  }`);
  t.strictSame(vrrpInstances[0]?.track, [
    { kind: 'interface', name: 'eth1', weight: 0, reverse: false },
    { kind: 'interface', name: 'eth2', weight: -50, reverse: true },
    { kind: 'script', name: 'up', weight: 20, reverse: true },
    // keepalived takes the direction of the definition too, unless the entry says it.
    { kind: 'file', name: 'load', weight: 0, reverse: true },
    { kind: 'process', name: 'web', weight: 10, reverse: false },
  ]);
  t.end();
});

test('an instance and a group run commands when they change', (t) => {
  const notify = `notify_master "/bin/say master"
    notify_backup /bin/say root
    notify_fault "/bin/say 'it is broken'" nobody nogroup
    notify_stop /bin/say
    notify /bin/log`;
  const { vrrpInstances, syncGroups, scriptSecurity, notifyFifo } = configOf(
    `${Instance}${notify}\n}\nvrrp_sync_group G {\n${notify}\ngroup {\nVI_1\n}\n}`,
    'script_user daemon\nenable_script_security\nvrrp_notify_fifo /run/vrrp.fifo',
  );
  const own = { user: 'daemon', group: undefined };
  const expected = {
    master: { words: ['/bin/say', 'master'], ...own },
    backup: { words: ['/bin/say'], user: 'root', group: undefined },
    fault: { words: ['/bin/say', 'it is broken'], user: 'nobody', group: 'nogroup' },
    stop: { words: ['/bin/say'], ...own },
    any: { words: ['/bin/log'], ...own },
  };
  t.strictSame(vrrpInstances[0]?.notify, expected);
  t.strictSame(syncGroups[0]?.notify, expected);
  t.strictSame(
    { scriptSecurity, notifyFifo },
    { scriptSecurity: true, notifyFifo: '/run/vrrp.fifo' },
  );
  t.equal(configOf(Instance + '}', 'notify_fifo /run/all').notifyFifo, '/run/all');
  t.end();
});

test('a group has its members in the order of the file, and what it tracks for them', (t) => {
  const second = Instance.replace('VI_1', 'VI_2').replace('51', '52').replace('.100', '.101');
  const { syncGroups } = configOf(`vrrp_sync_group G {
    group {
      VI_2
      VI_1
    }
    track_interface {
      eth3 weight -10
    }
    sync_group_tracking_weight
  }
  ${Instance}
    track_interface {
      eth1 weight 1
    }
  }
  ${second}}`);
  t.strictSame(syncGroups, [
    {
      name: 'G',
      members: ['VI_2', 'VI_1'],
      track: [{ kind: 'interface', name: 'eth3', weight: -10, reverse: false }],
      trackingWeight: true,
      notify: {},
    },
  ]);
  t.end();
});
