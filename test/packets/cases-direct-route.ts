import type { BenchDirector } from './bench-director.js';
import { BothFamilies, Mac, type Hosts } from './hosts.js';
import { endpoint } from './packet-builder.js';
import { errorOf, fromClient, fromServer, sentTo, type PacketCase } from './packet-case.js';

/** Sets the weights of the Route service's servers in the order of their addresses. */
function weigh(bench: BenchDirector, hosts: Hosts, weights: readonly number[]): void {
  for (const [index, address] of hosts.servers.entries()) {
    bench.server(hosts.routeVip, 80, address).weight = weights[index] ?? 0;
  }
}

function directRouteCases(hosts: Hosts): PacketCase[] {
  const { client, routeVip, servers, family } = hosts;
  const request = { from: endpoint(client, 40_000), to: endpoint(routeVip, 80) };
  const query = { ...request, to: endpoint(routeVip, 53), udp: {}, payload: 'm0' };
  const syn = fromClient({ ...request, tcp: 'S' });
  const open = (bench: BenchDirector): void => {
    bench.receive('clients', syn);
  };
  const answer = { from: request.to, to: request.from, tcp: 'SA' };
  const passing = {
    before: open,
    arrival: 'servers',
    packet: fromServer(answer),
  } as const;
  const answeredAsForged: PacketCase[] = [
    {
      ...passing,
      description: 'an answer that a server sends by way of the director looks forged',
      outcome: 'drop: not-for-us',
      sent: [],
    },
  ];
  const answeredThrough: PacketCase[] = [
    {
      ...passing,
      description: 'an answer that a server sends by way of the director goes on to the client',
      outcome: 'forward',
      sent: [sentTo('clients', Mac.client, { ...answer, ttl: 63 })],
    },
    {
      ...passing,
      description: 'such an answer of no connection belongs to nobody',
      packet: fromServer({ ...answer, to: endpoint(client, 40_001) }),
      outcome: 'drop: not-for-us',
      sent: [],
    },
    {
      ...passing,
      description: 'such an answer has to come from an address that this node serves',
      before: (bench) => {
        open(bench);
        bench.setMaster(false);
      },
      outcome: 'drop: not-for-us',
      sent: [],
    },
    {
      ...passing,
      description: 'such an answer with its last hop ends here, and nobody is told',
      packet: fromServer({ ...answer, ttl: 1 }),
      outcome: 'drop: ttl',
      sent: [],
    },
  ];
  const cases: PacketCase[] = [
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
      packet: fromClient(query),
      outcome: 'forward',
      sent: [sentTo('servers', Mac.server3, { ...query, ttl: 63 })],
    },
    {
      description: 'Ethernet padding does not go on',
      before: open,
      arrival: 'clients',
      packet: fromClient({ ...request, tcp: 'A', padding: 6 }),
      outcome: 'forward',
      sent: [sentTo('servers', Mac.server3, { ...request, tcp: 'A', ttl: 63 })],
    },
    {
      description: 'a quiesced server keeps the connections it has',
      before: (bench) => {
        open(bench);
        weigh(bench, hosts, [1, 1, 0]);
      },
      arrival: 'clients',
      packet: fromClient({ ...request, tcp: 'A' }),
      outcome: 'forward',
      sent: [sentTo('servers', Mac.server3, { ...request, tcp: 'A', ttl: 63 })],
    },
    {
      description: 'a quiesced server gets no new connection',
      before: (bench) => weigh(bench, hosts, [1, 0, 0]),
      arrival: 'clients',
      packet: syn,
      outcome: 'forward',
      sent: [sentTo('servers', Mac.server1, { ...request, tcp: 'S', ttl: 63 })],
    },
    {
      description: 'a service whose servers are all quiesced says so to the client',
      before: (bench) => weigh(bench, hosts, [0, 0, 0]),
      arrival: 'clients',
      packet: syn,
      outcome: 'drop: no-server',
      sent: [errorOf({ kind: 'portUnreachable', from: routeVip, to: client, about: syn })],
    },
    ...(family === 'IPv6' ? answeredThrough : answeredAsForged),
    {
      description: 'an answer from a real address of a Route server is not rewritten',
      before: open,
      arrival: 'servers',
      packet: fromServer({ from: endpoint(servers[2], 80), to: request.from, tcp: 'SA' }),
      outcome: 'drop: not-for-us',
      sent: [],
    },
  ];
  return cases.map((row) => ({ ...row, description: `${family}: ${row.description}` }));
}

/** Route (direct routing): the frame goes on as it is, but for the MAC addresses and the TTL. */
export const DirectRouteCases: readonly PacketCase[] = BothFamilies.flatMap(directRouteCases);
