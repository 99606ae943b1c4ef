import type { IpAddress } from '../../../director/base/address.js';
import { unreachable } from '../../../director/base/invariant.js';
import { microseconds, milliseconds, seconds } from '../../../director/base/time.js';
import { toWords } from '../../../director/wire/address-words.js';
import type { DirectorMachine } from '../director/director-machine.js';
import type { Channel } from '../network/channel.js';
import { FairWeather, type Weather } from '../network/weather.js';
import type { World } from '../world.js';
import {
  describeFault,
  isDirectorFault,
  isNetworkFault,
  type DirectorFault,
  type Fault,
  type FaultKind,
  type NetworkFault,
} from './fault.js';
import { forgeAdvert, groupAddress } from './forgery.js';
import { filterOf } from './frame-class.js';
import { partitionOf } from './partitions.js';

/** Undoes a fault. */
type Heal = () => void;

const nothing: Heal = () => {};

/** Faults that leave everybody else's timers and links alone. */
const Quiet: ReadonlySet<FaultKind['kind']> = new Set([
  'kill',
  'stop',
  'power-off',
  'health-flap',
  'reload',
  'clock-step',
  'flush',
  'forge',
]);

/** Between two forged advertisements: often enough to win every election. */
const ForgeInterval = milliseconds(80);

/** Faults that hold up a director that goes on living, or bend its clock. */
export const isHindrance = (fault: FaultKind): fault is DirectorFault =>
  isDirectorFault(fault) && !Quiet.has(fault.kind);

/** How long it takes until all directors have been told to read their configuration again, at most. */
export const Spread = milliseconds(200);

/** Does faults to a world, and undoes them: each when its time is over, or all at once. */
export class Inflictor {
  readonly #world: World;
  readonly #under = new Map<Fault, Heal>();
  readonly #ended: { readonly fault: Fault; readonly at: number }[] = [];
  #disturbedAt = 0;
  /** When directors that were held up were let go last. */
  readonly #heldUpUntil = new Map<string, number>();
  /** The bad weathers of each channel: the worst of all counts. */
  readonly #weathers = new Map<Channel, Partial<Weather>[]>();
  /** How many flaps each real server is in. */
  readonly #flaps = new Map<string, number>();
  /** Real servers that are in no configuration, once for each fault. */
  readonly #removed: string[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** Faults that are in force now. */
  get current(): readonly Fault[] {
    return [...this.#under.keys()];
  }

  /**
   * True when nothing has disturbed the timers and the network for so many seconds: directors may have died and started, and
   * real servers come and gone.
   */
  isCalm(length: number): boolean {
    const isQuiet = this.current.every(({ kind }) => Quiet.has(kind));
    return isQuiet && this.#world.now >= this.#disturbedAt + length * 1_000_000;
  }

  /** True when nobody has held these directors up for so many seconds, nor bent their clocks. */
  isRunningFreely(directors: readonly DirectorMachine[], length: number): boolean {
    const since = this.#world.now - length * 1_000_000;
    const isHindered = (name: string): boolean =>
      (this.#heldUpUntil.get(name) ?? Number.NEGATIVE_INFINITY) >= since ||
      this.current.some((fault) => isHindrance(fault) && fault.director === name);
    return !directors.some(({ name }) => isHindered(name));
  }

  /** Until when a fault of this kind was in force last: now, if one is, and never before all time. */
  lastUnder(isMeant: (fault: Fault) => boolean): number {
    if (this.current.some(isMeant)) return this.#world.now;
    return this.#ended.findLast(({ fault }) => isMeant(fault))?.at ?? Number.NEGATIVE_INFINITY;
  }

  /** Plans a fault. */
  plan(fault: Fault): void {
    this.#world.at(fault.at, () => {
      this.#begin(fault);
      this.#world.at(fault.at + fault.for, () => this.#end(fault));
    });
  }

  /** Undoes everything that is in force, and brings everybody back. */
  healAll(): void {
    for (const fault of this.current) this.#end(fault);
    for (const director of this.#world.directors) {
      director.process?.resume();
      if (!director.host.isUp) director.host.powerOn();
      director.start();
    }
    this.#world.trace.note('world', 'everything is healed');
  }

