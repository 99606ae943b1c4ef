import { test } from 'tap';

import { judgeSender, type SenderRules } from '../../../cluster/vrrp/sender-rules.js';
import { address } from './routers.js';

const judge = (rules: SenderRules, ttl: number, source = '10.0.0.1'): string | undefined =>
  judgeSender({ source: address(source), destination: address('10.0.0.2'), ttl }, rules);

const peers: SenderRules = {
  unicastPeers: [
    { address: address('10.0.0.1'), minTtl: 255, maxTtl: 255 },
    { address: address('192.0.2.1'), minTtl: 60, maxTtl: 64 },
  ],
};

test('a multicast advertisement has crossed no router', (t) => {
  t.equal(judge({}, 255), undefined);
  t.equal(judge({ unicastPeers: [] }, 254), 'ttl');
  t.equal(judge({}, 0), 'ttl');
  t.end();
});

test('every unicast peer has its own range of TTLs, both ends included', (t) => {
  t.equal(judge(peers, 255), undefined);
  t.equal(judge(peers, 254), 'ttl');
  for (const [ttl, verdict] of [
    [59, 'ttl'],
    [60, undefined],
    [64, undefined],
    [65, 'ttl'],
  ] as const) {
    t.equal(judge(peers, ttl, '192.0.2.1'), verdict, `ttl ${ttl}`);
  }
  t.end();
});

test('a stranger among unicast peers is refused when sources are checked, and only then', (t) => {
  t.equal(judge(peers, 255, '10.0.0.9'), undefined);
  t.equal(judge({ ...peers, checkUnicastSource: true }, 255, '10.0.0.9'), 'unicast-source');
  t.equal(judge({ ...peers, checkUnicastSource: true }, 255), undefined);
  t.end();
});
