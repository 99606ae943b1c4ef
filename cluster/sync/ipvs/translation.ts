import { isIpv6 } from '../../../director/base/address.js';
import { seconds, toSeconds, type Duration } from '../../../director/base/time.js';
import type { SessionKey, SessionProtocol, SyncMethod, SyncRecord } from '../record.js';
import { backupFlags, IpvsFlag } from './flags.js';
import { IpvsOptionType, type IpvsRecord, type IpvsVersion } from './message.js';
import { optionKind } from './reader.js';

/** Why an entry is not told: the format has no words for it, or a kernel would not tell it either. */
export type Unsaid =
  /** A state in which a kernel's master is silent: before the connection is established, above all. */
  | 'state'
  /** Its local endpoint, without which a peer cannot go on with the connection. */
  | 'full-nat'
  /** Version 0 has no room for the addresses. */
  | 'ipv6';

/** Why a record is not applied. The others of its message are. */
export type IpvsRecordReject =
  /** An option that the sender takes to be essential. */
  | 'unknown-option'
  /** A persistence engine's template: it is known by data that we have no engine for. */
  | 'persistence-engine'
  | 'unknown-protocol'
  | 'bad-state'
  /** Cache bypass, or a number that is none of the methods. */
  | 'bad-method'
  /** A template without the client's port, and any entry of one-packet scheduling: nonsense. */
  | 'bad-flags'
  /** The expected data connection of ftp, which we know only by its control connection. */
  | 'no-client-port';

/** What a record does not say. */
export interface ReceiverDefaults {
  /** The packets that an entry counts as having had: those at which it would be told, so that it is not told back. */
  readonly threshold: number;
  /** This node's own timeout of a state: messages of version 0 have none. */
  timeoutOf(protocol: SessionProtocol, state: number): Duration;
}

/** The only state of UDP: in our table it has a number that no state of TCP has. */
const udpState = 11;
const udpStateOnWire = 0;

/** Numbers of TCP's and SCTP's states (ip_vs_proto_tcp.c, ip_vs_proto_sctp.c). */
const established = { TCP: 1, SCTP: 8 } as const;

/** States in which a kernel's master tells a connection (ip_vs_sync_conn_needed). */
const toldStates = {
  /** ESTABLISHED, FIN_WAIT, TIME_WAIT, CLOSE, CLOSE_WAIT. */
  TCP: new Set([established.TCP, 4, 5, 6, 7]),
  /** ESTABLISHED, the three of SHUTDOWN, CLOSED. */
  SCTP: new Set([established.SCTP, 9, 10, 11, 13]),
  UDP: new Set([udpState]),
  IP: new Set<number>(),
} as const;

/** How many states each protocol has on the wire. */
const stateCounts: Readonly<Record<SessionProtocol, number>> = { TCP: 11, UDP: 1, SCTP: 14, IP: 0 };
const templateStateCount = 2;

const protocolNumbers: Readonly<Record<SessionProtocol, number>> = {
  TCP: 6,
  UDP: 17,
  SCTP: 132,
  IP: 0,
};
const protocolNames = new Map<number, SessionProtocol>([
  [6, 'TCP'],
  [17, 'UDP'],
  [132, 'SCTP'],
  [0, 'IP'],
]);

/** Forwarding methods by their number in the flags; FullNat has none. */
const methods: readonly Exclude<SyncMethod, 'FullNat'>[] = ['Masq', 'Local', 'Tunnel', 'Route'];

/** What a kernel gives a template that comes without a timeout. */
const templateTimeout = seconds(180);

/** The longest timeout that can be configured anywhere, persistence's: more is not believed. */
const longestTimeout = 2_678_400;

