import { test } from 'tap';

import { rehearse } from '../../cluster/node/rehearse.js';
import { Rehearsal } from '../../director/core/rehearsal.js';

test('what is rehearsed is what happens later: every packet is forwarded', (t) => {
  const rehearsal = new Rehearsal();
  for (let connection = 0; connection < 100; connection += 1) rehearsal.play(connection);
  const { counters, connections } = rehearsal.director;
  t.equal(counters.received, 50 * 5 + 50 * 10, 'replies pass only under Masq');
  t.equal(counters.forwarded, counters.received);
  t.equal(connections.size, 100);
  t.end();
});

test('the rehearsal of a node comes to its end', (t) => {
  t.doesNotThrow(() => rehearse());
  t.end();
});
