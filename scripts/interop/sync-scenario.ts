import type { IpAddress } from '../../director/base/address.js';
import { endpointText } from '../oracle/endpoint.js';
import type { Flow } from './flow.js';
import { GuestInterface } from './guest-init.js';
import { literalAddress } from './literal-address.js';

/** A flow, and how `connectionName` calls its entry. */
export type SyncFlow = Flow & { readonly name: string };

/** A service of the scenario and the connections that are opened to it. */
interface ServiceCase {
  /** As ipvsadm takes it after -A. */
  readonly service: string;
  readonly options: string;
  /** With their ports, and the option for the forwarding method. */
  readonly servers: readonly [method: '-m' | '-g' | '-i', ...servers: string[]];
  /** Where clients connect to, when the service has no address of its own. */
  readonly to?: readonly string[];
  /** True when its datagrams are SIP, each client's with a Call-ID of its own. */
  readonly isSip?: boolean;
  /** What happens in its connections, one each. Clients have a port of their own each, and some the same address. */
  readonly flows: readonly string[];
}

/** What net.ipv4.vs.sync_threshold begins with by default. */
const SyncThreshold = 3;

/** Open, and enough packets that peers are told. */
const Open = '>S <SA >A >PA <PA';
const Closed = `${Open} >FA <FA >A`;

/** A connection in each of the states that are synchronised, one that is not worth it yet, and one that is told twice. */
const TcpFlows = [
  `${Open} >A`,
  `${Open} >PA*55`,
  `${Open} >FA`,
  `${Open} <FA >A`,
  Closed,
  `${Open} >R`,
  '>S <SA',
  '>S <SA >A',
];
const UdpFlows = ['>D', '>D <D >D', '>D <D >D >D', '>D*60', '>D <D >D <D >D <D'];

const Cases: readonly ServiceCase[] = [
  nat('-t 10.1.0.100:80', '-s rr', TcpFlows),
  direct('-t 10.1.0.100:81', '-s rr', TcpFlows),
  tunnel('-t 10.1.0.100:82', '-s rr', TcpFlows),
  nat('-t [fd00:1::100]:80', '-s rr', TcpFlows),
  direct('-t [fd00:1::100]:81', '-s rr', TcpFlows),
  tunnel('-t [fd00:1::100]:82', '-s rr', TcpFlows),
  nat('-u 10.1.0.100:53', '-s rr', UdpFlows),
  direct('-u 10.1.0.100:54', '-s rr', UdpFlows),
  tunnel('-u 10.1.0.100:55', '-s rr', UdpFlows),
  nat('-u [fd00:1::100]:53', '-s rr', UdpFlows),
  direct('-u [fd00:1::100]:54', '-s rr', UdpFlows),
  nat('-t 10.1.0.100:90', '-s rr -p 300', TcpFlows),
  direct('-t 10.1.0.100:91', '-s rr -p 120 -M 255.255.255.0', TcpFlows),
  nat('-t [fd00:1::100]:90', '-s rr -p 60 -M 64', TcpFlows),
  direct('-u 10.1.0.100:92', '-s rr -p 180', UdpFlows),
  { ...nat('-u 10.1.0.100:5060', '-s rr -p 60 --pe sip', UdpFlows.slice(2)), isSip: true },
  { ...nat('-f 33', '-s rr -p 90', TcpFlows), to: ['10.1.0.133:80', '10.1.0.133:443'] },
  { ...direct('-f 34', '-s rr', TcpFlows), to: ['10.1.0.134:80', '10.1.0.134:443'] },
];

function nat(service: string, options: string, flows: readonly string[]): ServiceCase {
  const network = service.includes('[')
    ? ['[fd00:2::11]', '[fd00:2::12]']
    : ['10.2.0.11', '10.2.0.12'];
  return { service, options, flows, servers: ['-m', ...network.map((host) => `${host}:8080`)] };
}

function direct(service: string, options: string, flows: readonly string[]): ServiceCase {
  return { service, options, flows, servers: ['-g', ...serversBeside(service)] };
}

function tunnel(service: string, options: string, flows: readonly string[]): ServiceCase {
  return { service, options, flows, servers: ['-i', ...serversBeside(service)] };
}

/** Direct routing and tunnels keep the port; a firewall mark has none. */
function serversBeside(service: string): string[] {
  const port = /:(\d+)$/.exec(service)?.[1] ?? '0';
  const hosts = service.includes('[')
    ? ['[fd00:1::11]', '[fd00:1::12]']
    : ['10.1.0.11', '10.1.0.12'];
  return hosts.map((host) => `${host}:${port}`);
}

/** The commands that make a guest a director with all services of the scenario. */
export function configurationScript(): string {
  const addresses = new Set(syncFlows().map(({ virtual }) => virtual.address));
  const marks = Cases.flatMap(({ service, to = [] }) =>
    to.map((endpoint) => ({ mark: service.replace('-f ', ''), endpoint: endpointOf(endpoint) })),
  );
  const rules = Cases.flatMap(({ service, options, servers: [method, ...servers] }) => [
    `-A ${service} ${options}`,
    ...servers.map((server) => `-a ${service} -r ${server} ${method}`),
  ]);
  return [
    'set -e',
    ...[...addresses].map((address) => `ip address add ${address} dev lo`),
    ...marks.map(({ mark, endpoint: { address, port } }) => {
      const match = `-i ${GuestInterface} -d ${address} -p tcp --dport ${port}`;
      return `iptables-legacy -t mangle -A PREROUTING ${match} -j MARK --set-mark ${mark}`;
    }),
    `ipvsadm -R <<'end'`,
    ...rules,
    'end',
  ].join('\n');
}

/** All connections of the scenario. */
export function syncFlows(): SyncFlow[] {
  return Cases.flatMap((each, place) =>
    each.flows.map((text, number) => {
      const targets = each.to ?? [each.service.replace(/^-. /, '')];
      const virtual = endpointOf(targets[number % targets.length] ?? '');
      const isIpv6 = virtual.address.includes(':');
      const host = 2 + (number % 3);
      const client = {
        address: literalAddress(isIpv6 ? `fd00:3::${host}` : `10.3.0.${host}`),
        port: 40_000 + place * 100 + number,
      };
      const protocol = each.service.startsWith('-u') ? 'udp' : 'tcp';
      return {
        name: `${protocol.toUpperCase()} ${endpointText(client)} -> ${endpointText(virtual)}`,
        protocol,
        client,
        virtual,
        payload: each.isSip === true ? sipRequest(client.address) : 'baton',
        isNat: each.servers[0] === '-m',
        packets: unfold(text),
      };
    }),
  );
}

/** As little of a SIP request (RFC 3261 §7.1) as the kernel's ip_vs_pe_sip wants to see. */
const sipRequest = (client: IpAddress): string =>
  `OPTIONS sip:baton@10.1.0.100 SIP/2.0\r\nCall-ID: call-of-${client}\r\n\r\n`;

/** True for a connection that the kernel tells its peers of: one with three packets of the client, by its default. */
export const isTold = ({ packets }: SyncFlow): boolean =>
  packets.filter((packet) => packet.startsWith('>')).length >= SyncThreshold;

/** `>D*3` is `>D` three times. */
const unfold = (text: string): string[] =>
  text.split(' ').flatMap((word) => {
    const [packet = '', times = '1'] = word.split('*');
    return Array.from({ length: Number(times) }, () => packet);
  });

function endpointOf(text: string): Flow['virtual'] {
  const [, address = '', port] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(text) ?? [];
  return { address: literalAddress(address), port: Number(port) };
}
