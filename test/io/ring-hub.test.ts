import { test } from 'tap';

import { loadLibc } from '../../director/io/libc.js';
import { onLoop, RingHub, type Ring } from '../../director/io/ring-hub.js';

/** A ring with batches of so many frames, which notes what happens to it. */
function ringOf(hub: RingHub, batches: number[], notes: string[], name: string): Ring {
  return {
    takeBatch: () => {
      const taken = batches.shift() ?? 0;
      if (taken === 0) return 0;
      notes.push(`${name} takes ${taken}`);
      hub.end();
      return taken;
    },
    flush: () => notes.push(`${name} sends`),
  };
}

test('a batch is sent by all rings before anybody hears that it is', async (t) => {
  const hub = new RingHub(await loadLibc());
  const notes: string[] = [];
  hub.onSent = () => notes.push('sent');
  for (const [name, batches] of [
    ['near', [2, 1]],
    ['far', [3]],
  ] as const) {
    hub.add(ringOf(hub, [...batches], notes, name));
  }
  hub.onQuiet = () => notes.push('quiet');
  hub.onRest = () => notes.push('rest');
  hub.serve();
  t.equal(
    notes.join(', '),
    'near takes 2, near sends, far sends, sent, far takes 3, near sends, far sends, sent, ' +
      'near takes 1, near sends, far sends, sent, quiet, rest',
  );
});

test('before each look at the rings it is said what time it is, and nothing is in hand', async (t) => {
  const hub = new RingHub(await loadLibc());
  const notes: string[] = [];
  const times: number[] = [];
  hub.add(ringOf(hub, [1, 1], notes, 'near'));
  hub.onLook = (now) => {
    times.push(now);
    notes.push('look');
  };
  const before = performance.now();
  hub.serve();
  t.match(
    notes.join(', '),
    /^look, near takes 1, near sends, look, near takes 1, near sends, look/,
  );
  t.ok(times.every((time, index) => time >= (times[index - 1] ?? before)));
  t.ok((times.at(-1) ?? Infinity) <= performance.now());
});

test('what is thrown in a watcher ends up on the event loop', async (t) => {
  const thrown = new Promise((resolve) => {
    process.once('uncaughtException', resolve);
  });
  t.doesNotThrow(() =>
    onLoop(() => {
      throw new Error('from a watcher');
    }),
  );
  t.match(await thrown, { message: 'from a watcher' });
});
