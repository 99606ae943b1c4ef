import { addressBytes, isIpv6, parseAddress, type IpAddress } from '../../director/base/address.js';
import type {
  ClientFilter,
  DaemonRole,
  ForwardingMethod,
  ServerAddress,
  ServiceName,
  ServiceProtocol,
  TunnelOptions,
} from './command.js';
import type { OptionForm, OptionName } from './options.js';
import type { PortNames } from './port-names.js';
import { readClient, readEndpoint, readNumber } from './values.js';

/** 31 days, in seconds: the longest timeout. */
export const LongestTimeout = 86_400 * 31;

/** Seconds of a persistent service that does not say. */
const DefaultPersistence = 360;

const LargestInt = 2_147_483_647;

/** What has been read of a command line so far, with the defaults for what has not. */
export interface Draft {
  readonly given: Set<OptionName>;
  /** Of a command for a sync daemon. */
  role: DaemonRole | undefined;
  service: ServiceName | undefined;
  scheduler: string;
  flags: string;
  persistence: number | undefined;
  netmask: string | undefined;
  engine: string | undefined;
  server: ServerAddress | undefined;
  method: ForwardingMethod;
  weight: number;
  upperThreshold: number;
  lowerThreshold: number;
  tunnelType: TunnelOptions['type'];
  tunnelPort: number;
  device: string;
  syncId: number;
  syncLength: number | undefined;
  group: IpAddress | undefined;
  syncPort: number | undefined;
  ttl: number | undefined;
  client: ClientFilter | undefined;
  state: string | undefined;
}

export const emptyDraft = (): Draft => ({
  given: new Set(),
  role: undefined,
  service: undefined,
  scheduler: 'wlc',
  flags: '',
  persistence: undefined,
  netmask: undefined,
  engine: undefined,
  server: undefined,
  method: 'Route',
  weight: 1,
  upperThreshold: 0,
  lowerThreshold: 0,
  tunnelType: 'ipip',
  tunnelPort: 0,
  device: 'eth0',
  syncId: 0,
  syncLength: undefined,
  group: undefined,
  syncPort: undefined,
  ttl: undefined,
  client: undefined,
  state: undefined,
});

/** The address family of a service. */
export function familyOf(service: ServiceName): 4 | 6 {
  if (service.kind === 'mark') return service.family;
  return isIpv6(service.address) ? 6 : 4;
}

/** Reads one option into the draft. Returns what is wrong with its value, in ipvsadm's words. */
type Reader = (draft: Draft, value: string, names: PortNames) => string | undefined;

const tunnelTypes: readonly TunnelOptions['type'][] = ['ipip', 'gue', 'gre'];

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['tcp-service', service('tcp')],
  ['udp-service', service('udp')],
  ['sctp-service', service('sctp')],
  ['fwmark-service', readMark],
  ['ipv6', readFamily],
  ['scheduler', (draft, value) => void (draft.scheduler = value)],
  ['sched-flags', (draft, value) => void (draft.flags = value)],
  ['persistent', readPersistence],
  ['netmask', (draft, value) => void (draft.netmask = value)],
  ['pe', (draft, value) => void (draft.engine = value)],
  ['real-server', readServer],
  ['masquerading', (draft) => void (draft.method = 'Masq')],
  ['ipip', (draft) => void (draft.method = 'Tunnel')],
  ['gatewaying', (draft) => void (draft.method = 'Route')],
  ['fullnat', (draft) => void (draft.method = 'FullNat')],
  // The manual says 65535, ipvsadm 1.31 takes more.
  ['weight', number('weight', [0, LargestInt], 'illegal weight specified')],
  ['u-threshold', number('upperThreshold', [0, LargestInt], 'illegal u_threshold specified')],
  ['l-threshold', number('lowerThreshold', [0, LargestInt], 'illegal l_threshold specified')],
  ['tun-type', readTunnelType],
  ['tun-port', number('tunnelPort', [1, 65_535], 'illegal tunnel port specified')],
  ['mcast-interface', (draft, value) => void (draft.device = value)],
  ['syncid', number('syncId', [0, 255], 'illegal syncid specified')],
  ['sync-maxlen', number('syncLength', [1, 65_507], 'illegal sync-maxlen specified')],
  ['mcast-group', readGroup],
  ['mcast-port', number('syncPort', [1, 65_535], 'illegal mcast-port specified')],
  ['mcast-ttl', number('ttl', [1, 255], 'illegal mcast-ttl specified')],
  ['client', readClientFilter],
  ['state', (draft, value) => void (draft.state = value.toUpperCase())],
]);

