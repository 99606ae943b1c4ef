import { test } from 'tap';

import { walk } from '../../director/wire/ipv6-extensions.js';
import { truncations, viewOf } from './hex.js';

const chainAt = (
  protocol: number,
): {
  protocol: number;
  transport: number;
  fragmentId: number;
  fragmentOffset: number;
  moreFragments: boolean;
} => ({ protocol, transport: 0, fragmentId: 0, fragmentOffset: 0, moreFragments: false });

const HopByHop = '3c 00 0502 0000 0100';
const LongDestinationOptions = '2b 01 010c 00000000 00000000 00000000';
const FinishedRouting = '2c 02 03 00 00000000 fd020000000000000000000000000012';
const AtomicFragment = '33 00 0000 0badcafe';
const Authentication = '06 04 0000 00000100 00000001 000102030405060708090a0b';

test('the walk ends at the first header that is no extension, whatever came before', (t) => {
  const all = HopByHop + LongDestinationOptions + FinishedRouting + AtomicFragment + Authentication;
  const view = viewOf(`${all} 9c400050`);
  const chain = chainAt(0);
  t.equal(walk(view, view.byteLength, chain), true);
  t.equal(chain.protocol, 6);
  t.equal(chain.transport, 8 + 16 + 24 + 8 + 24);
  t.equal(chain.fragmentId, 0x0badcafe);
  t.equal(chain.moreFragments, false);
  t.end();
});

test('a chain cut anywhere is refused', (t) => {
  const all = HopByHop + LongDestinationOptions + FinishedRouting + AtomicFragment + Authentication;
  for (const view of truncations(all)) {
    t.equal(walk(view, view.byteLength, chainAt(0)), false, `${view.byteLength} bytes`);
  }
  t.end();
});

test('a packet without extension headers is where it should be', (t) => {
  const chain = chainAt(17);
  t.equal(walk(viewOf(''), 0, chain), true);
  t.match(chain, { protocol: 17, transport: 0 });
  t.end();
});

test('a fragment header tells the place of a fragment; behind a later one is no header', (t) => {
  const first = chainAt(44);
  t.equal(walk(viewOf('3c 00 0001 00000007 1100010400000000'), 16, first), true);
  t.match(first, { protocol: 17, transport: 16, fragmentOffset: 0, moreFragments: true });
  const later = chainAt(44);
  t.equal(walk(viewOf('3c 00 05a9 00000007 ffffffff'), 12, later), true);
  t.match(later, { protocol: 60, transport: 8, fragmentOffset: 0x5a8, moreFragments: true });
  t.equal(later.fragmentId, 7);
  const last = chainAt(44);
  t.equal(walk(viewOf('11 00 fff8 00000007'), 8, last), true);
  t.match(last, { protocol: 17, fragmentOffset: 65_528, moreFragments: false });
  t.end();
});

test('a route with segments left is not followed', (t) => {
  const chain = chainAt(43);
  t.equal(walk(viewOf('06 02 03 01 00000000 fd020000000000000000000000000012'), 24, chain), true);
  t.match(chain, { protocol: 43, transport: 0 });
  t.end();
});

test('eight extension headers are read and nine are too many', (t) => {
  const options = '3c 00 0104 00000000';
  const eight = viewOf(`${options.repeat(7)} 11 00 0104 00000000`);
  const chain = chainAt(60);
  t.equal(walk(eight, 64, chain), true);
  t.match(chain, { protocol: 17, transport: 64 });
  const nine = viewOf(`${options.repeat(8)} 11 00 0104 00000000`);
  t.equal(walk(nine, 72, chainAt(60)), false);
  t.end();
});
