import type { BenchDirector } from './bench-director.js';
import { BothFamilies, Mac, type Hosts } from './hosts.js';
import { endpoint } from './packet-builder.js';
import { fromClient, fromServer, sentTo, type PacketCase } from './packet-case.js';

/** Who talks to whom under Masq, as each side sees it. */
function views({ client, masqVip, servers }: Hosts) {
  const host = endpoint(client, 40_000);
  return {
    request: { from: host, to: endpoint(masqVip, 80) },
    atServer: { from: host, to: endpoint(servers[2], 8_080), ttl: 63 },
    response: { from: endpoint(servers[2], 8_080), to: host },
    atClient: { from: endpoint(masqVip, 80), to: host, ttl: 63 },
    query: { from: host, to: endpoint(masqVip, 53) },
    queryAtServer: { from: host, to: endpoint(servers[2], 5_353), ttl: 63 },
    answer: { from: endpoint(servers[2], 5_353), to: host },
    answerAtClient: { from: endpoint(masqVip, 53), to: host, ttl: 63 },
  };
}

function segmentCases(hosts: Hosts): PacketCase[] {
  const { request, atServer, response, atClient } = views(hosts);
  const open = (bench: BenchDirector): void => {
    bench.receive('clients', fromClient({ ...request, tcp: 'S' }));
  };
  return [
    {
      description: 'a SYN is scheduled and rewritten to the real server',
      arrival: 'clients',
      packet: fromClient({ ...request, tcp: 'S', tcpOptions: '020405b4' }),
      outcome: 'forward',
      sent: [sentTo('servers', Mac.server3, { ...atServer, tcp: 'S', tcpOptions: '020405b4' })],
    },
    {
      description: 'the reply of the real server is rewritten to come from the VIP',
      before: open,
      arrival: 'servers',
      packet: fromServer({ ...response, tcp: 'SA', acknowledgement: 1_001 }),
      outcome: 'forward',
      sent: [sentTo('clients', Mac.client, { ...atClient, tcp: 'SA', acknowledgement: 1_001 })],
    },
    {
      description: 'a segment of a known connection goes to the server of the first one',
      before: open,
      arrival: 'clients',
      packet: fromClient({ ...request, tcp: 'PA', sequence: 1_001, payload: 'hello' }),
      outcome: 'forward',
      sent: [
        sentTo('servers', Mac.server3, {
          ...atServer,
          tcp: 'PA',
          sequence: 1_001,
          payload: 'hello',
        }),
      ],
    },
    {
      description: 'the next connection goes to the next server',
      before: open,
      arrival: 'clients',
      packet: fromClient({ ...request, from: endpoint(hosts.client, 40_001), tcp: 'S' }),
      outcome: 'forward',
      sent: [
        sentTo('servers', Mac.server2, {
          from: endpoint(hosts.client, 40_001),
          to: endpoint(hosts.servers[1], 8_080),
          ttl: 63,
          tcp: 'S',
        }),
      ],
    },
    {
      description: 'Ethernet padding is not taken for payload',
      before: open,
      arrival: 'clients',
      packet: fromClient({ ...request, tcp: 'A', padding: 6 }),
      outcome: 'forward',
      sent: [sentTo('servers', Mac.server3, { ...atServer, tcp: 'A' })],
    },
    {
      description: 'the type of service, or traffic class, stays as it was',
      arrival: 'clients',
      packet: fromClient({ ...request, tcp: 'S', tos: 0xb8 }),
      outcome: 'forward',
      sent: [sentTo('servers', Mac.server3, { ...atServer, tcp: 'S', tos: 0xb8 })],
    },
    {
      description: 'a client behind the router is answered by way of the router',
      before: (bench) => {
        const far = { from: endpoint(hosts.farClient, 5_000), to: request.to };
        bench.receive('clients', fromClient({ ...far, tcp: 'S' }, Mac.router));
      },
      arrival: 'servers',
      packet: fromServer({
        from: response.from,
        to: endpoint(hosts.farClient, 5_000),
        tcp: 'SA',
      }),
      outcome: 'forward',
      sent: [
        sentTo('clients', Mac.router, {
          from: request.to,
          to: endpoint(hosts.farClient, 5_000),
          ttl: 63,
          tcp: 'SA',
        }),
      ],
    },
    {
      description: 'the same ports over TCP and UDP are two connections',
      before: open,
      arrival: 'clients',
      packet: fromClient({ ...request, udp: {}, payload: 'x' }),
      outcome: 'drop: no-service',
      sent: [],
    },
    {
      description:
        'a reply reaches its connection although a Route connection has the same endpoints',
      // One client port may serve connections to several VIPs; the one opened last comes first in the bucket.
      before: (bench) => {
        const vip = bench.service(hosts.masqVip, 80);
        const routed = bench.service(hosts.routeVip, 80);
        for (const server of vip.servers) server.weight = 0;
        for (const server of routed.servers.slice(1)) server.weight = 0;
        bench.addServer(vip, { address: hosts.servers[2], port: 80 });
        open(bench);
        const toRoute = { ...request, to: endpoint(hosts.routeVip, 80), tcp: 'S' };
        bench.receive('clients', fromClient(toRoute));
      },
      arrival: 'servers',
      packet: fromServer({ ...response, from: endpoint(hosts.servers[2], 80), tcp: 'SA' }),
      outcome: 'forward',
      sent: [sentTo('clients', Mac.client, { ...atClient, tcp: 'SA' })],
    },
  ];
}

