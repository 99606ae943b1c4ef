import { resignPriority, type Advertisement } from '../../../cluster/vrrp/advertisement.js';
import { Election, type ElectionConfig } from '../../../cluster/vrrp/election.js';
import { parseAddress, type IpAddress } from '../../../director/base/address.js';
import { assert } from '../../../director/base/invariant.js';
import { instant, milliseconds, seconds, type Instant } from '../../../director/base/time.js';

export function address(text: string): IpAddress {
  const parsed = parseAddress(text);
  assert(parsed !== undefined, 'the test names an address');
  return parsed;
}

export const at = (milliseconds: number): Instant => instant(milliseconds * 1_000);

/** The router under test: priority 100 at 10.0.0.2, advertising every second. */
export const config: ElectionConfig = {
  name: 'VI',
  virtualRouterId: 51,
  priority: 100,
  advertInterval: seconds(1),
  preempt: true,
  preemptDelay: milliseconds(0),
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

/** A router that has been master since its first deadline, without the effects of getting there. */
export function master(change: Partial<ElectionConfig> = {}): Election {
  const election = backup(change);
  election.handleDeadline(election.deadline);
  drain(election);
  return election;
}

/** The effects since the last call, in one word each: `advertise 100`, `backup->master master-silent`. */
export function drain(election: Election): string[] {
  return election.effects.splice(0).map((effect) => {
    switch (effect.kind) {
      case 'advertise':
        return `advertise ${effect.priority}`;
      case 'state':
        return `${effect.from}->${effect.to} ${effect.reason}`;
      default:
        return effect.kind;
    }
  });
}
