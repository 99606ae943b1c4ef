import { test } from 'tap';

import { Pool, type PoolRules, type PoolServerRules } from '../../../cluster/health/pool.js';

type Change = Partial<Omit<PoolServerRules, 'checkers'>> & { readonly alpha?: boolean };

const server = (key: string, { alpha = false, ...change }: Change = {}): PoolServerRules => ({
  key,
  weight: 1,
  inhibitOnFailure: false,
  checkers: [{ id: 0, isUp: !alpha, weightChange: 0 }],
  ...change,
});

function started(rules: Partial<PoolRules>): Pool {
  const servers = [server('a'), server('b'), server('c')];
  const pool = new Pool({ quorum: 1, hysteresis: 0, servers, ...rules });
  pool.start();
  pool.effects.length = 0;
  return pool;
}

const told = ({ effects }: Pool): string[] =>
  effects
    .splice(0)
    .map(
      (effect) =>
        `${effect.kind === 'server' ? effect.key : 'quorum'} ${effect.isUp ? 'up' : 'down'}`,
    );

const placed = (pool: Pool): string =>
  [...pool.placements()].map(([key, weight]) => `${key}=${weight}`).join(' ');

test('a server that goes down leaves the pool and comes back with its weight', (t) => {
  const pool = started({ servers: [server('a', { weight: 5 }), server('b')] });
  t.equal(placed(pool), 'a=5 b=1');
  pool.setChecker('a', 0, false);
  t.equal(placed(pool), 'b=1');
  pool.setChecker('a', 0, true);
  t.equal(placed(pool), 'a=5 b=1');
  t.strictSame(told(pool), ['a down', 'a up']);
  t.end();
});

test('with inhibit_on_failure it stays with weight 0', (t) => {
  const pool = started({ servers: [server('a', { inhibitOnFailure: true }), server('b')] });
  pool.setChecker('a', 0, false);
  t.equal(placed(pool), 'a=0 b=1');
  t.end();
});

test('a server is up while all of its checkers say so', (t) => {
  const checkers = [0, 1].map((id) => ({ id, isUp: true, weightChange: 0 }));
  const pool = started({ servers: [{ ...server('a'), checkers }, server('b')] });
  pool.setChecker('a', 0, false);
  pool.setChecker('a', 1, false);
  pool.setChecker('a', 0, true);
  t.equal(placed(pool), 'b=1');
  pool.setChecker('a', 1, true);
  t.equal(placed(pool), 'a=1 b=1');
  t.strictSame(told(pool), ['a down', 'a up'], 'each change of the server is told once');
  t.end();
});

test('a server without checkers is always up', (t) => {
  const pool = started({ servers: [{ ...server('a'), checkers: [] }] });
  t.equal(placed(pool), 'a=1');
  t.end();
});

test('changes of the weight add up and are kept within 0 to 65535', (t) => {
  const checkers = [0, 1].map((id) => ({ id, isUp: true, weightChange: 0 }));
  const pool = started({ servers: [{ ...server('a', { weight: 10 }), checkers }, server('b')] });
  pool.setWeightChange('a', 0, 5);
  pool.setWeightChange('a', 1, -3);
  t.equal(placed(pool), 'a=12 b=1');
  pool.setWeightChange('a', 1, -300);
  t.equal(placed(pool), 'a=0 b=1', 'it stays in its place');
  pool.setWeightChange('a', 1, 70_000);
  t.equal(placed(pool), 'a=65535 b=1');
  pool.setWeightChange('a', 1, -10);
  t.equal(placed(pool), 'a=5 b=1', 'nothing is forgotten at a limit');
  t.end();
});

const bounds: readonly {
  readonly quorum: number;
  readonly hysteresis: number;
  readonly lostAt: number;
  readonly gainedAt: number;
}[] = [
  { quorum: 1, hysteresis: 0, lostAt: 0, gainedAt: 1 },
  { quorum: 5, hysteresis: 0, lostAt: 4, gainedAt: 5 },
  { quorum: 5, hysteresis: 2, lostAt: 2, gainedAt: 7 },
  { quorum: 3, hysteresis: 3, lostAt: 0, gainedAt: 6 },
  { quorum: 8, hysteresis: 1, lostAt: 6, gainedAt: 9 },
];

for (const { quorum, hysteresis, lostAt, gainedAt } of bounds) {
  test(`a quorum of ${quorum} with hysteresis ${hysteresis} is lost at ${lostAt} and gained at ${gainedAt}`, (t) => {
    const keys = Array.from({ length: 10 }, (_, index) => `s${index}`);
    const pool = started({ quorum, hysteresis, servers: keys.map((key) => server(key)) });
    t.equal(pool.snapshot().hasQuorum, true);
    for (const key of keys) {
      pool.setChecker(key, 0, false);
      const { weight, hasQuorum } = pool.snapshot();
      t.equal(hasQuorum, weight > lostAt, `with ${weight} on the way down`);
    }
    for (const key of keys) {
      pool.setChecker(key, 0, true);
      const { weight, hasQuorum } = pool.snapshot();
      t.equal(hasQuorum, weight >= gainedAt, `with ${weight} on the way up`);
    }
    t.end();
  });
}

