import {
  addressBytes,
  addressFromBytes,
  type IpAddress,
  isIpv6,
  parseAddress,
  parsePrefix,
} from '../../director/base/address.js';
import type { Statement } from './keepalived-statements.js';
import type { AddressFamily } from './node-config.js';
import { claim, type ReadContext } from './read-context.js';
import { readMark } from './service-values.js';
import type { Value } from './statement-reader.js';

/** An address or a mark of a `virtual_server_group`. */
export type GroupEntry =
  | { readonly kind: 'address'; readonly address: IpAddress; readonly port: number }
  | { readonly kind: 'mark'; readonly mark: number; readonly family: AddressFamily | undefined };

/** A `virtual_server_group`: what several services have in common is said once, in a `virtual_server group`. */
export interface ServerGroup {
  readonly name: string;
  readonly entries: readonly GroupEntry[];
}

const MaximumNameLength = 64;

/** Each address is a service of its own: a slip in a prefix length must not make millions of them. */
const MaximumEntries = 4_096;

const PortRange = { minimum: 0, maximum: 65_535 };

/** The line that defines a group. */
export const serverGroupKey = (name: string): string => `virtual_server_group ${name}`;

/** Reads a `virtual_server_group`. Undefined only after a problem. */
export function readServerGroup(
  statement: Statement,
  context: ReadContext,
): ServerGroup | undefined {
  const { reader, problems } = context;
  const { line, body = [] } = statement;
  const name = reader.name(reader.value(statement, 'a name'), MaximumNameLength);
  if (name !== undefined) claim(context, serverGroupKey(name), line);
  if (body.length === 0) {
    problems.add(line, 'missing', `${serverGroupKey(name ?? '')} has no entries`);
  }
  const entries = body.flatMap((entry) => {
    const read = readEntry(entry, context);
    if (read.length <= MaximumEntries) return read;
    return [];
  });
  if (entries.length > MaximumEntries) {
    const message = `a virtual_server_group has at most ${MaximumEntries} addresses and marks`;
    problems.add(line, 'not-supported', message);
    return undefined;
  }
  return name === undefined ? undefined : { name, entries };
}

/** Reads `fwmark N [inet | inet6]` or `ADDRESS[-END | /LENGTH] [PORT]`. */
function readEntry(statement: Statement, context: ReadContext): readonly GroupEntry[] {
  const { reader, problems } = context;
  const { keyword, words, line, columns } = statement;
  if (statement.body !== undefined) {
    problems.add(line, 'syntax', `${keyword} takes no block`, columns[0]);
    return [];
  }
  if (keyword === 'fwmark') return readMarkEntry(statement, context);
  const names = words.length === 0 ? [] : ['[PORT]'];
  const [portValue] = reader.values(statement, names) ?? [];
  const port = reader.wholeNumber(portValue, PortRange);
  const value = { name: 'virtual_server_group', text: keyword, line, column: columns[0] };
  const addresses = readRange(value, context);
  if (portValue !== undefined && port === undefined) return [];
  return addresses.map((address) => ({ kind: 'address', address, port: port ?? 0 }));
}

function readMarkEntry(statement: Statement, { reader }: ReadContext): readonly GroupEntry[] {
  const names = statement.words.length === 1 ? ['N'] : ['N', '[inet | inet6]'];
  const [first, second] = reader.values(statement, names) ?? [];
  const mark = readMark(first, reader);
  const family = reader.choice<AddressFamily>(second, { inet: 'ipv4', inet6: 'ipv6' });
  return mark === undefined ? [] : [{ kind: 'mark', mark, family }];
}

/** `ADDRESS`, `ADDRESS-LAST`, where LAST is the last part of the address or all of it, or `ADDRESS/LENGTH`. */
function readRange(value: Value, { problems }: ReadContext): readonly IpAddress[] {
  const limits = limitsOf(value.text);
  const refuse = (expected: string): readonly IpAddress[] => {
    const message = `an entry of ${value.name} has to be ${expected}, not ${value.text}`;
    problems.add(value.line, 'wrong-value', message, value.column);
    return [];
  };
  if (limits === undefined) {
    return refuse(
      'an address, a range such as 10.0.0.1-9, a network such as 10.0.0.8/29 or fwmark N',
    );
  }
  const count = limits.last - limits.first + 1n;
  if (count < 1n) return refuse('a range whose end is not below its start');
  if (count > MaximumEntries) return refuse(`at most ${MaximumEntries} addresses`);
  return Array.from({ length: Number(count) }, (_, index) =>
    addressAt(limits.first + BigInt(index), limits.isIpv6),
  ).filter((address) => address !== undefined);
}

interface Limits {
  readonly first: bigint;
  readonly last: bigint;
  readonly isIpv6: boolean;
}

function limitsOf(text: string): Limits | undefined {
  if (text.includes('/')) return networkOf(text);
  const [start = '', end, ...others] = text.split('-');
  const first = parseAddress(start);
  if (first === undefined || others.length > 0) return undefined;
  const number = numberOf(first);
  if (end === undefined) return { first: number, last: number, isIpv6: isIpv6(first) };
  const whole = parseAddress(end);
  if (whole !== undefined) {
    if (isIpv6(whole) !== isIpv6(first)) return undefined;
    return { first: number, last: numberOf(whole), isIpv6: isIpv6(first) };
  }
  const digits = isIpv6(first) ? /^[0-9a-f]{1,4}$/i : /^\d{1,3}$/;
  const part = digits.test(end) ? Number.parseInt(end, isIpv6(first) ? 16 : 10) : Number.NaN;
  const size = isIpv6(first) ? 65_536 : 256;
  if (!(part < size)) return undefined;
  const last = number - (number % BigInt(size)) + BigInt(part);
  return { first: number, last, isIpv6: isIpv6(first) };
}

/** A network whose address has no bits beyond its length. */
function networkOf(text: string): Limits | undefined {
  const prefix = parsePrefix(text);
  if (prefix === undefined || prefix.prefixLength === 0) return undefined;
  const isLong = isIpv6(prefix.address);
  const size = 1n << BigInt((isLong ? 128 : 32) - prefix.prefixLength);
  const first = numberOf(prefix.address);
  return first % size === 0n ? { first, last: first + size - 1n, isIpv6: isLong } : undefined;
}

const numberOf = (address: IpAddress): bigint =>
  addressBytes(address).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);

function addressAt(number: bigint, isLong: boolean): IpAddress | undefined {
  const length = isLong ? 16 : 4;
  const bytes = Array.from({ length }, (_, index) =>
    Number((number >> BigInt(8 * (length - 1 - index))) & 0xffn),
  );
  return addressFromBytes(Uint8Array.from(bytes));
}