  #begin(fault: Fault): void {
    this.#world.trace.note('world', `${describeFault(fault)}, for ${fault.for.toFixed(3)} s`);
    this.#world.occurrences.count(`fault ${fault.kind}`);
    this.#under.set(fault, this.#inflict(fault));
  }

  #end(fault: Fault): void {
    const heal = this.#under.get(fault);
    if (heal === undefined) return;
    this.#under.delete(fault);
    this.#ended.push({ fault, at: this.#world.now });
    if (!Quiet.has(fault.kind)) this.#disturbedAt = this.#world.now;
    if (isHindrance(fault)) this.#heldUpUntil.set(fault.director, this.#world.now);
    heal();
    if (heal !== nothing) this.#world.trace.note('world', `over: ${describeFault(fault)}`);
  }

  #inflict(fault: FaultKind): Heal {
    if (isDirectorFault(fault)) return this.#inflictOnDirector(fault);
    if (isNetworkFault(fault)) return this.#inflictOnNetwork(fault);
    switch (fault.kind) {
      case 'power-off':
        return this.#powerOff(fault.node);
      case 'health-flap':
        this.#followHealth(fault.server, 1);
        return () => this.#followHealth(fault.server, -1);
      case 'reload':
        this.#removed.push(fault.server);
        this.#writeConfigs(fault.server);
        return () => {
          this.#removed.splice(this.#removed.indexOf(fault.server), 1);
          this.#writeConfigs(fault.server);
        };
      case 'forge':
        return this.#forge(fault);
      default:
        return unreachable(fault);
    }
  }

  #inflictOnNetwork(fault: NetworkFault): Heal {
    switch (fault.kind) {
      case 'weather':
        return this.#spoil(fault);
      case 'filter':
        return this.#filter(fault);
      case 'unplug':
        return this.#unplug(fault.node, fault.network);
      case 'partition':
        return this.#partition(fault);
      case 'flush':
        this.#segment(fault.network)?.flush();
        return nothing;
      default:
        return unreachable(fault);
    }
  }

  #inflictOnDirector(fault: DirectorFault): Heal {
    const director = this.#world.director(fault.director);
    if (director === undefined) return nothing;
    const { process } = director;
    switch (fault.kind) {
      case 'kill':
        director.kill();
        return () => director.start();
      case 'stop':
        process?.stop();
        return () => {
          director.kill();
          director.start();
        };
      case 'pause':
        process?.pause();
        return () => process?.resume();
      case 'slow':
        if (process !== undefined) process.costOfPiece = microseconds(fault.microseconds);
        return () => {
          if (process !== undefined) process.costOfPiece = microseconds(0);
        };
      case 'starve':
        if (process !== undefined) process.starvation = microseconds(fault.microseconds);
        return () => {
          if (process !== undefined) process.starvation = microseconds(0);
        };
      case 'clock-step':
        director.clock.step(seconds(fault.seconds));
        return nothing;
      case 'clock-drift':
        director.clock.drift(fault.millionths);
        return () => director.clock.drift(0);
      default:
        return unreachable(fault);
    }
  }

  #forge({ client, flaw }: Extract<FaultKind, { readonly kind: 'forge' }>): Heal {
    const { directors, lab } = this.#world;
    const [instance] = directors[0]?.config.vrrpInstances ?? [];
    const host = this.#world.host(client);
    const card = host.cards.find(({ name }) => name === lab.cluster.virtualNetwork);
    const source = card?.addresses[0]?.address;
    if (instance === undefined || card === undefined || source === undefined) return nothing;
    const group = toWords(groupAddress());
    const packet = forgeAdvert(flaw, instance, source);
    let isOver = false;
    const repeat = (): void => {
      if (isOver) return;
      host.sendPacket(card, group.family, group.words, packet);
      this.#world.at((this.#world.now + ForgeInterval) / 1_000_000, repeat);
    };
    repeat();
    return () => (isOver = true);
  }

  #powerOff(node: string): Heal {
    const { network, directors } = this.#world;
    const director = directors.find(({ name }) => name === node);
    const host = this.#world.host(node);
    for (const cable of network.cablesOf(node)) this.#setCarrier(cable.node, cable.network, false);
    if (director === undefined) host.powerOff();
    else director.powerOff();
    this.#world.failServer(host);
    this.#world.tellHealth(node);
    return () => {
      host.powerOn();
      for (const cable of network.cablesOf(node)) this.#setCarrier(cable.node, cable.network, true);
      if (director !== undefined) director.start();
      this.#world.server(node)?.restart();
      this.#world.tellHealth(node);
    };
  }

  #spoil(fault: Extract<FaultKind, { readonly kind: 'weather' }>): Heal {
    const channels = this.#channels(fault.node, fault.network, fault.direction);
    for (const channel of channels) {
      const weathers = this.#weathers.get(channel) ?? [];
      weathers.push(fault.weather);
      this.#weathers.set(channel, weathers);
      channel.weather = worstOf(weathers);
    }
    return () => {
      for (const channel of channels) {
        const weathers = this.#weathers.get(channel) ?? [];
        weathers.splice(weathers.indexOf(fault.weather), 1);
        channel.weather = worstOf(weathers);
      }
    };
  }

  #filter(fault: Extract<FaultKind, { readonly kind: 'filter' }>): Heal {
    const channels = this.#channels(fault.node, fault.network, fault.direction);
    const base = filterOf[fault.drops];
    const drops: typeof base = (frame) => base(frame);
    for (const channel of channels) channel.filters.add(drops);
    return () => {
      for (const channel of channels) channel.filters.delete(drops);
    };
  }

  #unplug(node: string, network: string): Heal {
    this.#setCarrier(node, network, false);
    return () => this.#setCarrier(node, network, true);
  }

  #setCarrier(node: string, name: string, isUp: boolean): void {
    const { network, directors } = this.#world;
    const cable = network.cable(node, name);
    if (cable === undefined) return;
    network.setCarrier(cable, isUp);
    directors.find((director) => director.name === node)?.process?.trackCarrier(name, isUp);
  }

  #partition(fault: Extract<FaultKind, { readonly kind: 'partition' }>): Heal {
    const segment = this.#segment(fault.network);
    const cables = this.#world.network.cables.filter(({ network }) => network === fault.network);
    const apart = partitionOf(cables, fault).filter(
      ([from, to]) => segment?.isBlocked(from.port, to.port) === false,
    );
    for (const [from, to] of apart) segment?.block(from.port, to.port, true);
    return () => {
      for (const [from, to] of apart) segment?.block(from.port, to.port, false);
    };
  }

  /** A real server begins a flap, or ends one: while it is in any it refuses health checks. */
  #followHealth(node: string, change: 1 | -1): void {
    const flaps = (this.#flaps.get(node) ?? 0) + change;
    this.#flaps.set(node, flaps);
    this.#world.server(node)?.setWell(flaps === 0);
    this.#world.tellHealth(node);
  }

  /** All directors are told of another configuration one after the other, as their administrator comes round. */
  #writeConfigs(changed: string): void {
    const { prng, directors } = this.#world;
    const gone = new Set<IpAddress>();
    for (const node of this.#removed) {
      for (const { addresses } of this.#world.host(node).cards) {
        for (const { address } of addresses) gone.add(address);
      }
    }
    this.#world.removeServer(changed, this.#removed.includes(changed));
    for (const director of directors) {
      director.writeWithout(gone, microseconds(prng.below(Spread)));
    }
  }

  #segment(name: string): World['network']['segments'][0] | undefined {
    return this.#world.network.segments.find((segment) => segment.name === name);
  }

  #channels(node: string, network: string, direction: 'out' | 'in' | 'both'): readonly Channel[] {
    const cable = this.#world.network.cable(node, network);
    if (cable === undefined) return [];
    if (direction === 'both') return [cable.up, cable.down];
    return [direction === 'out' ? cable.up : cable.down];
  }
}

/** Several weathers at once: the worst of each. */
function worstOf(weathers: readonly Partial<Weather>[]): Weather {
  if (weathers.length === 0) return FairWeather;
  const worst = (name: keyof Weather, choose: (...values: number[]) => number): number =>
    choose(FairWeather[name], ...weathers.map((weather) => weather[name] ?? FairWeather[name]));
  return {
    delay: microseconds(worst('delay', Math.max)),
    jitter: microseconds(worst('jitter', Math.max)),
    loss: worst('loss', Math.max),
    duplication: worst('duplication', Math.max),
    corruption: worst('corruption', Math.max),
    truncation: worst('truncation', Math.max),
    reordering: worst('reordering', Math.max),
    reorderDelay: microseconds(worst('reorderDelay', Math.max)),
    mtu: worst('mtu', Math.min),
    capacity: worst('capacity', Math.min),
  };
}
