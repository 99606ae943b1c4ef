import { z } from 'zod';

import { milliseconds, seconds } from '../../director/base/time.js';
import {
  BatonDefaults,
  CapacityRange,
  MaximumLocalAddresses,
  ThreadsRange,
} from './keepalived-baton.js';
import { SyncTuningDefaults } from './keepalived-sync-tuning.js';
import {
  anyAddress,
  dualAddress,
  dualPrefix,
  duration,
  name,
  settings,
  wholeNumber,
} from './lab-values.js';
import { DriverChoices, type ForwardingMethodName, SchedulerNames } from './node-config.js';

/*
 * The form of a lab file: which keys there are; what one value may be by itself is in lab-values.ts, and how values
 * relate in lab-rules.ts.
 */

const KeyError =
  'has to be 32 to 64 letters, digits or any of _ . + / = -, or hex: and as many bytes';

const NetworkName = name(/^[a-z][a-z0-9-]{0,9}$/, 10);
const NodeName = name(/^[a-z][a-z0-9-]{0,15}$/, 16);
const Port = wholeNumber(1, 65_535);

const Links = z.record(NetworkName, dualAddress(), { error: 'has to map networks to addresses' });

const Node = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('client'), links: Links }),
    z.strictObject({ kind: z.literal('real-server'), links: Links }),
    z.strictObject({ kind: z.literal('director'), priority: wholeNumber(1, 254), links: Links }),
  ],
  { error: 'has to be client, director or real-server' },
);

const Switch = z.boolean('has to be true or false');

const Sync = z.strictObject({
  network: NetworkName.default('sync'),
  threshold: wholeNumber(1, 65_535).default(SyncTuningDefaults.threshold),
  period: wholeNumber(0, 65_535).default(SyncTuningDefaults.period),
  'bulk-timeout': duration(seconds(0), seconds(3_600)).default(SyncTuningDefaults.bulkTimeout),
  'death-notice': Switch.default(SyncTuningDefaults.deathNotice),
  format: z
    .enum(['baton', 'ipvs-v1', 'ipvs-v0'], 'has to be baton, ipvs-v1 or ipvs-v0')
    .default(SyncTuningDefaults.format),
  flush: duration(milliseconds(0), seconds(1)).default(SyncTuningDefaults.flushBound),
  unicast: Switch.default(false),
  key: z
    .string(KeyError)
    .regex(/^(?:hex:(?:[\da-f]{2}){32,64}|[\w.+/=-]{32,64})$/i, KeyError)
    .optional(),
});

const Commit = z.enum(['none', 'sent', 'acked'], 'has to be none, sent or acked');

/** One for each director, as far as a lab goes. */
const MaximumRouters = 16;

/** A further election among the same directors, and the addresses that go with its master. */
const VirtualRouter = z.strictObject({
  id: wholeNumber(1, 255),
  order: z.array(NodeName),
  addresses: z.array(anyAddress()).min(1, 'has to hold at least one address'),
});

/** The words for forwarding methods in lab and scenario files. */
export const LabMethods = {
  NAT: 'Masq',
  DR: 'Route',
  TUN: 'Tunnel',
  FULLNAT: 'FullNat',
} as const satisfies Readonly<Record<string, ForwardingMethodName>>;

const Cluster = z.strictObject({
  version: z.union([z.literal(2), z.literal(3)], 'has to be 2 or 3').default(3),
  'virtual-router-id': wholeNumber(1, 255),
  advert: duration(milliseconds(10), milliseconds(40_950))
    .refine((interval) => interval % milliseconds(10) === 0, 'has to be a multiple of 10ms')
    .default(seconds(1)),
  preempt: Switch.default(true),
  'virtual-routers': z
    .array(VirtualRouter)
    .max(MaximumRouters, `has to hold at most ${MaximumRouters} virtual routers`)
    .default([]),
  'active-active': Switch.default(BatonDefaults.activeActive),
  commit: Commit.default('none'),
  addresses: z.array(anyAddress()).default([]),
  gateway: dualAddress().optional(),
  sync: Sync.prefault({}),
  'local-addresses': z
    .array(anyAddress())
    .max(MaximumLocalAddresses, `has to hold at most ${MaximumLocalAddresses} addresses`)
    .default([]),
  'connection-table': wholeNumber(CapacityRange.minimum, CapacityRange.maximum).default(
    BatonDefaults.connectionCapacity,
  ),
  'carrier-threads': z
    .strictObject({
      most: wholeNumber(ThreadsRange.minimum, ThreadsRange.maximum),
      always: Switch.default(false),
    })
    .optional(),
  'unknown-tcp': z
    .enum(['drop', 'hash'], 'has to be drop or hash')
    .default(BatonDefaults.unknownTcp),
  driver: z
    .enum(DriverChoices, 'has to be auto, offload, ring, pcap or xdp')
    .default(BatonDefaults.driver),
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
  address: anyAddress(),
  port: Port,
  commit: Commit.optional(),
  method: z
    .enum(['NAT', 'DR', 'TUN', 'FULLNAT'], 'has to be NAT, DR, TUN or FULLNAT')
    .transform((method): ForwardingMethodName => LabMethods[method]),
  scheduler: z.enum(SchedulerNames, `has to be one of ${SchedulerNames.join(', ')}`),
  persistent: duration(seconds(1), seconds(31 * 86_400))
    .refine((length) => length % seconds(1) === 0, 'has to be whole seconds')
    .optional(),
  'real-servers': z.array(RealServer).min(1, 'has to name at least one real server'),
});

/** A lab file as far as its form goes. */
export const LabSchema = z.strictObject({
  name: NodeName,
  networks: z.record(NetworkName, dualPrefix()),
  nodes: z.record(NodeName, Node),
  cluster: Cluster,
  services: z.array(Service),
});

/** What `LabSchema` makes of a lab file. */
export type LabText = z.infer<typeof LabSchema>;
