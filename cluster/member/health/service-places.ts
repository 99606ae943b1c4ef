import type { Director } from '../../../director/core/director.js';
import { findServer } from '../../../director/core/service-table.js';
import type { RealServerSettings, ServiceKey } from '../../../director/core/services.js';
import { isSame } from '../../config/equality.js';

/** A real server of a service by the key that its pool knows it by. */
export type Placements = ReadonlyMap<string, RealServerSettings>;

/**
 * The real servers of one virtual service, as its pool wants them. Only what the pool changes is carried out: what people
 * change by ipvsadm meanwhile stays until the pool has something else to say about the same server. A weight that an
 * operator has set by the control API stays longer: until there is another one, or another configuration.
 */
export class ServicePlaces {
  readonly #key: ServiceKey;
  #placed: Placements;
  /** By the server's endpoint in this service. */
  readonly #weights = new Map<string, number>();

  /** `placed` are there already. */
  constructor(key: ServiceKey, placed: Placements) {
    this.#key = key;
    this.#placed = placed;
  }

  /** Adds, edits and removes what differs from the last time. */
  place({ services }: Director, wanted: Placements): void {
    const before = this.#placed;
    this.#placed = wanted;
    const service = services.find(this.#key);
    if (service === undefined) return;
    for (const [key, settings] of before) {
      if (wanted.has(key)) continue;
      const server = findServer(service, settings);
      if (server !== undefined) services.removeServer(server);
    }
    for (const [key, settings] of wanted) {
      if (isSame(before.get(key), settings)) continue;
      this.#put(services, settings);
    }
  }

  /** An operator gives a server this weight. One that its checkers have taken out gets it when it comes back. */
  setWeight({ services }: Director, endpoint: Endpoint, weight: number): void {
    this.#weights.set(keyOf(endpoint), weight);
    for (const settings of this.#placed.values()) {
      if (keyOf(settings) === keyOf(endpoint)) this.#put(services, settings);
    }
  }

  /** The weights of operators are forgotten. */
  resetWeights({ services }: Director): void {
    const changed = [...this.#placed.values()].filter((one) => this.#weights.has(keyOf(one)));
    this.#weights.clear();
    for (const settings of changed) this.#put(services, settings);
  }

  #put(services: Director['services'], wanted: RealServerSettings): void {
    const service = services.find(this.#key);
    if (service === undefined) return;
    const weight = this.#weights.get(keyOf(wanted));
    // A server that is down, and stays with weight 0, is not brought back by a weight.
    const settings = weight === undefined || wanted.weight === 0 ? wanted : { ...wanted, weight };
    const server = findServer(service, settings);
    if (server === undefined) services.addServer(service, settings);
    else services.editServer(server, settings);
  }
}

type Endpoint = Pick<RealServerSettings, 'address' | 'port'>;

const keyOf = ({ address, port }: Endpoint): string => `${address} ${port}`;
