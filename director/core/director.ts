import type { IpAddress } from '../base/address.js';
import { Prng } from '../base/prng.js';
import { after, instant, type Instant } from '../base/time.js';
import { toWords } from '../wire/address-words.js';
import type { MacAddress } from '../wire/ethernet.js';
import { Flow, type Family } from '../wire/flow.js';
import { Packet } from '../wire/packet.js';
import { AddressMap } from './address-map.js';
import { releaseOverdue } from './commit.js';
import { ConnectionTable } from './connections.js';
import { Counters, DropReason } from './counters.js';
import { Defence } from './defence.js';
import { EstimationPeriod } from './estimator.js';
import { dropEmbryonic } from './eviction.js';
import { FragmentTable } from './fragments.js';
import { HeldConnections } from './held-connections.js';
import { HeldFragments } from './held-fragments.js';
import { RoutingTable, type Gateway, type Interface } from './interfaces.js';
import { expireConnection } from './lifecycle.js';
import { LocalEndpoints } from './local-endpoints.js';
import type { MarkRule } from './marks.js';
import { NeighbourTable } from './neighbours.js';
import type { Offload } from './offload.js';
import { AllEqual, type Standings } from './precedence.js';
import { RateLimit } from './rate-limit.js';
import type { Scheduler } from './schedulers/scheduler.js';
import { ServiceTable } from './service-table.js';
import type { ServiceKey, ServiceOptions, VirtualService } from './services.js';
import { defaultSettings, type Settings } from './settings.js';
import { DefaultTimeouts } from './states.js';
import { SyncQueue } from './sync-queue.js';
import { neighbourWork } from './transmit.js';
import { VirtualMacs } from './virtual-macs.js';

/** Where frames leave: a driver, or memory in tests. The packet is the sender's again when the call returns. */
export interface FrameSink {
  send(interfaceIndex: number, packet: Packet): void;
  /** Hands an IP packet for the Local method to the node's own stack; absent where there is none. */
  deliver?(packet: Packet): void;
}

/** An address that moves between nodes: a VIP, the gateway of NAT real servers, or a local address of FullNat. */
export interface FloatingAddress {
  readonly address: IpAddress;
  readonly family: Family;
  readonly words: Uint32Array;
  readonly interface: Interface;
  /** The MAC address that it is answered with: the interface's, or that of its virtual router. */
  readonly mac: MacAddress;
  /** True while this node is its master and answers for it. */
  isLive: boolean;
  /** True while its services take new connections: as long as it is live, and a moment longer. */
  isServing: boolean;
}

export interface DirectorOptions {
  readonly interfaces: readonly Interface[];
  readonly gateways?: readonly Gateway[];
  /** The most connections, in all and of one client address and port; see `ConnectionTable`. */
  readonly capacity?: number;
  readonly mostOfClient?: number;
  /** Seed of everything random: the connection hash, the choices of chance. */
  readonly seed: number;
  /** Timeouts of TCP and UDP in seconds by state number, the kernel's when absent. */
  readonly timeouts?: readonly number[];
  readonly settings?: Partial<Settings>;
  readonly isActiveActive?: boolean;
  readonly output: FrameSink;
}

/** Everything one node's data plane knows. `processFrame` in input.ts is what happens to it. */
export class Director {
  readonly interfaces: readonly Interface[];
  readonly settings: Settings;
  readonly routes: RoutingTable;
  readonly neighbours = new NeighbourTable();
  readonly services = new ServiceTable();
  readonly connections: ConnectionTable;
  readonly localEndpoints: LocalEndpoints;
  readonly fragments: FragmentTable;
  readonly heldFragments = new HeldFragments();
  readonly counters = new Counters();
  readonly timeouts: number[];
  readonly sync: SyncQueue;
  /** Established connections that the kernel carries; absent where it carries none. */
  offload: Offload | undefined = undefined;
  /** New connections that wait until peers know them. */
  readonly commits = new HeldConnections();
  readonly output: FrameSink;
  readonly prng: Prng;
  readonly defence: Defence;
  /** Bounds the ICMP errors that the director sends. */
  readonly errorLimit = new RateLimit();
  /** Which packets get a firewall mark: the first rule that fits decides. */
  marks: readonly MarkRule[] = [];
  /** Addresses that move between nodes. */
  readonly floating = new AddressMap<FloatingAddress>();
  readonly virtualMacs = new VirtualMacs();
  /** What the frame in hand says, and what the packet that an ICMP error quotes says. */
  readonly flow = new Flow();
  readonly inner = new Flow();
  /** What the packet says that the quoted one carries through a tunnel. */
  readonly tunnelled = new Flow();
  /** For frames that the director makes itself, and for those that have waited. */
  readonly scratch = new Packet();
  readonly second = new Packet();
  /** What the words of those who tell of entries weigh. */
  standings: Standings = AllEqual;
  /** Until when this node may not be the only master: see `isDoubtful`. */
  doubtfulUntil: Instant = instant(0);
  /** Where the search for an entry to evict goes on. */
  evictionHand = 0;
  /** True when every node schedules and forwards for all its services, whoever holds their addresses. */
  readonly isActiveActive: boolean;
  #nextEstimate: Instant = instant(0);

