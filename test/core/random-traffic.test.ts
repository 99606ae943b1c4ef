import { test } from 'tap';

import { Prng } from '../../director/base/prng.js';
import { Flag } from '../../director/core/connections.js';
import { isActiveState } from '../../director/core/protocol-states.js';
import { applyReplica, removeReplica } from '../../director/core/replica.js';
import {
  Method,
  NoServer,
  type RealServer,
  type VirtualService,
} from '../../director/core/services.js';
import { Family } from '../../director/wire/flow.js';
import { ip } from '../base/values.js';
import { BenchDirector, type Sent } from '../packets/bench-director.js';
import { endpoint, type FrameSpec } from '../packets/packet-builder.js';
import { fromClient, fromServer } from '../packets/packet-case.js';
import { markRules } from './entries.js';
import { keyOf } from './flows.js';

const Vips = ['10.1.0.100', '10.1.0.101', 'fd01::100', 'fd01::101'];
const Ports = [80, 53, 81, 82, 83, 84, 85, 21, 5_000];
const Capacity = 48;

/** A bench with a service of every kind, in both families. */
function everything(seed: number): { bench: BenchDirector; services: VirtualService[] } {
  const bench = new BenchDirector({ capacity: Capacity, isUnresolved: seed % 2 === 0 });
  const { director } = bench;
  const persistence = { timeout: 20, prefixLength: 30 };
  const services: VirtualService[] = [];
  for (const [vip, servers] of [
    ['10.1.0.100', ['10.2.0.21', '10.2.0.22']],
    ['fd01::100', ['fd02::21', 'fd02::22']],
  ] as const) {
    const family = vip.includes(':') ? Family.ipv6 : Family.ipv4;
    const specs = [
      { service: { vip, port: 81, persistence }, method: Method.masq },
      { service: { vip, port: 82 }, method: Method.fullNat },
      { service: { vip, port: 83 }, method: Method.tunnel },
      { service: { vip, port: 84 }, method: Method.local },
      { service: { vip, port: 85, protocol: 17, isOnePacket: true }, method: Method.masq },
      { service: { vip, port: 81, protocol: 132, persistence }, method: Method.masq },
      { service: { vip, port: 82, protocol: 132 }, method: Method.route },
      { service: { vip, port: 21, persistence }, method: Method.fullNat },
      { service: { mark: 5, family, persistence, isOnePacket: true }, method: Method.masq },
    ];
    for (const { service: spec, method } of specs) {
      const service = bench.addService(spec);
      services.push(service);
      for (const address of servers) {
        bench.addServer(service, { address, method, upperThreshold: 9 });
      }
    }
  }
  director.localEndpoints.setPool([ip('10.2.0.254'), ip('fd02::fe')]);
  director.marks = markRules(5, ['10.1.0.101', 'fd01::101'], [81, 85]);
  return { bench, services };
}

const pick = <T>(random: Prng, from: readonly T[]): T => {
  const value = from[random.below(from.length)];
  if (value === undefined) throw new Error('something to pick from');
  return value;
};

const Segments = ['S', 'S', 'S', 'A', 'A', 'PA', 'FA', 'R', 'SA', ''];

/** What a packet carries: a segment, a datagram or an SCTP chunk, sometimes in fragments, sometimes too long. */
function contents(random: Prng, port: number): Omit<FrameSpec, 'from' | 'to'> {
  const more = random.below(12) === 0;
  const offset = random.below(2) * 8;
  const common = {
    ttl: random.below(20) === 0 ? 1 : 64,
    dontFragment: random.below(3) === 0,
    payload: 'x'.repeat(random.below(30) === 0 ? 1_600 : random.below(20)),
    ...(more ? { fragment: { offset, more: offset === 0 || random.below(2) === 0 } } : {}),
    identification: random.below(4),
  };
  if (port === 53 || port === 85) return { ...common, udp: {} };
  const isSctp = (port === 81 || port === 82) && random.below(3) === 0;
  return isSctp
    ? { ...common, sctp: { chunk: random.below(15) } }
    : { ...common, tcp: pick(random, Segments) };
}

function fromSomeClient(random: Prng): FrameSpec {
  const vip = pick(random, Vips);
  const last = 2 + random.below(4);
  const host = vip.includes(':') ? `fd01::${last}` : `10.1.0.${last}`;
  const from = endpoint(host, 1_000 + random.below(3));
  const port = pick(random, Ports);
  return { ...contents(random, port), from, to: endpoint(vip, port) };
}

