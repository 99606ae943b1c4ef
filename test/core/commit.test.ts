import { test } from 'tap';

import { after, milliseconds } from '../../director/base/time.js';
import { releaseAcknowledged, releaseOverdue, releaseSent } from '../../director/core/commit.js';
import { Flag } from '../../director/core/connections.js';
import { DropReason } from '../../director/core/counters.js';
import { CommitTimeout, type CommitMode } from '../../director/core/held-connections.js';
import { Method } from '../../director/core/services.js';
import { State } from '../../director/core/states.js';
import { ip } from '../base/values.js';
import { BenchDirector, type ServiceSpec } from '../packets/bench-director.js';
import { Mac } from '../packets/hosts.js';
import type { FrameSpec } from '../packets/packet-builder.js';
import { fromClient, sentTo } from '../packets/packet-case.js';
import { entries, send } from './entries.js';
import { flowOf } from './flows.js';

const Vip = '10.1.0.110';
const Six = 'fd01::110';
const client = '10.1.0.2:40000';
const vip = `${Vip}:443`;
const syn = { from: client, to: vip, tcp: 'S' };

/** A master with one service more, Masq to 10.2.0.21:8080, and peers that could acknowledge. */
function benchWith(mode: CommitMode, spec: ServiceSpec = {}, method: Method = Method.masq) {
  const bench = new BenchDirector({ capacity: 16_384 });
  const service = bench.addService({ vip: Vip, port: 443, commit: mode, ...spec });
  const address = spec.vip === Six ? 'fd02::21' : '10.2.0.21';
  const port = method === Method.masq || method === Method.fullNat ? 8_080 : 443;
  bench.addServer(service, { address, port, method });
  bench.director.commits.reach = 'acked';
  return bench;
}

/** What a node does in its turn: tells what is queued, with this sequence. Answers what it told. */
function tell(bench: BenchDirector, sequence: number): number[] {
  const { commits, connections, sync } = bench.director;
  const told: number[] = [];
  sync.drain(connections, (index) => {
    connections.markSynced(index, bench.now);
    commits.told(index, sequence);
    told.push(index);
  });
  return told;
}

test('the first packet waits, made ready, until a peer has acknowledged the entry', (t) => {
  const bench = benchWith('acked');
  t.equal(bench.receive('clients', fromClient(syn)), 'hold');
  t.strictSame(bench.takeSent(), []);
  t.equal(bench.director.counters.held, 1);
  t.equal(tell(bench, 7).length, 1, 'the entry is told at once, whatever the threshold says');
  releaseSent(bench.director, 7, bench.now);
  releaseAcknowledged(bench.director, 6, bench.now);
  t.strictSame(bench.takeSent(), [], 'neither sent nor an earlier acknowledgement is enough');
  releaseAcknowledged(bench.director, 7, bench.now);
  t.strictSame(bench.takeSent(), [
    sentTo('servers', Mac.server1, { ...syn, to: '10.2.0.21:8080', ttl: 63 }),
  ]);
  t.equal(bench.director.counters.held, 0);
  t.equal(bench.isBalanced, true);
  t.match(bench.director.commits, { committed: 1, uncommitted: 0, size: 0 });
  t.equal(send(bench, client, vip, 'A'), 'forward', 'what follows is not held');
  t.end();
});

test('with sent the first packet leaves once the message has', (t) => {
  const bench = benchWith('sent');
  t.equal(send(bench, client, vip), 'hold');
  releaseSent(bench.director, 9, bench.now);
  t.equal(bench.sent.length, 0, 'a message that does not carry the entry is none');
  tell(bench, 10);
  releaseSent(bench.director, 10, bench.now);
  t.equal(bench.takeSent().length, 1);
  t.match(bench.director.commits, { committed: 1, uncommitted: 0 });
  t.end();
});

test('an acknowledgement covers everything before it, in the order of arrival', (t) => {
  const bench = benchWith('acked');
  for (const port of [1, 2]) send(bench, `10.1.0.2:4000${port}`, vip);
  tell(bench, 1);
  send(bench, '10.1.0.2:40003', vip);
  tell(bench, 2);
  send(bench, '10.1.0.2:40004', vip);
  releaseAcknowledged(bench.director, 2, bench.now);
  const ports = bench.takeSent().map(({ frame }) => (frame[34] ?? 0) * 256 + (frame[35] ?? 0));
  t.strictSame(ports, [40_001, 40_002, 40_003]);
  t.equal(bench.director.commits.size, 1);
  t.end();
});

