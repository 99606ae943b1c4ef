import { z } from 'zod';

import { milliseconds, seconds } from '../../../director/base/time.js';
import { LabMethods } from '../../config/lab-schema.js';
import { duration, settings } from '../../config/lab-values.js';
import { readYaml } from '../../config/lab-yaml.js';
import { SchedulerNames, type ForwardingMethodName } from '../../config/node-config.js';
import { configError, ProblemList } from '../../config/problem.js';

/*
 * The form of a scenario file: a cluster, traffic, faults with their times, and what is expected. The same file runs in
 * the simulator, in a lab of network namespaces and in one of VMs.
 */

const Count = z.int('has to be a whole number').min(0);
const Time = duration(milliseconds(0), seconds(3_600));
const Name = z.string().regex(/^[a-z][a-z0-9-]*$/, 'has to be the name of a node or a network');
const Direction = z.enum(['out', 'in', 'both']).default('both');

const Cluster = z.strictObject({
  directors: z.int().min(1).max(16).default(2),
  servers: z.int().min(1).max(16).default(3),
  advert: duration(milliseconds(10), seconds(40)).default(seconds(1)),
  version: z.union([z.literal(2), z.literal(3)]).default(3),
  preempt: z.boolean().default(true),
  commit: z.enum(['none', 'sent', 'acked']).default('none'),
  threshold: z.int().min(1).max(65_535).default(3),
  flush: Time.default(milliseconds(20)),
  'bulk-timeout': Time.default(seconds(10)),
  'death-notice': z.boolean().default(false),
  scheduler: z.enum(SchedulerNames).default('rr'),
  /** The hash of sh or mh is also of the client's port: mh-port, sh-port. */
  'hash-ports': z.boolean().default(false),
  methods: z
    .array(
      z
        .enum(['NAT', 'DR', 'TUN', 'FULLNAT'])
        .transform((method): ForwardingMethodName => LabMethods[method]),
    )
    .min(1)
    .default(['Masq', 'Route']),
  udp: z.boolean().default(true),
  /** Of the sync messages: our own, or an IPVS kernel's. */
  format: z.enum(['baton', 'ipvs-v1']).default('baton'),
  /** Two: the VIP of the second method belongs to a virtual router of its own, and both move together. */
  routers: z.int().min(1).max(2).default(1),
  /** Seconds; 0 for no persistence. */
  persistent: Count.default(0),
  'unknown-tcp': z.enum(['drop', 'hash']).default('drop'),
  settings: settings().default({}),
});

const Traffic = z.strictObject({
  flows: Count.default(40),
  /** From an answer to the next request. */
  interval: Time.default(milliseconds(200)),
  /** Bodies have up to so many bytes. */
  bytes: Count.max(8_000).default(100),
  /** Of a hundred flows so many end after a few exchanges, and others take their place. */
  short: Count.max(100).default(0),
});

const Timed = { at: Time, for: Time };
const director = (kind: 'kill' | 'stop' | 'pause') =>
  z.strictObject({ ...Timed, kind: z.literal(kind), director: Name });

const Fault = z.discriminatedUnion('kind', [
  director('kill'),
  director('stop'),
  director('pause'),
  z.strictObject({ ...Timed, kind: z.literal('power-off'), node: Name }),
  z.strictObject({ ...Timed, kind: z.literal('unplug'), node: Name, network: Name }),
  z.strictObject({
    ...Timed,
    kind: z.literal('filter'),
    node: Name,
    network: Name,
    direction: Direction,
    drops: z.enum(['all', 'vrrp', 'sync', 'announcement']),
  }),
  z.strictObject({
    ...Timed,
    kind: z.literal('weather'),
    node: Name,
    network: Name,
    direction: Direction,
    /** Chances are out of a thousand; `mtu` in bytes, `capacity` in frames. */
    weather: z.strictObject({
      loss: Count.max(1_000).optional(),
      duplication: Count.max(1_000).optional(),
      corruption: Count.max(1_000).optional(),
      delay: Time.optional(),
      jitter: Time.optional(),
      mtu: Count.optional(),
      capacity: Count.optional(),
    }),
  }),
  z.strictObject({ ...Timed, kind: z.literal('clock-step'), director: Name, seconds: z.int() }),
  z.strictObject({ ...Timed, kind: z.literal('health-flap'), server: Name }),
  z.strictObject({ ...Timed, kind: z.literal('reload'), server: Name }),
]);

const Losses = z.enum([
  'below the sync threshold',
  'inside the sync window',
  'sync message lost',
  'real server failed',
  'other',
]);

const Expectations = z.strictObject({
  /** The most flows that may break, and the least; those of the classes that follow do not count for the most. */
  'lost-at-most': Count.default(0),
  'lost-at-least': Count.default(0),
  /** Flows of these real servers may break however many they are. */
  'lost-from': z.array(Name).default([]),
  excused: z.array(Losses).default([]),
  /** The longest time that a flow waits for an answer. */
  'outage-at-most': Time.optional(),
  /** The same of UDP flows that last: how long the network was silent, and up to an interval more. */
  'blackout-at-most': Time.optional(),
  /** Who is master at the end. */
  master: Name.optional(),
  /** How often a director becomes master after the first one has. */
  'transitions-at-most': Count.optional(),
  /** The lasting flows of each service go to the real servers in turn. */
  'in-turn': z.boolean().default(false),
  /** Which of the flows break is a matter of chance: two runs agree when flows of the same services do. */
  'by-chance': z.boolean().default(false),
  /** No invariant is broken; false for scenarios that show what goes wrong without something. */
  invariants: z.boolean().default(true),
});

const ScenarioSchema = z.strictObject({
  name: z.string(),
  about: z.string(),
  /** Where it cannot run, and why. */
  not: z.partialRecord(z.enum(['sim', 'lab', 'vagrant']), z.string()).default({}),
  cluster: Cluster.prefault({}),
  traffic: Traffic.prefault({}),
  /** From the first fault on; times are counted from a cluster that has come to rest under its traffic. */
  length: Time.default(seconds(20)),
  faults: z.array(Fault).default([]),
  expect: Expectations.prefault({}),
});

/** A scenario, as its file has it. */
export type Scenario = z.infer<typeof ScenarioSchema>;

/** Reads a scenario file. Throws one ConfigError that lists all problems. */
export function loadScenario(text: string, file: string): Scenario {
  const problems = new ProblemList(file);
  const yaml = readYaml(text, problems);
  if (yaml !== undefined) {
    const parsed = ScenarioSchema.safeParse(yaml.data);
    if (parsed.success) return parsed.data;
    for (const { path, message } of parsed.error.issues) {
      const where = path.map(String).join('.');
      problems.add(yaml.lineOf(path), 'wrong-value', `${where || 'the file'}: ${message}`);
    }
  }
  throw configError(problems.inOrder);
}