/** An answer to something that the director has sent to a real server, or to nothing at all. */
function answerTo(random: Prng, sent: readonly Sent[]): FrameSpec {
  const { frame } = sent[random.below(Math.max(1, sent.length))] ?? { frame: new Uint8Array(60) };
  const isIpv6 = frame[12] === 0x86;
  const [at, length] = isIpv6 ? [22, 16] : [26, 4];
  const text = (offset: number): string => {
    const bytes = frame.subarray(offset, offset + length);
    if (!isIpv6) return bytes.join('.');
    const groups = Array.from({ length: 8 }, (_, group) =>
      (((bytes[group * 2] ?? 0) << 8) | (bytes[group * 2 + 1] ?? 0)).toString(16),
    );
    return groups.join(':');
  };
  const ports = isIpv6 ? 54 : 34;
  const port = (offset: number): number => ((frame[offset] ?? 0) << 8) | (frame[offset + 1] ?? 0);
  const protocol = frame[isIpv6 ? 20 : 23];
  const ends = {
    from: endpoint(text(at + length), port(ports + 2)),
    to: endpoint(text(at), port(ports)),
  };
  if (protocol === 17) return { ...ends, udp: {}, payload: 'y' };
  if (protocol === 132) return { ...ends, sctp: { chunk: random.below(15) } };
  return { ...ends, tcp: pick(random, ['SA', 'SA', 'A', 'PA', 'FA', 'R']) };
}

/** Somebody changes the configuration or the role of the node. */
function meddle(random: Prng, bench: BenchDirector, services: readonly VirtualService[]): void {
  const { director } = bench;
  const service = pick(random, services);
  const server: RealServer | undefined = service.servers[random.below(2)];
  switch (random.below(8)) {
    case 0:
      bench.setMaster(random.below(5) > 0);
      return;
    case 1:
      if (server !== undefined) director.services.removeServer(server);
      return;
    case 2: {
      const address = service.family === Family.ipv6 ? 'fd02::21' : '10.2.0.21';
      const known = service.servers.some((one) => one.address === address);
      const method = pick(random, Object.values(Method));
      if (!known) bench.addServer(service, { address, method, upperThreshold: random.below(4) });
      return;
    }
    case 3:
      if (server !== undefined) {
        const { method } = server;
        director.services.editServer(server, { method, weight: random.below(3) });
      }
      return;
    case 4:
      director.settings.expire_nodest_conn = random.below(2);
      director.settings.expire_quiescent_template = random.below(2);
      return;
    case 5:
      director.settings.conn_reuse_mode = random.below(4);
      director.settings.sloppy_tcp = random.below(2);
      director.settings.sloppy_sctp = random.below(2);
      return;
    case 6:
      director.settings.secure_tcp = random.below(2) * 3;
      director.settings.drop_entry = random.below(2) * 3;
      director.settings.nat_icmp_send = random.below(2);
      director.settings.schedule_icmp = random.below(2);
      return;
    default:
      bench.resolveAll();
  }
}

/** A message of a peer about a connection or a template, known or not. */
function hearPeer(random: Prng, bench: BenchDirector): void {
  const client = `10.1.0.${2 + random.below(10)}:${1_000 + random.below(3)}`;
  const isTemplate = random.below(3) === 0;
  const key = keyOf({
    client: isTemplate ? `${client.split(':')[0]}:0` : client,
    virtual: `10.1.0.100:${pick(random, Ports)}`,
    real: `10.2.0.${21 + random.below(2)}:${pick(random, Ports)}`,
  });
  if (random.below(4) === 0) {
    removeReplica(bench.director, { ...key, isTemplate, origin: 1, isServed: true });
    return;
  }
  const replica = {
    ...key,
    isTemplate,
    method: pick(random, Object.values(Method)),
    state: isTemplate ? random.below(2) : random.below(11),
    packets: random.below(20),
    remaining: random.below(100),
    timeout: 100,
    origin: 1,
    isDated: random.below(2) === 0,
    local:
      random.below(2) === 0
        ? undefined
        : { words: Uint32Array.of(0, 0, 0, 0x0a0200fe), port: 5_000 + random.below(4) },
  };
  applyReplica(bench.director, replica, bench.now);
}

