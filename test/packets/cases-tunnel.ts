import { Method, type TunnelSettings } from '../../director/core/services.js';
import type { BenchDirector, Sent } from './bench-director.js';
import { BothFamilies, Mac, type Hosts } from './hosts.js';
import { endpoint } from './packet-builder.js';
import { errorOf, fromClient, sentTo, type PacketCase } from './packet-case.js';

const Ipip: TunnelSettings = { type: 'ipip', port: 0, checksum: 'none' };
const Gre: TunnelSettings = { type: 'gre', port: 0, checksum: 'none' };
const Gue: TunnelSettings = { type: 'gue', port: 6_080, checksum: 'none' };

/** Adds a Tunnel service on port 8080 of the Route VIP before one server of the outer family. */
const tunnelTo =
  (inner: Hosts, outer: Hosts, tunnel: TunnelSettings) =>
  (bench: BenchDirector): void => {
    const service = bench.addService({ vip: inner.routeVip, port: 8_080 });
    bench.addServer(service, { address: outer.servers[0], method: Method.tunnel, tunnel });
  };

/** A client's packet inside an IP packet from the director to the real server, with what stands between them. */
function wrapped(inner: Hosts, outer: Hosts, spec: { frame: Uint8Array; shim: string }): Sent {
  const isIpv4Inside = inner.family === 'IPv4';
  const protocol = spec.shim === '' ? (isIpv4Inside ? 4 : 41) : 47;
  return sentTo('servers', Mac.server1, {
    from: outer.directorServers,
    to: outer.servers[0],
    ttl: 63,
    protocol,
    dontFragment: isIpv4Inside && outer.family === 'IPv4',
    payload: `0x${spec.shim}${Buffer.from(spec.frame.subarray(14)).toString('hex')}`,
  });
}

function tunnelCases(inner: Hosts, outer: Hosts): PacketCase[] {
  const request = {
    from: endpoint(inner.client, 40_000),
    to: endpoint(inner.routeVip, 8_080),
    tcp: 'S',
    dontFragment: true,
  };
  const ipHeader = outer.family === 'IPv4' ? 20 : 40;
  const greProtocol = inner.family === 'IPv4' ? '00000800' : '000086dd';
  const inside = fromClient({ ...request, ttl: 63 });
  const names = `${inner.family} in ${outer.family}`;
  const tooLong = (mtu: number, ttl = 64): Uint8Array => {
    const headers = inner.family === 'IPv4' ? 40 : 60;
    return fromClient({ ...request, ttl, payload: 'x'.repeat(mtu + 1 - headers) });
  };
  const refusedBy = (name: string, tunnel: TunnelSettings, mtu: number): PacketCase => ({
    description: `${names}: by ${name} a packet of ${mtu + 1} bytes is refused, ${mtu} would pass`,
    before: tunnelTo(inner, outer, tunnel),
    arrival: 'clients',
    packet: tooLong(mtu),
    outcome: 'drop: too-big',
    sent: [
      errorOf({
        kind: 'tooBig',
        from: inner.routeVip,
        to: inner.client,
        mtu,
        about: tooLong(mtu, 63),
      }),
    ],
  });
  const last = fromClient({ ...request, ttl: 1 });
  return [
    ...[Ipip, Gre].map((tunnel): PacketCase => ({
      description: `${names}: a SYN goes to its server by ${tunnel.type}`,
      before: tunnelTo(inner, outer, tunnel),
      arrival: 'clients',
      packet: fromClient(request),
      outcome: 'forward',
      hasAnyIdentification: inner.family === 'IPv6',
      sent: [wrapped(inner, outer, { frame: inside, shim: tunnel === Gre ? greProtocol : '' })],
    })),
    refusedBy('IPIP', Ipip, 1_500 - ipHeader),
    refusedBy('GRE', Gre, 1_500 - ipHeader - 4),
    refusedBy('GUE', Gue, 1_500 - ipHeader - 12),
    {
      description: `${names}: a TTL of 1 ends before the tunnel`,
      before: tunnelTo(inner, outer, Ipip),
      arrival: 'clients',
      packet: last,
      outcome: 'drop: ttl',
      sent: [
        errorOf({ kind: 'timeExceeded', from: inner.routeVip, to: inner.client, about: last }),
      ],
    },
  ];
}

/** Tunnel: the client's packet goes on in another one, whose headers count against the path's MTU. */
export const TunnelCases: readonly PacketCase[] = BothFamilies.flatMap((inner) =>
  BothFamilies.flatMap((outer) => tunnelCases(inner, outer)),
);
