import { resignPriority, type Advertisement } from '../../../cluster/vrrp/advertisement.js';
import type { ElectionConfig } from '../../../cluster/vrrp/election-config.js';
import type { ElectionEffect } from '../../../cluster/vrrp/election-effects.js';
import { Election } from '../../../cluster/vrrp/election.js';
import { defaultTimerRules } from '../../../cluster/vrrp/timers.js';
import { parseAddress, type IpAddress } from '../../../director/base/address.js';
import { assert } from '../../../director/base/invariant.js';
import { instant, seconds, type Instant } from '../../../director/base/time.js';

export function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  assert(parsed !== undefined, 'the test names an address');
  return parsed;
}

export const at = (milliseconds: number): Instant => instant(milliseconds * 1_000);

/** Short settings that the expected times of tests are worked out from. No file leads to all of them. */
export const testRules = {
  ...defaultTimerRules,
  preempt: true,
  preemptDelay: seconds(0),
  higherPrioritySendsAdvert: true,
  lowerPriorityNoAdvert: false,
  announce: {
    repeat: 5,
    delay: seconds(5),
    refresh: seconds(0),
    refreshRepeat: 1,
    lowerPriorityRepeat: 5,
    lowerPriorityDelay: seconds(5),
  },
  inSyncGroup: false,
} satisfies Partial<ElectionConfig>;

/** The router under test: priority 100 at 10.0.0.2, advertising every second. */
export const config: ElectionConfig = {
  ...testRules,
  name: 'VI',
  virtualRouterId: 51,
  priority: 100,
  advertInterval: seconds(1),
  primaryAddress: address('10.0.0.2'),
  addresses: [address('10.0.0.100'), address('10.0.0.101')],
};

/** What the router under test hears: by default from a master of priority 200 at 10.0.0.1. */
export const heard = (change: Partial<Advertisement> = {}): Advertisement => ({
  kind: 'advertisement',
  version: 3,
  virtualRouterId: 51,
  priority: 200,
  intervalCentiseconds: 100,
  addresses: config.addresses,
  source: address('10.0.0.1'),
  ...change,
});

export const resignation = heard({ priority: resignPriority });

/** A backup that started at 0, without its start effects. */
export function backup(change: Partial<ElectionConfig> = {}, mayPreempt = true): Election {
  const election = new Election({ ...config, ...change });
  election.start(at(0), { mayPreempt });
  drain(election);
  return election;
}

/** A router that has been master since its master-down timer fired, without the effects of getting there. */
export function master(change: Partial<ElectionConfig> = {}): Election {
  const election = backup(change);
  serve(election, takeOverAt(election));
  drain(election);
  return election;
}

/** When the backup takes over if it hears nothing. */
export const takeOverAt = (election: Election): Instant => election.snapshot().takeOverAt;

/** Serves every timer in time, up to and including `until`. */
export function serve(election: Election, until: Instant): void {
  while (election.deadline <= until) election.handleDeadline(election.deadline);
}

/** Serves every timer in time up to `until`, and tells when which effects came, in milliseconds. */
export function trace(election: Election, until: Instant): [number, string][] {
  const traced: [number, string][] = [];
  while (election.deadline <= until) {
    const now = election.deadline;
    election.handleDeadline(now);
    traced.push(...drain(election).map((effect): [number, string] => [now / 1_000, effect]));
  }
  return traced;
}

/** The effects since the last call, in a few words each: `advertise 100`, `backup->master master-silent`. */
export const drain = (election: Election): string[] => election.effects.splice(0).map(describe);

function describe(effect: ElectionEffect): string {
  switch (effect.kind) {
    case 'advertise':
      return `advertise ${effect.priority}`;
    case 'announce-addresses':
      return `announce ${effect.repeat}`;
    case 'acquire-addresses':
      return 'acquire';
    case 'release-addresses':
      return effect.isStale ? 'release stale' : 'release';
    case 'state':
      return `${effect.from}->${effect.to} ${effect.reason}`;
    default:
      return effect.kind;
  }
}