  constructor(options: DirectorOptions) {
    this.interfaces = options.interfaces;
    this.settings = { ...defaultSettings(), ...options.settings };
    this.routes = new RoutingTable(options.interfaces, options.gateways ?? []);
    this.prng = new Prng(options.seed);
    this.connections = new ConnectionTable({
      seed: this.prng.uint32(),
      ...(options.capacity === undefined ? {} : { capacity: options.capacity }),
      ...(options.mostOfClient === undefined ? {} : { mostOfClient: options.mostOfClient }),
    });
    this.localEndpoints = new LocalEndpoints(
      this.connections,
      this.prng.split(),
      ({ family, words }) => this.floating.get(family, words)?.isServing ?? true,
    );
    this.fragments = new FragmentTable();
    this.defence = new Defence(this.settings, this.prng.split());
    this.timeouts = [...(options.timeouts ?? DefaultTimeouts)];
    this.sync = new SyncQueue(this.settings.sync_qlen_max);
    this.isActiveActive = options.isActiveActive ?? false;
    this.output = options.output;
  }

  /** Makes an address known that this node may come to hold, at the interface's own MAC address or at a virtual one. */
  addFloating(address: IpAddress, owner: Interface, mac: MacAddress = owner.mac): void {
    const { family, words } = toWords(address);
    const place = { interface: owner, mac };
    const [isLive, isServing] = [false, false];
    this.floating.set(family, words, { address, family, words, ...place, isLive, isServing });
    if (mac !== owner.mac) this.virtualMacs.isUsed = true;
  }

  /** Forgets an address that this node will not hold any more. */
  removeFloating(address: IpAddress): void {
    this.setLive(address, false);
    const { family, words } = toWords(address);
    this.floating.delete(family, words);
    for (const service of this.services.services()) this.#update(service);
  }

  findFloating(address: IpAddress): FloatingAddress | undefined {
    const { family, words } = toWords(address);
    return this.floating.get(family, words);
  }

  /** Adds a service, live when this node holds its address already; undefined when there is one like it. */
  addService(
    key: ServiceKey,
    address: IpAddress | undefined,
    scheduler: Scheduler,
    options: ServiceOptions = {},
  ): VirtualService | undefined {
    const service = this.services.addService(key, address, scheduler, options);
    if (service !== undefined) this.#update(service);
    return service;
  }

  /** Starts or stops answering for an address and taking new connections for its services. */
  setLive(address: IpAddress, isLive: boolean): void {
    this.#setFloating(address, { isLive, isServing: isLive });
  }

  /**
   * Stops answering for an address that another node has taken over. Some have not heard of that yet and still send to this
   * node: its services go on taking new connections until `setLive` ends it.
   */
  retire(address: IpAddress): void {
    this.#setFloating(address, { isLive: false, isServing: true });
  }

  /**
   * The work of time: expired connections go, the defences look around, rates are estimated, silent neighbours are asked
   * again. Called about four times a second.
   */
  tick(now: Instant): void {
    this.offload?.sweep(now);
    this.connections.expire(now, (index) => expireConnection(this, index, now));
    releaseOverdue(this, now);
    if (this.defence.update(now, this.connections.capacity - this.connections.size)) {
      dropEmbryonic(this, now);
    }
    if (this.#nextEstimate <= now) {
      this.#nextEstimate = after(now, EstimationPeriod);
      if (this.settings.run_estimation !== 0) this.#estimate();
    }
    this.giveUpFragments(now);
    this.services.emptyTrash(now);
    this.neighbours.tick(now, neighbourWork(this));
  }

  /** Drops fragments that have waited for the first part of their datagram in vain. */
  giveUpFragments(now: Instant): void {
    const before = this.heldFragments.size;
    this.heldFragments.expire(now);
    for (let left = before - this.heldFragments.size; left > 0; left -= 1) {
      this.counters.held -= 1;
      this.counters.drop(DropReason.fragment);
    }
  }

  #setFloating(address: IpAddress, how: Pick<FloatingAddress, 'isLive' | 'isServing'>): void {
    const floating = this.findFloating(address);
    if (floating !== undefined) {
      if (floating.isServing !== how.isServing) this.virtualMacs.set(floating, how.isServing);
      Object.assign(floating, how);
    }
    for (const service of this.services.services()) this.#update(service);
    this.offload?.revalidate();
  }

  #estimate(): void {
    for (const service of this.services.services()) {
      service.rates.update(service.stats);
      for (const server of service.servers) server.rates.update(server.stats);
    }
  }

  /** A service follows its address; one of a firewall mark has none and follows any. */
  #update(service: VirtualService): void {
    const isMarked = service.firewallMark !== 0;
    const own = isMarked ? undefined : this.floating.get(service.family, service.words);
    const addresses = isMarked ? [...this.floating.values()] : [own];
    service.isLive = this.isActiveActive || addresses.some((address) => address?.isLive);
    // With `backup_only` a node that has been succeeded forwards nothing, new connections least of all.
    const mayLinger = this.settings.backup_only === 0;
    const isLingering = mayLinger && addresses.some((address) => address?.isServing);
    service.isServing = service.isLive || isLingering;
  }
}
