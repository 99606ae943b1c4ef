import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { test } from 'tap';

import { healthConfig, healthLab, startGreeter, startMaster, timeUntil } from './health-lab.js';

const instance = (neighbour: string): string => `
bfd_instance server {
  neighbor_ip ${neighbour}
  min_rx 50
  min_tx 50
  multiplier 4
}
`;

const config = healthConfig(
  `
virtual_server 10.9.0.100 80 {
  lvs_sched rr
  lvs_method DR
  protocol TCP
  real_server 10.9.0.2 80 {
    alpha
    BFD_CHECK {
      name server
    }
  }
  real_server 10.9.0.3 80 {
  }
}
`,
  instance('10.9.0.2'),
);

/** A keepalived that does nothing but BFD; it wants a virtual router to do it for. */
const keepalived = `
global_defs {
  router_id server
}
bfd_instance director {
  neighbor_ip 10.9.0.1
  source_ip 10.9.0.2
  min_rx 50
  min_tx 50
  multiplier 4
}
vrrp_instance none {
  state BACKUP
  interface eth0
  virtual_router_id 99
  priority 1
  track_bfd {
    director weight 1
  }
  virtual_ipaddress {
    10.9.0.199
  }
}
`;

test('BFD_CHECK follows a session with a real keepalived', async (t) => {
  const lab = await healthLab(t, 2);
  const [first, second] = lab.servers;
  if (first === undefined || second === undefined) throw new Error('two servers');
  await startGreeter(t, first);
  await startGreeter(t, second);
  const director = await startMaster(t, lab, config);
  const isUp = async (): Promise<boolean> => (await director.pools())[0]?.servers[0]?.isUp === true;
  t.equal(await isUp(), false, 'alpha: down until the session is up');

  const folder = t.testdir();
  const file = path.join(folder, 'keepalived.conf');
  writeFileSync(file, keepalived, { mode: 0o600 });
  const pids = ['main', 'vrrp', 'bfd'].map((name) => path.join(folder, `${name}.pid`));
  const [main = '', vrrp = '', bfd = ''] = pids;
  const words = ['-n', '-l', '-f', file, '-p', main, '-r', vrrp, '-b', bfd];
  first.start('keepalived', ...words);
  const up = await timeUntil(isUp, 15_000);
  t.ok(up !== undefined, 'the session comes up');

  first.plug(false);
  const down = await timeUntil(async () => !(await isUp()), 5_000);
  // Four packets, 50 ms apart, and up to a second until somebody else has been heard.
  t.ok(down !== undefined && down < 1_500, `down after ${down} ms`);
  first.plug(true);
  t.ok((await timeUntil(isUp, 15_000)) !== undefined, 'and comes up again');
});
