import { parsePrefix, type IpAddress } from '../../director/base/address.js';
import { ConfigError } from '../../director/base/errors.js';
import { assert } from '../../director/base/invariant.js';
import { after, milliseconds, type Instant } from '../../director/base/time.js';
import { Director } from '../../director/core/director.js';
import { processFrame } from '../../director/core/input.js';
import type { Interface } from '../../director/core/interfaces.js';
import { createScheduler } from '../../director/core/schedulers/create.js';
import {
  SchedulerFlags,
  SchedulerNames,
  type Scheduler,
} from '../../director/core/schedulers/scheduler.js';
import { addressKey, findServer, markKey } from '../../director/core/service-table.js';
import {
  methodFromName,
  type RealServer,
  type RealServerSettings,
  type ServiceKey,
  type TunnelSettings,
  type VirtualService,
} from '../../director/core/services.js';
import { toWords } from '../../director/wire/address-words.js';
import { parseMac } from '../../director/wire/ethernet.js';
import { Family } from '../../director/wire/flow.js';
import { Packet } from '../../director/wire/packet.js';
import { protocolNumber, type RecordedMark } from './configuration.js';
import type { ListedServer, ListedService } from './service-listing.js';
import type { Side } from './topology.js';

/** What of a recording makes up the director that is to do the same. */
export interface DirectorPlan {
  readonly sides: readonly Side[];
  readonly virtualAddresses: ReadonlySet<IpAddress>;
  readonly marks: readonly RecordedMark[];
  readonly tunnels: ReadonlyMap<IpAddress, TunnelSettings>;
  /** More than it can have connections. */
  readonly capacity: number;
}

/** Where our director's frames go. */
export type FrameListener = (side: number, frame: Uint8Array) => void;

const TickInterval = milliseconds(250);
const UsualMtu = 1_500;

/** Our director in the place of a recorded one, on a clock that the recording turns. */
export class ReplayedDirector {
  readonly director: Director;
  readonly #plan: DirectorPlan;
  readonly #interfaces: readonly Interface[];
  readonly #packet = new Packet();
  #now: Instant;

  constructor(plan: DirectorPlan, start: Instant, listener: FrameListener) {
    this.#plan = plan;
    this.#now = start;
    this.#interfaces = plan.sides.map(interfaceOf);
    this.director = new Director({
      interfaces: this.#interfaces,
      capacity: plan.capacity,
      seed: 1,
      output: { send: (side, packet) => listener(side, packet.copy()) },
    });
    const [clients] = this.#interfaces;
    assert(clients !== undefined, 'a recorded director has an interface');
    for (const address of plan.virtualAddresses) {
      this.director.addFloating(address, clients);
      this.director.setLive(address, true);
    }
    this.director.marks = plan.marks.map(({ address, port, protocol, mark }) => ({
      ...toWords(address),
      protocol,
      firstPort: port,
      lastPort: port,
      mark,
    }));
  }

  get now(): Instant {
    return this.#now;
  }

  /** Lets time pass until `now`, with ticks as often as a node makes them. */
  wait(now: Instant): void {
    while (after(this.#now, TickInterval) <= now) {
      this.#now = after(this.#now, TickInterval);
      this.director.tick(this.#now);
    }
    this.#now = now;
  }

  receive(side: number, frame: Uint8Array): void {
    const arrival = this.#interfaces[side];
    assert(arrival !== undefined, 'a frame arrives on one of the sides');
    this.#packet.load(frame);
    processFrame(this.director, this.#packet, arrival, this.#now);
  }

  /** Makes the services and real servers those of a listing, in its order. */
  configure(listing: readonly ListedService[]): void {
    const { services } = this.director;
    const wanted = new Set<VirtualService>();
    for (const listed of listing) {
      const service = services.find(keyOf(listed)) ?? this.#addService(listed);
      wanted.add(service);
      this.#setServers(service, listed.servers);
    }
    const gone = [...services.services()].filter((service) => !wanted.has(service));
    for (const service of gone) services.removeService(service);
  }

  #addService(listed: ListedService): VirtualService {
    const { persistence, isOnePacket, endpoint } = listed;
    const service = this.director.addService(
      keyOf(listed),
      endpoint?.address,
      this.#schedulerOf(listed),
      { persistence, isOnePacket },
    );
    assert(service !== undefined, 'a listing names a service once');
    return service;
  }

  #schedulerOf({ scheduler, schedulerFlags }: ListedService): Scheduler {
    const { settings, prng } = this.director;
    const name = SchedulerNames.find((known) => known === scheduler);
    const flags = SchedulerFlags.filter((flag) => schedulerFlags.includes(flag));
    if (name !== undefined && flags.length === schedulerFlags.length) {
      return createScheduler(name, { flags, settings, prng });
    }
    const text = [scheduler, ...schedulerFlags].join(' ');
    throw new ConfigError({ code: 'no-scheduler', file: text }, `there is no scheduler ${text}`);
  }

  #setServers(service: VirtualService, listed: readonly ListedServer[]): void {
    const { services } = this.director;
    const wanted = new Set(listed.map((server) => this.#setServer(service, server)));
    const gone = service.servers.filter((server) => !wanted.has(server));
    for (const server of gone) services.removeServer(server);
  }

  #setServer(service: VirtualService, listed: ListedServer): RealServer | undefined {
    const { services } = this.director;
    const settings = this.#settingsOf(listed);
    const known = findServer(service, settings);
    if (known === undefined) return services.addServer(service, settings);
    if (known.weight !== settings.weight || known.method !== settings.method) {
      services.editServer(known, settings);
    }
    return known;
  }

  #settingsOf({ endpoint, method, weight }: ListedServer): RealServerSettings {
    const tunnel = this.#plan.tunnels.get(endpoint.address);
    return {
      ...endpoint,
      method: methodOf(method),
      weight,
      ...(tunnel === undefined ? {} : { tunnel }),
    };
  }
}

function interfaceOf({ name, mac, addresses, packets }: Side, index: number): Interface {
  const parsed = parseMac(mac);
  assert(parsed !== undefined, 'a recorded MAC address is one');
  return {
    index,
    name,
    mac: parsed,
    // Packets that a sender left to its network card to cut are recorded whole.
    mtu: packets.reduce((longest, { bytes }) => Math.max(longest, bytes.length), UsualMtu),
    addresses: addresses.flatMap((text) => parsePrefix(text) ?? []),
  };
}

function keyOf({ protocol, endpoint, firewallMark, isIpv6 }: ListedService): ServiceKey {
  return endpoint === undefined
    ? markKey(firewallMark, isIpv6 ? Family.ipv6 : Family.ipv4)
    : addressKey(endpoint.address, endpoint.port, protocolNumber(protocol));
}

function methodOf(name: string): RealServerSettings['method'] {
  switch (name) {
    case 'Masq':
    case 'Local':
    case 'Tunnel':
    case 'Route':
      return methodFromName(name);
    default:
      throw new ConfigError({ code: 'no-method', file: name }, `there is no method ${name}`);
  }
}
