import type { BenchDirector } from './bench-director.js';
import { Mac } from './bench-director.js';
import { buildFrame, type FrameSpec } from './packet-builder.js';
import { fromClient, fromServer, type PacketCase } from './packet-case.js';

const request = { from: '10.1.0.2:40000', to: '10.1.0.100:80' };
const query = { from: '10.1.0.2:40000', to: '10.1.0.100:53', udp: {}, payload: 'm0' };

function open(bench: BenchDirector): void {
  bench.receive('clients', fromClient({ ...request, tcp: 'S' }));
}

/** A case whose packet comes from the client and goes no further; a dropped packet never makes one of ours. */
const refused = (
  description: string,
  reason: string,
  spec: FrameSpec,
  more: Partial<PacketCase> = {},
): PacketCase => ({
  description,
  arrival: 'clients',
  packet: fromClient(spec),
  outcome: `drop: ${reason}`,
  sent: [],
  ...more,
});

const syn = { ...request, tcp: 'S' };

/** Frames that are not ours, not whole, or not for now: each has its counted reason. */
export const RefusedCases: readonly PacketCase[] = [
  refused('a segment of an unknown connection is never reset', 'no-connection', {
    ...request,
    tcp: 'PA',
    payload: 'hello',
  }),
  refused('a FIN of an unknown connection is never reset', 'no-connection', {
    ...request,
    tcp: 'FA',
  }),
  refused('a RST of an unknown connection opens nothing', 'no-connection', {
    ...request,
    tcp: 'R',
  }),
  refused('a SYN with RST opens nothing', 'no-connection', { ...request, tcp: 'SR' }),
  refused('a segment without control bits opens nothing', 'no-connection', { ...request, tcp: '' }),

  refused('a backup leaves new connections to the master', 'not-master', syn, {
    bench: { isMaster: false },
  }),
  refused('a backup leaves datagrams to the master', 'not-master', query, {
    bench: { isMaster: false },
  }),
  refused('a former master leaves its connections to the new one', 'not-master', syn, {
    before: (bench) => {
      open(bench);
      bench.setMaster(false);
    },
  }),
  refused('a former master leaves replies to the new one', 'not-master', syn, {
    before: (bench) => {
      open(bench);
      bench.setMaster(false);
    },
    arrival: 'servers',
    packet: fromServer({ from: '10.2.0.23:8080', to: '10.1.0.2:40000', tcp: 'SA' }),
  }),
  refused(
    'a port of the VIP without a service is the master’s in doubt',
    'not-master',
    { ...syn, to: '10.1.0.100:81' },
    { bench: { isMaster: false } },
  ),

  refused('a port of the VIP without a service is counted', 'no-service', {
    ...syn,
    to: '10.1.0.100:81',
  }),
  refused('a service is of one protocol', 'no-service', { ...query, to: '10.1.0.100:80' }),
  refused('an address that is not ours is not ours', 'not-for-us', { ...syn, to: '10.1.0.102:80' }),
  refused('the kernel’s own address is the kernel’s', 'not-for-us', { ...syn, to: '10.1.0.11:22' }),
  refused('the reply of no connection is not ours', 'not-for-us', syn, {
    arrival: 'servers',
    packet: fromServer({ from: '10.2.0.23:8080', to: '10.1.0.2:40009', tcp: 'SA' }),
  }),

  refused('a frame for another host is not ours', 'not-for-us', {
    ...syn,
    ethernet: { source: Mac.client, destination: Mac.stranger },
  }),
  refused('a frame for a MAC address that ends like ours is not ours', 'not-for-us', {
    ...syn,
    ethernet: { source: Mac.client, destination: '02:01:00:00:01:0b' },
  }),
  refused('a frame for a MAC address that begins like ours is not ours', 'not-for-us', {
    ...syn,
    ethernet: { source: Mac.client, destination: '02:00:00:00:01:0c' },
  }),
  refused('a frame for our MAC address on the other link is not ours', 'not-for-us', {
    ...syn,
    ethernet: { source: Mac.client, destination: Mac.directorServers },
  }),
  refused('an IP broadcast is not ours', 'not-for-us', {
    ...syn,
    ethernet: { source: Mac.client, destination: Mac.broadcast },
  }),

  refused('a VLAN tag is none of the types we read', 'other-ether-type', {
    ...syn,
    ethernet: { source: Mac.client, destination: Mac.director, type: 0x8100 },
  }),
  refused('IPv6 is none of the types we read', 'other-ether-type', {
    ...syn,
    ethernet: { source: Mac.client, destination: Mac.director, type: 0x86dd },
  }),
  refused('an 802.3 length is none of the types we read', 'other-ether-type', {
    ...syn,
    ethernet: { source: Mac.client, destination: Mac.director, type: 0x002e },
  }),

  refused('the first fragment of a datagram is dropped', 'fragment', {
    ...query,
    fragment: { offset: 0, more: true },
  }),
  refused('the last fragment of a datagram is dropped', 'fragment', {
    ...query,
    fragment: { offset: 1_480, more: false },
  }),
  refused('an IP protocol that no service has is counted', 'other-protocol', {
    from: '10.1.0.2',
    to: '10.1.0.100',
    protocol: 47,
    payload: 'xxxx',
  }),

  refused('an empty frame is malformed', 'malformed', syn, { packet: new Uint8Array(0) }),
  refused('a frame shorter than its Ethernet header is malformed', 'malformed', syn, {
    packet: fromClient(syn).subarray(0, 13),
  }),
  refused('a frame that ends inside its IP packet is malformed', 'malformed', syn, {
    packet: fromClient({ ...syn, payload: 'hello' }).subarray(0, 14 + 40),
  }),
  refused('an IP packet that ends inside its TCP header is malformed', 'malformed', {
    ...syn,
    totalLength: 39,
  }),
  refused('an IP total length of nothing is malformed', 'malformed', { ...syn, totalLength: 0 }),
  refused('an IP header with a wrong checksum is malformed', 'malformed', syn, {
    packet: buildFrame({
      ...syn,
      ethernet: { source: Mac.client, destination: Mac.director },
    }).map((byte, index) => (index === 14 + 8 ? byte - 1 : byte)),
  }),

  refused('a full table takes no connection and throws none out', 'table-full', syn, {
    bench: { capacity: 2 },
    before: (bench) => {
      for (const port of [41_000, 41_001]) {
        bench.receive('clients', fromClient({ ...syn, from: `10.1.0.2:${port}` }));
      }
    },
  }),
];
