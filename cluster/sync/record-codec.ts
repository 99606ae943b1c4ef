import { baton } from '#proto/sync.js';

import { addressFromBytes, isIpv6, type IpAddress } from '../../director/base/address.js';
import { milliseconds, seconds, toMilliseconds, toSeconds } from '../../director/base/time.js';
import { recordAddressBytes } from './address-bytes.js';
import { isNodeName } from './message.js';
import type {
  LocalEndpoint,
  SessionKey,
  SessionProtocol,
  SyncMethod,
  SyncRecord,
  TableEntry,
} from './record.js';

const { Protocol, Method } = baton.sync;

type WireKey = baton.sync.Removal.$Properties;
type WireEntry = baton.sync.Record.$Properties;
type WireAddress = Uint8Array | null | undefined;

/** Why a record or removal is not accepted. */
export type RecordReject =
  | 'bad-address'
  | 'mixed-families'
  | 'bad-port'
  | 'unknown-protocol'
  | 'unknown-method'
  | 'bad-state'
  | 'bad-local'
  | 'bad-origin';

const protocolNumber: Readonly<Record<SessionProtocol, number>> = {
  TCP: Protocol.PROTOCOL_TCP,
  UDP: Protocol.PROTOCOL_UDP,
  SCTP: Protocol.PROTOCOL_SCTP,
  IP: Protocol.PROTOCOL_IP,
};

const methodNumber: Readonly<Record<SyncMethod, number>> = {
  Masq: Method.METHOD_MASQ,
  Local: Method.METHOD_LOCAL,
  Tunnel: Method.METHOD_TUNNEL,
  Route: Method.METHOD_ROUTE,
  FullNat: Method.METHOD_FULLNAT,
};

/** The names by number, for reading. */
const protocolNames = new Map<number, SessionProtocol>(
  (['TCP', 'UDP', 'SCTP', 'IP'] as const).map((name) => [protocolNumber[name], name]),
);
const methodNames = new Map<number, SyncMethod>(
  (['Masq', 'Local', 'Tunnel', 'Route', 'FullNat'] as const).map((name) => [
    methodNumber[name],
    name,
  ]),
);

const MaxState = 0xff;
const Uint32Max = 0xffff_ffff;
const clamp32 = (value: number): number => Math.min(Math.max(Math.ceil(value), 0), Uint32Max);

/** The wire form of a key, alone a whole Removal. */
export const removalToWire = (key: SessionKey): WireKey => ({
  protocol: protocolNumber[key.protocol],
  clientAddress: recordAddressBytes(key.client),
  clientPort: key.clientPort,
  virtualAddress: recordAddressBytes(key.virtual),
  virtualPort: key.virtualPort,
  isTemplate: key.isTemplate,
});

/** The wire form of an entry. Times beyond 32 bits of seconds or milliseconds are sent as the greatest. */
export const recordToWire = (entry: TableEntry): WireEntry => ({
  protocol: protocolNumber[entry.protocol],
  clientAddress: recordAddressBytes(entry.client),
  clientPort: entry.clientPort,
  virtualAddress: recordAddressBytes(entry.virtual),
  virtualPort: entry.virtualPort,
  realAddress: recordAddressBytes(entry.real),
  realPort: entry.realPort,
  method: methodNumber[entry.method],
  state: entry.state,
  flags: entry.flags >>> 0,
  timeoutSeconds: clamp32(toSeconds(entry.timeout)),
  remainingMilliseconds: clamp32(toMilliseconds(entry.remaining)),
  packets: clamp32(entry.packets),
  origin: entry.origin ?? null,
  isTemplate: entry.isTemplate,
  localAddress: entry.local ? recordAddressBytes(entry.local.address) : null,
  localPort: entry.local?.port ?? 0,
});

/** Bytes that a field of a varint takes: its tag and 7 bits a byte; nothing for 0. */
function varintSize(value: number): number {
  if (value === 0) return 0;
  let size = 2;
  for (let rest = value; rest >= 0x80; rest /= 0x80) size += 1;
  return size;
}

const addressSize = (address: IpAddress): number => 2 + (isIpv6(address) ? 16 : 4);

const keySize = (key: SessionKey): number =>
  varintSize(protocolNumber[key.protocol]) +
  addressSize(key.client) +
  varintSize(key.clientPort) +
  addressSize(key.virtual) +
  varintSize(key.virtualPort) +
  (key.isTemplate ? 2 : 0);

/** Two bytes more than others of their kind: field numbers from 16 on have tags of two bytes. */
const localSize = (local: LocalEndpoint): number =>
  addressSize(local.address) + varintSize(local.port) + 2;

/** Tag and length of a record or removal inside a message. */
const itemOverhead = (size: number): number => (size < 0x80 ? 2 : 3);

