import type { IpAddress } from '../../director/base/address.js';
import { literalAddress } from '../../director/base/literal-address.js';
import { endpointText } from '../oracle/endpoint.js';
import type { Flow } from './flow.js';
import { GuestInterface } from './guest-init.js';

/** A flow, and how `connectionName` calls its entry. */
export type SyncFlow = Flow & { readonly name: string };

/** As ipvsadm takes them after -p and -M. */
interface Persistence {
  readonly seconds: number;
  readonly mask?: string;
}

/** A service of the scenario and the connections that are opened to it. */
interface ServiceCase {
  /** As ipvsadm takes it after -A. */
  readonly service: string;
  readonly persistence?: Persistence | undefined;
  /** With their ports, and the option for the forwarding method. */
  readonly servers: readonly [method: '-m' | '-g' | '-i', ...servers: string[]];
  /** Where clients connect to, when the service has no address of its own. */
  readonly to?: readonly string[];
  /** True when its datagrams are SIP, each client's with a Call-ID of its own, and that names the templates. */
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
  nat('-t 10.1.0.100:80', TcpFlows),
  direct('-t 10.1.0.100:81', TcpFlows),
  tunnel('-t 10.1.0.100:82', TcpFlows),
  nat('-t [fd00:1::100]:80', TcpFlows),
  direct('-t [fd00:1::100]:81', TcpFlows),
  tunnel('-t [fd00:1::100]:82', TcpFlows),
  nat('-u 10.1.0.100:53', UdpFlows),
  direct('-u 10.1.0.100:54', UdpFlows),
  tunnel('-u 10.1.0.100:55', UdpFlows),
  nat('-u [fd00:1::100]:53', UdpFlows),
  direct('-u [fd00:1::100]:54', UdpFlows),
  nat('-t 10.1.0.100:90', TcpFlows, { seconds: 300 }),
  direct('-t 10.1.0.100:91', TcpFlows, { seconds: 120, mask: '255.255.255.0' }),
  nat('-t [fd00:1::100]:90', TcpFlows, { seconds: 60, mask: '64' }),
  direct('-u 10.1.0.100:92', UdpFlows, { seconds: 180 }),
  { ...nat('-u 10.1.0.100:5060', UdpFlows.slice(2), { seconds: 60 }), isSip: true },
  {
    ...nat('-f 33', TcpFlows, { seconds: 90 }),
    // Behind a mark with persistence clients keep their port: only without one does a backup find the server.
    servers: ['-m', '10.2.0.11:0', '10.2.0.12:0'],
    to: ['10.1.0.133:80', '10.1.0.133:443'],
  },
  { ...direct('-f 34', TcpFlows), to: ['10.1.0.134:80', '10.1.0.134:443'] },
];

function nat(service: string, flows: readonly string[], persistence?: Persistence): ServiceCase {
  const network = service.includes('[')
    ? ['[fd00:2::11]', '[fd00:2::12]']
    : ['10.2.0.11', '10.2.0.12'];
  const servers = network.map((host) => `${host}:8080`);
  return { service, persistence, flows, servers: ['-m', ...servers] };
}

function direct(service: string, flows: readonly string[], persistence?: Persistence): ServiceCase {
  return { service, persistence, flows, servers: ['-g', ...serversBeside(service)] };
}

function tunnel(service: string, flows: readonly string[]): ServiceCase {
  return { service, flows, servers: ['-i', ...serversBeside(service)] };
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
export const configurationScript = (): string =>
  [
    'set -e',
    ...virtualAddresses().map((address) => `ip address add ${address} dev lo`),
    ...markRules().map(({ mark, address, port }) => {
      const match = `-i ${GuestInterface} -d ${address} -p tcp --dport ${port}`;
      return `iptables-legacy -t mangle -A PREROUTING ${match} -j MARK --set-mark ${mark}`;
    }),
    `ipvsadm -R <<'end'`,
    ...serviceRules(),
    'end',
  ].join('\n');

/** The addresses of all services. */
export const virtualAddresses = (): IpAddress[] => [
  ...new Set(syncFlows().map(({ virtual }) => virtual.address)),
];

/** A TCP port whose packets carry a firewall mark. */
export interface MarkRule {
  readonly mark: string;
  readonly address: IpAddress;
  readonly port: number;
}

export const markRules = (): MarkRule[] =>
  Cases.flatMap(({ service, to = [] }) =>
    to.map((endpoint) => ({ mark: service.replace('-f ', ''), ...endpointOf(endpoint) })),
  );

/** The endpoints of services whose templates are named by a persistence engine. */
export const engineServices = (): string[] =>
  Cases.flatMap(({ service, isSip }) => (isSip === true ? [service.replace(/^-. /, '')] : []));

/** The commands that make all services, as ipvsadm takes them from its standard input. */
function serviceRules(): string[] {
  return Cases.flatMap(({ service, persistence, isSip, servers: [method, ...servers] }) => {
    const mask = persistence?.mask === undefined ? '' : ` -M ${persistence.mask}`;
    const options = [
      persistence === undefined ? '' : ` -p ${persistence.seconds}${mask}`,
      isSip === true ? ' --pe sip' : '',
    ];
    return [
      `-A ${service} -s rr${options.join('')}`,
      ...servers.map((server) => `-a ${service} -r ${server} ${method}`),
    ];
  });
}

const MethodsInFile = { '-m': 'NAT', '-g': 'DR', '-i': 'TUN' } as const;

/** All services in the words of keepalived.conf, but for persistence engines, which we have not. */
export const virtualServers = (): string[] =>
  Cases.flatMap(({ service, persistence, servers: [method, ...servers] }) => {
    const [kind, name = ''] = service.split(' ');
    const isMark = kind === '-f';
    return [
      `virtual_server ${isMark ? `fwmark ${name}` : inFile(endpointOf(name))} {`,
      'lvs_sched rr',
      `lvs_method ${MethodsInFile[method]}`,
      ...(isMark ? [] : [`protocol ${kind === '-u' ? 'UDP' : 'TCP'}`]),
      ...(persistence === undefined ? [] : [`persistence_timeout ${persistence.seconds}`]),
      ...(persistence?.mask === undefined ? [] : [`persistence_granularity ${persistence.mask}`]),
      ...servers.flatMap((server) => [`real_server ${inFile(endpointOf(server))} {`, '}']),
      '}',
    ];
  });

const inFile = ({ address, port }: Flow['virtual']): string => `${address} ${port}`;

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
