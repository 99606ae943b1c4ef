import { test } from 'tap';

import { loadKeepalived } from '../../../../cluster/config/keepalived.js';
import type { NodeConfig } from '../../../../cluster/config/node-config.js';
import { HealthPools } from '../../../../cluster/member/health/pools.js';
import { addService } from '../../../../cluster/member/service-configuration.js';
import { silentLog } from '../../../../director/base/log.js';
import { Prng } from '../../../../director/base/prng.js';
import { after, milliseconds, Never, type Instant } from '../../../../director/base/time.js';
import { at, ip } from '../../../base/values.js';
import { BenchDirector } from '../../../packets/bench-director.js';

const virtual = '10.1.0.150';

/** A service whose checker asks once a second; only `ha_suspend` is changed. */
const configOf = (suspends: boolean): NodeConfig =>
  loadKeepalived(
    `
vrrp_instance one {
  interface clients
  virtual_router_id 51
  virtual_ipaddress {
    ${virtual}/24
  }
}
virtual_server ${virtual} 80 {
  lvs_method NAT
  lvs_sched rr
  protocol TCP
  delay_loop 1
  warmup 0
  ${suspends ? 'ha_suspend' : ''}
  real_server 10.2.0.21 80 {
    TCP_CHECK {
    }
  }
}
`,
    'suspension.conf',
  ).config;

/** The pools of a node whose time the test turns, and how often the real server was asked. */
function bench(config: NodeConfig): {
  readonly pools: HealthPools;
  readonly own: (isHeld: boolean) => void;
  readonly run: (seconds: number) => number;
} {
  const { director } = new BenchDirector();
  const [[service], [clients]] = [config.virtualServers, director.interfaces];
  if (service === undefined || clients === undefined) throw new Error('a service on a link');
  director.addFloating(ip(virtual), clients);
  addService(director, service, config.dataPlane);
  const timer = { next: Never };
  let [now, asked]: [Instant, number] = [at(1_000), 0];
  const pools = new HealthPools(config, {
    director,
    timeline: { add: () => {} },
    log: silentLog,
    prng: new Prng(1),
    now: () => now,
    wait: () => () => {},
    createProbe: () => (_, report) => {
      asked += 1;
      report({ kind: 'success' });
      return () => {};
    },
    createTold: () => {
      throw new Error('nothing is told');
    },
    rearm: (next) => (timer.next = next),
    serverChanged: () => {},
    quorumChanged: () => {},
  });
  pools.start(now);
  const run = (seconds: number): number => {
    const [before, end] = [asked, after(now, milliseconds(seconds * 1_000))];
    for (let turns = 0; timer.next <= end && turns < 1_000; turns += 1) {
      if (timer.next > now) now = timer.next;
      pools.serve(now);
    }
    now = end;
    return asked - before;
  };
  return { pools, own: (isHeld) => director.setLive(ip(virtual), isHeld), run };
}

test('ha_suspend: checkers rest while another node has the address, and begin when this one has it', (t) => {
  const { own, run } = bench(configOf(true));
  t.equal(run(10), 0, 'not its address');
  own(true);
  const asked = run(10);
  t.ok(asked >= 8 && asked <= 11, `asked ${asked} times in ten seconds`);
  own(false);
  t.ok(run(1) <= 1, 'within a quarter of a second');
  t.equal(run(10), 0);
  t.end();
});

test('without ha_suspend checkers always ask', (t) => {
  const { run } = bench(configOf(false));
  const asked = run(10);
  t.ok(asked >= 8 && asked <= 11, `asked ${asked} times in ten seconds`);
  t.end();
});

test('a reload takes ha_suspend away from a checker that rests, or gives it to one that asks', (t) => {
  const { pools, run } = bench(configOf(true));
  t.equal(run(5), 0);
  pools.prepare(configOf(false))(at(1_005));
  const asked = run(10);
  t.ok(asked >= 8 && asked <= 11, `asked ${asked} times in ten seconds`);
  pools.prepare(configOf(true))(at(1_015));
  t.equal(run(10), 0);
  t.end();
});
