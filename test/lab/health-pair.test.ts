import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { test } from 'tap';

import { startDirector } from './director-process.js';
import { answering, ask, startGreeter, timeUntil, virtualAddress } from './health-lab.js';
import { linkNodes } from './linked-nodes.js';

/*
 * Two directors from two keepalived.conf files that real keepalived accepts: services with all that belongs to health, an
 * election, and the sync of sessions.
 */

/** One node's file; `notes` is where scripts write. */
const configOf = (priority: number, notes: string): string => `
global_defs {
  router_id d${priority}
  vrrp_version 3
  script_user root
  enable_script_security
  lvs_sync_daemon eth0 VI_1
}
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority ${priority}
  advert_int 0.2
  virtual_ipaddress {
    ${virtualAddress}/24
  }
}
virtual_server ${virtualAddress} 80 {
  lvs_sched rr
  lvs_method DR
  protocol TCP
  delay_loop 0.5
  delay_before_retry 0.2
  retry 1
  warmup 0
  alpha
  omega
  ha_suspend
  quorum 2
  hysteresis 1
  quorum_up "${notes} quorum-up"
  quorum_down "${notes} quorum-down"
  sorry_server 10.9.0.5 80
  real_server 10.9.0.3 80 {
    weight 2
    notify_up "${notes} up-3"
    notify_down "${notes} down-3"
    TCP_CHECK {
      connect_timeout 1
    }
  }
  real_server 10.9.0.4 80 {
    weight 1
    notify_up "${notes} up-4"
    notify_down "${notes} down-4"
    TCP_CHECK {
      connect_timeout 1
    }
  }
}
`;

test('two directors from keepalived.conf files check, fail over and tell scripts', async (t) => {
  const nodes = await linkNodes(t, 6);
  const [d1, d2, s3, s4, sorry, client] = nodes;
  if (!d1 || !d2 || !s3 || !s4 || !sorry || !client) throw new Error('six nodes');
  for (const server of [s3, s4, sorry]) {
    const quiet = 'cd /proc/sys/net/ipv4/conf/all; echo 1 > arp_ignore; echo 2 > arp_announce';
    server.run('sh', '-euc', quiet);
    server.run('ip', 'address', 'add', `${virtualAddress}/32`, 'dev', 'lo');
  }
  const third = await startGreeter(t, s3);
  await startGreeter(t, s4);
  await startGreeter(t, sorry);

  // Scripts that root runs have to lie where nobody else can write.
  const folder = mkdtempSync('/run/baton-test-');
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const directors = [];
  for (const [index, node] of [d1, d2].entries()) {
    const log = path.join(folder, `log${index + 1}`);
    const script = path.join(folder, `note${index + 1}`);
    writeFileSync(log, '');
    writeFileSync(script, `#!/bin/sh\necho "$1" >> ${log}\n`);
    chmodSync(script, 0o755);
    const config = configOf(200 - index * 50, script);
    const file = path.join(folder, `keepalived${index + 1}.conf`);
    writeFileSync(file, config, { mode: 0o600 });
    t.doesNotThrow(() => node.run('keepalived', '-t', '-f', file), 'keepalived accepts it');
    directors.push(await startDirector(t, node, { config }));
  }
  const [first, second] = directors;
  if (first === undefined || second === undefined) throw new Error('two directors');
  const notes = (number: number): string[] =>
    readFileSync(path.join(folder, `log${number}`), 'utf8')
      .trim()
      .split('\n');
  t.ok(await first.becomes('master'));
  const serves = async (...who: readonly string[]): Promise<boolean> =>
    (await answering(client, 6)).join(' ') === who.join(' ');
  t.ok(await timeUntil(async () => serves('10.9.0.3', '10.9.0.4'), 8_000), 'both servers');
  t.strictSame(notes(1).toSorted(), ['quorum-down', 'quorum-up', 'up-3', 'up-4']);

  const [resting] = await second.pools();
  t.match(resting, { servers: [{ checkers: [{ isSuspended: true, checks: 0 }] }] });

  await third.kill();
  t.ok(await timeUntil(async () => serves('10.9.0.4'), 5_000), 'weight 1 is within the hysteresis');
  t.equal((await first.pools())[0]?.quorum.isUp, true);
  const fourth = await timeUntil(async () => {
    // The last one goes as well, by a link that is down while others are heard.
    s4.plug(false);
    return serves('10.9.0.5');
  }, 10_000);
  t.ok(fourth !== undefined, 'the sorry server');
  t.ok(notes(1).includes('quorum-down') && notes(1).includes('down-4'));
  s4.plug(true);
  await delay(2_500);
  t.ok(await serves('10.9.0.5'), 'weight 1 is too little to gain the quorum');
  await startGreeter(t, s3);
  t.ok(await timeUntil(async () => serves('10.9.0.3', '10.9.0.4'), 8_000), 'weight 3 is enough');

  await first.kill();
  t.ok(await second.becomes('master'));
  t.ok(
    await timeUntil(async () => serves('10.9.0.3', '10.9.0.4'), 8_000),
    'the other one checks now',
  );
  await second.stop();
  t.match(notes(2).slice(-3).toSorted(), ['down-3', 'down-4', 'quorum-down'], 'omega');
  t.equal(await ask(client), undefined);
});
