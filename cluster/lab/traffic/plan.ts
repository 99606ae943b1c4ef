import { isIP } from 'node:net';

import { z } from 'zod';

import { UsageError } from '../../../director/base/errors.js';

/** How many flows go to one virtual service. */
export interface TrafficTarget {
  readonly protocol: 'TCP' | 'UDP';
  readonly address: string;
  readonly port: number;
  readonly count: number;
}

/** Connections that arrive at a rate, whatever becomes of those before; TCP only. All times are in milliseconds. */
export interface ArrivalPlan {
  /** In turn; the counts are of no account. */
  readonly targets: readonly TrafficTarget[];
  readonly perSecond: number;
  /** How long a connection lives: anything up to this, spread evenly. */
  readonly holdMs: number;
  /** How long it says nothing after the handshake: anything up to this. */
  readonly pauseMs: number;
  /** The least time from one request to the next. */
  readonly intervalMs: number;
  readonly connectTimeoutMs: number;
}

/** What a traffic client does. All times are in milliseconds. */
export interface TrafficPlan {
  /** Flows that stay; there may be none when there are arrivals. */
  readonly targets: readonly TrafficTarget[];
  /** As many flows at a time that end after a few exchanges and make way for others. */
  readonly short: readonly TrafficTarget[];
  readonly arrivals?: ArrivalPlan | undefined;
  /** Of a TCP flow: the least time from one request to the next. */
  readonly intervalMs: number;
  /** Of a UDP flow: the time from one request to the next, whether answered or not. */
  readonly udpIntervalMs: number;
  readonly durationMs: number;
  /** How long a flow may take to its first sign of life. */
  readonly connectTimeoutMs: number;
  /** How many flows are opened in a second, so that opening is not a SYN flood. */
  readonly opensPerSecond: number;
  readonly seed: number;
}

/** The limits of a plan: a client ends by itself whatever happens to the program that started it. */
export const MaxDurationMs = 900_000;
export const MaxFlows = 20_000;

const Target = z.strictObject({
  protocol: z.enum(['TCP', 'UDP']),
  address: z.string().refine((address) => isIP(address) !== 0, 'not an IP address'),
  port: z.int().min(1).max(65535),
  count: z.int().min(1).max(MaxFlows),
});

const Arrivals = z.strictObject({
  targets: z
    .array(Target.extend({ protocol: z.literal('TCP') }))
    .min(1)
    .max(64),
  perSecond: z.number().min(1).max(5_000).default(100),
  holdMs: z.number().min(0).max(60_000).default(1_000),
  pauseMs: z.number().min(0).max(5_000).default(200),
  intervalMs: z.number().min(1).max(60_000).default(500),
  connectTimeoutMs: z.number().min(1).max(60_000).default(10_000),
});

const Plan = z
  .strictObject({
    targets: z.array(Target).max(64),
    short: z.array(Target).max(64).default([]),
    arrivals: Arrivals.optional(),
    intervalMs: z.number().min(1).max(60_000).default(100),
    udpIntervalMs: z.number().min(1).max(60_000).default(40),
    durationMs: z.number().min(1).max(MaxDurationMs).default(10_000),
    connectTimeoutMs: z.number().min(1).max(60_000).default(5_000),
    opensPerSecond: z.number().min(1).max(100_000).default(500),
    seed: z.int().min(0).max(0xffff_ffff).default(1),
  })
  .refine((plan) => plan.targets.length + plan.short.length > 0 || plan.arrivals !== undefined, {
    message: 'names no target: give --tcp, --udp or --arrivals',
    path: ['targets'],
  })
  .refine(
    (plan) => plan.targets.reduce((sum, target) => sum + target.count, 0) <= MaxFlows,
    `has more than ${MaxFlows} flows`,
  );

/** A plan from a JSON document or from flags; absent values take defaults. Throws `UsageError` naming what is wrong. */
export function parsePlan(input: unknown): TrafficPlan {
  const parsed = Plan.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) => `${issue.path.join('.') || 'the plan'}: ${issue.message}`,
  );
  throw new UsageError({ code: 'bad-plan' }, `traffic plan: ${problems.join('; ')}`);
}

/** Reads `ADDRESS:PORT=COUNT`, IPv6 addresses in brackets; the count may be left out and is then 1. */
export function parseTarget(protocol: 'TCP' | 'UDP', text: string): TrafficTarget {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)(?:=(\d+))?$/.exec(text);
  const address = match?.[1] ?? match?.[2] ?? '';
  const target = { protocol, address, port: Number(match?.[3]), count: Number(match?.[4] ?? 1) };
  if (match !== null && Target.safeParse(target).success) return target;
  throw new UsageError({ code: 'bad-target' }, `"${text}" is not ADDRESS:PORT=COUNT`);
}

/** Reads `250ms`, `10s` or `1.5m` into milliseconds. */
export function parseDurationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
  const unit = { ms: 1, s: 1_000, m: 60_000 }[match?.[2] ?? ''];
  if (match !== null && unit !== undefined) return Number(match[1]) * unit;
  throw new UsageError(
    { code: 'bad-duration' },
    `"${text}" is not a time such as 250ms, 10s or 1m`,
  );
}
