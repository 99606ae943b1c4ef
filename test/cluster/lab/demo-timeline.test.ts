import { test } from 'tap';

import { firstEventAt, timelineOf } from '../../../cluster/lab/demo-timeline.js';
import type { NodeEvent } from '../../../cluster/node/api.js';

const event = (at: number, kind: NodeEvent['kind'], text = 'x'): NodeEvent => ({
  at,
  node: 'd2',
  kind,
  text,
});

test('the first event of a kind is looked for from an instant on', (t) => {
  const events = [event(30, 'master'), event(10, 'master'), event(20, 'backup')];
  t.equal(firstEventAt(events, 'master', 0), 10);
  t.equal(firstEventAt(events, 'master', 11), 30);
  t.equal(firstEventAt(events, 'master', 31), undefined);
  t.end();
});

test('repeated announcements and first packets have one line for each time as master', (t) => {
  const entries = timelineOf(
    [
      event(1, 'started', 'too early'),
      event(10, 'gratuitous-arp', 'first'),
      event(11, 'master', 'advertisements of 10.0.0.1 stopped'),
      event(12, 'gratuitous-arp', 'second'),
      event(13, 'first-packet', 'TCP'),
      event(14, 'first-packet', 'UDP'),
      event(20, 'backup', 'a higher priority is heard'),
      event(30, 'master', 'again'),
      event(31, 'gratuitous-arp', 'third'),
    ],
    5,
  );
  t.same(
    entries.map(({ at, text }) => `${at} ${text}`),
    [
      '10 d2: gratuitous arp: first',
      '11 d2: master: advertisements of 10.0.0.1 stopped',
      '13 d2: first packet: TCP',
      '20 d2: backup: a higher priority is heard',
      '30 d2: master: again',
      '31 d2: gratuitous arp: third',
    ],
  );
  t.end();
});
