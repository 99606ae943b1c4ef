import type { BenchDirector } from './bench-director.js';
import { BothFamilies, Mac, type Hosts } from './hosts.js';
import { buildFrame, endpoint, type FrameSpec } from './packet-builder.js';
import { fromClient, fromServer, type PacketCase } from './packet-case.js';

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

const syn = { from: '10.1.0.2:40000', to: '10.1.0.100:80', tcp: 'S' };

/** What is refused in both families alike. */
function refusedCases(hosts: Hosts): PacketCase[] {
  const { client, masqVip, servers, family } = hosts;
  const host = endpoint(client, 40_000);
  const toVip = { from: host, to: endpoint(masqVip, 80) };
  const opening = { ...toVip, tcp: 'S' };
  const asking = { from: host, to: endpoint(masqVip, 53), udp: {}, payload: 'm0' };
  const answer = { from: endpoint(servers[2], 8_080), to: host, tcp: 'SA' };
  const beginning = (bench: BenchDirector): void => {
    bench.receive('clients', fromClient(opening));
  };
  const cases = [
    ...['PA', 'FA', 'F', 'A'].map((tcp) =>
      refused(`a segment ${tcp} of an unknown connection is never reset`, 'no-connection', {
        ...toVip,
        tcp,
        payload: 'hello',
      }),
    ),
    refused('a RST of an unknown connection opens nothing', 'no-connection', {
      ...toVip,
      tcp: 'R',
    }),
    refused('a SYN with RST opens nothing', 'no-connection', { ...toVip, tcp: 'SR' }),
    refused('a segment without control bits opens nothing', 'no-connection', {
      ...toVip,
      tcp: '',
    }),
    refused('a backup leaves new connections to the master', 'not-master', opening, {
      bench: { isMaster: false },
    }),
    refused('a backup leaves datagrams to the master', 'not-master', asking, {
      bench: { isMaster: false },
    }),
    refused(
      'with backup_only a former master forwards none of its connections',
      'not-master',
      opening,
      {
        bench: { settings: { backup_only: 1 } },
        before: (bench) => {
          beginning(bench);
          bench.setMaster(false);
        },
      },
    ),
    refused('with backup_only a former master forwards no replies either', 'not-master', opening, {
      bench: { settings: { backup_only: 1 } },
      before: (bench) => {
        beginning(bench);
        bench.setMaster(false);
      },
      arrival: 'servers',
      packet: fromServer(answer),
    }),
    refused(
      'a port of the VIP without a service is the master’s in doubt',
      'not-master',
      { ...opening, to: endpoint(masqVip, 81) },
      { bench: { isMaster: false } },
    ),
    refused('a port of the VIP without a service is counted', 'no-service', {
      ...opening,
      to: endpoint(masqVip, 81),
    }),
    refused('a service is of one protocol', 'no-service', {
      ...asking,
      to: endpoint(masqVip, 80),
    }),
    refused('an address that is not ours is not ours', 'not-for-us', {
      ...opening,
      to: endpoint(hosts.farClient, 80),
    }),
    refused('a segment for a VIP in a frame to a group is not ours', 'not-for-us', {
      ...opening,
      ethernet: { source: Mac.client, destination: '33:33:00:00:00:01' },
    }),
    refused('the kernel’s own address is the kernel’s', 'not-for-us', {
      ...opening,
      to: endpoint(hosts.director, 22),
    }),
    refused('the reply of no connection is not ours', 'not-for-us', opening, {
      arrival: 'servers',
      packet: fromServer({ ...answer, to: endpoint(client, 40_009) }),
    }),
    refused('an IP protocol that no service has is counted', 'other-protocol', {
      from: client,
      to: masqVip,
      protocol: 47,
      payload: 'xxxx',
    }),
    refused('a frame that ends inside its IP packet is malformed', 'malformed', opening, {
      packet: fromClient({ ...opening, payload: 'hello' }).subarray(0, 14 + 40),
    }),
    refused('an IP packet that ends inside its TCP header is malformed', 'malformed', {
      ...opening,
      totalLength: family === 'IPv6' ? 19 : 39,
    }),
    refused('an IP length of nothing is malformed', 'malformed', { ...opening, totalLength: 0 }),
  ];
  return cases.map((row) => ({ ...row, description: `${family}: ${row.description}` }));
}

/** Frames that are not ours, not whole, or not for now: each has its counted reason. */
export const RefusedCases: readonly PacketCase[] = [
  ...BothFamilies.flatMap(refusedCases),

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
  refused('an IPv4 packet that says it is IPv6 is malformed', 'malformed', {
    ...syn,
    ethernet: { source: Mac.client, destination: Mac.director, type: 0x86dd },
  }),
  refused('an IPv6 packet that says it is IPv4 is malformed', 'malformed', {
    from: '[fd01::2]:40000',
    to: '[fd01::100]:80',
    tcp: 'S',
    ethernet: { source: Mac.client, destination: Mac.director, type: 0x0800 },
  }),
  refused('an 802.3 length is none of the types we read', 'other-ether-type', {
    ...syn,
    ethernet: { source: Mac.client, destination: Mac.director, type: 0x002e },
  }),

  refused('an empty frame is malformed', 'malformed', syn, { packet: new Uint8Array(0) }),
  refused('a frame shorter than its Ethernet header is malformed', 'malformed', syn, {
    packet: fromClient(syn).subarray(0, 13),
  }),
  refused('an IP header with a wrong checksum is malformed', 'malformed', syn, {
    packet: buildFrame({
      ...syn,
      ethernet: { source: Mac.client, destination: Mac.director },
    }).map((byte, index) => (index === 14 + 8 ? byte - 1 : byte)),
  }),

  refused('a table full of established connections takes no other', 'table-full', syn, {
    bench: { capacity: 2 },
    before: (bench) => {
      for (const port of [41_000, 41_001]) {
        for (const tcp of ['S', 'A']) {
          bench.receive('clients', fromClient({ ...syn, tcp, from: `10.1.0.2:${port}` }));
        }
      }
    },
  }),
];