test('a service without a commit mode holds nothing and tells nothing early', (t) => {
  const bench = benchWith('none');
  t.equal(send(bench, client, vip), 'forward');
  t.equal(bench.director.sync.length, 0);
  t.match(bench.director.commits, { committed: 0, uncommitted: 0 });
  t.end();
});

test('a node that hands over commits every new connection', (t) => {
  const bench = benchWith('none');
  bench.director.commits.isHandingOver = true;
  t.equal(send(bench, client, vip), 'hold');
  t.end();
});

test('a node that hands over to one that is not known to acknowledge yet tells it first all the same', (t) => {
  const bench = benchWith('none');
  const { commits } = bench.director;
  commits.isHandingOver = true;
  commits.reach = 'sent';
  t.equal(send(bench, client, vip), 'hold');
  t.equal(tell(bench, 1).length, 1);
  releaseSent(bench.director, 1, bench.now);
  t.equal(bench.takeSent().length, 1);
  t.match(commits, { committed: 1, uncommitted: 0 });
  t.end();
});

test('without peers, and without session sync, a connection is forwarded and counted', (t) => {
  for (const [mode, reach] of [
    ['acked', 'sent'],
    ['acked', 'none'],
    ['sent', 'none'],
  ] as const) {
    const bench = benchWith(mode);
    bench.director.commits.reach = reach;
    t.equal(send(bench, client, vip), 'forward');
    t.match(bench.director.commits, { committed: 0, uncommitted: 1 });
  }
  t.end();
});

test('what waits when the last peer goes is forwarded and counted', (t) => {
  const bench = benchWith('acked');
  send(bench, client, vip);
  tell(bench, 1);
  releaseOverdue(bench.director, bench.now);
  t.equal(bench.sent.length, 0);
  bench.director.commits.reach = 'sent';
  releaseOverdue(bench.director, bench.now);
  t.equal(bench.takeSent().length, 1);
  t.match(bench.director.commits, { committed: 0, uncommitted: 1 });
  t.end();
});

test('a packet waits no longer than the bound', (t) => {
  const bench = benchWith('acked');
  const { director } = bench;
  send(bench, client, vip);
  t.equal(director.commits.deadline, after(bench.now, CommitTimeout));
  releaseOverdue(director, after(bench.now, milliseconds(99)));
  t.equal(bench.sent.length, 0);
  releaseOverdue(director, after(bench.now, CommitTimeout));
  t.equal(bench.takeSent().length, 1);
  t.match(director.commits, { committed: 0, uncommitted: 1, size: 0 });
  releaseAcknowledged(director, 1, bench.now);
  t.equal(bench.sent.length, 0, 'a late acknowledgement sends nothing twice');
  t.end();
});

test('a retransmitted SYN does not leave twice', (t) => {
  const bench = benchWith('acked');
  send(bench, client, vip);
  t.equal(send(bench, client, vip), 'drop: repeated');
  tell(bench, 1);
  t.equal(send(bench, client, vip), 'drop: repeated');
  releaseAcknowledged(bench.director, 1, bench.now);
  t.equal(bench.takeSent().length, 1);
  t.equal(send(bench, client, vip), 'forward', 'later the server has to answer again');
  t.end();
});

const datagram = (payload: string): Uint8Array =>
  fromClient({ from: client, to: vip, udp: {}, payload });

test('further packets wait behind the first in their order, up to a limit', (t) => {
  const bench = benchWith('acked', { protocol: 17 });
  for (let count = 0; count < 8; count += 1) {
    t.equal(bench.receive('clients', datagram(`${count}`)), 'hold');
  }
  t.equal(bench.receive('clients', datagram('8')), 'drop: uncommitted');
  t.equal(bench.director.counters.held, 8);
  tell(bench, 1);
  releaseAcknowledged(bench.director, 1, bench.now);
  const payloads = bench.takeSent().map(({ frame }) => String.fromCharCode(frame[42] ?? 0));
  t.equal(payloads.join(''), '01234567');
  t.equal(bench.isBalanced, true);
  t.end();
});

