import { test } from 'tap';

import { LocalOrigin, NoConnection } from '../../director/core/connections.js';
import { DropReason } from '../../director/core/counters.js';
import { Rank } from '../../director/core/precedence.js';
import { applyReplica, type Replica } from '../../director/core/replica.js';
import { Method } from '../../director/core/services.js';
import { State } from '../../director/core/states.js';
import { beginDoubt } from '../../director/core/take-over.js';
import { BenchDirector, type BenchOptions } from '../packets/bench-director.js';
import { Mac } from '../packets/hosts.js';
import { fromClient, sentTo } from '../packets/packet-case.js';
import { flowOf, keyOf } from './flows.js';

/*
 * A node takes over from a master that lives: for some milliseconds both are masters. The client has used the ports of a
 * connection that is over for another one, which the former master has opened and not told of yet.
 */

const client = '10.1.0.2:40000';
const vip = '10.1.0.100:80';
const peer = 3;

const replicaOf = (server: string, state: number, packets: number): Replica => ({
  ...keyOf({ client, virtual: vip, real: `${server}:8080` }),
  method: Method.masq,
  state,
  packets,
  remaining: 100,
  timeout: 120,
  origin: peer,
  isDated: false,
});

interface TakeOver {
  readonly bench: BenchDirector;
  /** What the former master says it is. */
  readonly standing: (rank: Rank) => void;
}

/** A node that has taken over, with a connection of server1 that is in this state, as the former master has told. */
function takeOver(state: number, options: BenchOptions = {}): TakeOver {
  const bench = new BenchDirector({ ...options, isMaster: false });
  const standing = (rank: Rank): void => {
    bench.director.standings = {
      rank: () => rank,
      precedes: () => false,
      hasMaster: rank === Rank.master,
    };
  };
  standing(Rank.master);
  applyReplica(bench.director, replicaOf('10.2.0.21', state, 9), bench.now);
  bench.setMaster(true);
  beginDoubt(bench.director, bench.now);
  return { bench, standing };
}

const segment = (tcp: string): Parameters<typeof fromClient>[0] => ({
  from: client,
  to: vip,
  tcp,
  payload: tcp === 'PA' ? 'hello' : '',
});

const receive = (bench: BenchDirector, tcp: string): string =>
  bench.receive('clients', fromClient(segment(tcp)));

test('while the former master is one, nothing is sent to the server of a connection that is over', (t) => {
  for (const state of [State.timeWait, State.close]) {
    const { bench } = takeOver(state);
    for (const flags of ['A', 'PA', 'FA', 'RA']) t.equal(receive(bench, flags), 'drop: doubtful');
    t.equal(bench.dropped(DropReason.doubtful), 4);
    t.strictSame(bench.takeSent(), []);
    const { connections, sync } = bench.director;
    t.equal(
      connections.origin[connections.find(flowOf(client, vip))],
      peer,
      'it is still the peer’s',
    );
    t.equal(sync.length, 0, 'who is told nothing of it');
  }
  t.end();
});

test('the packet that comes again goes where the former master has opened the connection', (t) => {
  for (const server of ['10.2.0.21', '10.2.0.22']) {
    const { bench, standing } = takeOver(State.timeWait);
    t.equal(receive(bench, 'A'), 'drop: doubtful');
    applyReplica(bench.director, replicaOf(server, State.synRecv, 1), bench.now);
    standing(Rank.backup);
    t.equal(receive(bench, 'PA'), 'forward');
    const mac = server === '10.2.0.21' ? Mac.server1 : Mac.server2;
    const expected = { ...segment('PA'), to: `${server}:8080`, ttl: 63 };
    t.strictSame(bench.takeSent(), [sentTo('servers', mac, expected)]);
    const { connections } = bench.director;
    const index = connections.find(flowOf(client, vip));
    t.equal(connections.state[index], State.established);
  }
  t.end();
});

test('a connection that is over has its last packets once the former master is none any more', (t) => {
  for (const rank of [Rank.backup, Rank.gone]) {
    const { bench, standing } = takeOver(State.timeWait);
    standing(rank);
    t.equal(receive(bench, 'A'), 'forward');
  }
  const { bench } = takeOver(State.timeWait);
  bench.wait(2.75);
  t.equal(receive(bench, 'A'), 'drop: doubtful');
  bench.wait(0.25);
  t.equal(receive(bench, 'A'), 'forward', 'or when it is one for so long: of other addresses');
  t.end();
});

test('connections that live, that begin, and that are this node’s own are not in doubt', (t) => {
  t.equal(receive(takeOver(State.established).bench, 'A'), 'forward');
  t.equal(receive(takeOver(State.finWait).bench, 'A'), 'forward');

  const { bench } = takeOver(State.timeWait);
  const { connections } = bench.director;
  t.equal(receive(bench, 'S'), 'forward', 'the client may begin anew here as well');
  const index = connections.find(flowOf(client, vip));
  t.not(index, NoConnection);
  t.equal(connections.origin[index], LocalOrigin);
  for (const flags of ['A', 'R']) t.equal(receive(bench, flags), 'forward');
  t.equal(connections.state[index], State.close);
  t.equal(receive(bench, 'A'), 'forward');
  t.end();
});

test('among nodes that are all active, and where ports are not used anew, packets go where they went', (t) => {
  const all = takeOver(State.timeWait, { isActiveActive: true });
  t.equal(receive(all.bench, 'A'), 'forward');
  const { bench } = takeOver(State.timeWait, { settings: { conn_reuse_mode: 0 } });
  t.equal(receive(bench, 'A'), 'drop: doubtful');
  t.equal(receive(bench, 'S'), 'forward');
  t.equal(receive(bench, 'A'), 'forward', 'the connection lives again');
  t.end();
});
