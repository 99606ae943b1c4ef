import type { BenchDirector } from './bench-director.js';
import { BothFamilies, Mac, type Hosts } from './hosts.js';
import { endpoint } from './packet-builder.js';
import { errorOf, fromClient, fromServer, sentTo, type PacketCase } from './packet-case.js';

function routerCases(hosts: Hosts): PacketCase[] {
  const { client, masqVip, routeVip, servers, family } = hosts;
  const host = endpoint(client, 40_000);
  const request = { from: host, to: endpoint(masqVip, 80) };
  const response = { from: endpoint(servers[2], 8_080), to: host };
  const open = (bench: BenchDirector): void => {
    bench.receive('clients', fromClient({ ...request, tcp: 'S' }));
  };
  const spent = (ttl: number): Uint8Array => fromClient({ ...request, tcp: 'S', ttl });
  const told = (about: Uint8Array, from = masqVip) =>
    errorOf({ kind: 'timeExceeded', from, to: client, about });
  const late = fromServer({ ...response, tcp: 'SA', ttl: 1 });
  const routed = fromClient({ from: host, to: endpoint(routeVip, 80), tcp: 'S', ttl: 1 });
  const cases: PacketCase[] = [
    {
      description: 'a TTL of 2 is the last that goes on',
      arrival: 'clients',
      packet: fromClient({ ...request, tcp: 'S', ttl: 2 }),
      outcome: 'forward',
      sent: [
        sentTo('servers', Mac.server3, {
          from: host,
          to: endpoint(servers[2], 8_080),
          tcp: 'S',
          ttl: 1,
        }),
      ],
    },
    {
      description: 'a TTL of 1 ends at the director, which says so',
      arrival: 'clients',
      packet: spent(1),
      outcome: 'drop: ttl',
      sent: [told(spent(1))],
    },
    {
      description: 'a TTL of 0 should never have come so far',
      arrival: 'clients',
      packet: spent(0),
      outcome: 'drop: ttl',
      sent: [told(spent(0))],
    },
    {
      description: 'a TTL of 1 ends at the director under Route too',
      arrival: 'clients',
      packet: routed,
      outcome: 'drop: ttl',
      sent: [told(routed, routeVip)],
    },
    {
      description: 'a TTL of 1 ends replies too, and the server hears it from its own link',
      before: open,
      arrival: 'servers',
      packet: late,
      outcome: 'drop: ttl',
      sent: [
        errorOf({
          kind: 'timeExceeded',
          from: hosts.directorServers,
          to: servers[2],
          link: 'servers',
          mac: Mac.server3,
          about: late,
        }),
      ],
    },
    ...tooBigCases(hosts),
  ];
  return cases.map((row) => ({ ...row, description: `${family}: ${row.description}` }));
}

/** Packets that must not be cut: IPv6 always, IPv4 with DF. */
function tooBigCases(hosts: Hosts): PacketCase[] {
  const { client, masqVip, routeVip, servers } = hosts;
  const host = endpoint(client, 40_000);
  const headers = hosts.family === 'IPv6' ? 60 : 40;
  const whole = { from: host, tcp: 'S', dontFragment: true, identification: 7 };
  const ofLength = (length: number, vip: string, ttl = 64): Uint8Array =>
    fromClient({ ...whole, ttl, to: endpoint(vip, 80), payload: 'x'.repeat(length - headers) });
  const reply = {
    ...whole,
    from: endpoint(servers[2], 8_080),
    to: host,
    tcp: 'SA',
    payload: 'x'.repeat(1_401 - headers),
  };
  const narrow = { servers: 1_400 };
  const cases: PacketCase[] = [
    {
      description: 'a packet as long as the link to the server carries goes on',
      bench: { mtu: narrow },
      arrival: 'clients',
      packet: ofLength(1_400, masqVip),
      outcome: 'forward',
      sent: [
        sentTo('servers', Mac.server3, {
          ...whole,
          to: endpoint(servers[2], 8_080),
          ttl: 63,
          payload: 'x'.repeat(1_400 - headers),
        }),
      ],
    },
    ...[masqVip, routeVip].map((vip): PacketCase => ({
      // A kernel counts this hop before it looks at the size, and quotes what it has made of the packet.
      description: `a longer one to ${vip} is refused with the link’s MTU`,
      bench: { mtu: narrow },
      arrival: 'clients',
      packet: ofLength(1_401, vip),
      outcome: 'drop: too-big',
      sent: [
        errorOf({
          kind: 'tooBig',
          from: vip,
          to: client,
          mtu: 1_400,
          about: ofLength(1_401, vip, 63),
        }),
      ],
    })),
    {
      description: 'a reply too long for the client’s link is refused with its MTU',
      bench: { mtu: { clients: 1_400 } },
      before: (bench) =>
        bench.receive('clients', fromClient({ from: host, to: endpoint(masqVip, 80), tcp: 'S' })),
      arrival: 'servers',
      packet: fromServer(reply),
      outcome: 'drop: too-big',
      sent: [
        errorOf({
          kind: 'tooBig',
          from: hosts.directorServers,
          to: servers[2],
          link: 'servers',
          mac: Mac.server3,
          mtu: 1_400,
          about: fromServer(reply),
        }),
      ],
    },
  ];
  return cases;
}

const cut = { from: '10.1.0.2:40000', identification: 0x4242, ttl: 63 };
const long = 'abcdefgh'.repeat(180);
const query = fromClient({ ...cut, to: '10.1.0.100:53', ttl: 64, udp: {}, payload: long });

/** What the director does because it is a router on the way: TTL and path MTU, and IPv4's fragmentation. */
export const RouterCases: readonly PacketCase[] = [
  ...BothFamilies.flatMap(routerCases),
  {
    description: 'IPv4: a packet without DF that is too long leaves in fragments',
    bench: { mtu: { servers: 1_000 } },
    arrival: 'clients',
    packet: query,
    outcome: 'forward',
    sent: fragmentsOf(976),
  },
  {
    description: 'IPv4: nothing is cut that a driver with a longer MTU carries whole',
    arrival: 'clients',
    packet: query,
    outcome: 'forward',
    sent: [
      sentTo('servers', Mac.server3, { ...cut, to: '10.2.0.23:5353', udp: {}, payload: long }),
    ],
  },
];

/** The datagram as its server gets it, in pieces of so many bytes of data. */
function fragmentsOf(piece: number) {
  const spec = { ...cut, to: '10.2.0.23:5353', udp: {}, payload: long };
  const { frame } = sentTo('servers', Mac.server3, spec);
  const data = Buffer.from(frame.subarray(34));
  return [0, piece].map((offset) => {
    const part = data.subarray(offset, offset + piece);
    return sentTo('servers', Mac.server3, {
      ...cut,
      to: '10.2.0.23:5353',
      protocol: 17,
      fragment: { offset, more: offset + piece < data.length },
      payload: `0x${part.toString('hex')}`,
    });
  });
}
