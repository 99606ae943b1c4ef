import { test, type Test } from 'tap';

import { until } from '../../cluster/lab/wait.js';
import { openEndpoint } from './endpoint.js';
import { linkNodes, type LinkedNode } from './linked-nodes.js';

/*
 * VRRP's own IP protocol on real interfaces.
 */

async function pair(t: Test): Promise<{ readonly left: LinkedNode; readonly right: LinkedNode }> {
  const [left, right] = await linkNodes(t, 2);
  if (left === undefined || right === undefined) throw new Error('two nodes were asked for');
  return { left, right };
}

test('a message reaches the group and nobody else, with TTL 255 from the given source', async (t) => {
  const { left, right } = await pair(t);
  const cases = [
    { group: '224.0.0.18', from: left.address, to: right.address },
    { group: 'ff02::12', from: left.linkLocal, to: right.linkLocal },
  ];
  for (const { group, from, to } of cases) {
    const sender = await openEndpoint(left, from, group);
    const receiver = await openEndpoint(right, to, group);
    sender.say(`send ${group} 3133960100`);
    t.strictSame(
      await receiver.messages(1),
      [{ source: from, destination: group, ttl: 255, hex: '3133960100' }],
      `${group} is received whole, with its envelope`,
    );
    t.strictSame(await sender.messages(0), [], 'the sender does not hear itself');
    await Promise.all([sender.end(), receiver.end()]);
  }
});

test('a message to one peer arrives with the TTL that the sender chose', async (t) => {
  const { left, right } = await pair(t);
  const cases = [
    { from: left.address, to: right.address },
    { from: left.address6, to: right.address6 },
    { from: left.linkLocal, to: right.linkLocal },
  ];
  for (const { from, to } of cases) {
    const sender = await openEndpoint(left, from, '-', '64');
    const receiver = await openEndpoint(right, to, '-');
    // Messages of an odd length and a long one.
    sender.say(`send ${to} 313396`);
    sender.say(`send ${to} ${'ab'.repeat(1_028)}`);
    t.strictSame(
      await receiver.messages(2),
      [
        { source: from, destination: to, ttl: 64, hex: '313396' },
        { source: from, destination: to, ttl: 64, hex: 'ab'.repeat(1_028) },
      ],
      `${to} receives what is for it`,
    );
    await Promise.all([sender.end(), receiver.end()]);
  }
});

test('a source of our choice is the one on the wire', async (t) => {
  const { left, right } = await pair(t);
  left.run('ip', 'address', 'add', '10.9.0.201/24', 'dev', 'eth0');
  left.run('ip', 'address', 'add', 'fd09::201/64', 'dev', 'eth0');
  const cases = [
    { from: '10.9.0.201', to: right.address, group: '224.0.0.18' },
    { from: 'fd09::201', to: right.linkLocal, group: 'ff02::12' },
  ];
  for (const { from, to, group } of cases) {
    const sender = await openEndpoint(left, from, group);
    const receiver = await openEndpoint(right, to, group);
    sender.say(`send ${group} 31`);
    t.match(await receiver.messages(1), [{ source: from }]);
    await Promise.all([sender.end(), receiver.end()]);
  }
});

test('messages that wait are read at once by a node that was kept busy', async (t) => {
  const { left, right } = await pair(t);
  const sender = await openEndpoint(left, left.address, '224.0.0.18');
  const receiver = await openEndpoint(right, right.address, '224.0.0.18');
  receiver.say('stall 5000');
  await receiver.has('stalling');
  for (let count = 0; count < 20; count += 1) sender.say(`send 224.0.0.18 31${count + 10}`);
  await receiver.has('stall');
  const stalled = receiver.lines.filter(
    ({ message, isStalled }) => message !== undefined && isStalled === true,
  );
  t.equal(stalled.length, 20, 'all of them, before the event loop went on');
});

test('a link that is down refuses messages, and works again when it is back', async (t) => {
  const { left, right } = await pair(t);
  const cases = [
    { group: '224.0.0.18', from: left.address, to: right.address },
    { group: 'ff02::12', from: left.linkLocal, to: right.linkLocal },
  ];
  for (const { group, from, to } of cases) {
    const sender = await openEndpoint(left, from, group);
    const receiver = await openEndpoint(right, to, group);
    left.plug(false);
    sender.say(`send ${group} 31`);
    await sender.has('send');
    left.plug(true);
    const isBack = await until(
      async () => {
        sender.say(`send ${group} 32`);
        const messages = await receiver.messages(0);
        return messages.some(({ hex }) => hex === '32') || undefined;
      },
      { timeoutMs: 5_000, everyMs: 50 },
    );
    t.ok(isBack, `${group} works again`);
    await Promise.all([sender.end(), receiver.end()]);
  }
});
