import type { BenchDirector } from './bench-director.js';
import { Mac } from './bench-director.js';
import { fromClient, fromServer, sentTo, type PacketCase } from './packet-case.js';

const request = { from: '10.1.0.2:40000', to: '10.1.0.101:80' };

function open(bench: BenchDirector): void {
  bench.receive('clients', fromClient({ ...request, tcp: 'S' }));
}

/** Sets the weights of the Route service's servers 10.2.0.21, .22 and .23. */
function weigh(bench: BenchDirector, weights: readonly [number, number, number]): void {
  for (const [index, weight] of weights.entries()) {
    bench.server('10.1.0.101', 80, `10.2.0.${21 + index}`).weight = weight;
  }
}

/** Route (direct routing): the frame goes on as it is, but for the MAC addresses and the TTL. */
export const DirectRouteCases: readonly PacketCase[] = [
  {
    description: 'a SYN goes on unchanged but for MAC addresses and TTL',
    arrival: 'clients',
    packet: fromClient({ ...request, tcp: 'S', tcpOptions: '020405b4' }),
    outcome: 'forward',
    sent: [
      sentTo('servers', Mac.server3, { ...request, tcp: 'S', tcpOptions: '020405b4', ttl: 63 }),
    ],
  },
  {
    description: 'a datagram goes on unchanged but for MAC addresses and TTL',
    arrival: 'clients',
    packet: fromClient({ ...request, to: '10.1.0.101:53', udp: {}, payload: 'm0' }),
    outcome: 'forward',
    sent: [
      sentTo('servers', Mac.server3, {
        ...request,
        to: '10.1.0.101:53',
        udp: {},
        payload: 'm0',
        ttl: 63,
      }),
    ],
  },
  {
    description: 'Ethernet padding goes on too',
    before: open,
    arrival: 'clients',
    packet: fromClient({ ...request, tcp: 'A', padding: 6 }),
    outcome: 'forward',
    sent: [sentTo('servers', Mac.server3, { ...request, tcp: 'A', padding: 6, ttl: 63 })],
  },
  {
    description: 'a quiesced server keeps the connections it has',
    before: (bench) => {
      open(bench);
      weigh(bench, [1, 1, 0]);
    },
    arrival: 'clients',
    packet: fromClient({ ...request, tcp: 'A' }),
    outcome: 'forward',
    sent: [sentTo('servers', Mac.server3, { ...request, tcp: 'A', ttl: 63 })],
  },
  {
    description: 'a quiesced server gets no new connection',
    before: (bench) => weigh(bench, [1, 0, 0]),
    arrival: 'clients',
    packet: fromClient({ ...request, tcp: 'S' }),
    outcome: 'forward',
    sent: [sentTo('servers', Mac.server1, { ...request, tcp: 'S', ttl: 63 })],
  },
  {
    description: 'a service whose servers are all quiesced takes no connection',
    before: (bench) => weigh(bench, [0, 0, 0]),
    arrival: 'clients',
    packet: fromClient({ ...request, tcp: 'S' }),
    outcome: 'drop: no-server',
    sent: [],
  },
  {
    description: 'a TTL of 1 ends at the director',
    arrival: 'clients',
    packet: fromClient({ ...request, tcp: 'S', ttl: 1 }),
    outcome: 'drop: ttl',
    sent: [],
  },
  {
    description: 'an answer that a server sends by way of the director belongs to nobody here',
    before: open,
    arrival: 'servers',
    packet: fromServer({ from: '10.1.0.101:80', to: '10.1.0.2:40000', tcp: 'SA' }),
    outcome: 'drop: not-for-us',
    sent: [],
  },
  {
    description: 'an answer from a real address of a Route server is not rewritten',
    before: open,
    arrival: 'servers',
    packet: fromServer({ from: '10.2.0.23:80', to: '10.1.0.2:40000', tcp: 'SA' }),
    outcome: 'drop: not-for-us',
    sent: [],
  },
];
