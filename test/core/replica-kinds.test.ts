import { test } from 'tap';

import type { ConnectionKey } from '../../director/core/connection-row.js';
import { NoConnection } from '../../director/core/connections.js';
import { Rank } from '../../director/core/precedence.js';
import { TemplateState } from '../../director/core/protocol-states.js';
import { applyReplica, removeReplica, type Replica } from '../../director/core/replica.js';
import { NoServer } from '../../director/core/services.js';
import { Method } from '../../director/core/services.js';
import { State } from '../../director/core/states.js';
import { toWords } from '../../director/wire/address-words.js';
import { ip } from '../base/values.js';
import { BenchDirector, type ServiceSpec } from '../packets/bench-director.js';
import { Mac } from '../packets/hosts.js';
import { fromClient, fromServer, sentTo } from '../packets/packet-case.js';
import { entries, markRules, send, serverOfClient } from './entries.js';
import { keyOf, type Endpoints } from './flows.js';

const Vip = '10.1.0.110';
const persistence = { timeout: 360, prefixLength: 32 };

/** A backup with one service more, Masq to port 8080. */
function backup(spec: ServiceSpec = {}): BenchDirector {
  const bench = new BenchDirector({ isMaster: false });
  const where = spec.mark === undefined ? { vip: Vip, port: 443 } : {};
  const service = bench.addService({ ...where, persistence, ...spec });
  for (const address of ['10.2.0.21', '10.2.0.22', '10.2.0.23']) {
    bench.addServer(service, { address, port: service.port === 0 ? 0 : 8_080 });
  }
  bench.setMaster(false);
  return bench;
}

function template(endpoints: Endpoints, changes: Partial<ConnectionKey> = {}): Replica {
  return {
    ...keyOf(endpoints),
    ...changes,
    isTemplate: true,
    method: Method.masq,
    state: TemplateState.assured,
    packets: 0,
    remaining: 300,
    timeout: 360,
    origin: 3,
    isDated: false,
  };
}

const plain = template({ client: '10.1.0.2:0', virtual: `${Vip}:443`, real: '10.2.0.21:8080' });

test('a peer’s template decides where its client goes on after a take-over', (t) => {
  const bench = backup();
  t.equal(applyReplica(bench.director, plain, bench.now), 'created');
  t.strictSame(entries(bench), [`TCP 480 ASSURED 10.1.0.2:0 ${Vip}:443 10.2.0.21:8080`]);
  t.equal(bench.server(Vip, 443, '10.2.0.21').persistent, 1);
  bench.setMaster(true);
  send(bench, '10.1.0.2:40000', `${Vip}:443`);
  t.equal(serverOfClient(bench, '10.1.0.2:40000', `${Vip}:443`), '10.2.0.21:8080');
  t.match(entries(bench)[0], /^TCP 360 ASSURED /, 'which takes it up');
  t.end();
});

test('a template is not a connection with the same endpoints, nor the other way round', (t) => {
  const bench = backup();
  applyReplica(bench.director, plain, bench.now);
  const { isTemplate: _, ...rest } = plain;
  const connection: Replica = { ...rest, state: State.established };
  t.equal(applyReplica(bench.director, connection, bench.now), 'created');
  t.equal(bench.director.connections.size, 2);
  t.equal(removeReplica(bench.director, { ...plain, isServed: true }), true);
  t.match(entries(bench).join(), /ESTABLISHED/);
  t.end();
});

test('templates of services of every port and of firewall marks find their servers', (t) => {
  const everyPort = backup({ port: 0 });
  const zero = template({ client: '10.1.0.2:0', virtual: `${Vip}:0`, real: '10.2.0.21:0' });
  applyReplica(everyPort.director, zero, everyPort.now);
  everyPort.setMaster(true);
  send(everyPort, '10.1.0.2:40000', `${Vip}:8443`);
  t.equal(serverOfClient(everyPort, '10.1.0.2:40000', `${Vip}:8443`), '10.2.0.21:8443');

  const marked = backup({ mark: 5 });
  marked.director.marks = markRules(5, ['10.1.0.100'], [81]);
  const five = template(
    { client: '10.1.0.2:0', virtual: '0.0.0.5:0', real: '10.2.0.21:0' },
    { protocol: 0 },
  );
  applyReplica(marked.director, five, marked.now);
  marked.setMaster(true);
  send(marked, '10.1.0.2:40000', '10.1.0.100:81');
  t.equal(serverOfClient(marked, '10.1.0.2:40000', '10.1.0.100:81'), '10.2.0.21:81');
  t.end();
});

