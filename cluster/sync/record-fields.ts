import { isIpv6, type IpAddress } from '../../director/base/address.js';
import { toMilliseconds, toSeconds } from '../../director/base/time.js';
import { Family } from '../../director/wire/flow.js';
import { Protocol } from '../../director/wire/ipv4.js';
import { recordAddressBytes } from './address-bytes.js';
import type { SessionKey, SessionProtocol, SyncMethod, SyncRecord } from './record.js';

/** Numbers of the protocols that entries may have; 0 is a template for no one protocol. */
const ProtocolNumbers: Readonly<Record<SessionProtocol, number>> = {
  TCP: Protocol.tcp,
  UDP: Protocol.udp,
  SCTP: Protocol.sctp,
  IP: 0,
};

/** Numbers of the forwarding methods, as in IPVS's flags; FullNat's is Alibaba's. */
const MethodNumbers: Readonly<Record<SyncMethod, number>> = {
  Masq: 0,
  Local: 1,
  Tunnel: 2,
  Route: 3,
  FullNat: 5,
};

const protocolNames = namesOf(ProtocolNumbers, ['TCP', 'UDP', 'SCTP', 'IP']);
const methodNames = namesOf(MethodNumbers, ['Masq', 'Local', 'Tunnel', 'Route', 'FullNat']);

function namesOf<Name extends string>(
  numbers: Readonly<Record<Name, number>>,
  names: readonly Name[],
): ReadonlyMap<number, Name> {
  return new Map(names.map((name) => [numbers[name], name]));
}

/** The number of a protocol. */
export const protocolNumber = (protocol: SessionProtocol): number => ProtocolNumbers[protocol];

/** The protocol of a number, or undefined. */
export const protocolOfNumber = (number: number): SessionProtocol | undefined =>
  protocolNames.get(number);

/** The method of a number, or undefined. */
export const methodOfNumber = (number: number): SyncMethod | undefined => methodNames.get(number);

/** FullNat is the only method with a local endpoint. */
export const FullNatNumber = MethodNumbers.FullNat;

const Uint32Max = 0xffff_ffff;
const clamp32 = (value: number): number => Math.min(Math.max(Math.ceil(value), 0), Uint32Max);

/**
 * A record, or a key, as numbers, for whoever handles many of them: one object that is filled again and again. Addresses
 * are four words as everywhere in the data plane, an IPv4 address in the last one.
 */
export class RecordFields {
  family: Family = Family.ipv4;
  /** IP protocol number. */
  protocol = 0;
  isTemplate = false;
  readonly client = new Uint32Array(4);
  clientPort = 0;
  readonly virtual = new Uint32Array(4);
  virtualPort = 0;
  readonly real = new Uint32Array(4);
  realPort = 0;
  /** Number of the forwarding method. */
  method = 0;
  state = 0;
  flags = 0;
  /** Whole seconds. */
  timeout = 0;
  /** Whole milliseconds. */
  remaining = 0;
  packets = 0;
  /** 0 for none. */
  firewallMark = 0;
  readonly local = new Uint32Array(4);
  /** 0 for no local endpoint. */
  localPort = 0;

  /** Takes over the key of a record or removal. */
  setKey(key: SessionKey): void {
    this.family = isIpv6(key.client) ? Family.ipv6 : Family.ipv4;
    this.protocol = ProtocolNumbers[key.protocol];
    this.isTemplate = key.isTemplate;
    setWords(this.client, key.client);
    this.clientPort = key.clientPort;
    setWords(this.virtual, key.virtual);
    this.virtualPort = key.virtualPort;
  }

  /** Takes over a whole record. Times and counts beyond 32 bits become the greatest, fractions are rounded up. */
  set(record: SyncRecord): void {
    this.setKey(record);
    setWords(this.real, record.real);
    this.realPort = record.realPort;
    this.method = MethodNumbers[record.method];
    this.state = record.state;
    this.flags = record.flags >>> 0;
    this.timeout = clamp32(toSeconds(record.timeout));
    this.remaining = clamp32(toMilliseconds(record.remaining));
    this.packets = clamp32(record.packets);
    this.firewallMark = record.firewallMark ?? 0;
    this.localPort = record.local?.port ?? 0;
    if (record.local !== undefined) setWords(this.local, record.local.address);
  }
}

/** Puts an address into four words. */
function setWords(words: Uint32Array, address: IpAddress): void {
  const bytes = recordAddressBytes(address);
  words.fill(0);
  for (const [index, byte] of bytes.entries()) {
    const word = 4 - bytes.length / 4 + (index >> 2);
    words[word] = ((words[word] ?? 0) << 8) | byte;
  }
}