/** Bytes that a removal takes inside a datagram. */
export function removalSize(key: SessionKey): number {
  const size = keySize(key);
  return size + itemOverhead(size);
}

/** Bytes that a record takes inside a datagram. */
export function recordSize(entry: TableEntry): number {
  const size =
    keySize(entry) +
    addressSize(entry.real) +
    varintSize(entry.realPort) +
    varintSize(methodNumber[entry.method]) +
    varintSize(entry.state) +
    varintSize(entry.flags >>> 0) +
    varintSize(clamp32(toSeconds(entry.timeout))) +
    varintSize(clamp32(toMilliseconds(entry.remaining))) +
    varintSize(clamp32(entry.packets)) +
    (entry.origin === undefined ? 0 : 2 + entry.origin.length) +
    (entry.local === undefined ? 0 : localSize(entry.local));
  return size + itemOverhead(size);
}

const addressFromWire = (bytes: WireAddress): IpAddress | undefined =>
  bytes ? addressFromBytes(bytes) : undefined;

const isPort = (port: number): boolean => port >= 0 && port <= 0xffff;

/** An endpoint of the family of `other`, or what is wrong with it. */
function endpointFromWire(
  bytes: WireAddress,
  wirePort: number | null | undefined,
  other: WireAddress,
): { readonly address: IpAddress; readonly port: number } | RecordReject {
  const address = addressFromWire(bytes);
  if (address === undefined) return 'bad-address';
  if (bytes?.length !== other?.length) return 'mixed-families';
  const port = wirePort ?? 0;
  return isPort(port) ? { address, port } : 'bad-port';
}

/** The key of a Removal, or of a Record, or why there is none. */
export function removalFromWire(wire: WireKey): SessionKey | RecordReject {
  const protocol = protocolNames.get(wire.protocol ?? 0);
  const isTemplate = wire.isTemplate ?? false;
  // A connection has a protocol of its own; only a template may be for all.
  if (protocol === undefined || (protocol === 'IP' && !isTemplate)) return 'unknown-protocol';
  const client = addressFromWire(wire.clientAddress);
  const virtual = addressFromWire(wire.virtualAddress);
  if (client === undefined || virtual === undefined) return 'bad-address';
  if (wire.clientAddress?.length !== wire.virtualAddress?.length) return 'mixed-families';
  const clientPort = wire.clientPort ?? 0;
  const virtualPort = wire.virtualPort ?? 0;
  if (!isPort(clientPort) || !isPort(virtualPort)) return 'bad-port';
  return { protocol, client, clientPort, virtual, virtualPort, isTemplate };
}

/** The record of an Updates message, or why there is none. */
export function recordFromWire(wire: WireEntry): SyncRecord | RecordReject {
  const record = plainRecordFromWire(wire);
  if (typeof record === 'string' || !(wire.localPort || wire.localAddress?.length)) return record;
  const local = localFromWire(wire, record.method);
  return typeof local === 'string' ? local : { ...record, local };
}

/** The record without its local endpoint. */
function plainRecordFromWire(wire: WireEntry): SyncRecord | RecordReject {
  const key = removalFromWire(wire);
  if (typeof key === 'string') return key;
  const real = endpointFromWire(wire.realAddress, wire.realPort, wire.clientAddress);
  if (typeof real === 'string') return real;
  const method = methodNames.get(wire.method ?? 0);
  if (method === undefined) return 'unknown-method';
  const state = wire.state ?? 0;
  if (state > MaxState) return 'bad-state';
  return {
    protocol: key.protocol,
    client: key.client,
    clientPort: key.clientPort,
    virtual: key.virtual,
    virtualPort: key.virtualPort,
    isTemplate: key.isTemplate,
    real: real.address,
    realPort: real.port,
    method,
    state,
    flags: wire.flags ?? 0,
    timeout: seconds(wire.timeoutSeconds ?? 0),
    remaining: milliseconds(wire.remainingMilliseconds ?? 0),
    packets: wire.packets ?? 0,
  };
}

/** The local endpoint of a record that has at least a part of one, or what is wrong with it. */
function localFromWire(wire: WireEntry, method: SyncMethod): LocalEndpoint | RecordReject {
  const { localAddress, localPort, clientAddress } = wire;
  if (method !== 'FullNat' || !localPort || !localAddress?.length) return 'bad-local';
  return endpointFromWire(localAddress, localPort, clientAddress);
}

/** The entry of a BulkChunk, or why there is none. */
export function entryFromWire(wire: WireEntry): TableEntry | RecordReject {
  const record = recordFromWire(wire);
  if (typeof record === 'string' || !wire.origin) return record;
  return isNodeName(wire.origin) ? { ...record, origin: wire.origin } : 'bad-origin';
}
