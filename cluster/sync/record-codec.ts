import { baton } from '#proto/sync.js';

import {
  addressBytes,
  addressFromBytes,
  isIpv6,
  type IpAddress,
} from '../../director/base/address.js';
import { milliseconds, seconds, toMilliseconds, toSeconds } from '../../director/base/time.js';
import { isNodeName } from './message.js';
import type { SessionKey, SyncMethod, SyncRecord, SyncState, TableEntry } from './record.js';

const { Protocol, Method, State } = baton.sync;

type WireKey = baton.sync.Removal.$Properties;
type WireEntry = baton.sync.Record.$Properties;

/** Why a record or removal is not accepted. */
export type RecordReject =
  | 'bad-address'
  | 'mixed-families'
  | 'bad-port'
  | 'unknown-protocol'
  | 'unknown-method'
  | 'unknown-state'
  | 'bad-number'
  | 'bad-origin';

const protocolNumber = { TCP: Protocol.PROTOCOL_TCP, UDP: Protocol.PROTOCOL_UDP } as const;
const methodNumber = { Masq: Method.METHOD_MASQ, Route: Method.METHOD_ROUTE } as const;

/** In the order of the kernel's numbers, which are the numbers on the wire. */
const stateNames: readonly SyncState[] = [
  'NONE',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'SYNACK',
  'UDP',
];
const stateNumber = new Map<SyncState, number>(stateNames.map((name, number) => [name, number]));

const Uint32Max = 0xffff_ffff;
const clamp32 = (value: number): number => Math.min(Math.max(Math.ceil(value), 0), Uint32Max);

/** Bytes of addresses met lately: virtual and real addresses stand in almost every record. */
const addressCache = new Map<IpAddress, Uint8Array>();
const addressCacheLimit = 16_384;

function addressToWire(address: IpAddress): Uint8Array {
  const known = addressCache.get(address);
  if (known !== undefined) return known;
  if (addressCache.size >= addressCacheLimit) addressCache.clear();
  const bytes = addressBytes(address);
  addressCache.set(address, bytes);
  return bytes;
}

/** The wire form of a key, alone a whole Removal. */
export const removalToWire = (key: SessionKey): WireKey => ({
  protocol: protocolNumber[key.protocol],
  clientAddress: addressToWire(key.client),
  clientPort: key.clientPort,
  virtualAddress: addressToWire(key.virtual),
  virtualPort: key.virtualPort,
});

/** The wire form of an entry. Times beyond 32 bits of seconds or milliseconds are sent as the greatest. */
export const recordToWire = (entry: TableEntry): WireEntry => ({
  protocol: protocolNumber[entry.protocol],
  clientAddress: addressToWire(entry.client),
  clientPort: entry.clientPort,
  virtualAddress: addressToWire(entry.virtual),
  virtualPort: entry.virtualPort,
  realAddress: addressToWire(entry.real),
  realPort: entry.realPort,
  method: methodNumber[entry.method],
  state: stateNumber.get(entry.state) ?? State.STATE_NONE,
  flags: entry.flags >>> 0,
  timeoutSeconds: clamp32(toSeconds(entry.timeout)),
  remainingMilliseconds: clamp32(toMilliseconds(entry.remaining)),
  packets: clamp32(entry.packets),
  origin: entry.origin ?? null,
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
  2 +
  addressSize(key.client) +
  varintSize(key.clientPort) +
  addressSize(key.virtual) +
  varintSize(key.virtualPort);

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
    varintSize(stateNumber.get(entry.state) ?? 0) +
    varintSize(entry.flags >>> 0) +
    varintSize(clamp32(toSeconds(entry.timeout))) +
    varintSize(clamp32(toMilliseconds(entry.remaining))) +
    varintSize(clamp32(entry.packets)) +
    (entry.origin === undefined ? 0 : 2 + entry.origin.length);
  return size + itemOverhead(size);
}

function protocolFromWire(number: number | null | undefined): 'TCP' | 'UDP' | undefined {
  if (number === Protocol.PROTOCOL_TCP) return 'TCP';
  return number === Protocol.PROTOCOL_UDP ? 'UDP' : undefined;
}

function methodFromWire(number: number | null | undefined): SyncMethod | undefined {
  if (number === Method.METHOD_MASQ) return 'Masq';
  return number === Method.METHOD_ROUTE ? 'Route' : undefined;
}

function stateFromWire(number: number, protocol: 'TCP' | 'UDP'): SyncState | undefined {
  const state = stateNames[number];
  // Each protocol has its own states; NONE is both's.
  if (state !== 'NONE' && (state === 'UDP') !== (protocol === 'UDP')) return undefined;
  return state;
}

const addressFromWire = (bytes: Uint8Array | null | undefined): IpAddress | undefined =>
  bytes ? addressFromBytes(bytes) : undefined;

const isPort = (port: number): boolean => port >= 0 && port <= 0xffff;

/** The key of a Removal, or of a Record, or why there is none. */
export function removalFromWire(wire: WireKey): SessionKey | RecordReject {
  const protocol = protocolFromWire(wire.protocol);
  if (protocol === undefined) return 'unknown-protocol';
  const client = addressFromWire(wire.clientAddress);
  const virtual = addressFromWire(wire.virtualAddress);
  if (client === undefined || virtual === undefined) return 'bad-address';
  if (wire.clientAddress?.length !== wire.virtualAddress?.length) return 'mixed-families';
  const clientPort = wire.clientPort ?? 0;
  const virtualPort = wire.virtualPort ?? 0;
  if (!isPort(clientPort) || !isPort(virtualPort)) return 'bad-port';
  return { protocol, client, clientPort, virtual, virtualPort };
}

/** The record of an Updates message, or why there is none. */
export function recordFromWire(wire: WireEntry): SyncRecord | RecordReject {
  const key = removalFromWire(wire);
  if (typeof key === 'string') return key;
  const real = addressFromWire(wire.realAddress);
  if (real === undefined) return 'bad-address';
  if (wire.realAddress?.length !== wire.clientAddress?.length) return 'mixed-families';
  const realPort = wire.realPort ?? 0;
  if (!isPort(realPort)) return 'bad-port';
  const method = methodFromWire(wire.method);
  if (method === undefined) return 'unknown-method';
  const state = stateFromWire(wire.state ?? 0, key.protocol);
  if (state === undefined) return 'unknown-state';
  return {
    protocol: key.protocol,
    client: key.client,
    clientPort: key.clientPort,
    virtual: key.virtual,
    virtualPort: key.virtualPort,
    real,
    realPort,
    method,
    state,
    flags: wire.flags ?? 0,
    timeout: seconds(wire.timeoutSeconds ?? 0),
    remaining: milliseconds(wire.remainingMilliseconds ?? 0),
    packets: wire.packets ?? 0,
  };
}

/** The entry of a BulkChunk, or why there is none. */
export function entryFromWire(wire: WireEntry): TableEntry | RecordReject {
  const record = recordFromWire(wire);
  if (typeof record === 'string' || !wire.origin) return record;
  return isNodeName(wire.origin) ? { ...record, origin: wire.origin } : 'bad-origin';
}
