import { test } from 'tap';

import { DropReason } from '../../director/core/counters.js';
import { Method, type TunnelSettings } from '../../director/core/services.js';
import { BenchDirector, type BenchOptions, type Outcome, type Sent } from './bench-director.js';
import { BothFamilies, Ipv4Hosts, Ipv6Hosts, Mac, type Hosts } from './hosts.js';
import { endpoint, quote } from './packet-builder.js';
import {
  errorOf,
  type ErrorSpec,
  fromClient,
  fromServer,
  withoutIdentification,
} from './packet-case.js';

const Ipip: TunnelSettings = { type: 'ipip', port: 0, checksum: 'none' };

/** Tunnels, and what their headers add to the outer IP header. */
const Tunnels: readonly (readonly [string, TunnelSettings, number])[] = [
  ['IPIP', Ipip, 0],
  ['GRE', { type: 'gre', port: 0, checksum: 'none' }, 4],
  ['GRE with checksum', { type: 'gre', port: 0, checksum: 'full' }, 8],
  ['GUE', { type: 'gue', port: 6_080, checksum: 'none' }, 12],
  ['GUE with remote checksum', { type: 'gue', port: 6_080, checksum: 'remote' }, 20],
];

const isIpv4 = (hosts: Hosts): boolean => hosts.family === 'IPv4';
const headerOf = (hosts: Hosts): number => (isIpv4(hosts) ? 20 : 40);
const addressesOf = (inner: Hosts): { from: string; to: string } => ({
  from: endpoint(inner.client, 40_000),
  to: endpoint(inner.routeVip, 8_080),
});

interface TunnelOptions extends BenchOptions {
  /** Whether the client asks not to be cut; true when absent. */
  readonly dontFragment?: boolean;
}

/** A bench on which a client's packet has just gone to its real server through a tunnel. */
class TunnelBench extends BenchDirector {
  readonly #outer: Hosts;
  /** The packet in the tunnel. */
  readonly wrapped: Uint8Array;
  /** The same without the tunnel, as the client's error has to quote it. */
  readonly inside: Uint8Array;

  constructor(inner: Hosts, outer: Hosts, tunnel: TunnelSettings, options: TunnelOptions = {}) {
    super(options);
    this.#outer = outer;
    const service = this.addService({ vip: inner.routeVip, port: 8_080 });
    this.addServer(service, { address: outer.servers[0], method: Method.tunnel, tunnel });
    const { dontFragment = true } = options;
    const segment = { ...addressesOf(inner), dontFragment, payload: 'x'.repeat(100) };
    this.receive('clients', fromClient({ ...segment, tcp: 'S' }));
    this.answerNeighbour('servers', Mac.server1, outer.servers[0]);
    this.takeSent();
    this.receive('clients', fromClient({ ...segment, tcp: 'A' }));
    this.wrapped = this.takeSent()[0]?.frame ?? new Uint8Array();
    const length = this.wrapped.length;
    const size = headerOf(inner) + 20 + 100;
    this.inside = Uint8Array.from([
      ...this.wrapped.subarray(0, 14),
      ...this.wrapped.subarray(length - size),
    ]);
  }