test('the store is bounded: more connections are forwarded without, and counted', (t) => {
  const bench = benchWith('acked');
  for (let port = 1; port <= 4_096; port += 1) send(bench, `10.1.0.2:${port}`, vip);
  t.equal(bench.director.commits.size, 4_096);
  t.equal(send(bench, '10.1.0.2:5000', vip), 'forward');
  t.match(bench.director.commits, { size: 4_096, uncommitted: 1 });
  t.end();
});

test('when the entry ends, what waits is lost with it and counted', (t) => {
  const bench = benchWith('acked');
  const { director } = bench;
  send(bench, client, vip);
  bench.wait(0.25);
  t.match(director.commits, { size: 0, uncommitted: 1 }, 'a tick lets go what waited too long');
  send(bench, '10.1.0.2:40001', vip);
  director.services.removeServer(bench.server(Vip, 443, '10.2.0.21'));
  director.settings.expire_nodest_conn = 1;
  bench.takeSent();
  t.equal(send(bench, '10.1.0.2:40001', vip, 'A'), 'drop: no-connection');
  t.equal(bench.dropped(DropReason.uncommitted), 1);
  t.equal(director.counters.held, 0);
  t.equal(director.commits.size, 0);
  tell(bench, 1);
  releaseAcknowledged(director, 1, bench.now);
  t.strictSame(bench.takeSent(), []);
  t.equal(bench.isBalanced, true);
  t.end();
});

test('the next entry at the same place has nothing to do with it', (t) => {
  const bench = benchWith('acked');
  const { connections } = bench.director;
  send(bench, client, vip);
  const index = connections.find(flowOf(client, vip));
  bench.director.services.removeServer(bench.server(Vip, 443, '10.2.0.21'));
  bench.director.settings.expire_nodest_conn = 1;
  send(bench, client, vip, 'A');
  t.equal(send(bench, client, '10.1.0.100:80'), 'forward');
  t.equal(connections.find(flowOf(client, '10.1.0.100:80')), index, 'which is used again');
  t.equal(connections.hasFlag(index, Flag.uncommitted), false);
  t.end();
});

test('a template is told together with its connection', (t) => {
  const bench = benchWith('acked', { persistence: { timeout: 360, prefixLength: 32 } });
  const { connections } = bench.director;
  t.equal(send(bench, client, vip), 'hold');
  const [template, connection] = tell(bench, 1);
  t.equal(connections.hasFlag(template ?? -1, Flag.template), true, 'the template first');
  t.equal(connections.find(flowOf(client, vip)), connection);
  t.equal(send(bench, '10.1.0.2:40001', vip), 'hold');
  t.equal(tell(bench, 2).length, 1, 'a template that peers know is not told again');
  releaseAcknowledged(bench.director, 2, bench.now);
  t.equal(bench.takeSent().length, 2);
  t.end();
});

test('a committed connection is told even where only templates are', (t) => {
  const bench = benchWith('acked', { persistence: { timeout: 360, prefixLength: 32 } });
  bench.director.settings.sync_persist_mode = 1;
  send(bench, client, vip);
  t.equal(tell(bench, 1).length, 2);
  t.end();
});

test('one-packet scheduling leaves nothing to commit', (t) => {
  const bench = benchWith('acked', { protocol: 17, isOnePacket: true });
  const frame = fromClient({ from: client, to: vip, udp: {}, payload: 'x' });
  t.equal(bench.receive('clients', frame), 'forward');
  t.match(bench.director.commits, { size: 0, uncommitted: 0 });
  t.end();
});

test('a connection with the node itself is not committed', (t) => {
  const bench = benchWith('acked', {}, Method.local);
  t.equal(send(bench, client, vip), 'forward');
  t.equal(bench.delivered.length, 1);
  t.end();
});

const methods = [
  ['Masq', Method.masq, Vip],
  ['Route', Method.route, Vip],
  ['Tunnel', Method.tunnel, Vip],
  ['FullNat', Method.fullNat, Vip],
  ['Masq over IPv6', Method.masq, Six],
  ['Route over IPv6', Method.route, Six],
  ['Tunnel over IPv6', Method.tunnel, Six],
  ['FullNat over IPv6', Method.fullNat, Six],
] as const;

