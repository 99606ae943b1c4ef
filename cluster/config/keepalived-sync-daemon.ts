import { type IpAddress, isIpv6 } from '../../director/base/address.js';
import { literalAddress } from '../../director/base/literal-address.js';
import { isMulticast } from './address-kinds.js';
import type { Statement } from './keepalived-statements.js';
import type { SyncConfig } from './node-config.js';
import { instanceKey, SyncDaemonKey } from './position.js';
import { claim, type Draft, type ReadContext } from './read-context.js';
import type { Value } from './statement-reader.js';
import type { VrrpInstanceConfig } from './vrrp-config.js';

/** What `lvs_sync_daemon` says of the sync messages' way. */
export type SyncChannel = Pick<
  SyncConfig,
  'device' | 'syncId' | 'group' | 'port' | 'ttl' | 'maxLength'
>;

/** `lvs_sync_daemon`. */
export interface SyncDaemon extends Omit<SyncChannel, 'syncId' | 'port'> {
  /** Undefined: it is that of the instance, or 0. */
  readonly syncId: number | undefined;
  /** Undefined: it depends on the format. */
  readonly port: number | undefined;
  /** The instance whose state decides, in keepalived, which daemon runs; ours always send and listen. */
  readonly instance: string | undefined;
}

/** The kernel's: its group, one hop, and what an Ethernet frame holds beside the headers of IPv4 and UDP. */
export const ChannelDefaults = { group: literalAddress('224.0.0.81'), ttl: 1, maxLength: 1_472 };

/** IPVS has 8848; the port above it is for our own messages, which are not IPVS's. */
export const SyncPorts: Readonly<Record<SyncConfig['format'], number>> = {
  baton: 8849,
  'ipvs-v1': 8848,
  'ipvs-v0': 8848,
};

/** Room for the header, a signature and a record of every kind; at most what a UDP datagram holds. */
const LengthRange = { minimum: 256, maximum: 65_507 };

/**
 * Reads `lvs_sync_daemon INTERFACE [[inst] INSTANCE] [id N] [maxlen N] [port N] [ttl N] [group ADDRESS]`. Undefined only
 * after a problem.
 */
export function readSyncDaemon(statement: Statement, context: ReadContext): SyncDaemon | undefined {
  const { reader, problems } = context;
  const { keyword, words, line } = statement;
  claim(context, SyncDaemonKey, line);
  const [interfaceName] = words;
  if (interfaceName === undefined) {
    problems.add(line, 'syntax', `${keyword} needs an interface`);
    return undefined;
  }
  const device = reader.device({ name: keyword, text: interfaceName, line });
  const draft: Draft<SyncDaemon> = { ...ChannelDefaults };
  const options = channelOptions(draft, context);
  // The older form names the instance without `inst` before it.
  const second = words[1];
  const isOption = second === undefined || Object.hasOwn(options, second);
  if (!isOption) draft.instance = second;
  reader.options(statement, isOption ? 1 : 2, options);
  const { instance, syncId, port, group, ttl, maxLength } = draft;
  if (device === undefined || group === undefined) return undefined;
  if (ttl === undefined || maxLength === undefined) return undefined;
  return { device, instance, syncId, port, group, ttl, maxLength };
}

function channelOptions(
  draft: Draft<SyncDaemon>,
  context: ReadContext,
): Record<string, (value: Value) => void> {
  const { reader } = context;
  return {
    inst: (value) => {
      draft.instance = value.text;
    },
    id: (value) => {
      draft.syncId = reader.wholeNumber(value, { minimum: 0, maximum: 255 });
    },
    maxlen: (value) => {
      draft.maxLength = reader.wholeNumber(value, LengthRange);
    },
    port: (value) => {
      draft.port = reader.wholeNumber(value, { minimum: 1, maximum: 65_535 });
    },
    ttl: (value) => {
      draft.ttl = reader.wholeNumber(value, { minimum: 1, maximum: 255 });
    },
    group: (value) => {
      draft.group = readGroup(value, context);
    },
  };
}

function readGroup(value: Value, { reader, problems }: ReadContext): IpAddress | undefined {
  const group = reader.address(value);
  if (group === undefined || (isMulticast(group) && !isIpv6(group))) return group;
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

/** What keepalived takes when `id` is left out, and each format when `port` is. */
export function completeChannel(
  { instance: followed, ...daemon }: SyncDaemon,
  format: SyncConfig['format'],
  instances: readonly VrrpInstanceConfig[],
): SyncChannel {
  const instance = instances.find(({ name }) => name === followed);
  const { syncId = instance?.virtualRouterId ?? 0, port = SyncPorts[format] } = daemon;
  return { ...daemon, syncId, port };
}
