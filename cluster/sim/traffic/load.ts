import { isIpv6, type IpAddress } from '../../../director/base/address.js';
import type { Prng } from '../../../director/base/prng.js';
import {
  after,
  microseconds,
  seconds,
  type Duration,
  type Instant,
} from '../../../director/base/time.js';
import { fromWords, toWords } from '../../../director/wire/address-words.js';
import type { LabService } from '../../config/lab-config.js';
import type { EventQueue } from '../event-queue.js';
import type { Host } from '../host/host.js';
import { ClientFlow, type FlowPlan } from './client-flow.js';
import { slotsOf } from './slots.js';

/** How much traffic there is, and of which kind. */
export interface LoadOptions {
  /** Flows at a time: one that ends makes way for another. */
  readonly flows: number;
  /** Flows begin within so long. */
  readonly opening: Duration;
  /** Time from an answer to the next request, drawn for each flow. */
  readonly intervalMin: Duration;
  readonly intervalMax: Duration;
  /** Of a hundred flows so many end after a few exchanges; the others last. */
  readonly shortShare: number;
  /** The longest bodies. */
  readonly mostBytes: number;
  /** Services take turns and flows are opened one after the other, as `slotsOf` says; else all of that is drawn. */
  readonly isOrderly?: boolean;
  /** Of a hundred connections of TCP so many take the port of one that is over, if there is one. */
  readonly usedAgainShare?: number;
}

/** What the load tells of its flows. */
export interface LoadObserver {
  broken(flow: ClientFlow): void;
  /** A client takes a port for another connection to the same service. */
  usedAgain(): void;
}

/** Datagrams fit a packet, also inside a tunnel. */
const MostDatagramBytes = 1_200;
/** The first port that clients use, and how many. */
const FirstPort = 10_000;
const Ports = 50_000;
/** After which a client uses the port of a connection that it has closed for another (Linux's tcp_tw_reuse). */
const ReuseAfter = seconds(1);

/** The flows of all clients. */
export class Load {
  readonly flows: ClientFlow[] = [];
  readonly #options: LoadOptions;
  readonly #queue: EventQueue;
  readonly #prng: Prng;
  readonly #clients: readonly Host[];
  readonly #services: readonly LabService[];
  readonly #observer: LoadObserver;
  readonly #opensUntil: Instant;
  readonly #portsUsed = new Map<Host, number>();
  /** Connections that are over, by the addresses of both ends: the oldest first. */
  readonly #over = new Map<string, ClientFlow[]>();
  #opened = 0;

  constructor(
    options: LoadOptions,
    world: {
      readonly queue: EventQueue;
      readonly prng: Prng;
      readonly clients: readonly Host[];
      readonly services: readonly LabService[];
      /** Until when flows that end are replaced. */
      readonly until: Instant;
    },
    observer: LoadObserver,
  ) {
    this.#options = options;
    this.#queue = world.queue;
    this.#prng = world.prng;
    this.#clients = world.clients;
    this.#services = world.services;
    this.#opensUntil = world.until;
    this.#observer = observer;
  }

