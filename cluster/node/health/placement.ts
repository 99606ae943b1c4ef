import { isDeepStrictEqual } from 'node:util';

import type { Director } from '../../../director/core/director.js';
import { findServer } from '../../../director/core/service-table.js';
import type { RealServerSettings, ServiceKey } from '../../../director/core/services.js';

/** A real server of a service by the key that its pool knows it by. */
export type Placements = ReadonlyMap<string, RealServerSettings>;

/**
 * The real servers of one virtual service, as its pool wants them. Only what the pool changes is carried out: what people
 * change by ipvsadm meanwhile stays until the pool has something else to say about the same server.
 */
export class ServicePlaces {
  readonly #key: ServiceKey;
  #placed: Placements;

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
      if (isDeepStrictEqual(before.get(key), settings)) continue;
      const server = findServer(service, settings);
      if (server === undefined) services.addServer(service, settings);
      else services.editServer(server, settings);
    }
  }
}
