import { unreachable } from '../../../director/base/invariant.js';
import type { FrameClass, Weather } from '../network/weather.js';

/** How a network falls apart: see `partitionOf`. */
export type PartitionShape = 'halves' | 'isolate' | 'bridge' | 'ring';

/** What is done to the program of a director, or to its clocks. */
export type DirectorFault =
  /** SIGKILL: the director's kernel lives. */
  | { readonly kind: 'kill'; readonly director: string }
  /** SIGTERM: a planned stop. */
  | { readonly kind: 'stop'; readonly director: string }
  /** SIGSTOP, and later SIGCONT. */
  | { readonly kind: 'pause'; readonly director: string }
  /** Every piece of work takes so much longer, in microseconds. */
  | { readonly kind: 'slow'; readonly director: string; readonly microseconds: number }
  /** Every wake-up comes up to so much later, in microseconds. */
  | { readonly kind: 'starve'; readonly director: string; readonly microseconds: number }
  /** The wall clock is set by so many seconds. */
  | { readonly kind: 'clock-step'; readonly director: string; readonly seconds: number }
  /** The monotonic clock runs fast or slow by so many millionths. */
  | { readonly kind: 'clock-drift'; readonly director: string; readonly millionths: number };

/** Which way a fault of a cable works, as its node sees it. */
export type Direction = 'out' | 'in' | 'both';

/** What is done to the network. */
export type NetworkFault =
  /** Bad weather on a node's cable to a network. */
  | {
      readonly kind: 'weather';
      readonly node: string;
      readonly network: string;
      readonly direction: Direction;
      readonly weather: Partial<Weather>;
    }
  /** Frames of a class do not get through a node's cable. */
  | {
      readonly kind: 'filter';
      readonly node: string;
      readonly network: string;
      readonly direction: Direction;
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
  | { readonly kind: 'flush'; readonly network: string };

/** What is wrong with a forged advertisement. */
export const AdvertFlaws = ['ttl', 'checksum', 'router', 'version', 'length'] as const;
export type AdvertFlaw = (typeof AdvertFlaws)[number];

/** What is done to whole machines, and to real servers. */
export type MachineFault =
  /** The machine loses its power. */
  | { readonly kind: 'power-off'; readonly node: string }
  /** A real server refuses health checks, and answers requests as ever: directors find out, and give it no new flows. */
  | { readonly kind: 'health-flap'; readonly server: string }
  /** All directors get a configuration without a real server, and later the whole one again. */
  | { readonly kind: 'reload'; readonly server: string }
  /** A client advertises the virtual router with the highest priority, but not as a router does. */
  | { readonly kind: 'forge'; readonly client: string; readonly flaw: AdvertFlaw };

/**
 * Something bad that is done to a world, and undone by itself. `director`, `node` and `network` are names of the lab. What
 * has no end of its own, such as a crash, is followed by a restart.
 */
export type FaultKind = DirectorFault | NetworkFault | MachineFault;

/** A fault with its time, in seconds from the start of the run. */
export type Fault = FaultKind & { readonly at: number; readonly for: number };

/** All kinds, by what they are done to. */
export const DirectorFaults = [
  'kill',
  'stop',
  'pause',
  'slow',
  'starve',
  'clock-step',
  'clock-drift',
] as const;
export const NetworkFaults = ['weather', 'filter', 'unplug', 'partition', 'flush'] as const;
export const MachineFaults = ['power-off', 'health-flap', 'reload', 'forge'] as const;
export const FaultKinds: readonly FaultKind['kind'][] = [
  ...DirectorFaults,
  ...NetworkFaults,
  ...MachineFaults,
];

/** Faults in which every director lives, hears the others and is heard. */
export const HarmlessFaults: readonly FaultKind['kind'][] = [
  'weather',
  'flush',
  'clock-step',
  'health-flap',
  'reload',
  'forge',
];

export const isDirectorFault = (fault: FaultKind): fault is DirectorFault => 'director' in fault;

export const isNetworkFault = (fault: FaultKind): fault is NetworkFault => 'network' in fault;

/** A fault in a few words. */
export function describeFault(fault: FaultKind): string {
  if (isDirectorFault(fault)) return describeDirectorFault(fault);
  if (isNetworkFault(fault)) return describeNetworkFault(fault);
  switch (fault.kind) {
    case 'power-off':
      return `power off ${fault.node}`;
    case 'health-flap':
      return `${fault.server} refuses health checks`;
    case 'reload':
      return `reload without ${fault.server}`;
    case 'forge':
      return `${fault.client} forges advertisements: ${fault.flaw}`;
    default:
      return unreachable(fault);
  }
}

function describeDirectorFault(fault: DirectorFault): string {
  const { kind, director } = fault;
  switch (kind) {
    case 'kill':
    case 'stop':
    case 'pause':
      return `${kind} ${director}`;
    case 'slow':
    case 'starve':
      return `${kind} ${director} by ${fault.microseconds} us`;
    case 'clock-step':
      return `set the clock of ${director} by ${fault.seconds} s`;
    case 'clock-drift':
      return `let the clock of ${director} drift by ${fault.millionths} ppm`;
    default:
      return unreachable(kind);
  }
}

function describeNetworkFault(fault: NetworkFault): string {
  const { kind, network } = fault;
  switch (kind) {
    case 'weather': {
      const facts = Object.entries(fault.weather).map(([name, value]) => `${name} ${value}`);
      return `weather ${fault.node}.${network} ${fault.direction}: ${facts.join(', ')}`;
    }
    case 'filter':
      return `filter ${fault.drops} at ${fault.node}.${network} ${fault.direction}`;
    case 'unplug':
      return `unplug ${fault.node}.${network}`;
    case 'partition':
      return `partition ${network}: ${fault.shape}${fault.isOneWay ? ', one way' : ''}`;
    case 'flush':
      return `flush the switch of ${network}`;
    default:
      return unreachable(kind);
  }
}
