import { type IpAddress, isIpv6 } from '../../director/base/address.js';
import type { AddressFamily, ServiceProtocol } from './node-config.js';
import type { StatementReader, Value } from './statement-reader.js';

/** The protocols as keepalived.conf(5) spells them, and in lower case, which keepalived takes too. */
export const Protocols: Readonly<Record<string, ServiceProtocol>> = {
  TCP: 'tcp',
  UDP: 'udp',
  SCTP: 'sctp',
  tcp: 'tcp',
  udp: 'udp',
  sctp: 'sctp',
};

/** A firewall mark is a word of 32 bits; 0 is no mark. */
export const readMark = (value: Value | undefined, reader: StatementReader): number | undefined =>
  reader.wholeNumber(value, { minimum: 1, maximum: 4_294_967_295 });

/** The family of an address. */
export const familyOf = (address: IpAddress): AddressFamily => (isIpv6(address) ? 'ipv6' : 'ipv4');

/** The family as messages name it. */
export const describeFamily = (family: AddressFamily): string =>
  family === 'ipv6' ? 'IPv6' : 'IPv4';
