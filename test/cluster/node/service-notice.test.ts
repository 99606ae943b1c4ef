import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { test } from 'tap';

import { until } from '../../../cluster/lab/wait.js';
import { ServiceNotice } from '../../../cluster/node/service-notice.js';

interface Listener {
  readonly environment: NodeJS.ProcessEnv;
  readonly told: () => string[];
}

/** An environment where systemd-notify is a program that keeps what it is told. */
function listener(watchdog: string): Listener {
  const folder = mkdtempSync(join(tmpdir(), 'baton-notice-'));
  const told = join(folder, 'told');
  const program = join(folder, 'systemd-notify');
  writeFileSync(program, `#!/bin/sh\necho "$1" >> '${told}'\n`);
  chmodSync(program, 0o755);
  // A notice lasts as long as its process.
  process.once('exit', () => rmSync(folder, { recursive: true }));
  return {
    environment: {
      NOTIFY_SOCKET: '/run/nobody',
      WATCHDOG_USEC: watchdog,
      PATH: `${folder}:${process.env['PATH'] ?? ''}`,
    },
    told: () => (existsSync(told) ? readFileSync(told, 'utf8').trim().split('\n') : []),
  };
}

const wait = { timeoutMs: 20_000, everyMs: 20 };

test('systemd is told that the service is ready, that it lives, and that it stops', async (t) => {
  const { environment, told } = listener('90000');
  const notice = new ServiceNotice(environment);
  notice.ready();
  await until(() => told().filter((line) => line === 'WATCHDOG=1').length > 2 || undefined, wait);
  notice.stopping();
  await until(() => told().includes('STOPPING=1') || undefined, wait);
  t.equal(told()[0], 'READY=1');
  t.ok(told().includes('WATCHDOG=1'));
  t.ok(told().includes('STOPPING=1'));
});

test('an event loop that does not turn says nothing', async (t) => {
  const { environment, told } = listener('300000');
  const notice = new ServiceNotice(environment);
  notice.ready();
  await until(() => told().includes('WATCHDOG=1') || undefined, wait);
  const before = told().length;
  const end = performance.now() + 1_000;
  while (performance.now() < end);
  // What the loop itself would say is not there; only what was under way before may be.
  t.ok(told().length - before <= 1, told().join(' '));
  t.end();
});

test('outside systemd nothing is started', (t) => {
  const { environment, told } = listener('90000');
  const notice = new ServiceNotice({ ...environment, NOTIFY_SOCKET: undefined });
  notice.ready();
  notice.stopping();
  t.same(told(), []);
  t.end();
});