test('without a quorum the sorry server stands in for all others', (t) => {
  const sorryServer = { key: 'sorry', weight: 1, inhibit: false };
  const pool = started({ quorum: 2, sorryServer });
  t.equal(placed(pool), 'a=1 b=1 c=1');
  pool.setChecker('a', 0, false);
  t.equal(placed(pool), 'b=1 c=1');
  pool.setChecker('b', 0, false);
  t.equal(placed(pool), 'sorry=1', 'also for the one that is up');
  t.strictSame(told(pool), ['a down', 'b down', 'quorum down']);
  pool.setChecker('b', 0, true);
  t.equal(placed(pool), 'b=1 c=1');
  t.strictSame(told(pool), ['b up', 'quorum up']);
  t.end();
});

test('without a sorry server what is up serves on without a quorum', (t) => {
  const pool = started({ quorum: 3 });
  pool.setChecker('a', 0, false);
  t.equal(placed(pool), 'b=1 c=1');
  t.strictSame(told(pool), ['a down', 'quorum down']);
  t.end();
});

test('inhibition keeps the places of servers, and of the sorry server', (t) => {
  const pool = started({
    servers: [server('a', { inhibitOnFailure: true }), server('b')],
    sorryServer: { key: 'sorry', weight: 1, inhibit: true },
    quorum: 2,
  });
  t.equal(placed(pool), 'a=1 b=1 sorry=0');
  pool.setChecker('b', 0, false);
  t.equal(placed(pool), 'a=0 sorry=1', 'a is up, but has to give way');
  t.end();
});

test('a sorry server may be one of the real servers', (t) => {
  const pool = started({ quorum: 2, sorryServer: { key: 'a', weight: 1, inhibit: false } });
  t.equal(placed(pool), 'a=1 b=1 c=1');
  pool.setChecker('b', 0, false);
  pool.setChecker('c', 0, false);
  t.equal(placed(pool), 'a=1');
  t.end();
});

test('a weight that falls may lose the quorum', (t) => {
  const pool = started({ servers: [server('a', { weight: 4 })], quorum: 3 });
  pool.setWeightChange('a', 0, -2);
  t.strictSame(told(pool), ['quorum down']);
  t.end();
});

test('a service that starts with a quorum says so', (t) => {
  const pool = new Pool({ quorum: 1, hysteresis: 0, servers: [server('a')] });
  pool.start();
  t.strictSame(told(pool), ['quorum up']);
  t.end();
});

test('with alpha a service starts empty, with its sorry server, and tells of servers as they come', (t) => {
  const rules: PoolRules = {
    quorum: 1,
    hysteresis: 0,
    servers: [server('a', { alpha: true }), server('b', { alpha: true, inhibitOnFailure: true })],
    sorryServer: { key: 'sorry', weight: 1, inhibit: false },
  };
  const pool = new Pool(rules);
  pool.start();
  t.equal(placed(pool), 'b=0 sorry=1');
  t.strictSame(told(pool), ['quorum down']);
  pool.setChecker('b', 0, false);
  t.strictSame(told(pool), ['b down'], 'what was assumed is certain now');
  pool.setChecker('a', 0, true);
  t.equal(placed(pool), 'a=1 b=0');
  t.strictSame(told(pool), ['a up', 'quorum up']);
  t.end();
});

test('a service that starts without a quorum and without a sorry server says nothing', (t) => {
  const pool = new Pool({ quorum: 1, hysteresis: 0, servers: [server('a', { alpha: true })] });
  pool.start();
  t.strictSame(told(pool), []);
  t.end();
});

test('other rules change nothing about servers that stay', (t) => {
  const pool = started({});
  pool.setChecker('a', 0, false);
  told(pool);
  const down = { id: 0, isUp: false, weightChange: 0 };
  pool.adopt({
    quorum: 1,
    hysteresis: 0,
    servers: [{ ...server('a'), checkers: [down] }, server('b'), server('d', { weight: 3 })],
  });
  t.equal(placed(pool), 'b=1 d=3');
  t.strictSame(told(pool), []);
  t.end();
});

test('a server that loses the checker that held it down is up', (t) => {
  const pool = started({});
  pool.setChecker('a', 0, false);
  told(pool);
  pool.adopt({ quorum: 1, hysteresis: 0, servers: [{ ...server('a'), checkers: [] }] });
  t.equal(placed(pool), 'a=1');
  t.strictSame(told(pool), ['a up']);
  t.end();
});

test('another quorum holds at once', (t) => {
  const pool = started({ quorum: 1 });
  pool.setChecker('a', 0, false);
  told(pool);
  const down = { id: 0, isUp: false, weightChange: 0 };
  const servers = [{ ...server('a'), checkers: [down] }, server('b'), server('c')];
  pool.adopt({ quorum: 3, hysteresis: 0, servers });
  t.strictSame(told(pool), ['quorum down']);
  t.end();
});

test('at its end a service tells that what was up is down', (t) => {
  const pool = started({});
  pool.setChecker('b', 0, false);
  told(pool);
  pool.stop();
  t.strictSame(told(pool), ['a down', 'c down', 'quorum down']);
  t.end();
});
