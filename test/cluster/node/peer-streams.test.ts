import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { test, type Test } from 'tap';

import type { PeerWatch } from '../../../cluster/member/peer-watch.js';
import { PeerStreams } from '../../../cluster/node/peer-streams.js';
import type { KeyRing } from '../../../cluster/sync/key-ring.js';
import {
  encodePresence,
  PresenceReader,
  type Introduction,
} from '../../../cluster/sync/presence-codec.js';
import { PresenceSeal } from '../../../cluster/sync/presence-seal.js';
import { parseAddress, type IpAddress } from '../../../director/base/address.js';
import { InvariantError } from '../../../director/base/invariant.js';
import { silentLog } from '../../../director/base/log.js';
import { at } from '../../base/values.js';
import { ringOf } from '../sync/keys.js';

function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new InvariantError(text);
  return parsed;
}

const environment = { log: silentLog, nonce: (length: number) => randomBytes(length) };
const own = address('127.0.0.1');
const peer = address('127.0.0.2');
const heard = { address: peer, epoch: 1 };
const introduction: Introduction = {
  kind: 'introduction',
  node: 'd2',
  routers: [{ virtualRouterId: 51, address: address('10.1.0.12'), priority: 100 }],
};

/** A watch on 127.0.0.1 that notes the deaths it sees, on the port where the peer at 127.0.0.2 listens. */
async function watchFrom(
  t: Test,
  port: number,
  keys?: KeyRing,
): Promise<{ watch: PeerWatch; streams: PeerStreams; deaths: string[] }> {
  const deaths: string[] = [];
  const streams = await PeerStreams.open({
    address: own,
    port,
    node: 'd1',
    routers: () => [],
    environment,
    keys,
    onDeath: ({ node }) => deaths.push(node),
  });
  t.teardown(async () => streams.close());
  return { watch: streams.watch, streams, deaths };
}

/** A peer that does with each watcher what the test says. */
async function listen(t: Test, meet: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer(meet);
  server.listen(0, peer);
  await once(server, 'listening');
  t.teardown(() => server.close());
  const bound = server.address();
  return typeof bound === 'object' ? (bound?.port ?? 0) : 0;
}

async function eventually(condition: () => boolean): Promise<boolean> {
  for (let attempt = 0; attempt < 200 && !condition(); attempt += 1) await sleep(25);
  return condition();
}

test('a process that is killed is a death', async (t) => {
  const bytes = JSON.stringify([...encodePresence(introduction)]);
  const program = `
    require('node:net').createServer((socket) => { socket.write(Buffer.from(${bytes})); })
      .listen(0, '${peer}', function () { console.log(this.address().port); });`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data');
  const { watch, deaths } = await watchFrom(t, Number(line));
  watch.watch(at(0), heard);
  await sleep(300);
  t.strictSame(deaths, [], 'nobody has died yet');
  child.kill('SIGKILL');
  t.ok(await eventually(() => deaths.length > 0));
  t.strictSame(deaths, ['d2']);
});

test('a reset by the peer is a death', async (t) => {
  const port = await listen(t, (socket) => {
    socket.write(encodePresence(introduction));
    setTimeout(() => socket.resetAndDestroy(), 100);
  });
  const { watch, deaths } = await watchFrom(t, port);
  watch.watch(at(0), heard);
  t.ok(await eventually(() => deaths.length > 0));
});

test('what is no death', async (t) => {
  const cases: Readonly<Record<string, (socket: Socket) => void>> = {
    'an end after a goodbye': (socket) => {
      socket.write(encodePresence(introduction));
      socket.end(encodePresence({ kind: 'goodbye' }));
    },
    'an end before the introduction': (socket) => socket.end(),
    'a stream that says something else': (socket) => {
      socket.write(encodePresence(introduction));
      socket.write(Uint8Array.of(0xff, 0xff, 0xff));
    },
  };
  for (const [name, meet] of Object.entries(cases)) {
    await t.test(name, async (t) => {
      let met = 0;
      let closed = 0;
      const port = await listen(t, (socket) => {
        met += 1;
        socket.on('error', () => {});
        socket.on('close', () => (closed += 1));
        socket.resume();
        meet(socket);
      });
      const { watch, deaths } = await watchFrom(t, port);
      watch.watch(at(0), heard);
      t.ok(await eventually(() => closed === 1));
      watch.watch(at(0.2), heard);
      await sleep(100);
      t.equal(met, 1, 'the peer is left alone for a while');
      watch.watch(at(2), heard);
      t.ok(await eventually(() => met === 2), 'and then watched again');
      t.strictSame(deaths, []);
    });
  }
});