  /** Gives the director an error about the packet from a router on the servers' side. */
  complain(type: number, code: number, options: { mtu?: number; most?: number; to?: string } = {}) {
    const { mtu = 0, most = 500, to = this.#outer.directorServers } = options;
    const from = isIpv4(this.#outer) ? '10.2.0.99' : 'fd02::99';
    const payload = quote(this.wrapped, { mtu, most });
    return this.receive('servers', fromServer({ from, to, icmp: { type, code }, payload }));
  }

  sentErrors(): Sent[] {
    return this.takeSent().map(withoutIdentification);
  }
}

const tooBigOf = (outer: Hosts): readonly [number, number] => (isIpv4(outer) ? [3, 4] : [2, 0]);

/** What an error about a packet in a tunnel makes the director do and send. */
function heard(inner: Hosts, outer: Hosts, type: number, code: number): [Outcome, Sent[]] {
  const bench = new TunnelBench(inner, outer, Ipip);
  return [bench.complain(type, code), bench.sentErrors()];
}

/** The same when a client is told this. */
function told(inner: Hosts, kind: ErrorSpec['kind']): [Outcome, Sent[]] {
  const { routeVip: from, client: to } = inner;
  const about = new TunnelBench(inner, inner, Ipip).inside;
  return ['forward', [errorOf({ kind, from, to, about })]];
}

/** The MTU that a client is told when this one is reported from the path of its tunnel. */
function mtuFor(hosts: Hosts, reported: number): number {
  const bench = new TunnelBench(hosts, hosts, Ipip);
  bench.complain(...tooBigOf(hosts), { mtu: reported });
  const [{ frame } = { frame: new Uint8Array(64) }] = bench.sentErrors();
  return new DataView(frame.buffer).getUint32(14 + headerOf(hosts) + 4);
}

test('a packet too big for the path of a tunnel: the client learns what fits inside', (t) => {
  for (const inner of BothFamilies) {
    for (const outer of BothFamilies) {
      for (const [name, tunnel, shim] of Tunnels) {
        const bench = new TunnelBench(inner, outer, tunnel);
        const names = `${inner.family} in ${outer.family} by ${name}`;
        t.equal(bench.complain(...tooBigOf(outer), { mtu: 1_400 }), 'forward', names);
        const mtu = 1_400 - headerOf(outer) - shim;
        const { routeVip: from, client: to } = inner;
        const expected = errorOf({ kind: 'tooBig', from, to, mtu, about: bench.inside });
        t.strictSame(bench.sentErrors(), [expected], names);
        t.equal(bench.director.counters.icmpErrors, 1);
        const { stats } = bench.service(inner.routeVip, 8_080);
        t.strictSame([stats.outPackets, stats.outBytes], [1, bench.inside.length - 14], names);
      }
    }
  }
  t.end();
});

test('what else happens to a packet in a tunnel is told as the kernel does, and RFC 2473', (t) => {
  const silence = ['drop: tunnel-error', []];
  const [four, six] = [Ipv4Hosts, Ipv6Hosts];
  t.strictSame(heard(four, four, 11, 0), told(four, 'timeExceeded'), 'IPv4 in IPv4: as it is');
  t.strictSame(heard(four, four, 3, 1), told(four, 'hostUnreachable'));
  t.strictSame(heard(four, four, 3, 3), told(four, 'portUnreachable'));
  t.strictSame(heard(four, six, 1, 0), told(four, 'hostUnreachable'), 'IPv6 outside: translated');
  t.strictSame(heard(four, six, 3, 0), told(four, 'hostUnreachable'));
  t.strictSame(heard(four, six, 4, 0), silence, 'a parameter problem is one of our own header');
  t.strictSame(heard(six, four, 3, 3), told(six, 'hostUnreachable'));
  t.strictSame(heard(six, four, 11, 0), told(six, 'hostUnreachable'));
  t.strictSame(heard(six, four, 4, 0), silence, 'IPv6 knows no source quench');
  t.strictSame(heard(six, six, 1, 4), told(six, 'hostUnreachable'));
  t.strictSame(heard(six, six, 3, 0), told(six, 'hostUnreachable'));
  t.end();
});

test('a client that lets its packets be cut hears nothing of the path’s MTU', (t) => {
  for (const outer of BothFamilies) {
    const bench = new TunnelBench(Ipv4Hosts, outer, Ipip, { dontFragment: false });
    t.equal(bench.complain(...tooBigOf(outer), { mtu: 1_400 }), 'drop: tunnel-error');
    t.strictSame(bench.sentErrors(), []);
  }
  t.end();
});

test('an MTU is never larger than our link’s, and only reduced while it stays a possible one', (t) => {
  const four = [0, 68, 87, 88, 576, 1_500, 9_000].map((mtu) => mtuFor(Ipv4Hosts, mtu));
  t.strictSame(four, [0, 68, 87, 68, 556, 1_480, 1_480]);
  const six = [0, 1_280, 1_319, 1_400, 9_000].map((mtu) => mtuFor(Ipv6Hosts, mtu));
  t.strictSame(six, [1_280, 1_280, 1_280, 1_360, 1_460]);
  t.end();
});

test('an error that quotes too little, is not for us, or is about no tunnel of ours is unrelated', (t) => {
  for (const outer of BothFamilies) {
    for (const [name, tunnel, shim] of Tunnels) {
      const bench = new TunnelBench(Ipv4Hosts, outer, tunnel);
      const error = tooBigOf(outer);
      const enough = headerOf(outer) + shim + 20 + 8;
      const names = `${name} in ${outer.family}`;
      t.equal(bench.complain(...error, { mtu: 1_400, most: enough }), 'forward', names);
      for (let most = headerOf(outer) + 8; most < enough; most += 1) {
        t.equal(bench.complain(...error, { most }), 'drop: unrelated-icmp', `${names}, ${most}`);
      }
      const to = outer.gateway;
      t.equal(bench.complain(...error, { to }), 'drop: unrelated-icmp', `${names} to ${to}`);
      const [server] = bench.service(Ipv4Hosts.routeVip, 8_080).servers;
      if (server === undefined) throw new Error('a server');
      server.tunnel = { type: tunnel.type === 'gue' ? 'ipip' : 'gue', port: 1, checksum: 'none' };
      t.equal(bench.complain(...error), 'drop: unrelated-icmp', `${names}: another type`);
      server.tunnel = { ...tunnel, port: 7_000 };
      const outcome = tunnel.type === 'gue' ? 'drop: unrelated-icmp' : 'forward';
      t.equal(bench.complain(...error, { mtu: 1_400 }), outcome, `${names}: another port`);
    }
  }
  t.end();
});

test('errors out of tunnels need a connection, a master and a tunnel there', (t) => {
  const bench = new TunnelBench(Ipv4Hosts, Ipv4Hosts, Ipip);
  const [server] = bench.service(Ipv4Hosts.routeVip, 8_080).servers;
  if (server === undefined) throw new Error('a server');
  bench.setMaster(false);
  t.equal(bench.complain(3, 1), 'drop: not-master');
  bench.setMaster(true);
  bench.director.connections.method[0] = Method.route;
  t.equal(bench.complain(3, 1), 'drop: unrelated-icmp');
  bench.director.connections.method[0] = Method.tunnel;
  bench.wait(1_000);
  t.equal(bench.director.connections.size, 0);
  t.equal(bench.complain(3, 1), 'drop: unrelated-icmp');
  t.end();
});

test('errors to clients are limited, whoever caused them', (t) => {
  const bench = new TunnelBench(Ipv4Hosts, Ipv4Hosts, Ipip);
  for (let count = 0; count < 200; count += 1) bench.complain(3, 1);
  t.equal(bench.takeSent().length, 50);
  t.equal(bench.dropped(DropReason.tunnelError), 150);
  t.end();
});

test('a client whose MAC address is not known yet gets its error when it is', (t) => {
  const options = { isUnresolved: true };
  const bench = new TunnelBench(Ipv4Hosts, Ipv4Hosts, Ipip, options);
  t.equal(bench.complain(3, 1), 'hold');
  bench.takeSent();
  bench.answerNeighbour('clients', Mac.client, Ipv4Hosts.client);
  const { routeVip: from, client: to } = Ipv4Hosts;
  const expected = errorOf({ kind: 'hostUnreachable', from, to, about: bench.inside });
  t.strictSame(bench.sentErrors(), [expected]);
  t.end();
});