function datagramCases(hosts: Hosts): PacketCase[] {
  const { query, queryAtServer, answer, answerAtClient } = views(hosts);
  const ask = (bench: BenchDirector): void => {
    bench.receive('clients', fromClient({ ...query, udp: {}, payload: 'm0' }));
  };
  return [
    {
      description: 'a datagram is rewritten with its checksum',
      arrival: 'clients',
      packet: fromClient({ ...query, udp: {}, payload: 'm0!' }),
      outcome: 'forward',
      sent: [sentTo('servers', Mac.server3, { ...queryAtServer, udp: {}, payload: 'm0!' })],
    },
    {
      description: 'the answer to a datagram is rewritten with its checksum',
      before: ask,
      arrival: 'servers',
      packet: fromServer({ ...answer, udp: {}, payload: 'm1' }),
      outcome: 'forward',
      sent: [sentTo('clients', Mac.client, { ...answerAtClient, udp: {}, payload: 'm1' })],
    },
    {
      description: 'a datagram without a checksum stays without one',
      arrival: 'clients',
      packet: fromClient({ ...query, udp: { hasChecksum: false }, payload: 'm0' }),
      outcome: 'forward',
      sent: [
        sentTo('servers', Mac.server3, {
          ...queryAtServer,
          udp: { hasChecksum: false },
          payload: 'm0',
        }),
      ],
    },
    {
      description: 'an answer without a checksum stays without one',
      before: ask,
      arrival: 'servers',
      packet: fromServer({ ...answer, udp: { hasChecksum: false }, payload: 'm1' }),
      outcome: 'forward',
      sent: [
        sentTo('clients', Mac.client, {
          ...answerAtClient,
          udp: { hasChecksum: false },
          payload: 'm1',
        }),
      ],
    },
    {
      description: 'an empty datagram is one too',
      arrival: 'clients',
      packet: fromClient({ ...query, udp: {} }),
      outcome: 'forward',
      sent: [sentTo('servers', Mac.server3, { ...queryAtServer, udp: {} })],
    },
  ];
}

function natCases(hosts: Hosts): PacketCase[] {
  const cases = [...segmentCases(hosts), ...datagramCases(hosts)];
  return cases.map((row) => ({ ...row, description: `${hosts.family}: ${row.description}` }));
}

const v4Request = { from: '10.1.0.2:40000', to: '10.1.0.100:80' };
const v4AtServer = { from: '10.1.0.2:40000', to: '10.2.0.23:8080', ttl: 63 };

/** Masq: addresses and ports are rewritten on the way in and back again on the way out. */
export const NatCases: readonly PacketCase[] = [
  ...BothFamilies.flatMap(natCases),
  {
    description: 'IPv4: everything else in the header stays as it was',
    arrival: 'clients',
    packet: fromClient({
      ...v4Request,
      tcp: 'S',
      tos: 0xb8,
      identification: 0xffff,
      dontFragment: true,
    }),
    outcome: 'forward',
    sent: [
      sentTo('servers', Mac.server3, {
        ...v4AtServer,
        tcp: 'S',
        tos: 0xb8,
        identification: 0xffff,
        dontFragment: true,
      }),
    ],
  },
  {
    description: 'IPv4: options travel on and the ports behind them are found',
    arrival: 'clients',
    packet: fromClient({ ...v4Request, tcp: 'S', ipOptions: '94040000 01010100' }),
    outcome: 'forward',
    sent: [
      sentTo('servers', Mac.server3, { ...v4AtServer, tcp: 'S', ipOptions: '94040000 01010100' }),
    ],
  },
];