test('a connection finds the service of the mark that its peer names, before our own rules know it', (t) => {
  const connection: Replica = {
    ...keyOf({ client: '10.1.0.2:40000', virtual: '10.1.0.100:81', real: '10.2.0.21:81' }),
    method: Method.masq,
    state: State.established,
    packets: 3,
    remaining: 900,
    timeout: 900,
    origin: 3,
    isDated: false,
  };
  for (const [firewallMark, servers] of [
    [5, 1],
    [6, 0],
    [0, 0],
  ] as const) {
    const bench = backup({ mark: 5 });
    applyReplica(bench.director, { ...connection, firewallMark }, bench.now);
    const [service] = [...bench.director.services.services()].filter(
      (candidate) => candidate.firewallMark === 5,
    );
    const active = service?.servers.reduce((sum, server) => sum + server.active, 0);
    t.equal(active, servers, `mark ${firewallMark}`);
  }
  t.end();
});

test('a template that this node serves is kept against one with another server', (t) => {
  for (const mark of [0, 5]) {
    const bench = backup(mark === 0 ? {} : { mark });
    bench.director.marks = markRules(5, mark === 0 ? [] : ['10.1.0.100'], [81]);
    bench.setMaster(true);
    const to = mark === 0 ? `${Vip}:443` : '10.1.0.100:81';
    send(bench, '10.1.0.2:40000', to);
    bench.wait(61);
    const virtual = mark === 0 ? to : '0.0.0.5:0';
    const other = template(
      { client: '10.1.0.2:0', virtual, real: '10.2.0.21:8080' },
      mark === 0 ? {} : { protocol: 0 },
    );
    t.equal(applyReplica(bench.director, other, bench.now), 'kept-own', `mark ${mark}`);
    t.equal(removeReplica(bench.director, { ...other, isServed: true }), false);
    t.match(entries(bench)[0], / 10\.2\.0\.23:/);
  }
  t.end();
});

test('a template that connections follow makes way for that of a master, and they go on', (t) => {
  const bench = backup();
  applyReplica(bench.director, plain, bench.now);
  bench.setMaster(true);
  send(bench, '10.1.0.2:40000', `${Vip}:443`);
  bench.setMaster(false);
  bench.director.standings = {
    rank: () => Rank.master,
    precedes: () => false,
    hasMaster: true,
  };
  const other = {
    ...plain,
    ...keyOf({ client: '10.1.0.2:0', virtual: `${Vip}:443`, real: '10.2.0.22:8080' }),
  };
  t.equal(
    applyReplica(bench.director, { ...other, origin: 4, isTemplate: true }, bench.now),
    'created',
  );
  t.equal(serverOfClient(bench, '10.1.0.2:40000', `${Vip}:443`), '10.2.0.21:8080');
  bench.setMaster(true);
  send(bench, '10.1.0.2:40001', `${Vip}:443`);
  t.equal(serverOfClient(bench, '10.1.0.2:40001', `${Vip}:443`), '10.2.0.22:8080');
  t.end();
});

test('a template that its master has removed is out of the way here, even if connections follow it', (t) => {
  const bench = backup();
  applyReplica(bench.director, plain, bench.now);
  bench.setMaster(true);
  send(bench, '10.1.0.2:40000', `${Vip}:443`);
  bench.setMaster(false);
  const { connections } = bench.director;
  t.equal(connections.digests.entries(3), 1);
  t.equal(removeReplica(bench.director, { ...plain, isServed: true }), true);
  t.equal(connections.digests.entries(3), 0);
  t.equal(connections.findEntry(plain), NoConnection);
  t.equal(serverOfClient(bench, '10.1.0.2:40000', `${Vip}:443`), '10.2.0.21:8080');
  t.end();
});

