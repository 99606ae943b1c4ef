import type { Sent } from './bench-director.js';
import { Mac } from './hosts.js';
import { buildArp } from './packet-builder.js';
import type { PacketCase } from './packet-case.js';

const Nobody = '00:00:00:00:00:00';

/** A broadcast question of the client about an address. */
const asks = (address: string, sender = '10.1.0.2'): Uint8Array =>
  buildArp({
    ethernet: { destination: Mac.broadcast },
    operation: 'request',
    sender: [Mac.client, sender],
    target: [Nobody, address],
  });

/** The director's answer to the client. */
const answers = (address: string, target = '10.1.0.2'): Sent => ({
  link: 'clients',
  frame: buildArp({
    ethernet: { destination: Mac.client },
    operation: 'reply',
    sender: [Mac.director, address],
    target: [Mac.client, target],
  }),
});

const unanswered = { outcome: 'drop: not-for-us', sent: [] } as const;

/** ARP: the director answers for the addresses that it holds now, on the link where they live. */
export const ArpCases: readonly PacketCase[] = [
  {
    description: 'a question about a VIP that we hold is answered',
    bench: { isUnresolved: true },
    arrival: 'clients',
    packet: asks('10.1.0.100'),
    outcome: 'answer',
    sent: [answers('10.1.0.100')],
  },
  {
    description: 'a question asked of us alone is answered as well',
    arrival: 'clients',
    packet: buildArp({
      ethernet: { destination: Mac.director },
      operation: 'request',
      sender: [Mac.client, '10.1.0.2'],
      target: [Mac.director, '10.1.0.101'],
    }),
    outcome: 'answer',
    sent: [answers('10.1.0.101')],
  },
  {
    description: 'a probe without a sender address is answered (RFC 5227 §2.1.1)',
    arrival: 'clients',
    packet: asks('10.1.0.100', '0.0.0.0'),
    outcome: 'answer',
    sent: [answers('10.1.0.100', '0.0.0.0')],
  },
  {
    description: 'a real server that asks for its gateway is answered on its own link',
    arrival: 'servers',
    packet: buildArp({
      ethernet: { destination: Mac.broadcast },
      operation: 'request',
      sender: [Mac.server1, '10.2.0.21'],
      target: [Nobody, '10.2.0.254'],
    }),
    outcome: 'answer',
    sent: [
      {
        link: 'servers',
        frame: buildArp({
          ethernet: { destination: Mac.server1 },
          operation: 'reply',
          sender: [Mac.directorServers, '10.2.0.254'],
          target: [Mac.server1, '10.2.0.21'],
        }),
      },
    ],
  },
  {
    description: 'a backup leaves questions about VIPs to the master',
    bench: { isMaster: false, isUnresolved: true },
    arrival: 'clients',
    packet: asks('10.1.0.100'),
    ...unanswered,
  },
  {
    description: 'a former master is silent',
    bench: { isUnresolved: true },
    before: (bench) => bench.setMaster(false),
    arrival: 'clients',
    packet: asks('10.1.0.100'),
    ...unanswered,
  },
  {
    description: 'a VIP is not answered for on another link',
    bench: { isUnresolved: true },
    arrival: 'servers',
    packet: asks('10.1.0.100'),
    ...unanswered,
  },
  {
    description: 'an address that is not ours is not answered for',
    bench: { isUnresolved: true },
    arrival: 'clients',
    packet: asks('10.1.0.11'),
    ...unanswered,
  },
  {
    description: 'a reply is not a question',
    bench: { isUnresolved: true },
    arrival: 'clients',
    packet: buildArp({
      ethernet: { destination: Mac.director },
      operation: 'reply',
      sender: [Mac.client, '10.1.0.2'],
      target: [Mac.director, '10.1.0.100'],
    }),
    ...unanswered,
  },
  {
    description: 'a gratuitous ARP of another master is not answered',
    arrival: 'clients',
    packet: buildArp({
      ethernet: { destination: Mac.broadcast },
      operation: 'request',
      sender: [Mac.stranger, '10.1.0.100'],
      target: [Mac.broadcast, '10.1.0.100'],
    }),
    ...unanswered,
  },
  {
    description: 'ARP that is cut short is malformed',
    arrival: 'clients',
    packet: asks('10.1.0.100').subarray(0, 14 + 27),
    outcome: 'drop: malformed',
    sent: [],
  },
  {
    description: 'ARP for other hardware is malformed',
    arrival: 'clients',
    packet: asks('10.1.0.100').map((byte, index) => (index === 15 ? 6 : byte)),
    outcome: 'drop: malformed',
    sent: [],
  },
];