for (const [name, method, address] of methods) {
  for (const [protocol, spec] of [
    [6, { tcp: 'S' }],
    [17, { udp: {}, payload: 'x' }],
    [132, { sctp: { chunk: 1 } }],
  ] as const) {
    test(`${name}, protocol ${protocol}: a packet that waited leaves as it would have at once`, (t) => {
      const isSix = address === Six;
      const packet = fromClient({
        from: isSix ? '[fd01::2]:40000' : client,
        to: isSix ? `[${Six}]:443` : vip,
        ...spec,
      });
      const play = (mode: CommitMode): BenchDirector => {
        const bench = benchWith(mode, { vip: address, protocol }, method);
        const { director } = bench;
        const owner = bench.floating('10.2.0.254').interface;
        for (const local of [ip('10.2.0.240'), ip('fd02::240')]) {
          director.addFloating(local, owner);
          director.setLive(local, true);
        }
        director.localEndpoints.setPool([ip('10.2.0.240'), ip('fd02::240')]);
        t.equal(bench.receive('clients', packet), mode === 'none' ? 'forward' : 'hold');
        return bench;
      };
      const held = play('acked');
      t.equal(held.sent.length, 0);
      tell(held, 1);
      releaseAcknowledged(held.director, 1, held.now);
      t.strictSame(held.takeSent(), play('none').takeSent());
      t.equal(held.isBalanced, true);
      t.end();
    });
  }
}

/** A part of one datagram of the client. */
const part = (offset: number, more: boolean): FrameSpec => ({
  from: offset === 0 ? client : '10.1.0.2',
  to: offset === 0 ? vip : Vip,
  fragment: { offset, more },
  identification: 7,
  ...(offset === 0 ? { udp: { hasChecksum: false } } : { protocol: 17 }),
  payload: 'eightby!'.repeat(offset === 0 ? 1 : 2),
});

test('fragments wait behind the first of their datagram, also those that overtook it', (t) => {
  const bench = benchWith('acked', { protocol: 17 });
  t.equal(bench.receive('clients', fromClient(part(32, false))), 'hold', 'before the first');
  t.equal(bench.receive('clients', fromClient(part(0, true))), 'hold');
  t.equal(bench.receive('clients', fromClient(part(16, true))), 'hold');
  t.equal(bench.director.counters.held, 3);
  tell(bench, 1);
  releaseAcknowledged(bench.director, 1, bench.now);
  const offsets = bench
    .takeSent()
    .map(({ frame }) => (((frame[20] ?? 0) & 0x1f) * 256 + (frame[21] ?? 0)) * 8);
  t.strictSame(offsets, [0, 32, 16]);
  t.equal(bench.isBalanced, true);
  t.end();
});

test('a packet that has waited for its connection may have to wait for its neighbour too', (t) => {
  const bench = benchWith('acked');
  bench.wait(31);
  bench.takeSent();
  t.equal(bench.neighbour('10.2.0.21'), undefined, 'forgotten in the meantime');
  t.equal(send(bench, client, vip), 'hold');
  bench.wait(0);
  tell(bench, 1);
  releaseAcknowledged(bench.director, 1, bench.now);
  t.equal(bench.director.counters.held, 1);
  bench.takeSent();
  bench.answerNeighbour('servers', Mac.server1, '10.2.0.21');
  t.strictSame(bench.takeSent(), [
    sentTo('servers', Mac.server1, { ...syn, to: '10.2.0.21:8080', ttl: 63 }),
  ]);
  t.equal(bench.isBalanced, true);
  t.end();
});

test('an entry that peers know is told of its changes, also below the threshold', (t) => {
  const bench = benchWith('acked');
  send(bench, client, vip);
  tell(bench, 1);
  releaseAcknowledged(bench.director, 1, bench.now);
  send(bench, client, vip, 'A');
  const [index = -1] = tell(bench, 2);
  t.equal(bench.director.connections.state[index], State.established);
  t.match(entries(bench), [/ESTABLISHED/]);
  t.end();
});
