import type { FrameClass, Weather } from '../network/weather.js';

/** How a network falls apart: see `partitionOf`. */
export type PartitionShape = 'halves' | 'isolate' | 'bridge' | 'ring';

/**
 * Something bad that is done to a world, and undone by itself. `director`, `node` and `network` are names of the lab. What
 * has no end of its own, such as a crash, is followed by a restart.
 */
export type FaultKind =
  /** SIGKILL: the director's kernel lives. */
  | { readonly kind: 'kill'; readonly director: string }
  /** The machine loses its power. */
  | { readonly kind: 'power-off'; readonly node: string }
  /** SIGTERM: a planned stop. */
  | { readonly kind: 'stop'; readonly director: string }
  /** SIGSTOP, and later SIGCONT. */
  | { readonly kind: 'pause'; readonly director: string }
  /** Every piece of work takes so much longer, in microseconds. */
  | { readonly kind: 'slow'; readonly director: string; readonly microseconds: number }
  /** Every wake-up comes up to so much later, in microseconds. */
  | { readonly kind: 'starve'; readonly director: string; readonly microseconds: number }
  /** Bad weather on a node's cable to a network: on what it sends, on what it hears, or both. */
  | {
      readonly kind: 'weather';
      readonly node: string;
      readonly network: string;
      readonly direction: 'out' | 'in' | 'both';
      readonly weather: Partial<Weather>;
    }
  /** Frames of a class do not get through a node's cable. */
  | {
      readonly kind: 'filter';
      readonly node: string;
      readonly network: string;
      readonly direction: 'out' | 'in' | 'both';
      readonly drops: FrameClass;
    }
  /** The cable is pulled: both ends see it. */
  | { readonly kind: 'unplug'; readonly node: string; readonly network: string }
  /** Frames between groups of a network's nodes do not pass; `isOneWay`: only those from the first group. */
  | {
      readonly kind: 'partition';
      readonly network: string;
      readonly shape: PartitionShape;
      readonly isOneWay: boolean;
      /** Shuffles who is in which group. */
      readonly salt: number;
    }
  /** The switch forgets where everybody is. */
  | { readonly kind: 'flush'; readonly network: string }
  /** The wall clock is set by so many seconds. */
  | { readonly kind: 'clock-step'; readonly director: string; readonly seconds: number }
  /** The monotonic clock runs fast or slow by so many millionths. */
  | { readonly kind: 'clock-drift'; readonly director: string; readonly millionths: number }
  /** A real server is quiesced by everybody, as by a health check that fails, and comes back. */
  | { readonly kind: 'health-flap'; readonly server: string }
  /** A real server is taken out of all services and put back, as by a new configuration. */
  | { readonly kind: 'reload'; readonly server: string };

/** A fault with its time, in seconds from the start of the run. */
export type Fault = FaultKind & { readonly at: number; readonly for: number };

/** All kinds, for those who count them. */
export const FaultKinds: readonly FaultKind['kind'][] = [
  'kill',
  'power-off',
  'stop',
  'pause',
  'slow',
  'starve',
  'weather',
  'filter',
  'unplug',
  'partition',
  'flush',
  'clock-step',
  'clock-drift',
  'health-flap',
  'reload',
];

/** A fault in a few words. */
export function describeFault(fault: FaultKind): string {
  const { kind } = fault;
  switch (kind) {
    case 'kill':
    case 'stop':
    case 'pause':
      return `${kind} ${fault.director}`;
    case 'power-off':
      return `${kind} ${fault.node}`;
    case 'slow':
    case 'starve':
      return `${kind} ${fault.director} by ${fault.microseconds} us`;
    case 'weather': {
      const facts = Object.entries(fault.weather).map(([name, value]) => `${name} ${value}`);
      return `weather ${fault.node}.${fault.network} ${fault.direction}: ${facts.join(', ')}`;
    }
    case 'filter':
      return `filter ${fault.drops} at ${fault.node}.${fault.network} ${fault.direction}`;
    case 'unplug':
      return `unplug ${fault.node}.${fault.network}`;
    case 'partition':
      return `partition ${fault.network}: ${fault.shape}${fault.isOneWay ? ', one way' : ''}`;
    case 'flush':
      return `flush the switch of ${fault.network}`;
    case 'clock-step':
      return `set the clock of ${fault.director} by ${fault.seconds} s`;
    case 'clock-drift':
      return `let the clock of ${fault.director} drift by ${fault.millionths} ppm`;
    case 'health-flap':
      return `quiesce ${fault.server}`;
    case 'reload':
      return `reload without ${fault.server}`;
    default:
      return kind;
  }
}
