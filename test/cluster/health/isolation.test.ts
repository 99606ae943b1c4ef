import { test } from 'tap';

import { Isolation } from '../../../cluster/health/isolation.js';
import { instant } from '../../../director/base/time.js';

const at = (second: number): ReturnType<typeof instant> => instant(second * 1_000_000);

test('silence from a server counts while others are heard', (t) => {
  const isolation = new Isolation();
  isolation.hear(at(5));
  t.equal(isolation.judge('eth0', at(4)), 'connected');
  t.end();
});

test('nobody is known to live when nobody was heard since the check began', (t) => {
  const isolation = new Isolation();
  t.equal(isolation.judge('eth0', at(0)), 'silent', 'nobody ever');
  isolation.hear(at(5));
  t.equal(isolation.judge('eth0', at(6)), 'silent');
  t.equal(isolation.judge(undefined, at(6)), 'silent', 'for programs too');
  t.end();
});

test('silence by an interface without carrier is void, whoever is heard elsewhere', (t) => {
  const isolation = new Isolation();
  isolation.setLink(at(1), 'eth1', false);
  isolation.hear(at(9));
  t.equal(isolation.judge('eth1', at(8)), 'cut-off');
  t.equal(isolation.judge('eth0', at(8)), 'connected');
  t.end();
});

test('a check that began before the carrier was back is void as well', (t) => {
  const isolation = new Isolation();
  isolation.setLink(at(1), 'eth1', false);
  t.equal(isolation.setLink(at(5), 'eth1', true), true, 'the cut is over');
  isolation.hear(at(9));
  t.equal(isolation.judge('eth1', at(4)), 'cut-off');
  t.equal(isolation.judge('eth1', at(8)), 'cut-off', 'nor while neighbours are found again');
  t.equal(isolation.judge('eth1', at(9)), 'connected');
  t.end();
});

test('an interface that was up and still is ends no cut', (t) => {
  const isolation = new Isolation();
  t.equal(isolation.setLink(at(1), 'eth1', true), false);
  t.equal(isolation.setLink(at(2), 'eth1', false), false);
  t.equal(isolation.setLink(at(3), 'eth1', false), false);
  t.equal(isolation.setLink(at(4), 'eth1', true), true);
  t.end();
});