/** The indexes in use. */
function used(bench: BenchDirector): number[] {
  const { connections } = bench.director;
  const all = Array.from({ length: connections.end }, (_, index) => index);
  return all.filter((index) => connections.isInUse(index));
}

/** Active, inactive and persistent connections of each server as the table has them, which it has to count itself. */
function miscountedServer(bench: BenchDirector): string | undefined {
  const { connections, services } = bench.director;
  const counts = new Map<number, [number, number, number]>();
  for (const index of used(bench)) {
    const id = connections.server[index] ?? NoServer;
    const sum = counts.get(id) ?? [0, 0, 0];
    const isActive = isActiveState(connections.protocol[index] ?? 0, connections.state[index] ?? 0);
    if (connections.hasFlag(index, Flag.template)) sum[2] += 1;
    else sum[isActive ? 0 : 1] += 1;
    counts.set(id, sum);
  }
  counts.delete(NoServer);
  for (const [id, table] of counts) {
    const server = services.server(id);
    const own = [server?.active, server?.inactive, server?.persistent].join();
    if (own !== table.join()) return `server ${id} counts ${own}, the table ${table.join()}`;
  }
  return undefined;
}

/** Every template counts the connections that follow it. */
function miscountedTemplate(bench: BenchDirector): string | undefined {
  const { connections } = bench.director;
  const indexes = used(bench);
  const followed = indexes.map((index) => connections.template(index));
  for (const index of indexes) {
    const expected = followed.filter((template) => template === index).length;
    if (connections.children(index) !== expected) {
      return `template ${index} counts ${connections.children(index)}, not ${expected}`;
    }
  }
  return undefined;
}

/** What is left when all connections should have ended. */
function leftover(bench: BenchDirector, services: readonly VirtualService[]): string | undefined {
  const { connections, localEndpoints } = bench.director;
  if (connections.size > 0) return `${connections.size} entries stay behind`;
  for (let index = 0; index < Capacity; index += 1) {
    if (localEndpoints.port(index) !== 0) return `local port ${localEndpoints.port(index)} leaks`;
  }
  const servers = services.flatMap((service) => service.servers);
  const isClean = servers.every((server) => server.total + server.persistent === 0);
  return isClean ? undefined : 'a server counts what is gone';
}

/** True for a frame to a server, and no question to all or to a group for a MAC address. */
const isToServer = ({ link, frame }: Sent): boolean =>
  link === 'servers' && ((frame[0] ?? 0) & 1) === 0;

function play(seed: number, rounds: number, note: (outcome: string) => void): string | undefined {
  const random = new Prng(seed);
  const { bench, services } = everything(seed);
  let sent: Sent[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const turn = random.below(10);
    if (turn < 3) note(`back ${bench.receive('servers', fromServer(answerTo(random, sent)))}`);
    else if (turn < 4) hearPeer(random, bench);
    else note(bench.receive('clients', fromClient(fromSomeClient(random))));
    sent = [...bench.takeSent().filter(isToServer), ...sent].slice(0, 20);
    if (random.below(25) === 0) meddle(random, bench, services);
    if (random.below(50) === 0) bench.wait(random.below(30));
    const failure = miscountedServer(bench) ?? miscountedTemplate(bench);
    if (failure !== undefined) return `${failure} in round ${round}`;
  }
  bench.wait(3_000);
  return leftover(bench, services);
}

/** What has to happen often, or this test would prove little. */
const Expected = `
  forward, hold, back forward, drop: too-big, drop: ttl, drop: no-connection, drop: not-master,
  drop: table-full, drop: server-gone, drop: no-service, drop: no-server, back drop: not-for-us`;

test('whatever happens, counters add up, servers’ counts equal the table and everything ends', (t) => {
  const outcomes = new Map<string, number>();
  const note = (outcome: string): void => {
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  };
  for (let seed = 1; seed <= 12; seed += 1) {
    t.equal(play(seed, 3_000, note), undefined, `seed ${seed}`);
  }
  for (const outcome of Expected.trim().split(/,\s+/)) {
    const count = outcomes.get(outcome) ?? 0;
    t.ok(count >= 5, `${outcome}: ${count}`);
  }
  t.end();
});