/** The record that tells an entry to peers, or why there is none. */
export function toIpvs(entry: SyncRecord, version: IpvsVersion): IpvsRecord | Unsaid {
  if (entry.method === 'FullNat') return 'full-nat';
  if (!entry.isTemplate && !toldStates[entry.protocol].has(entry.state)) return 'state';
  if (version === 0 && isIpv6(entry.client)) return 'ipv6';
  return {
    protocol: protocolNumbers[entry.protocol],
    client: entry.client,
    clientPort: entry.clientPort,
    virtual: entry.virtual,
    virtualPort: entry.virtualPort,
    real: entry.real,
    realPort: entry.realPort,
    flags: flagsOf(entry, entry.method),
    state: entry.protocol === 'UDP' && !entry.isTemplate ? udpStateOnWire : entry.state,
    firewallMark: version === 0 ? 0 : (entry.firewallMark ?? 0),
    // Zero would mean the receiver's own, which is all that version 0 can say.
    timeout: version === 0 ? 0 : Math.max(1, Math.round(toSeconds(entry.timeout))),
    options: [],
  };
}

/**
 * What a record of a peer says, with what a backup makes of it (ip_vs_proc_sync_conn): flags that are the sender's own
 * affair are dropped, and so are shifted sequence numbers, because nothing here rewrites payload.
 */
export function fromIpvs(
  record: IpvsRecord,
  defaults: ReceiverDefaults,
): SyncRecord | IpvsRecordReject {
  const isTemplate = (record.flags & IpvsFlag.template) !== 0;
  const protocol = protocolNames.get(record.protocol);
  if (protocol === undefined || (protocol === 'IP' && !isTemplate)) return 'unknown-protocol';
  const method = methods[record.flags & IpvsFlag.methodMask];
  if (method === undefined) return 'bad-method';
  const mistake = flagMistake(record.flags) ?? optionMistake(record);
  if (mistake !== undefined) return mistake;
  if (record.state >= (isTemplate ? templateStateCount : stateCounts[protocol])) return 'bad-state';

  const state = protocol === 'UDP' && !isTemplate ? udpState : record.state;
  const timeout = timeoutOf(record.timeout, { protocol, isTemplate }, state, defaults);
  return {
    protocol,
    client: record.client,
    clientPort: record.clientPort,
    virtual: record.virtual,
    virtualPort: record.virtualPort,
    isTemplate,
    real: record.real,
    realPort: record.realPort,
    method,
    state,
    flags: record.flags & backupFlags,
    ...(record.firewallMark !== 0 && { firewallMark: record.firewallMark }),
    timeout,
    remaining: timeout,
    packets: defaults.threshold,
  };
}

function flagsOf(entry: SyncRecord, method: Exclude<SyncMethod, 'FullNat'>): number {
  let flags = methods.indexOf(method);
  if (method !== 'Masq') flags |= IpvsFlag.noOutput;
  if (entry.isTemplate) return flags | IpvsFlag.template | IpvsFlag.inactive;
  const isActive =
    (entry.protocol === 'TCP' && entry.state === established.TCP) ||
    (entry.protocol === 'SCTP' && entry.state === established.SCTP);
  return isActive ? flags : flags | IpvsFlag.inactive;
}

function flagMistake(flags: number): IpvsRecordReject | undefined {
  if ((flags & IpvsFlag.onePacket) !== 0) return 'bad-flags';
  if ((flags & IpvsFlag.noClientPort) === 0) return undefined;
  return (flags & IpvsFlag.template) === 0 ? 'no-client-port' : 'bad-flags';
}

function optionMistake({ options }: IpvsRecord): IpvsRecordReject | undefined {
  for (const { type } of options) {
    switch (optionKind(type)) {
      case IpvsOptionType.sequences:
        break;
      case IpvsOptionType.engineData:
      case IpvsOptionType.engineName:
        return 'persistence-engine';
      default:
        if ((type & IpvsOptionType.optionalBit) === 0) return 'unknown-option';
    }
  }
  return undefined;
}

function timeoutOf(
  told: number,
  { protocol, isTemplate }: Pick<SessionKey, 'protocol' | 'isTemplate'>,
  state: number,
  defaults: ReceiverDefaults,
): Duration {
  if (told > 0) return seconds(Math.min(told, longestTimeout));
  return isTemplate ? templateTimeout : defaults.timeoutOf(protocol, state);
}
