import { Ipv6Hosts, Mac } from './hosts.js';
import { fromClient, fromServer, sentTo, type PacketCase } from './packet-case.js';

/** Identifier 0x1234, sequence number 1, then data of odd length. */
const payload = '0x1234 0001 61626364656667';
const echo = { from: '10.1.0.2', to: '10.1.0.100', icmp: { type: 8 }, payload };
const reply = { from: '10.1.0.100', to: '10.1.0.2', icmp: { type: 0 }, payload };

const { client: client6, masqVip: vip6 } = Ipv6Hosts;
const echo6 = { from: client6, to: vip6, icmp: { type: 128 }, payload };
const reply6 = { from: vip6, to: client6, icmp: { type: 129 }, payload };

/** ICMP echo (RFC 792, RFC 4443 §4): the director answers for the addresses that it holds now. */
export const PingCases: readonly PacketCase[] = [
  {
    description: 'a ping of a VIP that we hold is answered',
    arrival: 'clients',
    packet: fromClient(echo),
    outcome: 'answer',
    sent: [sentTo('clients', Mac.client, reply)],
  },
  {
    description: 'a ping that arrives with its last TTL is answered with a fresh one',
    arrival: 'clients',
    packet: fromClient({ ...echo, ttl: 1 }),
    outcome: 'answer',
    sent: [sentTo('clients', Mac.client, { ...reply, ttl: 64 })],
  },
  {
    description: 'a ping with nothing but a header is answered',
    arrival: 'clients',
    packet: fromClient({ ...echo, payload: '0xffff 0000' }),
    outcome: 'answer',
    sent: [sentTo('clients', Mac.client, { ...reply, payload: '0xffff 0000' })],
  },
  {
    description: 'an asker whose MAC address is not known is answered where the ping came from',
    bench: { isUnresolved: true },
    arrival: 'clients',
    packet: fromClient(echo),
    outcome: 'answer',
    sent: [sentTo('clients', Mac.client, reply)],
  },
  {
    description: 'a ping from behind the router is answered by way of the router',
    arrival: 'clients',
    packet: fromClient({ ...echo, from: '172.16.9.9' }, Mac.router),
    outcome: 'answer',
    sent: [sentTo('clients', Mac.router, { ...reply, to: '172.16.9.9' })],
  },
  {
    description: 'a real server may ping its gateway',
    arrival: 'servers',
    packet: fromServer({ ...echo, from: '10.2.0.21', to: '10.2.0.254' }, Mac.server1),
    outcome: 'answer',
    sent: [sentTo('servers', Mac.server1, { ...reply, from: '10.2.0.254', to: '10.2.0.21' })],
  },
  {
    description: 'a backup leaves pings of a VIP to the master',
    bench: { isMaster: false },
    arrival: 'clients',
    packet: fromClient(echo),
    outcome: 'drop: not-master',
    sent: [],
  },
  {
    description: 'a ping of the kernel’s own address is the kernel’s',
    arrival: 'clients',
    packet: fromClient({ ...echo, to: '10.1.0.11' }),
    outcome: 'drop: not-for-us',
    sent: [],
  },
  {
    description: 'an echo reply to a VIP answers nothing',
    arrival: 'clients',
    packet: fromClient({ ...echo, icmp: { type: 0 } }),
    outcome: 'drop: unrelated-icmp',
    sent: [],
  },
  {
    description: 'a ping with a wrong checksum is malformed',
    arrival: 'clients',
    packet: fromClient({ ...echo, icmp: { type: 8, checksum: 0 } }),
    outcome: 'drop: malformed',
    sent: [],
  },
  {
    description: 'a ping shorter than its header is malformed',
    arrival: 'clients',
    packet: fromClient({ ...echo, payload: '0x123400' }),
    outcome: 'drop: malformed',
    sent: [],
  },
  {
    description: 'IPv6: a ping of a VIP that we hold is answered',
    arrival: 'clients',
    packet: fromClient(echo6),
    outcome: 'answer',
    sent: [sentTo('clients', Mac.client, reply6)],
  },
  {
    description: 'IPv6: a ping that arrives with its last hop is answered with a fresh limit',
    arrival: 'clients',
    packet: fromClient({ ...echo6, ttl: 1 }),
    outcome: 'answer',
    sent: [sentTo('clients', Mac.client, { ...reply6, ttl: 64 })],
  },
  {
    description: 'IPv6: a backup leaves pings of a VIP to the master',
    bench: { isMaster: false },
    arrival: 'clients',
    packet: fromClient(echo6),
    outcome: 'drop: not-master',
    sent: [],
  },
  {
    description: 'IPv6: a ping with a wrong checksum is malformed',
    arrival: 'clients',
    packet: fromClient({ ...echo6, icmp: { type: 128, checksum: 0 } }),
    outcome: 'drop: malformed',
    sent: [],
  },
  {
    description: 'IPv6: an echo reply to a VIP answers nothing',
    arrival: 'clients',
    packet: fromClient({ ...echo6, icmp: { type: 129 } }),
    outcome: 'drop: unrelated-icmp',
    sent: [],
  },
];
