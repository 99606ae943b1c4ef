import { assert } from '../../../director/base/invariant.js';
import { Prng } from '../../../director/base/prng.js';
import type { Instant } from '../../../director/base/time.js';
import { createScheduler } from '../../../director/core/schedulers/create.js';
import type { SchedulerFlag, SchedulerName } from '../../../director/core/schedulers/scheduler.js';
import { addressKey, ServiceTable } from '../../../director/core/service-table.js';
import {
  Method,
  type RealServer,
  type RealServerSettings,
  type VirtualService,
} from '../../../director/core/services.js';
import { defaultSettings, type Settings } from '../../../director/core/settings.js';
import { toWords } from '../../../director/wire/address-words.js';
import { Flow } from '../../../director/wire/flow.js';
import { at, ip } from '../../base/values.js';

/** The connection that a test asks a server for. */
export interface Connection {
  readonly from?: string;
  readonly port?: number;
  readonly to?: string;
  readonly now?: Instant;
}

/** One service with real servers r1, r2 … at 10.0.0.21, .22 …, and what tests do with it. */
export class ServiceBench {
  readonly settings: Settings = defaultSettings();
  readonly table = new ServiceTable();
  readonly service: VirtualService;
  readonly #flow = new Flow();

  /** Adds servers of these weights in this order. */
  constructor(
    name: SchedulerName,
    weights: readonly number[],
    flags: readonly SchedulerFlag[] = [],
  ) {
    const scheduler = createScheduler(name, { flags, settings: this.settings, prng: new Prng(7) });
    const address = ip('10.0.0.100');
    const service = this.table.addService(addressKey(address, 80, 6), address, scheduler);
    assert(service !== undefined, 'the table was empty');
    this.service = service;
    for (const [index, weight] of weights.entries()) this.add(index + 1, { weight });
  }

  add(number: number, settings: Partial<RealServerSettings> = {}): RealServer {
    const server = this.table.addServer(this.service, {
      address: ip(`10.0.0.${20 + number}`),
      port: 80,
      method: Method.route,
      weight: 1,
      ...settings,
    });
    assert(server !== undefined, 'the server is not there yet');
    return server;
  }

  server(number: number): RealServer {
    const found = this.service.servers.find(({ address }) => address === `10.0.0.${20 + number}`);
    assert(found !== undefined, 'the server is there');
    return found;
  }

  /** Edits a server as `ipvsadm -e` does: what is not named gets its default. */
  edit(number: number, settings: Partial<RealServerSettings>): void {
    this.table.editServer(this.server(number), { method: Method.route, weight: 1, ...settings });
  }

  remove(number: number): void {
    this.table.removeServer(this.server(number));
  }

  choose(connection: Connection = {}): RealServer | undefined {
    const { from = '10.0.0.2', port = 20_000, to = '10.0.0.100', now = at(0) } = connection;
    this.#flow.source.set(toWords(ip(from)).words);
    this.#flow.sourcePort = port;
    this.#flow.destination.set(toWords(ip(to)).words);
    return this.service.scheduler.choose(this.service, this.#flow, now);
  }

  /** The name of the server that gets a connection; `none` when nobody does. */
  chosen(connection: Connection = {}): string {
    const server = this.choose(connection);
    return server === undefined ? 'none' : nameOf(server);
  }

  /** The names of the servers of so many connections that nobody opens. */
  sequence(count: number): string {
    return Array.from({ length: count }, () => this.chosen()).join(' ');
  }

  /** The same of so many connections that stay open, each active. */
  opened(count: number, connection: Connection = {}): string {
    const names = Array.from({ length: count }, () => {
      const server = this.choose(connection);
      if (server === undefined) return 'none';
      server.active += 1;
      server.checkUpperThreshold();
      return nameOf(server);
    });
    return names.join(' ');
  }
}

export const nameOf = ({ address }: RealServer): string =>
  `r${Number(address.slice(address.lastIndexOf('.') + 1)) - 20}`;

/** Clients 10.1.0.0, 10.1.0.1 … */
export const clients = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
