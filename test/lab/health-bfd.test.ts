import { type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { test, type Test } from 'tap';

import { killGroup } from '../../cluster/node/user-command.js';
import { startDirector } from './director-process.js';
import { healthConfig, healthLab, startGreeter, startMaster, timeUntil } from './health-lab.js';
import type { LinkedNode } from './linked-nodes.js';

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

/** A keepalived that does nothing but BFD, with this hop limit; it wants a virtual router to do it for. */
const keepalived = (hopLimit: number): string => `
global_defs {
  router_id server
}
bfd_instance director {
  neighbor_ip 10.9.0.1
  source_ip 10.9.0.2
  min_rx 50
  min_tx 50
  multiplier 4
  ttl ${hopLimit}
}
vrrp_instance none {
  state BACKUP
  interface eth0
  virtual_router_id 99
  virtual_ipaddress {
    10.9.0.99
  }
}
`;

/** Starts keepalived on a real server; it ends with the test. */
function startKeepalived(t: Test, server: LinkedNode, hopLimit = 255): ChildProcess {
  const folder = mkdtempSync(path.join(tmpdir(), 'baton-bfd-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'keepalived.conf');
  writeFileSync(file, keepalived(hopLimit), { mode: 0o600 });
  const pids = ['main', 'vrrp', 'bfd'].map((name) => path.join(folder, `${name}.pid`));
  const [main = '', vrrp = '', bfd = ''] = pids;
  return server.start('keepalived', '-n', '-l', '-f', file, '-p', main, '-r', vrrp, '-b', bfd);
}

test('BFD_CHECK follows a session with a real keepalived', async (t) => {
  const lab = await healthLab(t, 2);
  const [first, second] = lab.servers;
  if (first === undefined || second === undefined) throw new Error('two servers');
  await startGreeter(t, first);
  await startGreeter(t, second);
  const director = await startMaster(t, lab, config);
  const isUp = async (): Promise<boolean> => (await director.pools())[0]?.servers[0]?.isUp === true;
  t.equal(await isUp(), false, 'alpha: down until the session is up');

  startKeepalived(t, first);
  const up = await timeUntil(isUp, 15_000);
  t.ok(up !== undefined, 'the session comes up');

  first.plug(false);
  const down = await timeUntil(async () => !(await isUp()), 5_000);
  // Four packets, 50 ms apart, and up to a second until somebody else has been heard.
  t.ok(
    down !== undefined && down < 1_500,
    `BFD_CHECK: out after ${down} ms, by its settings after 200`,
  );
  first.plug(true);
  t.ok((await timeUntil(isUp, 15_000)) !== undefined, 'and comes up again');
});

test('an instance tracks a session, and a neighbour that is too far away is not heard', async (t) => {
  const lab = await healthLab(t, 1);
  const [server] = lab.servers;
  if (server === undefined) throw new Error('a server');
  const tracking = healthConfig('', instance('10.9.0.2')).replace(
    '  virtual_ipaddress',
    '  track_bfd {\n    server\n  }\n  virtual_ipaddress',
  );
  const director = await startDirector(t, lab.director, { config: tracking });
  t.ok(await director.becomes('fault'), 'the session is down');
  t.match(await director.instance(), { fault: 'bfd server is down' });

  const far = startKeepalived(t, server, 254);
  const heard = await timeUntil(async () => (await director.instance()).state !== 'fault', 3_000);
  t.equal(heard, undefined, 'max_hops 0: nothing that has passed a router counts');
  killGroup(far);
  startKeepalived(t, server);
  t.ok(await director.becomes('master'), 'the session is up');
  server.plug(false);
  t.ok(await director.becomes('fault'), 'and down');
  server.plug(true);
  t.ok(await director.becomes('master'));
  const answer = await director.reload(tracking.replace('    server\n', '    server weight -10\n'));
  t.equal(answer.refusal, undefined);
  t.equal((await director.instance()).state, 'master', 'over a reload the session stays up');
  t.match((await director.instance()).tracked, [{}, { kind: 'bfd', weight: -10, value: true }]);
});