/** Reads one option into the draft. Returns what is wrong with it, in ipvsadm's words. */
export function readOption(
  draft: Draft,
  { long, option }: OptionForm,
  value: string | undefined,
  names: PortNames,
): string | undefined {
  if (option !== undefined) {
    if (draft.given.has(option)) return `multiple '${option}' options specified`;
    draft.given.add(option);
  }
  return readers.get(long)?.(draft, value ?? '', names);
}

function service(protocol: ServiceProtocol): Reader {
  return (draft, value, names) => {
    const endpoint = readEndpoint(value, protocol, names);
    if (endpoint === undefined) return 'illegal virtual server address[:port] specified';
    const { address, port = 0 } = endpoint;
    draft.service = { kind: 'address', protocol, address, port };
    return undefined;
  };
}

function readMark(draft: Draft, value: string): string | undefined {
  const mark = readNumber(value, 1, 0xffff_ffff);
  if (mark === undefined) return `invalid fwmark value \`${value}' specified`;
  draft.service = { kind: 'mark', mark, family: 4 };
  return undefined;
}

function readFamily(draft: Draft): string | undefined {
  if (draft.service?.kind !== 'mark') return '-6 used before -f\n';
  draft.service = { ...draft.service, family: 6 };
  return undefined;
}

/** `-p` alone is the default; an empty value cannot be told from none, and is none. */
function readPersistence(draft: Draft, value: string): string | undefined {
  draft.persistence = value === '' ? DefaultPersistence : readNumber(value, 1, LongestTimeout);
  return draft.persistence === undefined
    ? `invalid timeout value \`${value}' specified`
    : undefined;
}

/** A real server without a port has that of the service. */
function readServer(draft: Draft, value: string, names: PortNames): string | undefined {
  const of = draft.service?.kind === 'address' ? draft.service : undefined;
  const endpoint = readEndpoint(value, of?.protocol ?? 'tcp', names);
  if (endpoint === undefined) return 'illegal real server address[:port] specified';
  draft.server = { address: endpoint.address, port: endpoint.port ?? of?.port ?? 0 };
  return undefined;
}

function readTunnelType(draft: Draft, value: string): string | undefined {
  const type = tunnelTypes.find((name) => name === value);
  if (type === undefined) return 'illegal tunnel type specified';
  draft.tunnelType = type;
  return undefined;
}

function readGroup(draft: Draft, value: string): string | undefined {
  const group = parseAddress(value);
  const [first = 0] = group === undefined ? [] : addressBytes(group);
  const isMulticast = value.includes(':') ? first === 0xff : first >> 4 === 0xe;
  if (group === undefined || !isMulticast) {
    return `invalid ${value.includes(':') ? 'IPv6' : 'IPv4'} mcast-group \`${value}'`;
  }
  draft.group = group;
  return undefined;
}

function readClientFilter(draft: Draft, value: string): string | undefined {
  draft.client = readClient(value);
  return draft.client === undefined
    ? 'illegal client address[/length][:port] specified'
    : undefined;
}

type NumberField =
  | 'weight'
  | 'upperThreshold'
  | 'lowerThreshold'
  | 'tunnelPort'
  | 'syncId'
  | 'syncLength'
  | 'syncPort'
  | 'ttl';

function number(
  field: NumberField,
  [minimum, maximum]: readonly [number, number],
  refusal: string,
): Reader {
  return (draft, value) => {
    const read = readNumber(value, minimum, maximum);
    if (read === undefined) return refusal;
    draft[field] = read;
    return undefined;
  };
}
