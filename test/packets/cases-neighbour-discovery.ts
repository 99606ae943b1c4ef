import type { Sent } from './bench-director.js';
import { Ipv6Hosts, Mac } from './hosts.js';
import { buildNeighbour, type NeighbourSpec } from './packet-builder.js';
import type { PacketCase } from './packet-case.js';

const { client, gateway, servers } = Ipv6Hosts;

/** The group of addresses that end like this one, and its MAC address (RFC 4291 §2.7.1, RFC 2464 §7). */
const Group = {
  'fd01::100': ['ff02::1:ff00:100', '33:33:ff:00:01:00'],
  'fd01::11': ['ff02::1:ff00:11', '33:33:ff:00:00:11'],
  'fd02::fe': ['ff02::1:ff00:fe', '33:33:ff:00:00:fe'],
} as const;

/** A host's question to the group of an address, who has it. */
function asks(target: keyof typeof Group, changes: Partial<NeighbourSpec> = {}): Uint8Array {
  const [to, destination] = Group[target];
  return buildNeighbour({
    ethernet: { source: Mac.client, destination },
    kind: 'solicitation',
    from: client,
    to,
    target,
    mac: Mac.client,
    ...changes,
  });
}

/** The director's answer, by default to the client. */
const answers = (target: string, changes: Partial<NeighbourSpec> = {}): Sent => ({
  link: 'clients',
  frame: buildNeighbour({
    ethernet: { source: Mac.director, destination: Mac.client },
    kind: 'advertisement',
    from: target,
    to: client,
    target,
    flags: 'SO',
    mac: Mac.director,
    ...changes,
  }),
});

const unanswered = { outcome: 'drop: not-for-us', sent: [] } as const;
const malformed = { outcome: 'drop: malformed', sent: [] } as const;

/** Neighbour discovery (RFC 4861): the director answers for the IPv6 addresses that it holds now, where they live. */
export const NeighbourDiscoveryCases: readonly PacketCase[] = [
  {
    description: 'a question about a VIP that we hold is answered',
    bench: { isUnresolved: true },
    arrival: 'clients',
    packet: asks('fd01::100'),
    outcome: 'answer',
    sent: [answers('fd01::100')],
  },
  {
    description:
      'a question asked of us alone, without a MAC address in it, is answered to its sender',
    arrival: 'clients',
    packet: buildNeighbour({
      ethernet: { source: Mac.client, destination: Mac.director },
      kind: 'solicitation',
      from: client,
      to: 'fd01::101',
      target: 'fd01::101',
    }),
    outcome: 'answer',
    sent: [answers('fd01::101')],
  },
  {
    description:
      'who checks whether the address is free is answered by a word to all (RFC 4861 §7.2.4)',
    arrival: 'clients',
    packet: buildNeighbour({
      ethernet: { source: Mac.stranger, destination: '33:33:ff:00:01:00' },
      kind: 'solicitation',
      from: '::',
      to: 'ff02::1:ff00:100',
      target: 'fd01::100',
    }),
    outcome: 'answer',
    sent: [
      answers('fd01::100', {
        ethernet: { source: Mac.director, destination: '33:33:00:00:00:01' },
        to: 'ff02::1',
        flags: 'O',
      }),
    ],
  },
  {
    description: 'a real server that asks for its gateway is answered on its own link',
    arrival: 'servers',
    packet: asks('fd02::fe', {
      ethernet: { source: Mac.server1, destination: '33:33:ff:00:00:fe' },
      from: servers[0],
      mac: Mac.server1,
    }),
    outcome: 'answer',
    sent: [
      {
        ...answers(gateway, {
          ethernet: { source: Mac.directorServers, destination: Mac.server1 },
          to: servers[0],
          mac: Mac.directorServers,
        }),
        link: 'servers',
      },
    ],
  },
  {
    description: 'a backup leaves questions about VIPs to the master',
    bench: { isMaster: false, isUnresolved: true },
    arrival: 'clients',
    packet: asks('fd01::100'),
    ...unanswered,
  },
  {
    description: 'a former master is silent',
    bench: { isUnresolved: true },
    before: (bench) => bench.setMaster(false),
    arrival: 'clients',
    packet: asks('fd01::100'),
    ...unanswered,
  },
  {
    description: 'a VIP is not answered for on another link',
    bench: { isUnresolved: true },
    arrival: 'servers',
    packet: asks('fd01::100'),
    ...unanswered,
  },
  {
    description: 'the kernel’s own address is the kernel’s',
    bench: { isUnresolved: true },
    arrival: 'clients',
    packet: asks('fd01::11'),
    ...unanswered,
  },
  {
    description: 'an advertisement is not a question',
    bench: { isUnresolved: true },
    arrival: 'clients',
    packet: buildNeighbour({
      ethernet: { source: Mac.client, destination: Mac.director },
      kind: 'advertisement',
      from: client,
      to: Ipv6Hosts.director,
      target: 'fd01::100',
      flags: 'SO',
      mac: Mac.client,
    }),
    ...unanswered,
  },
  {
    description: 'an unsolicited advertisement of another master is not answered',
    arrival: 'clients',
    packet: buildNeighbour({
      ethernet: { source: Mac.stranger, destination: '33:33:00:00:00:01' },
      kind: 'advertisement',
      from: 'fd01::100',
      to: 'ff02::1',
      target: 'fd01::100',
      flags: 'O',
      mac: Mac.stranger,
    }),
    ...unanswered,
  },
  {
    description: 'a question that has passed a router is not believed (RFC 4861 §7.1.1)',
    arrival: 'clients',
    packet: asks('fd01::100', { ttl: 254 }),
    ...malformed,
  },
  {
    description: 'a question with a wrong checksum is malformed',
    arrival: 'clients',
    packet: asks('fd01::100', { checksum: 1 }),
    ...malformed,
  },
  {
    description: 'a question about a group is malformed',
    arrival: 'clients',
    packet: asks('fd01::100', { target: 'ff02::1' }),
    ...malformed,
  },
  {
    description: 'one from nowhere that has a MAC address all the same is malformed',
    arrival: 'clients',
    packet: asks('fd01::100', { from: '::' }),
    ...malformed,
  },
];
