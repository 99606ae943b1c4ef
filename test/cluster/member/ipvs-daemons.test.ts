import { test } from 'tap';

import { IpvsDaemons, type IpvsDaemonSettings } from '../../../cluster/member/ipvs-daemons.js';
import { IpvsSync } from '../../../cluster/sync/ipvs/ipvs-sync.js';
import { milliseconds, seconds } from '../../../director/base/time.js';
import { Director } from '../../../director/core/director.js';
import type { Interface } from '../../../director/core/interfaces.js';
import { at, ip, prefix } from '../../base/values.js';

const link = (name: string, mtu: number, addresses: readonly string[]): Interface => ({
  index: 0,
  name,
  mac: { high: 0x0200, low: 1 },
  mtu,
  addresses: addresses.map(prefix),
});

const daemonsOf = (settings = {}): IpvsDaemons =>
  new IpvsDaemons(
    new Director({
      interfaces: [
        link('eth0', 1_500, ['10.0.0.11/24', 'fd00::11/64']),
        link('jumbo', 9_000, ['10.1.0.11/24']),
        link('bare', 1_500, []),
      ],
      seed: 1,
      capacity: 16,
      settings,
      output: { send: () => {} },
    }),
  );

const asked = (change: Partial<IpvsDaemonSettings> = {}): IpvsDaemonSettings => ({
  device: 'eth0',
  syncId: 7,
  maxLength: undefined,
  group: undefined,
  port: undefined,
  ttl: undefined,
  ...change,
});

const now = at(1);

test('a daemon has the kernel’s defaults, and runs once', (t) => {
  const daemons = daemonsOf();
  t.equal(daemons.start(now, 'backup', asked()), undefined);
  t.equal(daemons.start(now, 'backup', asked({ syncId: 8 })), 'already-runs');
  t.equal(daemons.isTelling, false);
  t.equal(daemons.start(now, 'master', asked({ syncId: 8 })), undefined);
  t.equal(daemons.isTelling, true);
  t.match(daemons.running, [
    { role: 'master', syncId: 8, maxLength: 1_472, group: '224.0.0.81', port: 8_848, ttl: 1 },
    { role: 'backup', syncId: 7, address: '10.0.0.11', isConfigured: false },
  ]);
  t.equal(daemons.stop(now, 'master'), true);
  t.equal(daemons.stop(now, 'master'), false);
  t.equal(daemons.isTelling, false);
  t.end();
});

test('a daemon does not start where there is no device, or no address of the family', (t) => {
  const daemons = daemonsOf();
  t.equal(daemons.start(now, 'master', asked({ device: 'eth9' })), 'no-device');
  t.equal(daemons.start(now, 'master', asked({ device: 'bare' })), 'no-address');
  const group = ip('ff02::81');
  t.equal(daemons.start(now, 'master', asked({ device: 'jumbo', group })), 'no-address');
  t.equal(daemons.start(now, 'master', asked({ group })), undefined);
  t.match(daemons.running, [{ group: 'ff02::81', address: 'fd00::11', maxLength: 1_452 }]);
  t.end();
});

const lengthOf = (role: 'master' | 'backup', change: Partial<IpvsDaemonSettings>): unknown => {
  const daemons = daemonsOf();
  daemons.start(now, role, asked(change));
  return daemons.running[0]?.maxLength;
};

test('the longest message is settled as in the kernel', (t) => {
  t.equal(lengthOf('master', { device: 'jumbo' }), 1_472);
  t.equal(lengthOf('backup', { device: 'jumbo' }), 8_972);
  t.equal(lengthOf('master', { maxLength: 1 }), 1);
  t.equal(lengthOf('backup', { maxLength: 1 }), 1_024);
  t.equal(lengthOf('master', { maxLength: 65_507 }), 65_507);
  t.end();
});

test('a sync_format of IPVS is both daemons, each of which can be ended and started anew', (t) => {
  const daemons = daemonsOf();
  const sync = new IpvsSync({
    version: 1,
    syncId: 3,
    maxLength: 1_472,
    flushBound: milliseconds(20),
    threshold: 3,
    address: ip('10.0.0.11'),
    timeoutOf: () => seconds(1),
  });
  const place = { device: 'eth0', syncId: 3, maxLength: 1_472, group: ip('224.0.0.81') };
  daemons.adopt(sync, { ...place, port: 8_848, ttl: 1, address: ip('10.0.0.11') });
  sync.start(now);
  t.strictSame(
    daemons.running.map(({ role, isConfigured }) => [role, isConfigured]),
    [
      ['master', true],
      ['backup', true],
    ],
  );
  t.equal(daemons.isTelling, false, 'session sync tells already');
  t.equal(daemons.start(now, 'backup', asked()), 'already-runs');

  t.equal(daemons.stop(now, 'backup'), true);
  sync.handleDatagram(now, new Uint8Array(8), ip('10.0.0.12'));
  t.match(sync.snapshot().rejected, { 'not-listening': 1 });
  t.equal(daemons.start(now, 'backup', asked()), undefined);
  daemons.handleDatagram(now, new Uint8Array(8), ip('10.0.0.12'));
  t.equal(daemons.snapshot('backup')?.rejected['not-listening'], undefined);
  t.not(daemons.snapshot('backup')?.rejected, {}, 'the new one listens, and makes nothing of it');
  t.end();
});
