import type { BenchDirector } from './bench-director.js';
import { Mac } from './bench-director.js';
import { fromClient, fromServer, sentTo, type PacketCase } from './packet-case.js';

const request = { from: '10.1.0.2:40000', to: '10.1.0.100:80' };
const atServer = { from: '10.1.0.2:40000', to: '10.2.0.23:8080', ttl: 63 };
const response = { from: '10.2.0.23:8080', to: '10.1.0.2:40000' };
const atClient = { from: '10.1.0.100:80', to: '10.1.0.2:40000', ttl: 63 };

const query = { from: '10.1.0.2:40000', to: '10.1.0.100:53' };
const queryAtServer = { from: '10.1.0.2:40000', to: '10.2.0.23:5353', ttl: 63 };
const answer = { from: '10.2.0.23:5353', to: '10.1.0.2:40000' };
const answerAtClient = { from: '10.1.0.100:53', to: '10.1.0.2:40000', ttl: 63 };

function open(bench: BenchDirector): void {
  bench.receive('clients', fromClient({ ...request, tcp: 'S' }));
}

function ask(bench: BenchDirector): void {
  bench.receive('clients', fromClient({ ...query, udp: {}, payload: 'm0' }));
}

/** Masq: addresses and ports are rewritten on the way in and back again on the way out. */
export const NatCases: readonly PacketCase[] = [
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
      sentTo('servers', Mac.server3, { ...atServer, tcp: 'PA', sequence: 1_001, payload: 'hello' }),
    ],
  },
  {
    description: 'the next connection goes to the next server',
    before: open,
    arrival: 'clients',
    packet: fromClient({ ...request, from: '10.1.0.2:40001', tcp: 'S' }),
    outcome: 'forward',
    sent: [
      sentTo('servers', Mac.server2, {
        from: '10.1.0.2:40001',
        to: '10.2.0.22:8080',
        ttl: 63,
        tcp: 'S',
      }),
    ],
  },
  {
    description: 'everything else in the IP header stays as it was',
    arrival: 'clients',
    packet: fromClient({
      ...request,
      tcp: 'S',
      tos: 0xb8,
      identification: 0xffff,
      dontFragment: true,
    }),
    outcome: 'forward',
    sent: [
      sentTo('servers', Mac.server3, {
        ...atServer,
        tcp: 'S',
        tos: 0xb8,
        identification: 0xffff,
        dontFragment: true,
      }),
    ],
  },
  {
    description: 'IP options travel on and the ports behind them are found',
    arrival: 'clients',
    packet: fromClient({ ...request, tcp: 'S', ipOptions: '94040000 01010100' }),
    outcome: 'forward',
    sent: [
      sentTo('servers', Mac.server3, { ...atServer, tcp: 'S', ipOptions: '94040000 01010100' }),
    ],
  },
  {
    description: 'Ethernet padding is not taken for payload',
    before: open,
    arrival: 'clients',
    packet: fromClient({ ...request, tcp: 'A', padding: 6 }),
    outcome: 'forward',
    sent: [sentTo('servers', Mac.server3, { ...atServer, tcp: 'A', padding: 6 })],
  },
  {
    description: 'a client behind the router is answered by way of the router',
    before: (bench) =>
      bench.receive(
        'clients',
        fromClient({ from: '172.16.9.9:5000', to: '10.1.0.100:80', tcp: 'S' }, Mac.router),
      ),
    arrival: 'servers',
    packet: fromServer({ from: '10.2.0.23:8080', to: '172.16.9.9:5000', tcp: 'SA' }),
    outcome: 'forward',
    sent: [
      sentTo('clients', Mac.router, {
        from: '10.1.0.100:80',
        to: '172.16.9.9:5000',
        ttl: 63,
        tcp: 'SA',
      }),
    ],
  },
  {
    description: 'a TTL of 2 is the last that goes on',
    arrival: 'clients',
    packet: fromClient({ ...request, tcp: 'S', ttl: 2 }),
    outcome: 'forward',
    sent: [sentTo('servers', Mac.server3, { ...atServer, tcp: 'S', ttl: 1 })],
  },
  {
    description: 'a TTL of 1 ends at the director',
    arrival: 'clients',
    packet: fromClient({ ...request, tcp: 'S', ttl: 1 }),
    outcome: 'drop: ttl',
    sent: [],
  },
  {
    description: 'a TTL of 0 should never have come so far',
    arrival: 'clients',
    packet: fromClient({ ...request, tcp: 'S', ttl: 0 }),
    outcome: 'drop: ttl',
    sent: [],
  },
  {
    description: 'a TTL of 1 ends replies too',
    before: open,
    arrival: 'servers',
    packet: fromServer({ ...response, tcp: 'SA', ttl: 1 }),
    outcome: 'drop: ttl',
    sent: [],
  },
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
  {
    description: 'the same ports over TCP and UDP are two connections',
    before: (bench) => {
      const both = { from: '10.1.0.2:40000', to: '10.1.0.100:80' };
      bench.receive('clients', fromClient({ ...both, tcp: 'S' }));
    },
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
      const { services } = bench.director;
      const vip = bench.service('10.1.0.100', 80);
      const routed = bench.service('10.1.0.101', 80);
      for (const server of vip.servers) server.weight = 0;
      for (const server of routed.servers.slice(1)) server.weight = 0;
      const { address } = bench.server('10.1.0.101', 80, '10.2.0.23');
      services.addServer(vip, { address, port: 80, method: 0, weight: 1 });
      bench.receive('clients', fromClient({ ...request, tcp: 'S' }));
      bench.receive('clients', fromClient({ ...request, to: '10.1.0.101:80', tcp: 'S' }));
    },
    arrival: 'servers',
    packet: fromServer({ from: '10.2.0.23:80', to: '10.1.0.2:40000', tcp: 'SA' }),
    outcome: 'forward',
    sent: [sentTo('clients', Mac.client, { ...atClient, tcp: 'SA' })],
  },
];
