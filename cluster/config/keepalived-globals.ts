import { addressBytes, type IpAddress, isIpv6, parseAddress } from '../../director/base/address.js';
import { assert } from '../../director/base/invariant.js';
import { isUnsupportedKeyword } from './keepalived-keywords.js';
import type { Statement } from './keepalived-statements.js';
import type { NodeConfig, SyncConfig } from './node-config.js';
import { instanceKey, SyncDaemonKey } from './position.js';
import { claim, type Draft, type ReadContext } from './read-context.js';
import type { Value } from './statement-reader.js';

/** What `global_defs` says. */
export interface Globals {
  readonly routerId: string | undefined;
  /** True when `vrrp_version 3` is set for all instances; keepalived's own default is version 2. */
  readonly saysVersion3: boolean;
  readonly sync: SyncDaemon | undefined;
  readonly timeouts: NodeConfig['timeouts'];
}

/** What `lvs_sync_daemon` says of the sync messages' way. */
export type SyncChannel = Pick<
  SyncConfig,
  'device' | 'syncId' | 'group' | 'port' | 'ttl' | 'maxLength'
>;

/** `lvs_sync_daemon`. */
export interface SyncDaemon {
  readonly channel: SyncChannel;
  /** The instance whose state decides, in keepalived, which daemon runs; ours always send and listen. */
  readonly instance: string | undefined;
}

/** The group of IPVS, and the port above its 8848, because our messages are not IPVS's. */
export const SyncDefaults = {
  syncId: 0,
  group: groupAddress('224.0.0.81'),
  port: 8849,
  ttl: 1,
  maxLength: 1_472,
};

const MaximumNameLength = 64;
/** The kernel's limit on `ipvsadm --set`, in seconds. */
const MaximumTimeout = 31 * 86_400;

/** Reads `global_defs`; a field is undefined when it is missing or was refused. */
export function readGlobals(statement: Statement, context: ReadContext): Globals {
  const { reader } = context;
  const draft: Draft<Globals> = {};
  reader.values(statement, []);
  reader.block({ name: 'global_defs', line: statement.line }, statement.body ?? [], {
    router_id: {
      required: true,
      read: (router) => {
        draft.routerId = reader.name(reader.value(router, 'a name'), MaximumNameLength);
      },
    },
    vrrp_version: {
      read: (version) => {
        draft.saysVersion3 = true;
        readVersion(version, context);
      },
    },
    lvs_sync_daemon: {
      read: (daemon) => {
        draft.sync = readSyncDaemon(daemon, context);
      },
    },
    lvs_timeouts: {
      read: (given) => {
        draft.timeouts = readTimeouts(given, context);
      },
    },
  });
  const { routerId, saysVersion3 = false, sync, timeouts = {} } = draft;
  return { routerId, saysVersion3, sync, timeouts };
}

/** Reads `vrrp_version` or `version`: only 3 is spoken here. */
export function readVersion(statement: Statement, { reader, problems }: ReadContext): void {
  const version = reader.choice(reader.value(statement, '3'), { 2: 2, 3: 3 });
  if (version !== 2) return;
  const message = `VRRP version 2 is not supported: set ${statement.keyword} 3 on all directors`;
  problems.add(statement.line, 'not-supported', message);
}

/** `lvs_sync_daemon INTERFACE [[inst] INSTANCE] [id N] [port N] [group ADDRESS]`. */
function readSyncDaemon(statement: Statement, context: ReadContext): SyncDaemon | undefined {
  const { reader, problems } = context;
  const { keyword, words, line } = statement;
  claim(context, SyncDaemonKey, line);
  const [interfaceName] = words;
  if (interfaceName === undefined) {
    problems.add(line, 'syntax', `${keyword} needs an interface`);
    return undefined;
  }
  const device = reader.device({ name: keyword, text: interfaceName, line });
  let instance: string | undefined;
  const draft: Draft<SyncChannel> = { ...SyncDefaults };
  const options = {
    inst: (value: Value) => {
      instance = value.text;
    },
    id: (value: Value) => {
      draft.syncId = reader.wholeNumber(value, { minimum: 0, maximum: 255 });
    },
    port: (value: Value) => {
      draft.port = reader.wholeNumber(value, { minimum: 1, maximum: 65_535 });
    },
    group: (value: Value) => {
      draft.group = readGroup(value, context);
    },
  };
  // The older form names the instance without `inst` before it.
  const second = words[1];
  const isOption =
    second === undefined || Object.hasOwn(options, second) || isUnsupportedKeyword(second);
  if (!isOption) instance = second;
  reader.options(statement, isOption ? 1 : 2, options);
  const { syncId, port, group } = draft;
  const { ttl, maxLength } = SyncDefaults;
  if (device === undefined || syncId === undefined) return undefined;
  if (port === undefined || group === undefined) return undefined;
  return { channel: { device, syncId, port, group, ttl, maxLength }, instance };
}

function readGroup(value: Value, { reader, problems }: ReadContext): IpAddress | undefined {
  const group = reader.address(value);
  if (group === undefined || isMulticast(group)) return group;
  const message = `${value.name} has to be a multicast address (224.0.0.0/4), not ${value.text}`;
  problems.add(value.line, 'wrong-value', message);
  return undefined;
}

/** Refuses a sync daemon that follows an instance which the file does not define. */
export function checkSyncInstance(sync: SyncDaemon | undefined, context: ReadContext): void {
  const { instance } = sync ?? {};
  if (instance === undefined || context.positions.has(instanceKey(instance))) return;
  const line = context.positions.get(SyncDaemonKey) ?? 1;
  const message = `lvs_sync_daemon follows ${instance}, which no vrrp_instance defines`;
  context.problems.add(line, 'unknown-reference', message);
}

function readTimeouts(statement: Statement, context: ReadContext): NodeConfig['timeouts'] {
  const { reader, problems } = context;
  const timeouts: { tcp?: number; tcpFin?: number; udp?: number } = {};
  const set = (name: keyof typeof timeouts) => (value: Value) => {
    const timeout = reader.wholeNumber(value, { minimum: 1, maximum: MaximumTimeout });
    if (timeout !== undefined) timeouts[name] = timeout;
  };
  reader.options(statement, 0, { tcp: set('tcp'), tcpfin: set('tcpFin'), udp: set('udp') });
  if (statement.words.length === 0) {
    problems.add(statement.line, 'missing', 'lvs_timeouts needs at least one of tcp, tcpfin, udp');
  }
  return timeouts;
}

const isMulticast = (address: IpAddress): boolean =>
  !isIpv6(address) && (addressBytes(address)[0] ?? 0) >> 4 === 0xe;

function groupAddress(text: string): IpAddress {
  const address = parseAddress(text);
  assert(address !== undefined, 'the default group is an address');
  return address;
}
