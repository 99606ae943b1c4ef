import { z } from 'zod';

import {
  type AddressPrefix,
  type IpAddress,
  isIpv6,
  parseAddress,
  parsePrefix,
} from '../../director/base/address.js';
import {
  type Duration,
  microseconds,
  seconds,
  toMilliseconds,
  toSeconds,
} from '../../director/base/time.js';
import { isSysctlName, SysctlRanges, type SysctlSettings } from './sysctls.js';

/*
 * The values of a lab file, each by itself. A message here says what the value "has to be"; who reports it adds the key
 * and what was found.
 */

/** What a network or a link may have for both families: the IPv4 value, and perhaps an IPv6 one. */
export interface DualValue<T> {
  readonly ipv4: T;
  readonly ipv6?: T;
}

/** A name of a network or node, which interfaces and namespaces are called like. */
export function name(pattern: RegExp, longest: number): z.ZodString {
  const error = `has to be a lower-case letter and up to ${longest - 1} letters, digits or hyphens`;
  return z.string(error).regex(pattern, error);
}

/** A number of this range, both ends included. */
export function wholeNumber(minimum: number, maximum: number): z.ZodInt {
  const error = `has to be a whole number from ${minimum} to ${maximum}`;
  return z.int(error).min(minimum, error).max(maximum, error);
}

/** An address of either family. */
export const anyAddress = (): z.ZodType<IpAddress> =>
  parsed('has to be an IPv4 or IPv6 address', parseAddress);

/** `10.1.0.2`, or `[10.1.0.2, fd01::2]`. */
export const dualAddress = (): z.ZodType<DualValue<IpAddress>> =>
  dual({
    ipv4: { error: 'has to be an IPv4 address', parse: (text) => only(text, false) },
    ipv6: { error: 'has to be an IPv6 address', parse: (text) => only(text, true) },
  });

function only(text: string, wantsIpv6: boolean): IpAddress | undefined {
  const address = parseAddress(text);
  return address !== undefined && isIpv6(address) === wantsIpv6 ? address : undefined;
}

/** `10.1.0.0/24`, or `[10.1.0.0/24, fd01::/64]`. */
export const dualPrefix = (): z.ZodType<DualValue<AddressPrefix>> =>
  dual({
    ipv4: {
      error: 'has to be an IPv4 network such as 10.1.0.0/24, with a length from 8 to 30',
      parse: (text) => prefixOf(text, false, 8, 30),
    },
    ipv6: {
      error: 'has to be an IPv6 network such as fd01::/64, with a length from 32 to 120',
      parse: (text) => prefixOf(text, true, 32, 120),
    },
  });

function prefixOf(
  text: string,
  wantsIpv6: boolean,
  shortest: number,
  longest: number,
): AddressPrefix | undefined {
  const prefix = parsePrefix(text);
  if (prefix === undefined || isIpv6(prefix.address) !== wantsIpv6) return undefined;
  return prefix.prefixLength >= shortest && prefix.prefixLength <= longest ? prefix : undefined;
}

interface ValueForm<T> {
  readonly error: string;
  readonly parse: (text: string) => T | undefined;
}

/** Text for IPv4, or a list of one for each family. */
function dual<T>({ ipv4, ipv6 }: Record<'ipv4' | 'ipv6', ValueForm<T>>): z.ZodType<DualValue<T>> {
  return z.unknown().transform((given, context): DualValue<T> => {
    const texts: readonly unknown[] = Array.isArray(given) ? given : [given];
    const at = (index: number): number[] => (Array.isArray(given) ? [index] : []);
    const values = [ipv4, ipv6].slice(0, texts.length).map(({ error, parse }, index) => {
      const text = texts[index];
      const value = typeof text === 'string' ? parse(text) : undefined;
      if (value === undefined) {
        context.addIssue({ code: 'custom', path: at(index), message: error });
      }
      return value;
    });
    const [first, second] = values;
    if (texts.length < 1 || texts.length > 2) {
      const message = 'has to be one value of IPv4 and perhaps one of IPv6';
      context.addIssue({ code: 'custom', message });
    }
    if (first === undefined) return z.NEVER;
    return second === undefined ? { ipv4: first } : { ipv4: first, ipv6: second };
  });
}

/** A length of time with its unit, as in `100ms` or `1.5s`. */
export function duration(minimum: Duration, maximum: Duration): z.ZodType<Duration> {
  const error = `has to be a time from ${describe(minimum)} to ${describe(maximum)}`;
  return parsed(error, (text) => {
    const match = /^(\d{1,7}(?:\.\d{1,3})?)(ms|s)$/.exec(text);
    if (match === null) return undefined;
    const length = microseconds(Number(match[1]) * (match[2] === 's' ? 1_000_000 : 1_000));
    return length >= minimum && length <= maximum ? length : undefined;
  });
}

function describe(length: Duration): string {
  return length < seconds(1) ? `${toMilliseconds(length)}ms` : `${toSeconds(length)}s`;
}

/** Settings of the data plane by their names, each in its own range. */
export function settings(): z.ZodType<SysctlSettings, Record<string, number>> {
  return z.record(z.string(), z.int('has to be a whole number')).transform((given, context) => {
    const known: SysctlSettings = {};
    for (const [name, value] of Object.entries(given)) {
      if (!isSysctlName(name)) {
        context.addIssue({ code: 'unrecognized_keys', keys: [name], input: given });
        continue;
      }
      const { minimum, maximum } = SysctlRanges[name];
      known[name] = value;
      if (value >= minimum && value <= maximum) continue;
      const message = `has to be a whole number from ${minimum} to ${maximum}`;
      context.addIssue({ code: 'custom', path: [name], message });
    }
    return known;
  });
}

/** Text that `parse` understands; undefined from it is refused with `error`. */
function parsed<T>(error: string, parse: (text: string) => T | undefined): z.ZodType<T> {
  return z.string(error).transform((text, context) => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: error });
    return z.NEVER;
  });
}