  start(): void {
    if (this.#options.isOrderly === true) return this.#startInOrder();
    for (let index = 0; index < this.#options.flows; index += 1) {
      const wait = this.#prng.below(this.#options.opening);
      this.#queue.at(after(this.#queue.now, microseconds(wait)), () => this.open());
    }
  }

  /** Opens one flow more. */
  open(): void {
    const service = this.#services[this.#prng.below(Math.max(1, this.#services.length))];
    const host = this.#clients[this.#opened % this.#clients.length];
    if (service === undefined || host === undefined) return;
    const isShort = this.#prng.below(100) < this.#options.shortShare;
    this.#open(host, service, {
      exchanges: isShort ? this.#fewExchanges() : Number.POSITIVE_INFINITY,
      next: () => this.open(),
    });
  }

  /** Opens a flow of one exchange from every client to every service. */
  probe(): readonly ClientFlow[] {
    return this.#clients.flatMap((host) =>
      this.#services.flatMap((service) => this.#open(host, service, { exchanges: 1 }) ?? []),
    );
  }

  #startInOrder(): void {
    const { flows, shortShare, opening } = this.#options;
    const slots = slotsOf(flows, shortShare, this.#services.length);
    for (const [index, { service, isShort }] of slots.entries()) {
      const wait = microseconds(Math.floor((opening * index) / flows));
      this.#queue.at(after(this.#queue.now, wait), () => this.#openSlot(service, isShort));
    }
  }

  /** Opens a flow that lasts, or a short one that others follow. */
  #openSlot(index: number, isShort: boolean): void {
    const service = this.#services[index];
    const host = this.#clients[this.#opened % this.#clients.length];
    if (service === undefined || host === undefined) return;
    if (!isShort) this.#open(host, service, { exchanges: Number.POSITIVE_INFINITY });
    else {
      const next = (): void => this.#openSlot(index, true);
      this.#open(host, service, { exchanges: this.#fewExchanges(), next });
    }
  }

  #fewExchanges(): number {
    return 2 + this.#prng.below(8);
  }

  /** `next` is what follows its end. */
  #open(
    host: Host,
    service: LabService,
    { exchanges, next }: { readonly exchanges: number; readonly next?: () => void },
  ): ClientFlow | undefined {
    const plan = this.#plan(host, service, exchanges);
    if (plan === undefined) return undefined;
    const flow = new ClientFlow(plan, {
      broken: (broken) => this.#observer.broken(broken),
      closed: (closed) => {
        this.#keep(closed);
        if (this.#queue.now < this.#opensUntil) next?.();
      },
    });
    this.flows.push(flow);
    flow.open();
    return flow;
  }

  #plan(host: Host, service: LabService, exchanges: number): FlowPlan | undefined {
    const { intervalMin, intervalMax, mostBytes } = this.#options;
    const id = this.#opened;
    const { family, words: remote } = toWords(service.address);
    const local = host.cards[0]?.source(family);
    const most = service.protocol === 'udp' ? Math.min(mostBytes, MostDatagramBytes) : mostBytes;
    if (local === undefined) return undefined;
    this.#opened += 1;
    const target = endpoint(service.address, service.port);
    const protocol = service.protocol === 'tcp' ? 'TCP' : 'UDP';
    const again = protocol === 'TCP' ? this.#portToUseAgain(host, local, target) : undefined;
    const localPort = again ?? this.#freshPort(host);
    return {
      id,
      protocol,
      host,
      family,
      local,
      localPort,
      remote,
      remotePort: service.port,
      client: endpoint(fromWords(family, local), localPort),
      target,
      interval: microseconds(intervalMin + this.#prng.below(intervalMax - intervalMin + 1)),
      exchanges,
      requestBytes: this.#prng.below(most + 1),
      replyBytes: this.#prng.below(most + 1),
    };
  }

  #freshPort(host: Host): number {
    const used = this.#portsUsed.get(host) ?? 0;
    this.#portsUsed.set(host, used + 1);
    return FirstPort + (used % Ports);
  }

  #keep(flow: ClientFlow): void {
    const { plan } = flow;
    const { usedAgainShare = 0 } = this.#options;
    if (usedAgainShare === 0 || plan.protocol === 'UDP') return;
    const pair = pairOf(plan.local, plan.target);
    const over = this.#over.get(pair) ?? [];
    this.#over.set(pair, over);
    over.push(flow);
  }

  #portToUseAgain(host: Host, local: Uint32Array, target: string): number | undefined {
    const over = this.#over.get(pairOf(local, target));
    const [first] = over ?? [];
    if (first === undefined) return undefined;
    const { closedAt = first.record.openedAt } = first.record;
    if (after(closedAt, ReuseAfter) > this.#queue.now) return undefined;
    if (this.#prng.below(100) >= (this.#options.usedAgainShare ?? 0)) return undefined;
    over?.shift();
    const { state } = host.tcp.find(first.plan) ?? { state: 'closed' };
    if (state !== 'closed' && state !== 'time-wait') return undefined;
    this.#observer.usedAgain();
    return first.plan.localPort;
  }
}

/** Of two addresses, one of them with its port. */
const pairOf = (local: Uint32Array, target: string): string => `${local.join('.')} ${target}`;

/** `address:port`, with brackets around IPv6. */
export const endpoint = (address: IpAddress, port: number): string =>
  isIpv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