test('a node that closes says goodbye, and nobody believes it dead', async (t) => {
  const port = await listen(t, () => {});
  const { deaths, watch } = await watchFrom(t, port);
  const other = await PeerStreams.open({
    address: address('127.0.0.3'),
    port,
    node: 'd3',
    routers: () => [],
    environment,
    onDeath: () => {},
  });
  watch.watch(at(0), { address: address('127.0.0.3'), epoch: 1 });
  await sleep(200);
  await other.close();
  await sleep(200);
  t.strictSame(deaths, []);
});

/** A peer with keys, which answers the challenge of whoever connects; then the test goes on with its socket and seal. */
async function listenSigned(
  t: Test,
  keys: KeyRing,
  meet: (socket: Socket, seal: PresenceSeal) => void,
): Promise<number> {
  return listen(t, (socket) => {
    const reader = new PresenceReader();
    socket.on('error', () => {});
    socket.on('data', (piece: Uint8Array) => {
      for (const message of reader.read(piece)) {
        if (message.kind !== 'challenge') continue;
        const seal = new PresenceSeal(keys, message.nonce);
        socket.write(encodePresence(introduction, seal));
        meet(socket, seal);
      }
    });
  });
}

const resetSoon = (socket: Socket): void => {
  setTimeout(() => socket.resetAndDestroy(), 100);
};

test('with keys, the death of a peer that has signed its introduction is a death', async (t) => {
  const port = await listenSigned(t, ringOf(2, 1), resetSoon);
  const { watch, deaths } = await watchFrom(t, port, ringOf(1, 2));
  watch.watch(at(0), heard);
  t.ok(await eventually(() => deaths.length > 0));
});

test('with keys, nobody who lacks them dies as a peer', async (t) => {
  const keys = ringOf(1);
  const impostors: readonly ((socket: Socket) => void)[] = [
    (socket) => socket.write(encodePresence(introduction)),
    (socket) =>
      socket.write(encodePresence(introduction, new PresenceSeal(ringOf(2), new Uint8Array(32)))),
    // What was recorded on another stream, where the nonce was another one.
    (socket) =>
      socket.write(encodePresence(introduction, new PresenceSeal(keys, new Uint8Array(32)))),
  ];
  for (const pose of impostors) {
    const port = await listen(t, (socket) => {
      socket.on('error', () => {});
      pose(socket);
      resetSoon(socket);
    });
    const { watch, deaths } = await watchFrom(t, port, keys);
    watch.watch(at(0), heard);
    t.ok(await eventually(() => watch.malformed > 0));
    await sleep(200);
    t.strictSame(deaths, []);
  }
});

test('with keys, a goodbye is a goodbye', async (t) => {
  const keys = ringOf(1);
  let met = 0;
  const port = await listenSigned(t, keys, (socket, seal) => {
    met += 1;
    socket.end(encodePresence({ kind: 'goodbye' }, seal));
  });
  const { watch, deaths } = await watchFrom(t, port, keys);
  watch.watch(at(0), heard);
  const isWatchedAgain = (): boolean => {
    watch.watch(at(2), heard);
    return met === 2;
  };
  t.ok(await eventually(isWatchedAgain), 'the end has been seen');
  t.strictSame([watch.malformed, deaths], [0, []]);
});

test('two nodes with keys watch each other, and one that closes is not dead', async (t) => {
  const port = await listen(t, () => {});
  const keys = ringOf(1);
  const { deaths, watch } = await watchFrom(t, port, keys);
  const other = await PeerStreams.open({
    address: address('127.0.0.4'),
    port,
    node: 'd4',
    routers: () => [],
    environment,
    keys,
    onDeath: () => {},
  });
  watch.watch(at(0), { address: address('127.0.0.4'), epoch: 1 });
  await sleep(200);
  await other.close();
  await sleep(200);
  t.strictSame([deaths, watch.malformed, other.watch.malformed], [[], 0, 0]);
});

test('another life of the peer is watched by a stream of its own', async (t) => {
  const met: Socket[] = [];
  const port = await listen(t, (socket) => {
    socket.on('error', () => {});
    socket.write(encodePresence(introduction));
    met.push(socket);
  });
  const { watch, deaths } = await watchFrom(t, port);
  watch.watch(at(0), { address: peer, epoch: 1 });
  t.ok(await eventually(() => met.length === 1));
  watch.watch(at(1), { address: peer, epoch: 1 });
  watch.watch(at(2), { address: peer, epoch: 2 });
  t.ok(await eventually(() => met.length === 2), 'the first stream may be half open');
  await sleep(200);
  met[0]?.resetAndDestroy();
  await sleep(200);
  t.strictSame(deaths, [], 'the end of the earlier one is no news');
  met[1]?.resetAndDestroy();
  t.ok(await eventually(() => deaths.length > 0));
  t.strictSame(deaths, ['d2']);
});
