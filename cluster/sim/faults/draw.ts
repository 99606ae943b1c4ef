import { unreachable } from '../../../director/base/invariant.js';
import type { Prng } from '../../../director/base/prng.js';
import { milliseconds, type Duration } from '../../../director/base/time.js';
import type { LabConfig } from '../../config/lab-config.js';
import { between, chance, pick } from '../draws.js';
import type { FrameClass, Weather } from '../network/weather.js';
import { AdvertFlaws, type DirectorFault, type Fault, type FaultKind } from './fault.js';

/** The most faults of a run, and how long one lasts. */
const MostFaults = 8;
const UsualTurmoil = 10;
const LongestFault = 6;

/** The names in a lab that faults are done to. */
interface Targets {
  readonly directors: readonly string[];
  readonly servers: readonly string[];
  readonly clients: readonly string[];
  readonly links: readonly { readonly node: string; readonly network: string }[];
  readonly networks: readonly string[];
}

/** The faults of a run: some kinds are left out altogether, so that the others are seen in company. */
export function drawFaults(
  lab: LabConfig,
  turmoil: number,
  prng: Prng,
  from: readonly FaultKind['kind'][],
): Fault[] {
  const enabled = from.filter(() => chance(prng, 40));
  const kinds = enabled.length === 0 ? [pick(prng, from)] : enabled;
  const targets: Targets = {
    directors: namesOf(lab, 'director'),
    servers: namesOf(lab, 'real-server'),
    clients: namesOf(lab, 'client'),
    links: lab.nodes.flatMap(({ name, kind, links }) =>
      kind === 'director' ? links.map(({ network }) => ({ node: name, network })) : [],
    ),
    networks: lab.networks.map(({ name }) => name),
  };
  // A long run has as many in the same time.
  const count = 1 + prng.below(Math.max(1, Math.round((MostFaults * turmoil) / UsualTurmoil)));
  return Array.from({ length: count }, () =>
    drawFault(pick(prng, kinds), targets, turmoil, prng),
  ).toSorted((left, right) => left.at - right.at);
}

function drawFault(kind: FaultKind['kind'], targets: Targets, turmoil: number, prng: Prng): Fault {
  const at = round(between(prng, 0, turmoil));
  const length = round(between(prng, 0.05, Math.min(LongestFault, turmoil - at + 0.1)));
  return { at, for: length, ...drawKind(kind, targets, prng) };
}

function drawKind(kind: FaultKind['kind'], targets: Targets, prng: Prng): FaultKind {
  switch (kind) {
    case 'power-off':
      return { kind, node: pick(prng, chance(prng, 80) ? targets.directors : targets.servers) };
    case 'health-flap':
    case 'reload':
      return { kind, server: pick(prng, targets.servers) };
    case 'forge':
      return { kind, client: pick(prng, targets.clients), flaw: pick(prng, AdvertFlaws) };
    case 'weather':
    case 'filter':
    case 'unplug':
      return drawLinkFault(kind, targets, prng);
    case 'partition':
      return {
        kind,
        network: pick(prng, targets.networks),
        shape: pick(prng, ['halves', 'isolate', 'bridge', 'ring']),
        isOneWay: chance(prng, 30),
        salt: prng.below(1_000_000),
      };
    case 'flush':
      return { kind, network: pick(prng, targets.networks) };
    default:
      return drawDirectorFault(kind, pick(prng, targets.directors), prng);
  }
}

function drawDirectorFault(
  kind: DirectorFault['kind'],
  director: string,
  prng: Prng,
): DirectorFault {
  switch (kind) {
    case 'kill':
    case 'stop':
    case 'pause':
      return { kind, director };
    case 'slow':
      return { kind, director, microseconds: pick(prng, [100, 1_000, 5_000]) };
    case 'starve':
      return { kind, director, microseconds: pick(prng, [2_000, 20_000, 200_000]) };
    case 'clock-step':
      return { kind, director, seconds: pick(prng, [-3_600, -1, 1, 3_600]) };
    case 'clock-drift':
      return { kind, director, millionths: pick(prng, [-10_000, -500, 500, 10_000]) };
    default:
      return unreachable(kind);
  }
}

function drawLinkFault(
  kind: 'weather' | 'filter' | 'unplug',
  targets: Targets,
  prng: Prng,
): FaultKind {
  const { node, network } = pick(prng, targets.links);
  const direction = pick(prng, ['out', 'in', 'both'] as const);
  if (kind === 'unplug') return { kind, node, network };
  if (kind === 'weather') return { kind, node, network, direction, weather: drawWeather(prng) };
  const drops = pick<FrameClass>(prng, ['all', 'vrrp', 'sync', 'announcement']);
  const place = drops === 'sync' ? 'sync' : drops === 'all' ? network : 'clients';
  return { kind, node, network: place, direction, drops };
}

/** Each kind of bad weather by itself, or a few at once. */
function drawWeather(prng: Prng): Partial<Weather> {
  const kinds: readonly Partial<Weather>[] = [
    { loss: pick(prng, [10, 50, 300, 1_000]) },
    { delay: ms(prng, [1, 10, 40]) },
    { jitter: ms(prng, [1, 10, 40]) },
    { duplication: pick(prng, [50, 500]) },
    { corruption: pick(prng, [10, 100]) },
    { truncation: pick(prng, [10, 100]) },
    { reordering: pick(prng, [50, 300]), reorderDelay: ms(prng, [1, 5, 20]) },
    { mtu: pick(prng, [300, 576, 1_000]) },
    { capacity: pick(prng, [1, 2, 8]), delay: ms(prng, [1, 5]) },
  ];
  const weather = { ...pick(prng, kinds) };
  return chance(prng, 30) ? { ...weather, ...pick(prng, kinds) } : weather;
}

const ms = (prng: Prng, choices: readonly number[]): Duration => milliseconds(pick(prng, choices));

const round = (seconds: number): number => Math.round(seconds * 1_000) / 1_000;

const namesOf = (lab: LabConfig, kind: string): readonly string[] =>
  lab.nodes.filter((node) => node.kind === kind).map(({ name }) => name);