const fullNat: Replica = {
  ...keyOf({ client: '10.1.0.2:40000', virtual: '10.1.0.120:80', real: '10.2.0.21:8080' }),
  method: Method.fullNat,
  state: State.established,
  packets: 9,
  remaining: 800,
  timeout: 900,
  origin: 3,
  isDated: false,
  local: { words: toWords(ip('10.2.0.240')).words, port: 7_777 },
};

/** A backup with a FullNat service and its local address. */
function fullNatBackup(): BenchDirector {
  const bench = new BenchDirector({ isMaster: false });
  const service = bench.addService({ vip: '10.1.0.120', port: 80 });
  const { director } = bench;
  bench.addServer(service, { address: '10.2.0.21', port: 8_080, method: Method.fullNat });
  director.addFloating(ip('10.2.0.240'), bench.floating('10.2.0.254').interface);
  director.localEndpoints.setPool([ip('10.2.0.240')]);
  bench.setMaster(false);
  return bench;
}

const request = { from: '10.1.0.2:40000', to: '10.1.0.120:80', tcp: 'PA', payload: 'x' };

test('FullNat goes on from the peer’s local endpoint, both ways', (t) => {
  const bench = fullNatBackup();
  applyReplica(bench.director, fullNat, bench.now);
  bench.setMaster(true);
  const answer = { from: '10.2.0.21:8080', to: '10.2.0.240:7777', tcp: 'PA', payload: 'y' };
  t.equal(bench.receive('servers', fromServer(answer)), 'forward');
  const atClient = { ...answer, from: '10.1.0.120:80', to: '10.1.0.2:40000', ttl: 63 };
  t.strictSame(bench.takeSent(), [sentTo('clients', Mac.client, atClient)]);
  t.equal(bench.receive('clients', fromClient(request)), 'forward');
  const atServer = { ...request, from: '10.2.0.240:7777', to: '10.2.0.21:8080', ttl: 63 };
  t.strictSame(bench.takeSent(), [sentTo('servers', Mac.server1, atServer)]);
  t.end();
});

test('a peer’s new local endpoint replaces the old one', (t) => {
  const bench = fullNatBackup();
  applyReplica(bench.director, fullNat, bench.now);
  const local = { words: toWords(ip('10.2.0.240')).words, port: 8_888 };
  t.equal(applyReplica(bench.director, { ...fullNat, local }, bench.now), 'updated');
  bench.setMaster(true);
  const answer = { from: '10.2.0.21:8080', to: '10.2.0.240:8888', tcp: 'A' };
  t.equal(bench.receive('servers', fromServer(answer)), 'forward');
  const old = { ...answer, to: '10.2.0.240:7777' };
  t.equal(bench.receive('servers', fromServer(old)), 'drop: no-service');
  t.end();
});

test('a connection of a peer that uses another method is not sent from nowhere', (t) => {
  const bench = fullNatBackup();
  const { local: _, ...rest } = fullNat;
  applyReplica(bench.director, { ...rest, method: Method.masq }, bench.now);
  bench.setMaster(true);
  t.equal(bench.receive('clients', fromClient(request)), 'forward');
  const [sent] = bench.takeSent();
  t.strictSame([...(sent?.frame.subarray(26, 30) ?? [])], [10, 2, 0, 240]);
  t.end();
});

test('an entry that came before its server’s configuration is bound by its next message', (t) => {
  const bench = new BenchDirector({ isMaster: false });
  const { director } = bench;
  const early: Replica = {
    ...fullNat,
    ...keyOf({ client: '10.1.0.2:40000', virtual: `${Vip}:443`, real: '10.2.0.21:8080' }),
    method: Method.masq,
    local: undefined,
  };
  applyReplica(director, early, bench.now);
  t.equal(director.connections.server[0], NoServer);
  const service = bench.addService({ vip: Vip, port: 443 });
  const server = bench.addServer(service, { address: '10.2.0.21', port: 8_080 });
  t.equal(applyReplica(director, early, bench.now), 'updated');
  t.equal(director.connections.server[0], server.id);
  t.strictSame([server.active, server.inactive], [1, 0]);
  applyReplica(director, { ...early, state: State.timeWait }, bench.now);
  t.strictSame([server.active, server.inactive], [0, 1], 'once and not twice');
  t.end();
});
