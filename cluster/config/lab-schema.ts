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
  milliseconds,
  seconds,
  toMilliseconds,
  toSeconds,
} from '../../director/base/time.js';
import { BatonDefaults, CapacityRange, MaximumLocalAddresses } from './keepalived-baton.js';
import { type ForwardingMethodName, SchedulerNames } from './node-config.js';
import { isSysctlName, SysctlRanges, type SysctlSettings } from './sysctls.js';

/*
 * The form of a lab file: which keys there are and what one value may be by itself. A message here says what the value
 * "has to be"; who reports it adds the key and what was found. How values relate is in lab-rules.ts.
 */

const NetworkName = name(/^[a-z][a-z0-9-]{0,9}$/, 10);
const NodeName = name(/^[a-z][a-z0-9-]{0,15}$/, 16);
const Port = wholeNumber(1, 65_535);

const Links = z.record(NetworkName, ipv4Address(), { error: 'has to map networks to addresses' });

const Node = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('client'), links: Links }),
    z.strictObject({ kind: z.literal('real-server'), links: Links }),
    z.strictObject({ kind: z.literal('director'), priority: wholeNumber(1, 254), links: Links }),
  ],
  { error: 'has to be client, director or real-server' },
);

const Sync = z.strictObject({
  network: NetworkName.default('sync'),
  threshold: wholeNumber(1, 65_535).default(3),
  period: wholeNumber(0, 65_535).default(50),
  'bulk-timeout': duration(seconds(0), seconds(3_600)).default(seconds(10)),
  'death-notice': z.boolean('has to be true or false').default(true),
});

/** The words of `lvs_method`. */
const Methods = {
  NAT: 'Masq',
  DR: 'Route',
  TUN: 'Tunnel',
  FULLNAT: 'FullNat',
} as const satisfies Readonly<Record<string, ForwardingMethodName>>;

const Cluster = z.strictObject({
  'virtual-router-id': wholeNumber(1, 255),
  advert: duration(milliseconds(10), milliseconds(40_950))
    .refine((interval) => interval % milliseconds(10) === 0, 'has to be a multiple of 10ms')
    .default(seconds(1)),
  preempt: z.boolean('has to be true or false').default(true),
  addresses: z.array(ipv4Address()).default([]),
  gateway: ipv4Address().optional(),
  sync: Sync.prefault({}),
  'local-addresses': z
    .array(ipv4Address())
    .max(MaximumLocalAddresses, `has to hold at most ${MaximumLocalAddresses} addresses`)
    .default([]),
  'connection-table': wholeNumber(CapacityRange.minimum, CapacityRange.maximum).default(
    BatonDefaults.connectionCapacity,
  ),
  'unknown-tcp': z
    .enum(['drop', 'hash'], 'has to be drop or hash')
    .default(BatonDefaults.unknownTcp),
  settings: settings().default({}),
});

const RealServer = z.preprocess(
  (value) => (typeof value === 'string' ? { node: value } : value),
  z.strictObject({
    node: NodeName,
    weight: wholeNumber(0, 65_535).default(1),
    port: Port.optional(),
  }),
);

const Service = z.strictObject({
  protocol: z.enum(['tcp', 'udp'], 'has to be tcp or udp'),
  address: ipv4Address(),
  port: Port,
  method: z
    .enum(['NAT', 'DR', 'TUN', 'FULLNAT'], 'has to be NAT, DR, TUN or FULLNAT')
    .transform((method): ForwardingMethodName => Methods[method]),
  scheduler: z.enum(SchedulerNames, `has to be one of ${SchedulerNames.join(', ')}`),
  persistent: duration(seconds(1), seconds(31 * 86_400))
    .refine((length) => length % seconds(1) === 0, 'has to be whole seconds')
    .optional(),
  'real-servers': z.array(RealServer).min(1, 'has to name at least one real server'),
});

/** A lab file as far as its form goes. */
export const LabSchema = z.strictObject({
  name: NodeName,
  networks: z.record(NetworkName, networkPrefix()),
  nodes: z.record(NodeName, Node),
  cluster: Cluster,
  services: z.array(Service),
});

/** What `LabSchema` makes of a lab file. */
export type LabText = z.infer<typeof LabSchema>;

function name(pattern: RegExp, longest: number): z.ZodString {
  const error = `has to be a lower-case letter and up to ${longest - 1} letters, digits or hyphens`;
  return z.string(error).regex(pattern, error);
}

function wholeNumber(minimum: number, maximum: number): z.ZodInt {
  const error = `has to be a whole number from ${minimum} to ${maximum}`;
  return z.int(error).min(minimum, error).max(maximum, error);
}

function ipv4Address(): z.ZodType<IpAddress> {
  return parsed('has to be an IPv4 address', (text) => {
    const address = parseAddress(text);
    return address === undefined || isIpv6(address) ? undefined : address;
  });
}

function networkPrefix(): z.ZodType<AddressPrefix> {
  return parsed(
    'has to be an IPv4 network such as 10.1.0.0/24, with a length from 8 to 30',
    (text) => {
      const prefix = parsePrefix(text);
      if (prefix === undefined || isIpv6(prefix.address)) return undefined;
      return prefix.prefixLength >= 8 && prefix.prefixLength <= 30 ? prefix : undefined;
    },
  );
}

/** A length of time with its unit, as in `100ms` or `1.5s`. */
function duration(minimum: Duration, maximum: Duration): z.ZodType<Duration> {
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
function settings(): z.ZodType<SysctlSettings, Record<string, number>> {
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
